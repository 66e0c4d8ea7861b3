#include "src/sync/mutex.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/base/shake.h"
#include "src/platform/cpu.h"
#include "src/platform/os_thread.h"
#include "src/sched/scheduler.h"

/* Pauses between looks at a mutex that is held: 0.3 us, then 0.6, then 1.2. */
#define PATIENCE_MIN 16
#define PATIENCE_MAX 64

/* One who is in lock_slow(). */
typedef struct entrant {
    rv_waiter waiter;
    uint64_t self;
    int64_t since; /* stands in line since then; 0: not yet */
    bool is_awake; /* AWAKE is its own */
    bool is_owner; /* the mutex was handed to it */
} entrant;

static inline bool take(rv_mutex *m, uint64_t self)
{
    uint64_t seen = 0;
    do {
        /* OWN */
        if (rv_u64_cas_acquire(&m->word, &seen, seen | self)) {
            return true;
        }
    } while (rv_mutex_owner(seen) == 0);
    return false;
}

/* Under the lock, where the owner may change and the rest is stable. */
static bool take_locked(rv_mutex *m, entrant *e)
{
    if (!e->is_awake) {
        return take(m, e->self);
    }
    uint64_t seen = RV_MUTEX_AWAKE;
    uint64_t crowded = rv_waitq_is_empty(&m->waiters) ? 0 : RV_MUTEX_CROWDED;
    return rv_u64_cas_acquire(&m->word, &seen, e->self | crowded); /* OWN */
}

/* Sees to it that the line is looked at, under the lock. False: the mutex is
 * free, or has another owner now. */
static bool mark_crowded(rv_mutex *m, const entrant *e)
{
    uint64_t seen = rv_u64_load_relaxed(&m->word); /* confirmed by the CAS */
    if ((seen & RV_MUTEX_AWAKE) != 0 && !e->is_awake) {
        return true;
    }
    /* relaxed: nobody takes the mutex by it, and what is in line is ordered by
     * the lock */
    return rv_mutex_owner(seen) != 0 &&
           rv_u64_cas_relaxed(&m->word, &seen,
                              rv_mutex_owner(seen) | RV_MUTEX_CROWDED);
}

static void stand_in_line(rv_mutex *m, entrant *e, rv_ref ref)
{
    e->waiter.ref = ref;
    e->waiter.cause = RV_CAUSE_SOURCE;
    if (e->is_awake) {
        rv_waitq_push_first(&m->waiters, &e->waiter);
        e->is_awake = false;
        return;
    }
    e->since = rv_clock_now();
    rv_waitq_push(&m->waiters, &e->waiter);
}

/* Takes the mutex, or goes into line to wait by `ref`. */
static bool enter(rv_mutex *m, entrant *e, rv_ref ref)
{
    rv_lock_acquire(&m->lock);
    bool is_taken = take_locked(m, e);
    while (!is_taken && !mark_crowded(m, e)) {
        is_taken = take_locked(m, e);
    }
    if (!is_taken) {
        stand_in_line(m, e, ref);
    }
    rv_lock_release(&m->lock);
    return is_taken;
}

/* Comes back from a wait: true when it owns the mutex, or was woken and takes
 * it. */
static bool come_back(rv_mutex *m, entrant *e, unsigned cause)
{
    rv_lock_acquire(&m->lock);
    rv_waitq_leave(&m->waiters, &e->waiter);
    e->is_awake = cause == RV_CAUSE_SOURCE && !e->is_owner;
    bool is_mine = e->is_owner || (e->is_awake && take_locked(m, e));
    rv_lock_release(&m->lock);
    return is_mine;
}

/* Gives AWAKE up: the owner looks at the line, or the next is woken instead. */
static void pass_on(rv_mutex *m)
{
    rv_woken woken = {0, RV_CLAIM_LOST};
    rv_lock_acquire(&m->lock);
    uint64_t seen = rv_u64_load_relaxed(&m->word); /* confirmed by the CAS */
    bool is_done = false;
    while (!is_done) {
        uint64_t after = seen & ~RV_MUTEX_AWAKE;
        if (!rv_waitq_is_empty(&m->waiters)) {
            if (rv_mutex_owner(seen) != 0) {
                after |= RV_MUTEX_CROWDED;
            } else if ((woken = rv_waitq_claim_first(&m->waiters)).won !=
                       RV_CLAIM_LOST) {
                break;
            }
        }
        /* relaxed: as in mark_crowded */
        is_done = rv_u64_cas_relaxed(&m->word, &seen, after);
    }
    rv_lock_release(&m->lock);
    rv_waitq_finish(rv_current_worker(), woken);
}

static __attribute__((noinline)) int lock_slow(rv_mutex *m, bool is_deaf)
{
    entrant e = {.self = rv_line_self(rv_current_worker())};
    for (;;) {
        rv_wait wait;
        int error = is_deaf ? rv_wait_begin_deaf(&wait) : rv_wait_begin(&wait);
        if (error != 0) {
            if (e.is_awake) {
                pass_on(m);
            }
            return error;
        }
        if (enter(m, &e, wait.ref)) {
            rv_wait_abort(&wait);
            return 0;
        }
        RV_SHAKE_POINT();
        unsigned cause = rv_wait_suspend(&wait);
        RV_SHAKE_POINT();
        if (come_back(m, &e, cause)) {
            return 0;
        }
        if (cause != RV_CAUSE_SOURCE) {
            return rv_wait_refused(&wait);
        }
    }
}

/* A plain thread for which there is no descriptor tries until there is. */
void rv_mutex_lock_deaf(rv_mutex *m)
{
    if (take(m, rv_line_self(rv_current_worker()))) {
        return;
    }
    while (lock_slow(m, true) != 0) {
        rv_thread_yield();
    }
}

/* An owner that runs on another worker is often done within a microsecond, and
 * then nobody need be woken. With others in line there is no use in it: they
 * are first. */
static bool take_patiently(rv_mutex *m, uint64_t self)
{
    for (int spins = PATIENCE_MIN; spins <= PATIENCE_MAX; spins *= 2) {
        for (int i = 0; i < spins; i++) {
            rv_cpu_relax();
        }
        uint64_t seen = rv_u64_load_relaxed(&m->word); /* take() confirms */
        if ((seen & RV_MUTEX_CROWDED) != 0) {
            return false;
        }
        if (rv_mutex_owner(seen) == 0 && take(m, self)) {
            return true;
        }
    }
    return false;
}

/* Somebody else owns it, or is about to let go. */
static __attribute__((noinline)) int lock_held(rv_mutex *m)
{
    const rv_worker *w = rv_current_worker();
    if (rv_mutex_is_mine(m, w)) {
        rv_panic("rove_mutex_lock", "the caller owns the mutex already");
    }
    if (w != NULL && w->scheduler->count > 1 &&
        take_patiently(m, rv_line_self(w))) {
        return 0;
    }
    return lock_slow(m, false);
}

static __attribute__((noinline)) int lock_with_care(rv_mutex *m)
{
    const rv_worker *w = rv_wait_count(rv_current_worker());
    if (rv_wait_is_refused(w)) {
        return lock_slow(m, false);
    }
    return take(m, rv_line_self(w)) ? 0 : lock_held(m);
}

/* Without a call that is not its last: it saves no registers. */
int rove_mutex_lock(rove_mutex *mutex)
{
    rv_mutex *m = rv_mutex_of(mutex);
    rv_worker *w = rv_current_worker();
    if (__builtin_expect(!rv_wait_enter_quick(w), 0)) {
        return lock_with_care(m);
    }
    return take(m, rv_line_self(w)) ? 0 : lock_held(m);
}

int rove_mutex_try_lock(rove_mutex *mutex)
{
    return take(rv_mutex_of(mutex), rv_line_self(rv_current_worker())) ? 0
                                                                       : -EBUSY;
}

/* Wakes the first in line and lets go, or makes it the owner when it has waited
 * for long. LOST: nobody is in line, and the mutex still the caller's. */
static rv_woken hand_on(rv_mutex *m, uint64_t self)
{
    rv_woken woken = {0, RV_CLAIM_LOST};
    uint64_t owner = self;
    int64_t now = rv_clock_now();
    while (owner == self && !rv_waitq_is_empty(&m->waiters)) {
        entrant *first = rv_container_of(m->waiters.head, entrant, waiter);
        woken = rv_waitq_claim(&m->waiters, &first->waiter);
        if (woken.won == RV_CLAIM_LOST) {
            continue;
        }
        if (now - first->since < RV_MUTEX_PATIENCE) {
            rv_u64_store_release(&m->word, RV_MUTEX_AWAKE); /* OWN */
            return woken;
        }
        first->is_owner = true;
        owner = first->self;
    }
    uint64_t crowded = rv_waitq_is_empty(&m->waiters) ? 0 : RV_MUTEX_CROWDED;
    /* relaxed: ordered by the lock, and an owner keeps all others out */
    rv_u64_store_relaxed(&m->word, owner | crowded);
    return woken;
}

static __attribute__((noinline)) void unlock_slow(rv_mutex *m)
{
    uint64_t self = rv_line_self(rv_current_worker());
    uint64_t seen = rv_u64_load_relaxed(&m->word); /* confirmed by the CAS */
    if (rv_mutex_owner(seen) != self) {
        rv_panic("rove_mutex_unlock", "the caller does not own the mutex");
    }
    for (;;) {
        if ((seen & RV_MUTEX_CROWDED) != 0) {
            rv_lock_acquire(&m->lock);
            rv_woken woken = hand_on(m, self);
            rv_lock_release(&m->lock);
            if (woken.won != RV_CLAIM_LOST) {
                RV_SHAKE_POINT();
                rv_waitq_finish(rv_current_worker(), woken);
                return;
            }
            seen = self;
        }
        uint64_t after = seen & RV_MUTEX_AWAKE;
        if (rv_u64_cas_release(&m->word, &seen, after)) { /* OWN */
            return;
        }
    }
}

void rove_mutex_unlock(rove_mutex *mutex)
{
    rv_mutex *m = rv_mutex_of(mutex);
    const rv_worker *w = rv_current_worker();
    uint64_t seen = w != NULL ? rv_line_self(w) : 0;
    if (seen == 0 || !rv_u64_cas_release(&m->word, &seen, 0)) { /* OWN */
        unlock_slow(m);
    }
}
