#pragma once

/* libcurl's multi interface, loaded when the first transfer is made: most commands make none.
   What takes variable arguments does not reach Swift, so every option has a function of its own here. */

#include <stddef.h>

struct ccurl_multi;
struct ccurl_easy;
struct ccurl_list;

/* Loads the library: to be called once, before anything else here.
   Returns 0 when it is not installed or lacks one of the functions. */
int ccurl_load(void);

/* What a descriptor is to be watched for. */
extern const int ccurl_poll_in, ccurl_poll_out, ccurl_poll_inout, ccurl_poll_remove;

/* Tells to watch `descriptor` for `what`, or no longer. */
typedef void (*ccurl_socket_function)(void *_Nullable context, int descriptor, int what);

/* Tells to call `ccurl_timeout` after so many milliseconds, or not any more if it is negative. */
typedef void (*ccurl_timer_function)(void *_Nullable context, long milliseconds);

struct ccurl_multi *_Nullable ccurl_multi_open(
    void *_Nonnull context, ccurl_socket_function _Nonnull socket, ccurl_timer_function _Nonnull timer);
void ccurl_multi_close(struct ccurl_multi *_Nonnull);

/* A descriptor has become ready, or has failed. */
void ccurl_ready(struct ccurl_multi *_Nonnull, int descriptor, int is_readable, int is_writable, int has_failed);
void ccurl_timeout(struct ccurl_multi *_Nonnull);

/* The next transfer that has ended, with its result, a CURLcode; NULL when there is none. */
struct ccurl_easy *_Nullable ccurl_next_done(struct ccurl_multi *_Nonnull, int *_Nonnull result);

/* Takes bytes of a header line or of the body; returns how many it took, and fewer end the transfer. */
typedef size_t (*ccurl_take_function)(
    char *_Nonnull bytes, size_t size, size_t count, void *_Nullable context);

/* A transfer: `url` is HTTP or HTTPS and nothing is followed elsewhere, no proxy is asked, no signal used.
   `body` is not copied: it must outlive the transfer. */
struct ccurl_easy *_Nullable ccurl_easy_open(
    const char *_Nonnull url, const char *_Nonnull method, const void *_Nullable body, size_t body_count,
    long timeout_milliseconds);
void ccurl_easy_take(struct ccurl_easy *_Nonnull, ccurl_take_function _Nonnull header,
    ccurl_take_function _Nonnull body, void *_Nonnull context);
void ccurl_easy_headers(struct ccurl_easy *_Nonnull, struct ccurl_list *_Nullable);
/* `name:port:address`, so that the library need not ask DNS. */
void ccurl_easy_resolve(struct ccurl_easy *_Nonnull, struct ccurl_list *_Nullable);
/* The certificates to trust instead of the system's; NULL for those. */
void ccurl_easy_trust(struct ccurl_easy *_Nonnull, const char *_Nullable file, int is_verified);
/* Where the reason of a failure goes, 256 bytes that outlive the transfer. */
void ccurl_easy_errors(struct ccurl_easy *_Nonnull, char *_Nonnull buffer);
int ccurl_easy_start(struct ccurl_easy *_Nonnull, struct ccurl_multi *_Nonnull);
/* Ends the transfer, if it has not ended. */
void ccurl_easy_close(struct ccurl_easy *_Nonnull, struct ccurl_multi *_Nonnull);
long ccurl_easy_status(struct ccurl_easy *_Nonnull);

struct ccurl_list *_Nullable ccurl_list_append(struct ccurl_list *_Nullable, const char *_Nonnull text);
void ccurl_list_free(struct ccurl_list *_Nullable);

const char *_Nonnull ccurl_error_text(int code);

/* CURLcode, as far as they are told apart. */
extern const int ccurl_no_name, ccurl_not_connected, ccurl_timed_out, ccurl_write_refused;
extern const int ccurl_tls_failed, ccurl_certificate_refused, ccurl_trust_unreadable;
extern const size_t ccurl_error_size;
