#include "src/sched/worker.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/base/shake.h"
#include "src/context/overflow.h"
#include "src/platform/cpu.h"
#include "src/platform/epoll.h"
#include "src/sched/current.h"
#include "src/sched/foresight.h"
#include "src/sched/fork_task.h"
#include "src/sched/run.h"
#include "src/sched/scheduler.h"
#include "src/sched/steal.h"
#include "src/sched/timer.h"

/* A turn of the loop is due after so much time. */
#define TURN_US 100

/* Who has to take over from a stuck worker may have to share a CPU with it. */
#define SLICE_NS 100000

/* How long a search spins before it sleeps: doubled by a find, halved else,
 * down to nothing but one round. */
#define SPIN_NS_MIN 500
#define SPIN_NS_MAX 1000

/* So many tasks of a chain are shown to others at once. */
#define FILL_BATCH 64

/* An rv_worker_hook, or 0; relaxed: it only ever becomes one and the same. */
static rv_atomic_u64 turn_hook;

static void begin_turn(rv_worker *w)
{
    w->budget = RV_BUDGET_ITEMS;
    w->budget_spans = RV_BUDGET_SPANS;
    w->turn_at = rv_clock_ticks();
}

static inline void call_turn_hook(rv_worker *w)
{
    uint64_t hook = rv_u64_load_relaxed(&turn_hook); /* see turn_hook */
    if (__builtin_expect(hook != 0, 0)) {
        ((rv_worker_hook *)(uintptr_t)hook)(w);
    }
}

bool rv_worker_is_turn_due(rv_worker *w)
{
    if (w->budget == 0 || --w->budget_spans == 0 ||
        rv_clock_ticks() - w->turn_at > w->turn_ticks) {
        w->budget = 0;
        call_turn_hook(w);
        return true;
    }
    w->budget = RV_BUDGET_ITEMS;
    return false;
}

void rv_worker_hook_turn(rv_worker *w, rv_worker_hook *hook)
{
    rv_u64_store_relaxed(&turn_hook, (uintptr_t)hook); /* see turn_hook */
    w->budget = 0;
    w->budget_spans = 1; /* a wait may give itself an item more */
}

int rv_worker_init(rv_worker *w, struct rv_scheduler *scheduler, unsigned index,
                   unsigned workers, uint64_t seed)
{
    w->scheduler = scheduler;
    w->index = (uint16_t)index;
    w->turn_ticks = TURN_US * rv_clock_ticks_per_us();
    begin_turn(w);
    rv_fifo_init(&w->pinned);
    rv_fifo_init(&w->starved);
    rv_rng_seed(&w->rng, seed + index);
    rv_ring_init(&w->ring, w->ring_slots, RV_RING_SLOTS, !scheduler->stealing);
    rv_deque_init(&w->forks, w->fork_slots, RV_DEQUE_SLOTS);
    rv_inbox_init(&w->inbox);
    rv_backlog_init(&w->backlog);
    rv_inbox_init(&w->pinned_inbox);
    w->now = rv_clock_now();
    rv_timer_wheel_init(&w->timers, w->now);
    w->sightings = rv_mem_zalloc(workers * sizeof(rv_sighting));
    if (w->sightings == NULL) {
        return -ENOMEM;
    }
    int error = rv_poller_init(&w->poller);
    if (error != 0) {
        goto free_sightings;
    }
    rv_stack_cache_init(&w->stacks);
    rv_stack *reserve = rv_stack_cache_get(&w->stacks, scheduler->stack_class);
    if (reserve == NULL) {
        error = -ENOMEM;
        goto free_stacks;
    }
    rv_stack_cache_put(&w->stacks, reserve);
    if (scheduler->idle.watch_fd >= 0) {
        error = rv_poller_watch(&w->poller, scheduler->idle.watch_fd);
        if (error != 0) {
            goto free_stacks;
        }
    }
    return 0;

free_stacks:
    rv_stack_cache_fini(&w->stacks);
    rv_poller_fini(&w->poller);
free_sightings:
    rv_mem_free(w->sightings);
    return error;
}

void rv_worker_fini(rv_worker *w)
{
    rv_task_cache_fini(&w->tasks);
    rv_stack_cache_fini(&w->stacks);
    rv_poller_fini(&w->poller);
    rv_mem_free(w->sightings);
}

static inline void tell_thieves(rv_worker *w)
{
    if (w->scheduler->stealing) {
        rv_idle_notify(w->scheduler, w);
    }
}

static void push_late(rv_worker *w, rv_task *task)
{
    task->link.next = NULL;
    rv_backlog_append(&w->backlog, &task->link);
}

void rv_worker_push(rv_worker *w, rv_task *task)
{
    if (__builtin_expect(!rv_backlog_is_empty(&w->backlog) ||
                             !rv_ring_push(&w->ring, task),
                         0)) {
        push_late(w, task);
    }
    tell_thieves(w);
}

/* The next of a chain as an array, at least one; the rest of the chain. */
static rv_link *gather(rv_link *first, void *tasks[FILL_BATCH], unsigned *count)
{
    unsigned n = 0;
    do {
        tasks[n++] = rv_container_of(first, rv_task, link);
        first = first->next;
    } while (first != NULL && n < FILL_BATCH);
    *count = n;
    return first;
}

/* The rest of the chain. The link of a task in the ring is another's. */
static rv_link *fill_ring(rv_worker *w, rv_link *first)
{
    void *tasks[FILL_BATCH];
    while (first != NULL) {
        unsigned count;
        rv_link *rest = gather(first, tasks, &count);
        unsigned pushed = rv_ring_push_many(&w->ring, tasks, count);
        if (pushed < count) {
            return &((rv_task *)tasks[pushed])->link;
        }
        first = rest;
    }
    return NULL;
}

void rv_worker_push_many(rv_worker *w, void *const *tasks, unsigned count)
{
    unsigned pushed = rv_backlog_is_empty(&w->backlog)
                          ? rv_ring_push_many(&w->ring, tasks, count)
                          : 0;
    for (unsigned i = pushed; i < count; i++) {
        push_late(w, tasks[i]);
    }
    tell_thieves(w);
}

void rv_worker_push_chain(rv_worker *w, rv_link *first)
{
    if (rv_backlog_is_empty(&w->backlog)) {
        first = fill_ring(w, first);
    }
    rv_backlog_append(&w->backlog, first);
    tell_thieves(w);
}

static rv_task *limit_slots(rv_worker *w, rv_task *task)
{
    if (++w->slot_runs <= RV_SLOT_RUNS_MAX) {
        return task;
    }
    /* Its turn comes after everything that is ready already. Counted whether or
     * not other items ran in between: a joiner of many tasks would otherwise
     * be switched to and away again for each of them. */
    w->slot_runs = 0;
    if (rv_ring_size(&w->ring) == 0 && rv_fifo_is_empty(&w->pinned) &&
        rv_backlog_is_empty(&w->backlog) &&
        rv_ptr_load_relaxed(&w->spawn_slot) == NULL) { /* only we fill it */
        return task;
    }
    rv_worker_push(w, task);
    return NULL;
}

static inline rv_task *pick_slot(rv_worker *w, rv_atomic_ptr *slot)
{
    rv_task *task = rv_ptr_load_relaxed(slot); /* taking decides */
    return task != NULL && rv_worker_take_slot(w, slot, task) ? task : NULL;
}

static inline rv_task *pick_slots(rv_worker *w)
{
    rv_task *task = pick_slot(w, &w->next_slot);
    if (task != NULL && (task = limit_slots(w, task)) != NULL) {
        return task;
    }
    task = pick_slot(w, &w->spawn_slot);
    return task != NULL ? limit_slots(w, task) : NULL;
}

/* With an empty ring: the head of the backlog, and as much of the rest as makes
 * a batch. */
static rv_task *refill_ring(rv_worker *w)
{
    rv_link *first = rv_backlog_take(&w->backlog, RV_RING_SLOTS / 2);
    if (first == NULL) {
        return NULL;
    }
    rv_link *rest = fill_ring(w, first->next);
    RV_CHECK(rest == NULL, "an empty ring has room for half its slots");
    if (first->next != NULL) {
        tell_thieves(w); /* a parker may have looked while it moved */
    }
    return rv_container_of(first, rv_task, link);
}

static inline rv_task *pick_ring(rv_worker *w)
{
    rv_task *task = rv_ring_pop(&w->ring);
    rv_foresight_fetch(&w->ring);
    return task != NULL ? task : refill_ring(w);
}

/* Pinned list and ring in turns, so that neither starves the other. */
static rv_task *pick_pinned(rv_worker *w)
{
    w->pinned_first = !w->pinned_first;
    rv_task *task = w->pinned_first ? NULL : pick_ring(w);
    return task != NULL
               ? task
               : rv_container_of(rv_fifo_pop(&w->pinned), rv_task, link);
}

static inline rv_task *pick_queues(rv_worker *w)
{
    if (__builtin_expect(!rv_fifo_is_empty(&w->pinned), 0)) {
        return pick_pinned(w);
    }
    rv_task *task = pick_ring(w);
    if (task == NULL && !rv_deque_is_empty(&w->forks)) {
        task = rv_fork_task_pop(w); /* the newest */
    }
    return task;
}

rv_task *rv_worker_pick(rv_worker *w)
{
    if (rv_worker_count_item(w)) {
        return NULL;
    }
    rv_task *task = pick_slots(w);
    if (task == NULL && (task = pick_queues(w)) == NULL) {
        return NULL;
    }
    /* relaxed: a sign of life for thieves, single writer */
    rv_u64_store_relaxed(&w->tick, rv_u64_load_relaxed(&w->tick) + 1);
    return task;
}

static void drain_inboxes(rv_worker *w)
{
    if (!rv_inbox_is_empty(&w->inbox)) {
        rv_worker_push_chain(w, rv_inbox_take_all(&w->inbox));
    }
    if (!rv_inbox_is_empty(&w->pinned_inbox)) {
        rv_link *link = rv_inbox_take_all(&w->pinned_inbox);
        while (link != NULL) {
            rv_link *next = link->next;
            rv_fifo_push(&w->pinned, link);
            link = next;
        }
    }
}

/* An unstarted task for which there was no stack: it gets one now, or, when
 * nothing that has started can run, the oldest ends with -ENOMEM. */
static rv_task *feed_starved(rv_worker *w, bool is_last_resort)
{
    if (rv_fifo_is_empty(&w->starved)) {
        return NULL;
    }
    rv_task *task = rv_container_of(w->starved.head, rv_task, link);
    bool can_start = rv_run_give_stack(w, task);
    if (can_start || is_last_resort) {
        rv_fifo_pop(&w->starved);
    }
    if (!can_start && is_last_resort) {
        if (task->traits.flags & RV_TASK_IS_FORK) {
            rv_fork_task_fail(w, task, -ENOMEM);
        }
        rv_run_finish(w, task, -ENOMEM);
    }
    return can_start ? task : NULL;
}

/* One turn: inboxes, ready descriptors, due timers. */
static rv_task *turn(rv_worker *w, bool poll)
{
    drain_inboxes(w);
    if (poll) {
        rv_poller_poll(&w->poller, w, 0);
    }
    int64_t now = rv_clock_now();
    w->now = now;
    rv_timer_fire(w, &w->timers, now);
    if (poll && w->scheduler->stealing) {
        rv_places_note(&w->scheduler->places, w->index);
        rv_steal_poll_one(w, now);
    }
    begin_turn(w);
    rv_task *task = feed_starved(w, false);
    return task != NULL ? task : rv_worker_pick(w);
}

static void spin_longer(rv_worker *w)
{
    if (w->spin_ns == 0) {
        w->spin_ns = SPIN_NS_MIN;
    } else if (w->spin_ns < SPIN_NS_MAX) {
        w->spin_ns *= 2;
    }
}

static rv_task *search(rv_worker *w)
{
    w->serves_stuck = false;
    int64_t until = rv_clock_now() + w->spin_ns;
    for (;;) {
        rv_task *task = rv_steal_round(w);
        if (task != NULL) {
            spin_longer(w);
            return task;
        }
        if (!rv_inbox_is_empty(&w->inbox) ||
            !rv_inbox_is_empty(&w->pinned_inbox)) {
            return turn(w, false);
        }
        if (rv_clock_now() >= until) {
            break;
        }
        for (int i = 0; i < 16; i++) {
            rv_cpu_relax();
        }
    }
    w->spin_ns = w->spin_ns > SPIN_NS_MIN ? w->spin_ns / 2 : 0;
    return NULL;
}

/* Until the next own timer, and not longer than until a stuck worker's sockets
 * are to be looked at again. < 0: for ever. */
static int64_t time_to_sleep(const rv_worker *w)
{
    int64_t next = rv_timer_wheel_next(&w->timers);
    if (next == INT64_MAX) {
        return w->serves_stuck ? w->stuck_span : -1;
    }
    int64_t now = rv_clock_now();
    int64_t span = next > now ? next - now : 0;
    return w->serves_stuck && span > w->stuck_span ? w->stuck_span : span;
}

static void sleep_in_epoll(rv_worker *w)
{
    rv_idle *idle = &w->scheduler->idle;
    if (rv_poller_take_left_tick(&w->poller)) {
        return; /* to look after stuck workers first */
    }
    if (w->poller.has_ticked) {
        w->poller.has_ticked = false;
        rv_idle_watch_round(idle);
    }
    rv_stat_add(&w->stats.parks, 1);
    rv_poller_poll(&w->poller, w, time_to_sleep(w));
    if (!w->poller.has_ticked) {
        rv_idle_watch_disturb(idle);
    }
}

/* Sleeps in the own epoll unless there is something to do after all; the law is
 * in idle.h. Takes and returns whether this worker is a searcher. */
static bool park(rv_worker *w, bool searching)
{
    rv_scheduler *s = w->scheduler;
    rv_places_note(&s->places, w->index);
    rv_idle_enter(&s->idle, w->index);
    if (searching) {
        rv_idle_search_end(&s->idle);
    }
    RV_SHAKE_POINT();
    bool saw_work = rv_steal_anything(w) ||
                    rv_scheduler_phase(s) == RV_PHASE_STOPPED; /* LOOK, PHASE */
    if (saw_work) {
        rv_poller_poll(&w->poller, w, 0);
    } else {
        sleep_in_epoll(w);
    }
    if (rv_idle_leave(&s->idle, w->index)) {
        return true;
    }
    if (saw_work && s->stealing) {
        rv_idle_search_insist(&s->idle);
        return true;
    }
    return false;
}

/* A worker without a reason to search sleeps in its epoll at once: it would
 * only find its own events there. Ticks call for a look after stuck workers. */
static bool should_search(const rv_worker *w)
{
    return w->spin_ns != 0 || w->serves_stuck || w->poller.has_ticked ||
           rv_steal_from_any(w->scheduler);
}

/* The next task to run, or NULL when the runtime has stopped. */
static rv_task *find(rv_worker *w)
{
    rv_scheduler *s = w->scheduler;
    bool searching = false;
    /* Own descriptors come before the work of others. */
    rv_task *task = turn(w, w->budget == 0 || should_search(w));
    while (task == NULL && rv_scheduler_phase(s) != RV_PHASE_STOPPED) {
        if (!searching && should_search(w)) {
            searching = rv_idle_search_begin(&s->idle);
        }
        if (searching) {
            task = search(w);
        }
        while (task == NULL && !rv_fifo_is_empty(&w->starved)) {
            task = feed_starved(w, true);
        }
        if (task == NULL) {
            searching = park(w, searching);
            task = turn(w, false);
        }
    }
    if (searching && rv_idle_search_end(&s->idle)) {
        tell_thieves(w); /* the last searcher has work: pass on */
    }
    return task;
}

void rv_worker_main(void *worker)
{
    rv_worker *w = worker;
    rv_scheduler *s = w->scheduler;
    if (s->stealing) {
        rv_thread_set_slice(SLICE_NS);
    }
    rv_scheduler_wait_gate(s);
    /* For handlers of the program's own, too, which could not give one to this
     * thread. Without memory for it there is none. */
    bool has_signal_stack = rv_overflow_thread_enter() == 0;
    rv_current *self = rv_current_get();
    self->worker = w;
    self->scheduler = s;
    rv_fiber_adopt_thread(&w->loop);
    rv_task *task;
    while ((task = find(w)) != NULL) {
        rv_run_from_loop(w, task);
    }
    rv_fiber_fini(&w->loop);
    self = rv_current_get();
    self->worker = NULL;
    self->scheduler = NULL;
    if (has_signal_stack) {
        rv_overflow_thread_leave();
    }
}
