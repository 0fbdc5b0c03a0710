#pragma once
/* MD5_Init and its like: OpenSSL would rather have us set a provider up, which takes longer than all else a one-shot
   command computes. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* A function with a variable number of arguments behind a macro, which Swift does not see. */
static inline EVP_PKEY *openssl_new_p256_key(void) { return EVP_EC_gen("P-256"); }

/* Macros with casts, which Swift does not see. */
static const unsigned long openssl_name_rfc2253 = XN_FLAG_RFC2253;
static const uint64_t openssl_no_compression = SSL_OP_NO_COMPRESSION;
static const uint64_t openssl_no_ticket = SSL_OP_NO_TICKET;
static const uint64_t openssl_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
