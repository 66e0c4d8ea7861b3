/* Addresses as text and back. */
#include "rove/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "src/platform/fd_io.h"

#define UNIX_PREFIX "unix:"

/* Room for a host without its brackets, with its scope and zero byte. */
#define HOST_SIZE (INET6_ADDRSTRLEN + 11)

/* Decimal digits and nothing else, at most `max`. */
static bool parse_number(const char *text, uint32_t max, uint32_t *out)
{
    uint64_t value = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && value <= max; c++) {
        value = value * 10 + (uint64_t)(*c - '0');
    }
    *out = (uint32_t)value;
    return c != text && *c == '\0' && value <= max;
}

static bool parse_ip6(const char *host, struct sockaddr_in6 *out)
{
    char digits[INET6_ADDRSTRLEN];
    const char *scope = strchr(host, '%');
    size_t length = scope != NULL ? (size_t)(scope - host) : strlen(host);
    if (length >= sizeof digits ||
        (scope != NULL &&
         !parse_number(scope + 1, UINT32_MAX, &out->sin6_scope_id))) {
        return false;
    }
    memcpy(digits, host, length);
    digits[length] = '\0';
    return inet_pton(AF_INET6, digits, &out->sin6_addr) == 1;
}

int rove_address_ip(const char *host, uint16_t port, rove_address *out)
{
    rove_address a = {0};
    host = host != NULL ? host : "127.0.0.1";
    if (inet_pton(AF_INET, host, &a.as.ip4.sin_addr) == 1) {
        a.as.ip4.sin_family = AF_INET;
        a.as.ip4.sin_port = htons(port);
        a.length = sizeof a.as.ip4;
    } else if (parse_ip6(host, &a.as.ip6)) {
        a.as.ip6.sin6_family = AF_INET6;
        a.as.ip6.sin6_port = htons(port);
        a.length = sizeof a.as.ip6;
    } else {
        return -EINVAL;
    }
    *out = a;
    return 0;
}

/* A path in the file system ends with a zero byte, an abstract name begins with
 * one. */
int rove_address_unix(const char *path, rove_address *out)
{
    rove_address a = {.as.local.sun_family = AF_UNIX};
    if (path == NULL || path[0] == '\0') {
        return -EINVAL;
    }
    bool is_abstract = path[0] == '@';
    size_t size = strlen(path) + (is_abstract ? 0 : 1);
    if (size > sizeof a.as.local.sun_path) {
        return -ENAMETOOLONG;
    }
    memcpy(a.as.local.sun_path, path, size);
    if (is_abstract) {
        a.as.local.sun_path[0] = '\0';
    }
    a.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    *out = a;
    return 0;
}

/* Brackets are for IPv6, whose colons would else be taken for the port's. */
int rove_address_parse(const char *text, rove_address *out)
{
    if (text == NULL) {
        return -EINVAL;
    }
    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
        return rove_address_unix(text + strlen(UNIX_PREFIX), out);
    }
    bool is_bracketed = text[0] == '[';
    const char *first = text + is_bracketed;
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return -EINVAL;
    }
    const char *end = colon - is_bracketed;
    uint32_t port;
    if (end <= first || (is_bracketed && *end != ']') ||
        !parse_number(colon + 1, UINT16_MAX, &port)) {
        return -EINVAL;
    }
    char host[HOST_SIZE] = "";
    size_t length = (size_t)(end - first);
    if (length >= sizeof host ||
        (memchr(first, ':', length) != NULL) != is_bracketed) {
        return -EINVAL;
    }
    memcpy(host, first, length);
    return rove_address_ip(host, (uint16_t)port, out);
}

static int format_ip4(const struct sockaddr_in *a, char *text, size_t size)
{
    char host[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &a->sin_addr, host, sizeof host);
    return snprintf(text, size, "%s:%u", host, ntohs(a->sin_port));
}

static int format_ip6(const struct sockaddr_in6 *a, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &a->sin6_addr, host, sizeof host);
    if (a->sin6_scope_id != 0) {
        return snprintf(text, size, "[%s%%%u]:%u", host, a->sin6_scope_id,
                        ntohs(a->sin6_port));
    }
    return snprintf(text, size, "[%s]:%u", host, ntohs(a->sin6_port));
}

/* A path ends with a zero byte unless it fills its room. */
static int format_unix(const rove_address *a, char *text, size_t size)
{
    char path[sizeof a->as.local.sun_path + 1] = "";
    size_t before = offsetof(struct sockaddr_un, sun_path);
    size_t length = a->length > before ? a->length - before : 0;
    length = length < sizeof path ? length : sizeof path - 1;
    memcpy(path, a->as.local.sun_path, length);
    if (length > 0 && path[0] == '\0') {
        for (size_t i = 0; i < length; i++) {
            if (path[i] == '\0') {
                path[i] = '@';
            }
        }
    }
    return snprintf(text, size, UNIX_PREFIX "%s", path);
}

int rove_address_format(const rove_address *address, char *text, size_t size)
{
    int length;
    switch (address->as.any.sa_family) {
    case AF_INET:
        length = format_ip4(&address->as.ip4, text, size);
        break;
    case AF_INET6:
        length = format_ip6(&address->as.ip6, text, size);
        break;
    case AF_UNIX:
        length = format_unix(address, text, size);
        break;
    default:
        return -EAFNOSUPPORT;
    }
    return (size_t)length < size ? length : -ENOSPC;
}

typedef int ask_address(int fd, struct sockaddr *address, socklen_t *length);

/* The kernel says how long the address is, though it was cut short. */
static int address_of(int fd, ask_address *ask, rove_address *out)
{
    rove_address a = {.length = sizeof a.as};
    int error = ask(fd, &a.as.any, &a.length);
    if (error == 0) {
        a.length = a.length < sizeof a.as ? a.length : (socklen_t)sizeof a.as;
        *out = a;
    }
    return error;
}

int rove_local_address(int fd, rove_address *out)
{
    return address_of(fd, rv_fd_getsockname, out);
}

int rove_peer_address(int fd, rove_address *out)
{
    return address_of(fd, rv_fd_getpeername, out);
}

static int text_of(int fd, ask_address *ask, char *text, size_t size)
{
    rove_address a;
    int result = address_of(fd, ask, &a);
    if (result == 0) {
        result = rove_address_format(&a, text, size);
    }
    if (result < 0 && size > 0) {
        text[0] = '\0';
    }
    return result;
}

int rove_local_text(int fd, char *text, size_t size)
{
    return text_of(fd, rv_fd_getsockname, text, size);
}

int rove_peer_text(int fd, char *text, size_t size)
{
    return text_of(fd, rv_fd_getpeername, text, size);
}

int rove_local_port(int fd)
{
    rove_address a;
    int error = rove_local_address(fd, &a);
    if (error != 0) {
        return error;
    }
    switch (a.as.any.sa_family) {
    case AF_INET:
        return ntohs(a.as.ip4.sin_port);
    case AF_INET6:
        return ntohs(a.as.ip6.sin6_port);
    default:
        return -EAFNOSUPPORT;
    }
}
