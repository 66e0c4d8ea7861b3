#include "examples/proxy/pool.h"

#include <stdbool.h>
#include <stddef.h>

static struct link *pop(struct pool *pool)
{
    struct link *link = NULL;
    if (rove_mutex_lock(&pool->mutex) == 0) {
        link = pool->links;
        if (link != NULL) {
            pool->links = link->next;
            pool->count--;
        }
        rove_mutex_unlock(&pool->mutex);
    }
    return link;
}

static bool is_usable(const struct pool *pool, const struct link *link)
{
    return rove_now() - link->idle_since < pool->idle_time &&
           link_is_silent(link);
}

struct link *pool_take(struct pool *pool)
{
    struct link *link;
    while ((link = pop(pool)) != NULL && !is_usable(pool, link)) {
        link_free(link);
    }
    return link;
}

static bool push(struct pool *pool, struct link *link)
{
    if (rove_mutex_lock(&pool->mutex) != 0) {
        return false;
    }
    bool has_room = pool->count < pool->max;
    if (has_room) {
        link->next = pool->links;
        pool->links = link;
        pool->count++;
    }
    rove_mutex_unlock(&pool->mutex);
    return has_room;
}

void pool_put(struct pool *pool, struct link *link)
{
    link->is_reused = true;
    link->idle_since = rove_now();
    if (!push(pool, link)) {
        link_free(link);
    }
}

static void free_all(struct link *link)
{
    while (link != NULL) {
        struct link *next = link->next;
        link_free(link);
        link = next;
    }
}

void pool_sweep(struct pool *pool)
{
    struct link *dead = NULL;
    if (rove_mutex_lock(&pool->mutex) != 0) {
        return;
    }
    struct link **place = &pool->links;
    while (*place != NULL) {
        struct link *link = *place;
        if (is_usable(pool, link)) {
            place = &link->next;
            continue;
        }
        *place = link->next;
        link->next = dead;
        dead = link;
        pool->count--;
    }
    rove_mutex_unlock(&pool->mutex);
    free_all(dead);
}

void pool_clear(struct pool *pool)
{
    free_all(pool->links);
    pool->links = NULL;
    pool->count = 0;
}
