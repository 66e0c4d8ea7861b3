#include "src/sync/mutex.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/base/shake.h"
#include "src/platform/os_thread.h"

#define NOBODY UINT64_C(0)

/* One who is in lock_slow(). */
typedef struct entrant {
    rv_waiter waiter;
    uint64_t self;
    int64_t since; /* stands in line since then; 0: not yet */
    bool is_awake; /* AWAKE is its own */
    bool is_owner; /* the mutex was handed to it */
} entrant;

static void set_owner(rv_mutex *m, uint64_t self)
{
    rv_u64_store_relaxed(&m->owner, self); /* ordered by OWN or `lock` */
}

static inline bool take(rv_mutex *m, uint64_t self)
{
    uint32_t seen = 0;
    do {
        /* OWN */
        if (rv_u32_cas_acquire(&m->state, &seen, seen | RV_MUTEX_HELD)) {
            set_owner(m, self);
            return true;
        }
    } while ((seen & RV_MUTEX_HELD) == 0);
    return false;
}

/* Under the lock, where HELD is the owner's affair and the rest is stable. */
static bool take_locked(rv_mutex *m, entrant *e)
{
    if (!e->is_awake) {
        return take(m, e->self);
    }
    uint32_t seen = RV_MUTEX_AWAKE;
    uint32_t taken = RV_MUTEX_HELD;
    if (!rv_waitq_is_empty(&m->waiters)) {
        taken |= RV_MUTEX_CROWDED;
    }
    if (!rv_u32_cas_acquire(&m->state, &seen, taken)) { /* OWN */
        return false;
    }
    set_owner(m, e->self);
    return true;
}

/* Sees to it that the line is looked at, under the lock. False: the mutex is
 * free. */
static bool mark_crowded(rv_mutex *m, const entrant *e)
{
    uint32_t seen = rv_u32_load_relaxed(&m->state); /* confirmed by the CAS */
    if ((seen & RV_MUTEX_AWAKE) != 0 && !e->is_awake) {
        return true;
    }
    /* relaxed: nobody takes the mutex by it, and what is in line is ordered by
     * the lock */
    return (seen & RV_MUTEX_HELD) != 0 &&
           rv_u32_cas_relaxed(&m->state, &seen,
                              RV_MUTEX_HELD | RV_MUTEX_CROWDED);
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
    uint32_t seen = rv_u32_load_relaxed(&m->state); /* confirmed by the CAS */
    bool is_done = false;
    while (!is_done) {
        uint32_t after = seen & ~(uint32_t)RV_MUTEX_AWAKE;
        if (!rv_waitq_is_empty(&m->waiters)) {
            if ((seen & RV_MUTEX_HELD) != 0) {
                after |= RV_MUTEX_CROWDED;
            } else if ((woken = rv_waitq_claim_first(&m->waiters)).won !=
                       RV_CLAIM_LOST) {
                break;
            }
        }
        /* relaxed: as in mark_crowded */
        is_done = rv_u32_cas_relaxed(&m->state, &seen, after);
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

int rove_mutex_lock(rove_mutex *mutex)
{
    rv_mutex *m = rv_mutex_of(mutex);
    const rv_worker *w = rv_wait_count(rv_current_worker());
    if (!rv_wait_is_refused(w)) {
        if (take(m, rv_line_self(w))) {
            return 0;
        }
        RV_CHECK(!rv_mutex_is_mine(m, w), "the caller owns the mutex already");
    }
    return lock_slow(m, false);
}

int rove_mutex_try_lock(rove_mutex *mutex)
{
    return take(rv_mutex_of(mutex), rv_line_self(rv_current_worker())) ? 0
                                                                       : -EBUSY;
}

/* Wakes the first in line and lets go, or makes it the owner when it has waited
 * for long. LOST: nobody is in line, and the mutex still held. */
static rv_woken hand_on(rv_mutex *m)
{
    rv_woken woken = {0, RV_CLAIM_LOST};
    int64_t now = rv_clock_now();
    while (!rv_waitq_is_empty(&m->waiters)) {
        entrant *first = rv_container_of(m->waiters.head, entrant, waiter);
        woken = rv_waitq_claim(&m->waiters, &first->waiter);
        if (woken.won == RV_CLAIM_LOST) {
            continue;
        }
        if (now - first->since < RV_MUTEX_PATIENCE) {
            rv_u32_store_release(&m->state, RV_MUTEX_AWAKE); /* OWN */
            return woken;
        }
        first->is_owner = true;
        set_owner(m, first->self);
        break;
    }
    uint32_t crowded =
        rv_waitq_is_empty(&m->waiters) ? 0 : (uint32_t)RV_MUTEX_CROWDED;
    /* relaxed: ordered by the lock, and HELD keeps all others out */
    rv_u32_store_relaxed(&m->state, RV_MUTEX_HELD | crowded);
    return woken;
}

static __attribute__((noinline)) void unlock_slow(rv_mutex *m, uint32_t seen)
{
    for (;;) {
        if ((seen & RV_MUTEX_CROWDED) != 0) {
            rv_lock_acquire(&m->lock);
            rv_woken woken = hand_on(m);
            rv_lock_release(&m->lock);
            if (woken.won != RV_CLAIM_LOST) {
                RV_SHAKE_POINT();
                rv_waitq_finish(rv_current_worker(), woken);
                return;
            }
            seen = RV_MUTEX_HELD;
        }
        uint32_t after = seen & ~(uint32_t)RV_MUTEX_HELD;
        if (rv_u32_cas_release(&m->state, &seen, after)) { /* OWN */
            return;
        }
    }
}

void rove_mutex_unlock(rove_mutex *mutex)
{
    rv_mutex *m = rv_mutex_of(mutex);
    RV_CHECK(rv_mutex_is_mine(m, rv_current_worker()),
             "the caller does not own the mutex");
    set_owner(m, NOBODY);
    uint32_t seen = RV_MUTEX_HELD;
    if (!rv_u32_cas_release(&m->state, &seen, 0)) { /* OWN */
        unlock_slow(m, seen);
    }
}
