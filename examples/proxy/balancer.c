#include "examples/proxy/balancer.h"

#include <errno.h>
#include <stdio.h>

bool balancer_init(struct balancer *balancer, const struct options *options)
{
    balancer->count = options->upstreams.count;
    balancer->connect_time = options->connect_time;
    balancer->mutex = (rove_mutex)ROVE_MUTEX_INIT;
    for (uint32_t i = 0; i < balancer->count; i++) {
        struct upstream *upstream = &balancer->upstreams[i];
        if (!upstream_init(upstream, options->upstreams.texts[i])) {
            fprintf(stderr, "proxy: not an upstream: %s\n",
                    options->upstreams.texts[i]);
            return false;
        }
        upstream->pool.max = options->pool_max;
        upstream->pool.idle_time = options->idle_time;
    }
    return true;
}

void balancer_fini(struct balancer *balancer)
{
    for (uint32_t i = 0; i < balancer->count; i++) {
        pool_clear(&balancer->upstreams[i].pool);
    }
}

static struct upstream *next(struct balancer *balancer)
{
    if (rove_mutex_lock(&balancer->mutex) != 0) {
        return NULL;
    }
    struct upstream *upstream = &balancer->upstreams[balancer->turn];
    balancer->turn = (balancer->turn + 1) % balancer->count;
    rove_mutex_unlock(&balancer->mutex);
    return upstream;
}

int balancer_open(struct balancer *balancer, bool is_fresh, struct link **link)
{
    int error = -EHOSTDOWN;
    for (uint32_t i = 0; i < balancer->count; i++) {
        struct upstream *upstream = next(balancer);
        if (upstream == NULL) {
            return -ECANCELED;
        }
        if (!upstream_is_up(upstream)) {
            continue;
        }
        *link = is_fresh ? NULL : pool_take(&upstream->pool);
        if (*link != NULL) {
            return 0;
        }
        error = upstream_connect(upstream, balancer->connect_time, link);
        if (error == 0 || error == -ECANCELED) {
            return error;
        }
    }
    return error;
}

int64_t balancer_sweep(void *arg)
{
    struct balancer *balancer = arg;
    rove_ticker ticker;
    rove_ticker_init(&ticker, rove_now() + ROVE_SEC, ROVE_SEC, ROVE_LATE_SKIP);
    while (rove_ticker_wait(&ticker) > 0) {
        for (uint32_t i = 0; i < balancer->count; i++) {
            pool_sweep(&balancer->upstreams[i].pool);
        }
    }
    return 0;
}
