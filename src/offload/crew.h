/* The threads of an offload pool and the queue they work off: a FIFO of jobs
 * and an elastic crew.
 *
 * The crew
 *   idle    threads without a job, last come first called; one that was not
 *           called for `keep_alive` leaves. After a rest of less than 50 us the
 *           next begins with as long awake: where calls follow each other
 *           closely two wake-ups by the kernel were most of a call's time
 *   coming  threads that were called or started for the queue and have not
 *           looked at it since. Who comes takes the oldest job, if one is left,
 *           and calls the next thread if more are
 *   busy    threads that run a job, and then look at the queue again
 *   watch   at most one thread, there to see to it that no job waits behind
 *           busy threads for ever: it takes the oldest job when that has waited
 *           for 50 us, or when nobody is busy or coming, and is then a thread
 *           like the others
 *
 * Growth. Whoever changes the queue ends with call_help(): while more jobs are
 * queued than threads are coming it calls an idle thread; without any thread it
 * starts one; when all are busy it calls the watch, or starts a thread as the
 * new watch, below threads_max. So a thread is started only when there is none,
 * or one ahead of need; the queue decides in 50 us whether it is needed, and no
 * worker has to come by for that.
 *
 * No thread to be had: busy threads get to the jobs in time, and every change
 * of the queue tries again. When none is alive all queued jobs end with
 * -EAGAIN, their callers having relied on the start that failed.
 *
 * Law. What is below `lock` is guarded by it, but for `threads`, which is
 * written under the lock and read by anyone; the one who waits for the crew to
 * leave sleeps on it. No thread is started, no task woken and nothing called
 * outside the library under the lock: what a section finds to be done so is
 * collected as its errands and done after the release.
 *
 * Calls: a thread is called by setting its `word` under the lock, and woken
 * after the release. By then it may be gone, so nothing of it but the word's
 * address is used (platform/futex.h).
 *
 * Model: verification/spin/pool.pml.
 */
#ifndef SRC_OFFLOAD_CREW_H
#define SRC_OFFLOAD_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/offload/job.h"
#include "src/platform/lock.h"
#include "src/platform/os_thread.h"

struct rv_scheduler;

typedef struct rv_hand rv_hand;

typedef struct rv_crew {
    struct rv_scheduler
        *scheduler;       /* fixed; rove calls on the threads are its */
    unsigned threads_max; /* fixed */
    int64_t keep_alive;   /* fixed */
    char name[RV_THREAD_NAME_SIZE]; /* fixed */

    rv_lock lock;
    bool is_closed; /* a thread that finds the queue empty leaves */
    bool has_watch; /* a thread is on watch, or started for it */
    unsigned coming;
    unsigned busy;
    uint64_t queued;       /* length of queue */
    rv_list queue;         /* rv_job, oldest first */
    rv_list idle;          /* rv_hand, the last to come at the back */
    rv_hand *watch;        /* when it rests for want of jobs, else NULL */
    rv_hand *ended;        /* the last that left; not joined yet */
    uint64_t started;      /* threads, ever */
    rv_atomic_u32 threads; /* alive, or being started */
} rv_crew;

/* What a section under the lock leaves to be done after its release. Starts
 * zeroed; one section fills one. */
typedef struct rv_errands {
    rv_ref waiter;   /* to be woken, unless 0 */
    rv_job *orphan;  /* to be freed */
    rv_hand *called; /* to be woken */
    rv_hand *ended;  /* to be joined and freed */
    bool start;      /* a thread that is counted already */
    bool is_watch;   /* whether that is the new watch */
    bool tell_stopper;
} rv_errands;

/* Makes a crew without threads. name: prefix of thread names, copied. */
void rv_crew_init(rv_crew *crew, struct rv_scheduler *scheduler,
                  unsigned threads_max, int64_t keep_alive, const char *name);

/* Queues a job at time `now` and calls help. The lock is held. */
void rv_crew_push(rv_crew *crew, rv_job *job, int64_t now, rv_errands *errands);

/* Takes a QUEUED job out of the queue. The lock is held. */
void rv_crew_remove(rv_crew *crew, rv_job *job);

/* Calls one resting thread of a closed crew, so that it leaves; or has the last
 * that left joined when none is alive. The lock is held. False: neither, the
 * threads left are about to leave by themselves. */
bool rv_crew_dismiss_one(rv_crew *crew, rv_errands *errands);

/* Does what a section left to do. The lock has been released. May start a
 * thread; never suspends. */
void rv_crew_run_errands(rv_crew *crew, const rv_errands *errands);

/* Threads now. */
static inline uint32_t rv_crew_threads(const rv_crew *crew)
{
    /* relaxed: a number for reports, or read under the lock */
    return rv_u32_load_relaxed(&crew->threads);
}

#endif
