#include "src/offload/crew.h"

#include <errno.h>
#include <stdio.h>

#include "src/base/assert.h"
#include "src/base/bits.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/base/shake.h"
#include "src/platform/cpu.h"
#include "src/platform/futex.h"
#include "src/sched/current.h"
#include "src/sched/wake.h"

/* How long the oldest job waits behind busy threads before one more thread
 * takes it: about what it costs to start one, so that a burst of short jobs
 * does not use threads it does not need. */
#define PATIENCE (50 * ROVE_US)

/* A rest no longer than this is brief: about what the wake-ups of a sleeping
 * thread and of the worker that waits for it cost. After a brief rest the next
 * is spent awake for as long. */
#define BRIEF  (50 * ROVE_US)
#define PAUSES 16 /* half a microsecond */

struct rv_hand {
    rv_node node;       /* in `idle`; guarded by the lock, like the rest */
    rv_atomic_u32 word; /* 0: may sleep */
    bool is_brief;      /* its last rest was ended soon by a call; own */
    bool is_watch;
    bool is_coming;
    bool is_resting; /* in `idle`, or the crew's `watch` */
    rv_crew *crew;   /* fixed */
    rv_thread os;
};

typedef enum next_step { STEP_RUN, STEP_REST, STEP_LEAVE } next_step;

static void run_thread(void *arg);

static void add_threads(rv_crew *crew, uint32_t n)
{
    /* relaxed: written under the lock */
    rv_u32_store_relaxed(&crew->threads, rv_crew_threads(crew) + n);
}

static void reserve_thread(rv_crew *crew, rv_errands *e)
{
    add_threads(crew, 1);
    crew->started++;
    e->start = true;
}

static rv_hand *newest_idle(const rv_crew *crew)
{
    return rv_list_is_empty(&crew->idle)
               ? NULL
               : rv_container_of(crew->idle.ring.prev, rv_hand, node);
}

static void call_hand(rv_crew *crew, rv_hand *hand, rv_errands *e)
{
    if (hand->is_watch) {
        crew->watch = NULL;
    } else {
        rv_list_remove(&hand->node);
        hand->is_coming = true;
        crew->coming++;
    }
    hand->is_resting = false;
    rv_u32_store_relaxed(&hand->word, 1); /* relaxed: the lock orders it */
    e->called = hand;
}

/* See Growth in crew.h. One call after each change is enough: the thread that
 * comes calls the next. */
static void call_help(rv_crew *crew, rv_errands *e)
{
    rv_hand *idle = newest_idle(crew);

    if (crew->queued <= crew->coming) {
        return;
    }
    if (idle != NULL) {
        call_hand(crew, idle, e);
    } else if (rv_crew_threads(crew) == 0) {
        reserve_thread(crew, e);
        crew->coming++;
    } else if (crew->coming > 0) {
        return;
    } else if (crew->watch != NULL) {
        call_hand(crew, crew->watch, e);
    } else if (!crew->has_watch && rv_crew_threads(crew) < crew->threads_max) {
        reserve_thread(crew, e);
        crew->has_watch = true;
        e->is_watch = true;
    }
}

static void end_job(rv_job *job, rv_errands *e)
{
    job->state = RV_JOB_DONE;
    e->waiter = job->waiter;
    e->orphan = job->abandoned ? job : NULL;
}

static void wake_waiter(const rv_errands *e)
{
    if (e->waiter != 0) {
        rv_wake(rv_current_worker(), e->waiter, RV_CAUSE_SOURCE);
    }
}

static rv_job *oldest_job(const rv_crew *crew)
{
    rv_node *front = rv_list_front(&crew->queue);

    return front == NULL ? NULL : rv_container_of(front, rv_job, node);
}

static void bury(rv_hand *hand)
{
    rv_thread_join(&hand->os);
    rv_mem_free(hand);
}

static bool start_hand(rv_crew *crew, bool is_watch)
{
    rv_hand *hand = rv_mem_zalloc(sizeof *hand);

    if (hand == NULL) {
        return false;
    }
    hand->crew = crew;
    hand->is_watch = is_watch;
    hand->is_coming = !is_watch;
    if (rv_thread_start(&hand->os, crew->name, run_thread, hand) != 0) {
        rv_mem_free(hand);
        return false;
    }
    return true;
}

/* Without a thread the queued jobs end one at a time: a caller may be gone with
 * its job as soon as that is DONE and the lock released. A caller that came
 * meanwhile and tries a start of its own takes over what is left. */
static void give_start_up(rv_crew *crew, bool is_watch)
{
    rv_lock_acquire(&crew->lock);
    add_threads(crew, UINT32_MAX);
    crew->started--;
    if (is_watch) {
        crew->has_watch = false;
    } else {
        crew->coming--;
    }
    while (rv_crew_threads(crew) == 0 && crew->queued > 0) {
        rv_job *job = oldest_job(crew);
        rv_errands e = {0};

        rv_crew_remove(crew, job);
        job->result = -EAGAIN;
        end_job(job, &e);
        rv_lock_release(&crew->lock);
        wake_waiter(&e);
        rv_lock_acquire(&crew->lock);
    }
    rv_lock_release(&crew->lock);
}

/* Each thread that leaves joins the one before; the stopper joins the last. */
static next_step leave(rv_crew *crew, rv_hand *hand, rv_errands *e)
{
    if (hand->is_watch) {
        crew->has_watch = false;
    }
    add_threads(crew, UINT32_MAX);
    e->ended = crew->ended;
    crew->ended = hand;
    e->tell_stopper = crew->is_closed;
    return STEP_LEAVE;
}

static next_step rest(rv_crew *crew, rv_hand *hand)
{
    if (hand->is_watch) {
        crew->watch = hand;
    } else {
        rv_list_push_back(&crew->idle, &hand->node);
    }
    hand->is_resting = true;
    rv_u32_store_relaxed(&hand->word, 0); /* relaxed: the lock orders it */
    return STEP_REST;
}

/* Nobody called it for too long. Had the queue something for it, it would have
 * been called: so leaving loses nothing. */
static next_step stop_resting(rv_crew *crew, rv_hand *hand, rv_errands *e)
{
    if (hand->is_watch) {
        crew->watch = NULL;
    } else {
        rv_list_remove(&hand->node);
    }
    return leave(crew, hand, e);
}

static next_step take_job(rv_crew *crew, rv_hand *hand, rv_job *job,
                          rv_errands *e)
{
    if (hand->is_watch) {
        hand->is_watch = false;
        crew->has_watch = false;
    }
    rv_crew_remove(crew, job);
    job->state = RV_JOB_RUNNING;
    crew->busy++;
    call_help(crew, e);
    return STEP_RUN;
}

/* What a thread without a job does next; the lock is held. STEP_RUN: *job.
 * STEP_REST: sleep until called, or until *until. */
static next_step choose_step(rv_crew *crew, rv_hand *hand, rv_job **job,
                             int64_t *until, rv_errands *e)
{
    rv_job *oldest = oldest_job(crew);

    if (hand->is_coming) {
        hand->is_coming = false;
        crew->coming--;
    }
    if (hand->is_resting) {
        return stop_resting(crew, hand, e);
    }
    if (oldest == NULL && crew->is_closed) {
        return leave(crew, hand, e);
    }
    if (oldest == NULL) {
        *until = rv_time_add(rv_clock_now(), crew->keep_alive);
        return rest(crew, hand);
    }
    if (hand->is_watch && crew->busy + crew->coming > 0) {
        *until = oldest->since + PATIENCE;
        if (rv_clock_now() < *until) {
            hand->is_brief = false;               /* others are busy: sleep */
            rv_u32_store_relaxed(&hand->word, 0); /* relaxed: nobody calls */
            return STEP_REST;
        }
    }
    *job = oldest;
    return take_job(crew, hand, oldest, e);
}

static void run_job(rv_job *job)
{
    rv_current_get()->locals = job->locals;
    job->result = job->fn(job->arg);
    job->has_run = true;
    if (job->destroy != NULL) {
        job->destroy(job->arg);
    }
    rv_current_get()->locals = NULL;
    if (rv_current_get()->scope != NULL) {
        rv_panic("rove_scope_close",
                 "an offloaded function closes its scopes before it returns");
    }
}

/* The word only ends the sleep; what was meant by it stands under the lock. */
static bool is_called(const rv_hand *hand)
{
    return rv_u32_load_relaxed(&hand->word) != 0; /* see above */
}

/* Yields, so that a thread that has work to do on this CPU gets it. */
static void stay_awake(const rv_hand *hand, int64_t until)
{
    while (!is_called(hand) && rv_clock_now() < until) {
        rv_thread_yield();
        for (int i = 0; i < PAUSES && !is_called(hand); i++) {
            rv_cpu_relax();
        }
    }
}

static void sleep_until(rv_hand *hand, int64_t until)
{
    int64_t since = rv_clock_now();
    int error = 0;

    RV_SHAKE_POINT();
    if (hand->is_brief) {
        stay_awake(hand, since + BRIEF);
    }
    while (error == 0 && !is_called(hand)) {
        error = rv_futex_wait(&hand->word, 0, until);
    }
    hand->is_brief = is_called(hand) && rv_clock_now() - since < BRIEF;
    RV_SHAKE_POINT();
}

/* One section under the lock a round: it ends the job that has run and chooses
 * what comes next. */
static void run_thread(void *arg)
{
    rv_hand *hand = arg;
    rv_crew *crew = hand->crew;
    rv_job *job = NULL;
    next_step step = STEP_REST;

    rv_current_get()->scheduler = crew->scheduler;
    while (step != STEP_LEAVE) {
        int64_t until = 0;
        rv_errands e = {0};

        rv_lock_acquire(&crew->lock);
        if (step == STEP_RUN) {
            crew->busy--;
            end_job(job, &e);
        }
        step = choose_step(crew, hand, &job, &until, &e);
        rv_lock_release(&crew->lock);
        rv_crew_run_errands(crew, &e);
        if (step == STEP_RUN) {
            run_job(job);
        } else if (step == STEP_REST) {
            sleep_until(hand, until);
        }
    }
}

void rv_crew_init(rv_crew *crew, struct rv_scheduler *scheduler,
                  unsigned threads_max, int64_t keep_alive, const char *name)
{
    *crew = (rv_crew){
        .scheduler = scheduler,
        .threads_max = threads_max,
        .keep_alive = keep_alive,
    };
    (void)snprintf(crew->name, sizeof crew->name, "%.7s-offload", name);
    rv_lock_init(&crew->lock);
    rv_list_init(&crew->queue);
    rv_list_init(&crew->idle);
}

void rv_crew_push(rv_crew *crew, rv_job *job, int64_t now, rv_errands *errands)
{
    job->state = RV_JOB_QUEUED;
    job->since = now;
    rv_list_push_back(&crew->queue, &job->node);
    crew->queued++;
    call_help(crew, errands);
}

void rv_crew_remove(rv_crew *crew, rv_job *job)
{
    rv_list_remove(&job->node);
    crew->queued--;
}

bool rv_crew_dismiss_one(rv_crew *crew, rv_errands *errands)
{
    rv_hand *idle = newest_idle(crew);

    if (idle != NULL) {
        call_hand(crew, idle, errands);
    } else if (crew->watch != NULL) {
        call_hand(crew, crew->watch, errands);
    } else if (rv_crew_threads(crew) == 0) {
        errands->ended = crew->ended;
        crew->ended = NULL;
    } else {
        return false;
    }
    return true;
}

void rv_crew_run_errands(rv_crew *crew, const rv_errands *errands)
{
    RV_SHAKE_POINT();
    wake_waiter(errands);
    if (errands->called != NULL) {
        rv_futex_wake(&errands->called->word, 1);
    }
    if (errands->start && !start_hand(crew, errands->is_watch)) {
        give_start_up(crew, errands->is_watch);
    }
    rv_mem_free(errands->orphan);
    if (errands->ended != NULL) {
        bury(errands->ended);
    }
    if (errands->tell_stopper) {
        rv_futex_wake(&crew->threads, 1);
    }
}
