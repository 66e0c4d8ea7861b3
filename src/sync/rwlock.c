/* All fields are written under the lock. `writer` is who writes (rv_line_self),
 * 0: nobody; `readers` counts those who read; one of the two is 0. Without the
 * lock the writer is read only to be compared with the reader itself.
 *
 * Invariant outside the lock: the first in line cannot be let in. So who comes
 * while somebody waits goes behind, and readers cannot starve a writer.
 */
#include <assert.h>
#include <errno.h>

#include "rove/sync.h"

#include "src/base/assert.h"
#include "src/sync/line.h"

#define NOBODY UINT64_C(0)

typedef struct rv_rwlock {
    rv_atomic_u64 writer;
    uint32_t readers;
    rv_lock lock;
    rv_waitq waiters;
} rv_rwlock;

static_assert(sizeof(rv_rwlock) == sizeof(rove_rwlock) &&
                  offsetof(rv_rwlock, lock) == offsetof(rove_rwlock, lock) &&
                  offsetof(rv_rwlock, waiters) ==
                      offsetof(rove_rwlock, waiters),
              "the same layout");

typedef struct entrant {
    rv_waiter waiter;
    uint64_t self;
    bool writes;
} entrant;

static rv_rwlock *inside(rove_rwlock *lock)
{
    return (rv_rwlock *)lock;
}

static uint64_t writer_of(const rv_rwlock *l)
{
    return rv_u64_load_relaxed(&l->writer); /* the lock's, or compared */
}

static void set_writer(rv_rwlock *l, uint64_t self)
{
    rv_u64_store_relaxed(&l->writer, self); /* the lock's */
}

static bool may_enter(const rv_rwlock *l, const entrant *e)
{
    return writer_of(l) == NOBODY && (!e->writes || l->readers == 0);
}

static void let_in(rv_rwlock *l, const entrant *e)
{
    if (e->writes) {
        set_writer(l, e->self);
    } else {
        l->readers++;
    }
}

/* Lets in who may of those in line, as far as the first who may not. */
static void let_line_in(rv_rwlock *l, rv_wakes *wakes)
{
    while (!rv_waitq_is_empty(&l->waiters)) {
        entrant *first = rv_container_of(l->waiters.head, entrant, waiter);
        if (!may_enter(l, first)) {
            return;
        }
        if (rv_wakes_claim(wakes, &l->waiters, &first->waiter)) {
            let_in(l, first);
        }
    }
}

/* Under the lock. */
static bool try_enter(rv_rwlock *l, const entrant *e)
{
    if (!rv_waitq_is_empty(&l->waiters) || !may_enter(l, e)) {
        return false;
    }
    let_in(l, e);
    return true;
}

static bool try_now(rv_rwlock *l, const entrant *e)
{
    rv_lock_acquire(&l->lock);
    bool is_in = try_enter(l, e);
    rv_lock_release(&l->lock);
    return is_in;
}

static __attribute__((noinline)) int enter_slow(rv_rwlock *l, entrant *e)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_lock_acquire(&l->lock);
    if (try_enter(l, e)) {
        rv_lock_release(&l->lock);
        rv_wait_abort(&wait);
        return 0;
    }
    unsigned cause = rv_line_wait(&l->lock, &l->waiters, &e->waiter, &wait);
    if (cause == RV_CAUSE_SOURCE) {
        rv_lock_release(&l->lock);
        return 0;
    }
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    let_line_in(l, &wakes);
    rv_lock_release(&l->lock);
    rv_wakes_finish(wait.worker, &wakes);
    return rv_wait_refused(&wait);
}

/* In the public call `call`. */
static inline int enter(rv_rwlock *l, bool writes, const char *call)
{
    const rv_worker *w = rv_wait_count(rv_current_worker());
    entrant e = {.self = rv_line_self(w), .writes = writes};
    if (!rv_wait_is_refused(w) && try_now(l, &e)) {
        return 0;
    }
    if (writer_of(l) == e.self) {
        rv_panic(call, "the caller writes already");
    }
    return enter_slow(l, &e);
}

int rove_rwlock_read(rove_rwlock *lock)
{
    return enter(inside(lock), false, "rove_rwlock_read");
}

int rove_rwlock_write(rove_rwlock *lock)
{
    return enter(inside(lock), true, "rove_rwlock_write");
}

int rove_rwlock_try_read(rove_rwlock *lock)
{
    entrant e = {.writes = false};
    return try_now(inside(lock), &e) ? 0 : -EBUSY;
}

int rove_rwlock_try_write(rove_rwlock *lock)
{
    entrant e = {.self = rv_line_self(rv_current_worker()), .writes = true};
    return try_now(inside(lock), &e) ? 0 : -EBUSY;
}

static bool may_give_back(const rv_rwlock *l, uint64_t self)
{
    return writer_of(l) == NOBODY ? l->readers > 0 : writer_of(l) == self;
}

static void give_back(rv_rwlock *l)
{
    if (writer_of(l) != NOBODY) {
        set_writer(l, NOBODY);
    } else {
        l->readers--;
    }
}

void rove_rwlock_unlock(rove_rwlock *lock)
{
    rv_rwlock *l = inside(lock);
    rv_worker *w = rv_current_worker();
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&l->lock);
    RV_CHECK(may_give_back(l, rv_line_self(w)),
             "the caller does not hold the lock");
    give_back(l);
    let_line_in(l, &wakes);
    rv_lock_release(&l->lock);
    rv_wakes_finish(w, &wakes);
}
