#include "examples/fetch/page.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_MOST   100
#define PAUSE_FIRST (100 * ROVE_MS) /* before the first retry, then doubled */
#define PAUSE_LAST  (5 * ROVE_SEC)

/* What an attempt has received. Its file has another name until it is whole. */
struct body {
    int fd; /* -1: it is not kept */
    int error;
    int64_t size;
    char path[PATH_MAX];
    char part[PATH_MAX];
};

__attribute__((format(printf, 2, 3))) static int64_t
fail(struct page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(page->reason, sizeof page->reason, format, arguments);
    va_end(arguments);
    return -EIO;
}

static int64_t fail_file(struct page *page, int error)
{
    return error == -ECANCELED ? error
                               : fail(page, "its file: %s", strerror(-error));
}

/* What is behind the URL's last slash, without what a shell or a file system
 * could mind. */
static void name_page(const char *url, char name[NAME_MOST + 1])
{
    const char *host = strstr(url, "://");
    const char *path = host != NULL ? host + 3 : url;
    const char *end = path + strcspn(path, "?#");
    const char *last = end;
    size_t size = 0;
    while (last > path && last[-1] != '/') {
        last--;
    }
    if (last == path || last == end) {
        (void)snprintf(name, NAME_MOST + 1, "index.html");
        return;
    }
    for (; last < end && size < NAME_MOST; last++) {
        bool is_plain =
            isalnum((unsigned char)*last) != 0 || strchr("._-", *last) != NULL;
        memcpy(&name[size++], is_plain ? last : "_", 1);
    }
    name[size] = '\0';
}

/* DIR/7-index.html; false: too long. */
static bool name_file(const struct page *page, struct body *body)
{
    char name[NAME_MOST + 1];
    name_page(page->url, name);
    int path = snprintf(body->path, sizeof body->path, "%s/%zu-%s",
                        page->options->output, page->number, name);
    int part = snprintf(body->part, sizeof body->part, "%s.part", body->path);
    return path > 0 && path < part && (size_t)part < sizeof body->part;
}

/* 0 or -errno. */
static int open_file(const struct page *page, struct body *body)
{
    if (page->options->output == NULL) {
        return 0;
    }
    if (!name_file(page, body)) {
        return -ENAMETOOLONG;
    }
    body->fd =
        rove_open(body->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return body->fd < 0 ? body->fd : 0;
}

/* Gives the file its name, or removes it. 0 or -errno. */
static int close_file(struct body *body, bool is_whole)
{
    if (body->fd < 0) {
        return 0;
    }
    int error = rove_file_close(body->fd);
    if (error == 0 && is_whole) {
        error = rove_rename(body->part, body->path);
    }
    if (error != 0 || !is_whole) {
        ROVE_SHIELD(ROVE_FOREVER)
        {
            int removed = rove_unlink(body->part);
            error = error != 0 ? error : removed;
        }
    }
    return error;
}

/* Below libcurl, where nothing may suspend: a plain write(2), which the page
 * cache takes. */
static size_t on_bytes(char *data, size_t unit, size_t size, void *context)
{
    struct body *body = context;
    (void)unit;
    for (size_t done = 0; body->fd >= 0 && done < size;) {
        ssize_t count = write(body->fd, data + done, size - done);
        if (count >= 0) {
            done += (size_t)count;
        } else if (errno != EINTR) {
            body->error = -errno;
            return CURL_WRITEFUNC_ERROR;
        }
    }
    body->size += (int64_t)size;
    return size;
}

static CURL *prepare(struct page *page, struct body *body)
{
    CURL *easy = curl_easy_init();
    if (easy != NULL) {
        (void)curl_easy_setopt(easy, CURLOPT_URL, page->url);
        (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
        (void)curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "rove-fetch");
        (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
        (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, page->reason);
    }
    return easy;
}

/* Whether the same request may well have another end. */
static bool may_pass(CURL *easy, int code)
{
    long status = 0;
    switch (code) {
    case CURLE_HTTP_RETURNED_ERROR:
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        return status == 408 || status == 429 || status >= 500;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return true;
    default:
        return false;
    }
}

static int64_t transfer(struct page *page, struct body *body, bool *is_passing)
{
    rove_time timeout = page->options->timeout;
    int code = -ECANCELED;
    int status = 0;
    CURL *easy = prepare(page, body);
    if (easy == NULL) {
        return fail(page, "no memory");
    }
    page->reason[0] = '\0';
    ROVE_TIMEOUT(timeout, &status)
    {
        code = rove_curl_perform(page->curl, easy);
    }
    *is_passing = may_pass(easy, code);
    curl_easy_cleanup(easy);
    if (code == CURLE_OK) {
        return body->size;
    }
    if (code == -ECANCELED && status == -ETIMEDOUT) {
        *is_passing = true;
        return fail(page, "not done within %g s",
                    (double)timeout / (double)ROVE_SEC);
    }
    if (body->error != 0) {
        return fail_file(page, body->error);
    }
    if (code < 0) {
        return code == -ECANCELED ? code : fail(page, "%s", strerror(-code));
    }
    return page->reason[0] != '\0'
               ? -EIO
               : fail(page, "%s", curl_easy_strerror((CURLcode)code));
}

static int64_t attempt(struct page *page, bool *is_passing)
{
    struct body body = {.fd = -1};
    int error = open_file(page, &body);
    if (error != 0) {
        return fail_file(page, error);
    }
    int64_t size = transfer(page, &body, is_passing);
    error = close_file(&body, size >= 0);
    return size >= 0 && error != 0 ? fail_file(page, error) : size;
}

int64_t page_fetch(struct page *page)
{
    rove_time pause = PAUSE_FIRST;
    for (uint32_t retries = 0;; retries++) {
        bool is_passing = false;
        int64_t size = attempt(page, &is_passing);
        if (size >= 0 || !is_passing || retries == page->options->retries) {
            return size;
        }
        int error = rove_sleep(pause);
        if (error != 0) {
            return error;
        }
        pause = pause < PAUSE_LAST / 2 ? pause * 2 : PAUSE_LAST;
    }
}
