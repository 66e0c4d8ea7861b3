/* What is known of each descriptor number: one object per number, for the whole
 * process, never freed, so that an event or a call that comes late meets an
 * object and can tell that it is late.
 *
 * Managed descriptors were made by rove. Each is registered once, with the
 * epoll of the worker that first had to wait for it (its home), edge-triggered
 * for everything, and stays there until it is closed. Foreign ones belong to
 * code that may close them behind our back: each wait arms one shot for what
 * the waiters want, at the home they have while there are any.
 *
 * READ and WRITE are the two directions. ALERT is for what is neither: error
 * queues, urgent data, and sleepers and plain threads that only want to know
 * that the descriptor is being closed.
 *
 * Law of `calls`
 *   CLOSING           set and cleared by the closer: calls are refused
 *   MANAGED, STREAM, FILE
 *                     set by who made the descriptor, cleared by the closer
 *   count             calls in flight; the closer waits until it is zero
 *
 * `lock` is innermost: epoll calls and rv_wake are made under it, nothing that
 * takes another lock.
 *
 * Pairs
 *   PAGE  a page is stored (release) once its objects are made; who finds it
 *         loads it (acquire).
 *   CALL  a call enters and leaves by a read-modify-write of `calls` (acq_rel),
 *         the closer sets CLOSING likewise and reads the count (acquire): each
 *         call sees CLOSING or is waited for, and what it did is done.
 */
#ifndef SRC_SCHED_POLLABLE_H
#define SRC_SCHED_POLLABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/platform/lock.h"
#include "src/sched/poll_side.h"
#include "src/sched/poller.h"
#include "src/sched/task.h"

/* Numbers from here on are not served. */
#define RV_POLLABLE_MAX   (1 << 20)
#define RV_POLLABLE_PAGE  256
#define RV_POLLABLE_PAGES (RV_POLLABLE_MAX / RV_POLLABLE_PAGE)

typedef enum rv_side {
    RV_SIDE_READ = 0,
    RV_SIDE_WRITE = 1,
    RV_SIDE_ALERT = 2,
    RV_SIDES = 3,
} rv_side;

enum {
    RV_CALLS_CLOSING = 1,
    RV_CALLS_MANAGED = 2,
    RV_CALLS_STREAM = 4, /* a short count means that the side is drained */
    RV_CALLS_FILE = 8,   /* no socket: read and write, not recv and send */
    RV_CALLS_FLAGS = 15,
    RV_CALLS_ONE = 16,
};

typedef struct rv_pollable {
    rv_lock lock;
    rv_atomic_u32 calls;
    uint32_t sequence;  /* of lives of this number; under the lock */
    uint32_t places;    /* given out in the queues; under the lock */
    rv_atomic_ptr home; /* rv_poller or NULL; written under the lock */
    rv_ref closer;      /* waits for the calls in flight; under the lock */
    rv_poll_side side[RV_SIDES];
} RV_ALIGNED(RV_CACHE_LINE) rv_pollable;

/* The table; a page is NULL until a number of it is first used. Hidden as
 * rv_task_table is. */
extern rv_atomic_ptr rv_pollable_pages[RV_POLLABLE_PAGES]
    __attribute__((visibility("hidden")));

/* As rv_pollable_of(), which calls it. */
int rv_pollable_open(int fd, rv_pollable **out);

/* Finds the object of a number. 0, -EBADF (negative), -EMFILE (RV_POLLABLE_MAX
 * or more) or -ENOMEM. Any thread. */
static inline int rv_pollable_of(int fd, rv_pollable **out)
{
    if (fd >= 0 && fd < RV_POLLABLE_MAX) {
        rv_pollable *page = (rv_pollable *)rv_ptr_load_acquire(
            &rv_pollable_pages[fd / RV_POLLABLE_PAGE]); /* PAGE */
        if (page != NULL) {
            *out = &page[fd % RV_POLLABLE_PAGE];
            return 0;
        }
    }
    return rv_pollable_open(fd, out);
}

void rv_pollable_wake_closer(rv_pollable *file);

/* Ends a call. */
static inline void rv_pollable_leave(rv_pollable *file)
{
    uint32_t before =
        rv_u32_fetch_sub_acq_rel(&file->calls, RV_CALLS_ONE); /* CALL */
    if ((before & RV_CALLS_CLOSING) != 0 && before < 2 * RV_CALLS_ONE) {
        rv_pollable_wake_closer(file);
    }
}

/* Begins a call; the flags. With RV_CALLS_CLOSING no call was begun. */
static inline uint32_t rv_pollable_enter(rv_pollable *file)
{
    uint32_t before =
        rv_u32_fetch_add_acq_rel(&file->calls, RV_CALLS_ONE); /* CALL */
    if ((before & RV_CALLS_CLOSING) != 0) {
        rv_pollable_leave(file);
    }
    return before & RV_CALLS_FLAGS;
}

static inline bool rv_pollable_is_closing(const rv_pollable *file)
{
    uint32_t calls = rv_u32_load_acquire(&file->calls); /* CALL */
    return (calls & RV_CALLS_CLOSING) != 0;
}

/* True while calls are in flight. */
static inline bool rv_pollable_has_calls(const rv_pollable *file)
{
    return rv_u32_load_acquire(&file->calls) >= RV_CALLS_ONE; /* CALL */
}

/* Makes a descriptor that nobody uses yet a managed one. flags: a sum of
 * RV_CALLS_STREAM and RV_CALLS_FILE. Who still waits for an earlier one of this
 * number, closed behind our back, is claimed with RV_CAUSE_CLOSED. */
void rv_pollable_adopt(rv_pollable *file, uint32_t flags);

/* Closing, in four steps. begin refuses new calls and claims all waits with
 * RV_CAUSE_CLOSED; -EBADF when somebody else is closing. await names the wait
 * that the last call in flight will claim; false: there is none in flight. end
 * forgets everything and returns the life that begins. Then the caller closes
 * the descriptor. done tells those who slipped in meanwhile to look again. */
int rv_pollable_close_begin(rv_pollable *file);
bool rv_pollable_close_await(rv_pollable *file, rv_ref ref);
uint32_t rv_pollable_close_end(rv_pollable *file, int fd);
void rv_pollable_close_done(rv_pollable *file, uint32_t life);

/* Before a poller ends: what has its home there is registered nowhere, and who
 * waits (tasks of other runtimes) looks for another home. */
void rv_pollable_forget(rv_poller *poller);

/* For the holder of the lock. */

static inline rv_poller *rv_pollable_home(const rv_pollable *file)
{
    return (rv_poller *)rv_ptr_load_relaxed(&file->home); /* under the lock */
}

static inline void rv_pollable_set_home(rv_pollable *file, rv_poller *poller)
{
    rv_ptr_store_relaxed(&file->home, poller); /* under the lock */
}

static inline bool rv_pollable_is_managed(const rv_pollable *file)
{
    /* relaxed: flags change under the lock only */
    return (rv_u32_load_relaxed(&file->calls) & RV_CALLS_MANAGED) != 0;
}

/* Claims all waits. */
void rv_pollable_take_all(rv_pollable *file, unsigned cause);

#endif
