/* Locks and their kin, for tasks of any runtime and plain threads alike, in the
 * caller's memory. All are usable from their INIT, and but for the barrier from
 * zeroed memory; none needs a destroy. Memory is the owner's again when nobody
 * uses the object any more: who has locked, waited or been woken last may free
 * it at once.
 *
 * Waiters are served first in, first out. A waiter that is cancelled or times
 * out (scope.h) has had no effect, and never swallows a wake-up. Destroying an
 * object with waiters, and unlocking what one does not hold, is misuse.
 *
 * Context of all calls: any thread. Those marked ROVE_SUSPENDS may suspend the
 * task, which may go on on another worker; the others never suspend and do not
 * look for cancellation. Plain threads block instead; on those a wait can also
 * fail with -ENOMEM (no descriptor to wait by).
 *
 * Order  who gets on by what another did (unlocked, gave, set, signalled,
 *        counted down, came, ran) sees what that one had written before.
 */
#ifndef ROVE_SYNC_H
#define ROVE_SYNC_H

#include <stdbool.h>

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The fields of all these are the library's. */
typedef struct rove_lock_word {
    uint32_t word;
} rove_lock_word;

typedef struct rove_waiters {
    void *head, *tail;
} rove_waiters;

/* What an object begins as: fields of its own, and nobody there. */
#define ROVE_IMPL_INIT(...)                                                    \
    {                                                                          \
        __VA_ARGS__, {0},                                                      \
        {                                                                      \
            NULL, NULL                                                         \
        }                                                                      \
    }

/* Mutual exclusion. The owner is a task or a plain thread, and unlocks it
 * itself. A waiter that has waited for over 1 ms gets the lock handed; before
 * that a running task may be faster, which keeps throughput high. */
typedef struct rove_mutex {
    uint64_t word;
    rove_lock_word lock;
    rove_waiters waiters;
} rove_mutex;

#define ROVE_MUTEX_INIT ROVE_IMPL_INIT(0)

/* 0: the caller owns it, or -ECANCELED. Locking what one holds already is
 * misuse. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_mutex_lock(rove_mutex *mutex);
/* 0, or -EBUSY: it is locked, be it by the caller. */
ROVE_API ROVE_MUST_CHECK int rove_mutex_try_lock(rove_mutex *mutex);
/* By the owner, and else misuse. Wakes the first who waits, or hands the mutex
 * over. */
ROVE_API void rove_mutex_unlock(rove_mutex *mutex);

/* Any number of readers, or one writer. First in, first out: readers that come
 * after a waiting writer wait behind it, also one who reads already and so
 * waits for itself. */
typedef struct rove_rwlock {
    uint64_t writer;
    uint32_t readers;
    rove_lock_word lock;
    rove_waiters waiters;
} rove_rwlock;

#define ROVE_RWLOCK_INIT ROVE_IMPL_INIT(0, 0)

/* 0: the caller reads, or writes, until it unlocks; or -ECANCELED. Coming as
 * the writer again is misuse; a reader that wants to write unlocks first. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_rwlock_read(rove_rwlock *lock);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_rwlock_write(rove_rwlock *lock);
/* 0, or -EBUSY: it cannot be had now, or others wait for it. */
ROVE_API ROVE_MUST_CHECK int rove_rwlock_try_read(rove_rwlock *lock);
ROVE_API ROVE_MUST_CHECK int rove_rwlock_try_write(rove_rwlock *lock);
/* Gives a read or the write back. The writer unlocks itself; of readers only
 * the number is known. */
ROVE_API void rove_rwlock_unlock(rove_rwlock *lock);

/* Permits. Anyone may give, also who took none. */
typedef struct rove_semaphore {
    uint64_t permits;
    uint64_t limit; /* 0: none; else a give beyond it is misuse */
    rove_lock_word lock;
    rove_waiters waiters;
} rove_semaphore;

#define ROVE_SEMAPHORE_INIT(permits) ROVE_IMPL_INIT((permits), 0)

/* Makes a semaphore of memory that nobody uses. limit: the most permits there
 * may be, 0: no limit; more permits than that is misuse. */
ROVE_API void rove_semaphore_init(rove_semaphore *semaphore, uint64_t permits,
                                  uint64_t limit);
/* Takes n permits at once (n >= 1), behind those who wait already. 0 or
 * -ECANCELED. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_semaphore_take(rove_semaphore *semaphore, uint64_t n);
/* 0, or -EAGAIN: too few, or others wait. */
ROVE_API ROVE_MUST_CHECK int rove_semaphore_try_take(rove_semaphore *semaphore,
                                                     uint64_t n);
/* Adds n permits (0 is none) and serves who waits, as far as they go. */
ROVE_API void rove_semaphore_give(rove_semaphore *semaphore, uint64_t n);

/* A condition, used with a mutex. */
typedef struct rove_cond {
    rove_lock_word lock;
    rove_waiters waiters;
} rove_cond;

#define ROVE_COND_INIT                                                         \
    {                                                                          \
        {0},                                                                   \
        {                                                                      \
            NULL, NULL                                                         \
        }                                                                      \
    }

/* Unlocks the mutex, waits to be signalled, locks it again: on every return the
 * caller owns the mutex, which it must own before. 0, or -ECANCELED, as soon as
 * it has the mutex again; may return 0 without a signal. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_cond_wait(rove_cond *cond,
                                                          rove_mutex *mutex);
/* Wakes the first waiter, or all. With or without the mutex held. */
ROVE_API void rove_cond_signal(rove_cond *cond);
ROVE_API void rove_cond_broadcast(rove_cond *cond);

/* A flag to wait for. */
typedef struct rove_event {
    uint32_t state;
    rove_lock_word lock;
    rove_waiters waiters;
} rove_event;

#define ROVE_EVENT_INIT ROVE_IMPL_INIT(0)

/* Waits until the event is set. 0 or -ECANCELED. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_event_wait(rove_event *event);
/* After true the event may be freed, when nobody else uses it. */
ROVE_API bool rove_event_is_set(const rove_event *event);
/* Sets it and wakes all who wait; it stays set until cleared. Twice is
 * harmless. */
ROVE_API void rove_event_set(rove_event *event);
/* Makes it unset; who was woken stays so. */
ROVE_API void rove_event_clear(rove_event *event);

/* A meeting of n parties, again and again. */
typedef struct rove_barrier {
    uint32_t parties;
    uint32_t arrived;
    uint32_t broken;
    rove_lock_word lock;
    rove_waiters waiters;
} rove_barrier;

#define ROVE_BARRIER_INIT(parties) ROVE_IMPL_INIT((parties), 0, 0)

/* Waits until all parties have come. 1 for the last to come, 0 for the others.
 * When a waiter is cancelled it gets -ECANCELED and the barrier is broken, as
 * in Python: all who wait or come get -EPIPE until rove_barrier_reset(). Who is
 * cancelled before it comes breaks nothing. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_barrier_wait(rove_barrier *barrier);
/* Breaks who waits (-EPIPE) and makes the barrier as new. */
ROVE_API void rove_barrier_reset(rove_barrier *barrier);

/* A count of what is left to do. */
typedef struct rove_wait_group {
    int64_t count;
    rove_lock_word lock;
    rove_waiters waiters;
} rove_wait_group;

#define ROVE_WAIT_GROUP_INIT ROVE_IMPL_INIT(0)

/* Adds n, which may be negative; at 0 all who wait are woken. Below 0 is
 * misuse. */
ROVE_API void rove_wait_group_add(rove_wait_group *group, int64_t n);
/* Adds -1. */
ROVE_API void rove_wait_group_done(rove_wait_group *group);
/* Waits until the count is 0. 0 or -ECANCELED. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_wait_group_wait(rove_wait_group *group);

/* Something that is done once. */
typedef struct rove_once {
    uint32_t state;
    rove_lock_word lock;
    rove_waiters waiters;
} rove_once;

#define ROVE_ONCE_INIT ROVE_IMPL_INIT(0)

/* Runs fn(arg) unless a call of it has succeeded (>= 0) before; while one runs
 * the others wait. 0 when it is done, fn's failure to who called it (the next
 * caller tries again), or -ECANCELED to who would have to wait for another's
 * call. fn may wait, and may not run the same once. */
ROVE_API ROVE_SUSPENDS int64_t rove_once_run(rove_once *once, rove_fn *fn,
                                             void *arg);

#ifdef __cplusplus
}
#endif

#endif
