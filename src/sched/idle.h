/* Who sleeps, who searches, whom to wake.
 *
 * Two facts decide: `mask` has a bit for each worker that sleeps or is about
 * to, `searching` counts the workers that look for work. The law:
 *
 *   publish  Work is made visible by a seq_cst RMW (ring tail, inbox head),
 *            then the publisher calls rv_idle_notify: it wakes one worker if
 *            somebody sleeps and nobody searches.
 *   park     A worker sets its bit, stops being a searcher, then looks at
 *            everything once more, and only then sleeps.
 *   claim    Who clears a bit owns the wake-up of that worker: it has counted
 *            one searcher and hands that count over with the signal. A worker
 *            that finds its bit gone when it wants to clear it is a searcher.
 *   pass on  A searcher that finds work and was the last one notifies.
 *
 * So: if work is visible and a worker sleeps, some worker is awake and will
 * look, or has been signalled. A publisher that saw no bit published before
 * the parker's last look; one that saw a searcher leaves it to that searcher,
 * who looks again after it stopped counting as one.
 *
 * Pair LOOK: publish by RMW, then load mask and searching; set the bit and
 * drop searching by RMW, then load the queues. All seq_cst.
 *
 * The watch. While any worker runs, a timer that belongs to all workers ticks
 * every RV_WATCH_PERIOD, registered in every epoll with EPOLLEXCLUSIVE: the
 * kernel gives each tick to one worker that sleeps, and that one looks after
 * those that run. Nobody has to hand a duty over. It is switched off by the
 * worker that found everybody asleep after RV_WATCH_ROUNDS ticks in a row, and
 * on again by the first worker that leaves its sleep. It is on from the start,
 * since a worker that has never slept leaves no sleep.
 *
 * Pair WATCH: who leaves clears its bit, then loads `watching`; who switches
 * off clears `watching`, then loads the bits again. All seq_cst; the switching
 * itself is done under `watch_lock`.
 *
 * Models: verification/spin/park.pml, watch.pml.
 */
#ifndef SRC_SCHED_IDLE_H
#define SRC_SCHED_IDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/platform/lock.h"

struct rv_scheduler;
struct rv_worker;

#define RV_WORKERS_MAX  256
#define RV_IDLE_WORDS   (RV_WORKERS_MAX / 64)
#define RV_WATCH_PERIOD INT64_C(1000000) /* ns */
#define RV_WATCH_ROUNDS 20

typedef struct rv_idle {
    unsigned words;         /* fixed: mask words in use */
    unsigned workers;       /* fixed */
    unsigned searchers_max; /* fixed; 0: nobody steals here */
    int watch_fd;           /* fixed; -1: no watch */
    RV_OWN_LINE rv_atomic_u64 mask[RV_IDLE_WORDS];
    RV_OWN_LINE rv_atomic_u32 searching;
    RV_OWN_LINE rv_atomic_u32 watching; /* 1: the timer ticks */
    rv_lock watch_lock;
    rv_atomic_u32 quiet; /* rounds in a row with everybody asleep; a hint */
} rv_idle;

/* 0 or -errno (the watch's timer). */
int rv_idle_init(rv_idle *idle, unsigned workers, bool stealing);
void rv_idle_fini(rv_idle *idle);

/* The sleeper it wakes is one that shares a cache with the caller, if there is
 * one (places.h). */
void rv_idle_notify_slow(struct rv_scheduler *s, struct rv_worker *by);

/* The worker that it would wake if nothing changed; -1 when nobody sleeps. */
int rv_idle_choose(const struct rv_scheduler *s);

/* True when some worker sleeps. */
static inline bool rv_idle_any(const rv_idle *idle)
{
    uint64_t any = rv_u64_load_seq_cst(&idle->mask[0]); /* LOOK */
    for (unsigned i = 1; __builtin_expect(i < idle->words, 0); i++) {
        any |= rv_u64_load_seq_cst(&idle->mask[i]); /* LOOK */
    }
    return any != 0;
}

/* True when worker `index` sleeps or is about to. A hint. */
static inline bool rv_idle_is_asleep(const rv_idle *idle, unsigned index)
{
    uint64_t word = rv_u64_load_relaxed(&idle->mask[index / 64]); /* hint */
    return (word >> (index % 64)) & 1;
}

/* The same after a seq_cst RMW that published work only that worker may take.
 * */
static inline bool rv_idle_is_asleep_now(const rv_idle *idle, unsigned index)
{
    uint64_t word = rv_u64_load_seq_cst(&idle->mask[index / 64]); /* LOOK */
    return (word >> (index % 64)) & 1;
}

/* True when every worker sleeps or is about to. */
bool rv_idle_all(const rv_idle *idle);

/* The calling worker is about to sleep / has left its sleep. leave returns
 * true when the worker has been made a searcher. */
void rv_idle_enter(rv_idle *idle, unsigned index);
bool rv_idle_leave(rv_idle *idle, unsigned index);

/* Becoming and ceasing to be a searcher. begin fails when enough search; end
 * returns true for the last one. */
bool rv_idle_search_begin(rv_idle *idle);
bool rv_idle_search_end(rv_idle *idle);

/* Becoming one over the limit: a worker that saw work in its last look must not
 * go round between looking and parking while a notifier holds the last place.
 * */
static inline void rv_idle_search_insist(rv_idle *idle)
{
    rv_u32_fetch_add_seq_cst(&idle->searching, 1); /* LOOK */
}

/* Called by a worker that was woken by a tick and is about to sleep again, its
 * bit set and its last look negative: counts a quiet round when everybody is
 * asleep, and switches the watch off after enough of them. Not by one that
 * slept: it is about to leave, and would switch it on again. */
void rv_idle_watch_round(rv_idle *idle);

/* Called by a worker that was woken otherwise: the rounds start anew. */
static inline void rv_idle_watch_disturb(rv_idle *idle)
{
    if (rv_u32_load_relaxed(&idle->quiet) != 0) { /* hint */
        rv_u32_store_relaxed(&idle->quiet, 0);    /* hint */
    }
}

#endif
