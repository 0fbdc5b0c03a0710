/* For responder.c: a REGISTER is challenged when its Call-ID is not that of the one before, whatever it brings along. */
#define _GNU_SOURCE
#include <string.h>

static int is_new_call(const char *headers)
{
    static char last[256];
    const char *line = strcasestr(headers, "Call-ID:");
    const char *end = line ? strstr(line, "\r\n") : 0;
    size_t size = end ? (size_t)(end - line) : 0;
    if (!size || size >= sizeof last || (strlen(last) == size && !memcmp(last, line, size)))
        return 0;
    memcpy(last, line, size);
    last[size] = 0;
    return 1;
}
