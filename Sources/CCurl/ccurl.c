#include "ccurl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>

/* The compiler would check types by macros that need the library itself. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

const int ccurl_poll_in = CURL_POLL_IN;
const int ccurl_poll_out = CURL_POLL_OUT;
const int ccurl_poll_inout = CURL_POLL_INOUT;
const int ccurl_poll_remove = CURL_POLL_REMOVE;

const int ccurl_no_name = CURLE_COULDNT_RESOLVE_HOST;
const int ccurl_not_connected = CURLE_COULDNT_CONNECT;
const int ccurl_timed_out = CURLE_OPERATION_TIMEDOUT;
const int ccurl_write_refused = CURLE_WRITE_ERROR;
const int ccurl_tls_failed = CURLE_SSL_CONNECT_ERROR;
const int ccurl_certificate_refused = CURLE_PEER_FAILED_VERIFICATION;
const int ccurl_trust_unreadable = CURLE_SSL_CACERT_BADFILE;
const size_t ccurl_error_size = CURL_ERROR_SIZE;

/* The same interface, with OpenSSL and with GnuTLS. */
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

#define FUNCTIONS(X) \
    X(curl_global_init) X(curl_multi_init) X(curl_multi_cleanup) X(curl_multi_setopt) X(curl_multi_add_handle) \
    X(curl_multi_remove_handle) X(curl_multi_socket_action) X(curl_multi_info_read) X(curl_easy_init) \
    X(curl_easy_cleanup) X(curl_easy_setopt) X(curl_easy_getinfo) X(curl_easy_strerror) X(curl_slist_append) \
    X(curl_slist_free_all)

/* The compiler compares each pointer's type with the declaration in the library's header. */
#define MEMBER(function) __typeof__(&(function)) function##_;
#define RESOLVE(function) \
    library.function##_ = (__typeof__(&(function)))dlsym(handle, #function); \
    if (!library.function##_) return 0;

static struct { FUNCTIONS(MEMBER) } library;

int ccurl_load(void) {
    void *handle = 0;
    for (unsigned i = 0; !handle && i < sizeof names / sizeof *names; i++)
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!handle) return 0;
    FUNCTIONS(RESOLVE)
    return library.curl_global_init_(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct ccurl_multi {
    CURLM *handle;
    void *context;
    ccurl_socket_function socket;
    ccurl_timer_function timer;
};

static int watch(CURL *easy, curl_socket_t descriptor, int what, void *context, void *unused) {
    struct ccurl_multi *multi = context;
    (void)easy, (void)unused;
    multi->socket(multi->context, descriptor, what);
    return 0;
}

static int arm(CURLM *handle, long milliseconds, void *context) {
    struct ccurl_multi *multi = context;
    (void)handle;
    multi->timer(multi->context, milliseconds);
    return 0;
}

struct ccurl_multi *ccurl_multi_open(void *context, ccurl_socket_function socket, ccurl_timer_function timer) {
    struct ccurl_multi *multi = malloc(sizeof *multi);
    if (!multi) return 0;
    *multi = (struct ccurl_multi){library.curl_multi_init_(), context, socket, timer};
    if (!multi->handle) {
        free(multi);
        return 0;
    }
    library.curl_multi_setopt_(multi->handle, CURLMOPT_SOCKETFUNCTION, watch);
    library.curl_multi_setopt_(multi->handle, CURLMOPT_SOCKETDATA, multi);
    library.curl_multi_setopt_(multi->handle, CURLMOPT_TIMERFUNCTION, arm);
    library.curl_multi_setopt_(multi->handle, CURLMOPT_TIMERDATA, multi);
    return multi;
}

void ccurl_multi_close(struct ccurl_multi *multi) {
    library.curl_multi_cleanup_(multi->handle);
    free(multi);
}

void ccurl_ready(struct ccurl_multi *multi, int descriptor, int is_readable, int is_writable, int has_failed) {
    int running, mask = (is_readable ? CURL_CSELECT_IN : 0) | (is_writable ? CURL_CSELECT_OUT : 0) |
                        (has_failed ? CURL_CSELECT_ERR : 0);
    library.curl_multi_socket_action_(multi->handle, descriptor, mask, &running);
}

void ccurl_timeout(struct ccurl_multi *multi) {
    int running;
    library.curl_multi_socket_action_(multi->handle, CURL_SOCKET_TIMEOUT, 0, &running);
}

struct ccurl_easy *ccurl_next_done(struct ccurl_multi *multi, int *result) {
    CURLMsg *message;
    int left;
    while ((message = library.curl_multi_info_read_(multi->handle, &left)))
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return (struct ccurl_easy *)message->easy_handle;
        }
    return 0;
}

#define SET(option, value) library.curl_easy_setopt_((CURL *)easy, option, value)

struct ccurl_easy *ccurl_easy_open(
    const char *url, const char *method, const void *body, size_t body_count, long timeout_milliseconds) {
    struct ccurl_easy *easy = (struct ccurl_easy *)library.curl_easy_init_();
    if (!easy) return 0;
    SET(CURLOPT_URL, url);
    /* A path with dots in it means what it says: it was made segment by segment. */
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, timeout_milliseconds);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (body) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_count);
        SET(CURLOPT_POSTFIELDS, body);
    }
    SET(CURLOPT_CUSTOMREQUEST, method);
    return easy;
}

void ccurl_easy_take(struct ccurl_easy *easy, ccurl_take_function header, ccurl_take_function body, void *context) {
    SET(CURLOPT_HEADERFUNCTION, header);
    SET(CURLOPT_HEADERDATA, context);
    SET(CURLOPT_WRITEFUNCTION, body);
    SET(CURLOPT_WRITEDATA, context);
}

void ccurl_easy_headers(struct ccurl_easy *easy, struct ccurl_list *list) {
    SET(CURLOPT_HTTPHEADER, (struct curl_slist *)list);
}

void ccurl_easy_resolve(struct ccurl_easy *easy, struct ccurl_list *list) {
    SET(CURLOPT_RESOLVE, (struct curl_slist *)list);
}

void ccurl_easy_trust(struct ccurl_easy *easy, const char *file, int is_verified) {
    SET(CURLOPT_SSL_VERIFYPEER, (long)is_verified);
    SET(CURLOPT_SSL_VERIFYHOST, is_verified ? 2L : 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (file) {
        SET(CURLOPT_CAINFO, file);
        SET(CURLOPT_CAPATH, (char *)0);
    }
}

void ccurl_easy_errors(struct ccurl_easy *easy, char *buffer) { SET(CURLOPT_ERRORBUFFER, buffer); }

int ccurl_easy_start(struct ccurl_easy *easy, struct ccurl_multi *multi) {
    return library.curl_multi_add_handle_(multi->handle, (CURL *)easy) == CURLM_OK;
}

void ccurl_easy_close(struct ccurl_easy *easy, struct ccurl_multi *multi) {
    library.curl_multi_remove_handle_(multi->handle, (CURL *)easy);
    library.curl_easy_cleanup_((CURL *)easy);
}

long ccurl_easy_status(struct ccurl_easy *easy) {
    long status = 0;
    library.curl_easy_getinfo_((CURL *)easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

struct ccurl_list *ccurl_list_append(struct ccurl_list *list, const char *text) {
    return (struct ccurl_list *)library.curl_slist_append_((struct curl_slist *)list, text);
}

void ccurl_list_free(struct ccurl_list *list) { library.curl_slist_free_all_((struct curl_slist *)list); }

const char *ccurl_error_text(int code) { return library.curl_easy_strerror_((CURLcode)code); }
