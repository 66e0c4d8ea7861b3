#include "src/sched/task.h"

#include <errno.h>
#include <stddef.h>

#include "src/base/assert.h"
#include "src/platform/lock.h"
#include "src/platform/pages.h"

/* Addresses for 2^26 descriptors, or fewer where the system refuses so many;
 * memory is taken as they are first used. */
#define INDEX_LIMIT     (UINT32_C(1) << RV_TASK_INDEX_BITS)
#define INDEX_LIMIT_MIN (UINT32_C(1) << 16)

rv_task *rv_task_table;

static rv_lock depot_lock;
static uint32_t table_size;      /* under depot_lock */
static rv_atomic_u32 table_used; /* written under depot_lock */
static rv_link *depot_chains;    /* under depot_lock; see next_chain */
static rv_link *depot_loose;     /* under depot_lock: single descriptors */

static rv_task *task_of(rv_link *link)
{
    return rv_container_of(link, rv_task, link);
}

/* A chain in the depot keeps the link to the next chain in its head's arg. */
static rv_link *next_chain(rv_link *head)
{
    return task_of(head)->arg;
}

int rv_task_table_open(void)
{
    rv_lock_acquire(&depot_lock);
    for (uint32_t n = INDEX_LIMIT; table_size == 0 && n >= INDEX_LIMIT_MIN;
         n /= 2) {
        rv_task *table = rv_pages_reserve(n * sizeof(rv_task), rv_pages_size());
        if (table != NULL) {
            rv_task_table = table;
            table_size = n;
            rv_u32_store_relaxed(&table_used, 1); /* index 0: nobody */
        }
    }
    int error = table_size != 0 ? 0 : -ENOMEM;
    rv_lock_release(&depot_lock);
    return error;
}

uint32_t rv_task_table_count(void)
{
    return rv_u32_load_seq_cst(&table_used); /* TABLE: see carve */
}

/* Takes up to `want` new descriptors into a chain. Pair TABLE: descriptors are
 * made before table_used is stored, which is loaded before one is looked at. */
static unsigned carve(unsigned want, rv_link **chain)
{
    uint32_t first = rv_u32_load_relaxed(&table_used); /* under the lock */
    uint32_t last = first + want;
    if (last > table_size) {
        last = table_size;
    }
    for (uint32_t i = last; i-- > first;) {
        rv_task *task = rv_task_table + i;
        rv_u64_store_relaxed(&task->id,
                             (UINT64_C(1) << RV_TASK_INDEX_BITS) | i);
        rv_u64_store_relaxed(&task->join, RV_JOIN_FREE); /* TABLE */
        task->link.next = *chain;
        *chain = &task->link;
    }
    rv_u32_store_seq_cst(&table_used, last); /* TABLE */
    return last - first;
}

bool rv_task_cache_fill(rv_task_cache *cache)
{
    rv_lock_acquire(&depot_lock);
    if (depot_chains != NULL) {
        cache->head = depot_chains;
        depot_chains = next_chain(depot_chains);
        cache->count = RV_TASK_BATCH;
    } else {
        cache->count = carve(RV_TASK_BATCH, &cache->head);
    }
    if (cache->count == 0 && depot_loose != NULL) {
        cache->head = depot_loose;
        depot_loose = depot_loose->next;
        cache->head->next = NULL;
        cache->count = 1;
    }
    rv_lock_release(&depot_lock);
    return cache->count != 0;
}

void rv_task_cache_spill(rv_task_cache *cache)
{
    rv_link *head = cache->head;
    rv_link *last = head;
    for (unsigned i = 1; i < RV_TASK_BATCH; i++) {
        last = last->next;
    }
    cache->head = last->next;
    cache->count -= RV_TASK_BATCH;
    last->next = NULL;
    rv_lock_acquire(&depot_lock);
    task_of(head)->arg = depot_chains;
    depot_chains = head;
    rv_lock_release(&depot_lock);
}

rv_task *rv_task_depot_get(void)
{
    rv_lock_acquire(&depot_lock);
    if (depot_loose == NULL) {
        if (depot_chains != NULL) {
            depot_loose = depot_chains;
            depot_chains = next_chain(depot_chains);
        } else {
            carve(1, &depot_loose);
        }
    }
    rv_link *link = depot_loose;
    if (link != NULL) {
        depot_loose = link->next;
    }
    rv_lock_release(&depot_lock);
    return link != NULL ? task_of(link) : NULL;
}

void rv_task_depot_put(rv_task *task)
{
    rv_lock_acquire(&depot_lock);
    task->link.next = depot_loose;
    depot_loose = &task->link;
    rv_lock_release(&depot_lock);
}

void rv_task_cache_fini(rv_task_cache *cache)
{
    while (cache->head != NULL) {
        rv_link *link = cache->head;
        cache->head = link->next;
        rv_task_depot_put(task_of(link));
    }
    cache->count = 0;
}

rv_task *rv_task_by_id(uint64_t id)
{
    uint32_t index = (uint32_t)(id & (INDEX_LIMIT - 1));
    if (index == 0 || index >= rv_task_table_count()) {
        return NULL;
    }
    rv_task *task = rv_task_table + index;
    if (rv_u64_load_relaxed(&task->id) != id || /* checked again later */
        rv_join_is_over(rv_u64_load_acquire(&task->join))) { /* END */
        return NULL;
    }
    return task;
}
