#include "src/sched/idle.h"

#include "src/base/assert.h"
#include "src/base/bits.h"
#include "src/base/shake.h"
#include "src/platform/timer_fd.h"
#include "src/sched/scheduler.h"
#include "src/sched/worker.h"

/* No group in particular. */
#define ANYWHERE (-1)

static void watch_on(rv_idle *idle)
{
    rv_lock_acquire(&idle->watch_lock);
    if (rv_u32_load_seq_cst(&idle->watching) == 0) { /* WATCH */
        rv_u32_store_relaxed(&idle->quiet, 0);       /* hint */
        rv_u32_store_seq_cst(&idle->watching, 1);    /* WATCH */
        rv_timer_fd_set(idle->watch_fd, RV_WATCH_PERIOD);
    }
    rv_lock_release(&idle->watch_lock);
}

int rv_idle_init(rv_idle *idle, unsigned workers, bool stealing)
{
    idle->workers = workers;
    idle->words = (workers + 63) / 64;
    idle->searchers_max = stealing ? (workers + 1) / 2 : 0;
    idle->watch_fd = -1;
    if (stealing) {
        int fd = rv_timer_fd_open();
        if (fd < 0) {
            return fd;
        }
        idle->watch_fd = fd;
        watch_on(idle); /* the first who runs may never have slept */
    }
    return 0;
}

void rv_idle_fini(rv_idle *idle)
{
    if (idle->watch_fd >= 0) {
        rv_timer_fd_close(idle->watch_fd);
        idle->watch_fd = -1;
    }
}

bool rv_idle_all(const rv_idle *idle)
{
    for (unsigned i = 0; i < idle->words; i++) {
        unsigned bits = idle->workers - i * 64;
        uint64_t full = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
        if (rv_u64_load_seq_cst(&idle->mask[i]) != full) { /* WATCH */
            return false;
        }
    }
    return true;
}

bool rv_idle_search_begin(rv_idle *idle)
{
    uint32_t n = rv_u32_load_relaxed(&idle->searching); /* the CAS decides */
    while (n < idle->searchers_max) {
        if (rv_u32_cas_seq_cst(&idle->searching, &n, n + 1)) { /* LOOK */
            return true;
        }
    }
    return false;
}

bool rv_idle_search_end(rv_idle *idle)
{
    uint32_t before = rv_u32_fetch_sub_seq_cst(&idle->searching, 1); /* LOOK */
    RV_ASSERT(before > 0);
    return before == 1;
}

/* Sleepers of mask[i], those who sleep in `group` or all. */
static uint64_t sleepers_in(const rv_scheduler *s, unsigned i, int group)
{
    uint64_t word = rv_u64_load_seq_cst(&s->idle.mask[i]); /* LOOK */
    return group == ANYWHERE
               ? word
               : rv_places_near(&s->places, (unsigned)group, i * 64, word);
}

/* The first sleeper of a group; -1 when it has none. */
static int find_sleeper(const rv_scheduler *s, int group)
{
    for (unsigned i = 0; i < s->idle.words; i++) {
        uint64_t word = sleepers_in(s, i, group);
        if (word != 0) {
            return (int)(i * 64 + rv_bits_ctz64(word));
        }
    }
    return -1;
}

int rv_idle_choose(const rv_scheduler *s)
{
    int sleeper = -1;
    if (rv_places_differ(&s->places)) {
        sleeper = find_sleeper(s, (int)rv_places_here(&s->places));
    }
    return sleeper >= 0 ? sleeper : find_sleeper(s, ANYWHERE);
}

/* Clears one sleeper's bit; its index, or -1 when nobody sleeps in the group
 * but those that others have woken meanwhile. */
static int claim_sleeper(rv_scheduler *s, int group)
{
    for (unsigned i = 0; i < s->idle.words; i++) {
        uint64_t word = sleepers_in(s, i, group);
        while (word != 0) {
            unsigned bit = rv_bits_ctz64(word);
            uint64_t mine = UINT64_C(1) << bit;
            RV_SHAKE_POINT();
            uint64_t before =
                rv_u64_fetch_and_seq_cst(&s->idle.mask[i], ~mine); /* LOOK */
            if (before & mine) {
                return (int)(i * 64 + bit);
            }
            word &= before & ~mine;
        }
    }
    return -1;
}

static int claim_nearest(rv_scheduler *s)
{
    int sleeper = -1;
    if (rv_places_differ(&s->places)) {
        sleeper = claim_sleeper(s, (int)rv_places_here(&s->places));
    }
    return sleeper >= 0 ? sleeper : claim_sleeper(s, ANYWHERE);
}

void rv_idle_notify_slow(struct rv_scheduler *s, struct rv_worker *by)
{
    rv_idle *idle = &s->idle;
    uint32_t none = 0;
    while (rv_idle_any(idle) &&
           rv_u32_cas_seq_cst(&idle->searching, &none, 1)) { /* LOOK */
        int sleeper = claim_nearest(s);
        if (sleeper >= 0) {
            if (by != NULL) {
                rv_stat_add(&by->stats.wakes, 1);
            }
            rv_poller_rouse(&s->workers[sleeper]->poller);
            return;
        }
        /* The sleepers we saw have been woken by others. Who went to sleep
         * since saw us as a searcher, so look again after ceasing to be. */
        rv_idle_search_end(idle);
        none = 0;
    }
}

void rv_idle_enter(rv_idle *idle, unsigned index)
{
    uint64_t mine = UINT64_C(1) << (index % 64);
    rv_u64_fetch_or_seq_cst(&idle->mask[index / 64], mine); /* LOOK */
}

bool rv_idle_leave(rv_idle *idle, unsigned index)
{
    uint64_t mine = UINT64_C(1) << (index % 64);
    uint64_t before = rv_u64_fetch_and_seq_cst(&idle->mask[index / 64],
                                               ~mine); /* LOOK, WATCH */
    if (idle->watch_fd >= 0 &&
        rv_u32_load_seq_cst(&idle->watching) == 0) { /* WATCH */
        watch_on(idle);
    }
    return (before & mine) == 0;
}

void rv_idle_watch_round(rv_idle *idle)
{
    if (!rv_idle_all(idle)) {
        rv_u32_store_relaxed(&idle->quiet, 0); /* hint */
        return;
    }
    uint32_t quiet = rv_u32_fetch_add_relaxed(&idle->quiet, 1); /* hint */
    if (quiet + 1 < RV_WATCH_ROUNDS) {
        return;
    }
    rv_lock_acquire(&idle->watch_lock);
    rv_timer_fd_set(idle->watch_fd, 0);
    rv_u32_store_seq_cst(&idle->watching, 0); /* WATCH */
    bool quiet_still = rv_idle_all(idle);     /* WATCH */
    rv_lock_release(&idle->watch_lock);
    if (!quiet_still) {
        watch_on(idle);
    }
}
