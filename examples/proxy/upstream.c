#include "examples/proxy/upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Digits, and nothing else. */
static bool read_port(const char *text, uint16_t *port)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *port = (uint16_t)value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value > 0 &&
           value <= UINT16_MAX;
}

bool upstream_init(struct upstream *upstream, const char *where)
{
    *upstream = (struct upstream){.mutex = ROVE_MUTEX_INIT};
    if (strncmp(where, "unix:", 5) == 0) {
        upstream->path = where + 5;
        return upstream->path[0] != '\0';
    }
    const char *colon = strrchr(where, ':');
    if (colon == NULL) {
        return false;
    }
    size_t size = (size_t)(colon - where);
    if (size > 2 && where[0] == '[' && colon[-1] == ']') {
        where++;
        size -= 2;
    }
    if (size == 0 || size >= sizeof upstream->host) {
        return false;
    }
    memcpy(upstream->host, where, size);
    return read_port(colon + 1, &upstream->port);
}

/* What this process is short of: the upstream is not to blame. */
static bool is_own_fault(int error)
{
    switch (error) {
    case -ECANCELED:
    case -EMFILE:
    case -ENFILE:
    case -ENOMEM:
    case -ENOBUFS:
    case -EADDRNOTAVAIL: /* no port is left */
        return true;
    default:
        return false;
    }
}

int upstream_connect(struct upstream *upstream, rove_time limit,
                     struct link **link)
{
    int fd = -ECANCELED;
    int cause = 0;
    ROVE_TIMEOUT(limit, &cause)
    {
        fd = upstream->path != NULL
                 ? rove_unix_connect(upstream->path)
                 : rove_tcp_connect(upstream->host, upstream->port);
    }
    if (fd < 0) {
        int error = fd == -ECANCELED ? cause : fd;
        if (!is_own_fault(error)) {
            upstream_report(upstream, false);
        }
        return error;
    }
    *link = link_new(upstream, fd);
    return *link != NULL ? 0 : -ENOMEM;
}

void upstream_report(struct upstream *upstream, bool did_well)
{
    if (rove_mutex_lock(&upstream->mutex) != 0) {
        return;
    }
    upstream->failures = did_well ? 0 : upstream->failures + 1;
    if (upstream->failures >= UPSTREAM_FAILURES) {
        upstream->down_until = rove_now() + UPSTREAM_DOWN_TIME;
    } else if (did_well) {
        upstream->down_until = 0;
    }
    rove_mutex_unlock(&upstream->mutex);
}

bool upstream_is_up(struct upstream *upstream)
{
    bool is_up = false;
    if (rove_mutex_lock(&upstream->mutex) == 0) {
        is_up = upstream->down_until <= rove_now();
        rove_mutex_unlock(&upstream->mutex);
    }
    return is_up;
}
