#include "src/sched/steal.h"

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/base/shake.h"
#include "src/sched/fork_task.h"
#include "src/sched/timer.h"

/* Tasks taken at once. */
#define STEAL_MAX 128

/* Keeps the first of a chain to run and queues the rest. */
static rv_task *adopt_chain(rv_worker *w, rv_link *first)
{
    if (first == NULL) {
        return NULL;
    }
    rv_link *rest = first->next;
    if (rest != NULL) {
        rv_worker_push_chain(w, rest);
    }
    return rv_container_of(first, rv_task, link);
}

static rv_task *steal_ring(rv_worker *w, rv_worker *victim)
{
    void *items[STEAL_MAX];
    unsigned n = rv_ring_steal(&victim->ring, items, STEAL_MAX);
    if (n == 0) {
        return NULL;
    }
    if (n > 1) {
        rv_worker_push_many(w, items + 1, n - 1);
    }
    rv_stat_add(&w->stats.steals, 1);
    return items[0];
}

static rv_task *steal_backlog(rv_worker *w, rv_worker *victim)
{
    rv_link *chain = rv_backlog_take(&victim->backlog, STEAL_MAX);
    if (chain != NULL) {
        rv_stat_add(&w->stats.steals, 1);
    }
    return adopt_chain(w, chain);
}

static rv_task *steal_inbox(rv_worker *w, rv_worker *victim)
{
    if (rv_inbox_is_empty(&victim->inbox)) {
        return NULL;
    }
    rv_link *chain = rv_inbox_take_all(&victim->inbox);
    if (chain != NULL) {
        rv_stat_add(&w->stats.steals, 1);
    }
    return adopt_chain(w, chain);
}

static rv_task *steal_slot(rv_worker *w, rv_atomic_ptr *slot)
{
    if (rv_ptr_load_relaxed(slot) == NULL) { /* the exchange decides */
        return NULL;
    }
    rv_task *task = rv_ptr_exchange_acq_rel(slot, NULL); /* SLOT */
    if (task != NULL) {
        rv_stat_add(&w->stats.takeovers, 1);
    }
    return task;
}

/* How long the victim's tick has stood still, as far as this thief knows. */
static int64_t standing_still(rv_worker *w, const rv_worker *victim,
                              int64_t now)
{
    rv_sighting *last = &w->sightings[victim->index];
    uint64_t tick = rv_u64_load_relaxed(&victim->tick); /* hint */
    if (tick != last->tick || last->since == 0) {
        last->tick = tick;
        last->since = now;
    }
    return now - last->since;
}

/* A stuck worker's descriptors are looked at again soon while they are busy,
 * and less often while they are not, until the watch will do. */
static int64_t back_off(int64_t span)
{
    if (span == 0) {
        return RV_STUCK_POLL;
    }
    return 2 * span < RV_WATCH_PERIOD ? 2 * span : 0;
}

/* Serves the victim's epoll and timers in its place, unless another thief has
 * taken the turn since `polled` was seen. */
static void poll_for(rv_worker *w, rv_worker *victim, uint64_t polled,
                     int64_t now)
{
    if (!rv_u64_cas_acq_rel(&victim->poller.polled_at, &polled,
                            (uint64_t)now)) { /* TURN */
        return;
    }
    unsigned served = rv_poller_poll(&victim->poller, w, 0);
    served += rv_timer_fire(w, &victim->timers, now);
    if (served != 0) {
        rv_stat_add(&w->stats.takeovers, 1);
        w->stuck_span = RV_STUCK_POLL;
    } else {
        w->stuck_span = back_off(w->stuck_span);
    }
    w->serves_stuck = w->stuck_span != 0;
    w->stuck_polled = rv_u64_load_relaxed(&victim->poller.polled_at); /* hint */
}

static rv_task *steal_from_stuck(rv_worker *w, rv_worker *victim, int64_t now)
{
    if (rv_idle_is_asleep(&w->scheduler->idle, victim->index)) {
        return NULL;
    }
    /* relaxed: confirmed by poll_for's CAS */
    uint64_t polled = rv_u64_load_relaxed(&victim->poller.polled_at);
    bool is_overdue = now - (int64_t)polled >= RV_STUCK_POLL;
    if (!is_overdue && polled == w->stuck_polled) {
        w->serves_stuck = w->stuck_span != 0; /* nobody polled since we did */
    }
    if (standing_still(w, victim, now) < RV_STUCK_SLOT && !is_overdue) {
        return NULL;
    }
    rv_task *task = steal_slot(w, &victim->next_slot);
    if (task == NULL) {
        task = steal_slot(w, &victim->spawn_slot);
    }
    if (task == NULL && is_overdue) {
        poll_for(w, victim, polled, now);
        task = rv_worker_pick(w);
    }
    return task;
}

void rv_steal_poll_one(rv_worker *w, int64_t now)
{
    rv_scheduler *s = w->scheduler;
    rv_worker *victim = s->workers[rv_rng_below(&w->rng, s->count)];
    /* relaxed: confirmed by poll_for's CAS */
    uint64_t polled = rv_u64_load_relaxed(&victim->poller.polled_at);
    if (now - (int64_t)polled >= RV_STUCK_POLL &&
        !rv_idle_is_asleep(&s->idle, victim->index)) {
        poll_for(w, victim, polled, now);
    }
}

static rv_task *steal_from(rv_worker *w, rv_worker *victim, int64_t now)
{
    rv_task *task = steal_ring(w, victim);
    if (task == NULL) {
        task = rv_fork_task_steal(w, victim);
    }
    if (task == NULL) {
        task = steal_backlog(w, victim);
    }
    if (task == NULL) {
        task = steal_inbox(w, victim);
    }
    if (task == NULL) {
        task = steal_from_stuck(w, victim, now);
    }
    return task;
}

static rv_task *steal_from_all(rv_worker *w, unsigned start, int64_t now)
{
    const rv_scheduler *s = w->scheduler;
    for (unsigned i = 0; i < s->count; i++) {
        rv_worker *victim = s->workers[(start + i) % s->count];
        RV_SHAKE_POINT();
        rv_task *task = victim != w ? steal_from(w, victim, now) : NULL;
        if (task != NULL) {
            return task;
        }
    }
    return NULL;
}

/* Those that run in w's group, or those that do not. */
static rv_task *steal_from_some(rv_worker *w, unsigned start, int64_t now,
                                bool near)
{
    const rv_scheduler *s = w->scheduler;
    unsigned here = rv_places_of(&s->places, w->index);
    for (unsigned i = 0; i < s->count; i++) {
        unsigned index = (start + i) % s->count;
        if (index == w->index ||
            (rv_places_of(&s->places, index) == here) != near) {
            continue;
        }
        RV_SHAKE_POINT();
        rv_task *task = steal_from(w, s->workers[index], now);
        if (task != NULL) {
            return task;
        }
    }
    return NULL;
}

rv_task *rv_steal_round(rv_worker *w)
{
    rv_scheduler *s = w->scheduler;
    if (!s->stealing) {
        return NULL;
    }
    int64_t now = rv_clock_now();
    unsigned start = rv_rng_below(&w->rng, s->count);
    if (!rv_places_differ(&s->places)) {
        return steal_from_all(w, start, now);
    }
    rv_places_note(&s->places, w->index);
    rv_task *task = steal_from_some(w, start, now, true);
    return task != NULL ? task : steal_from_some(w, start, now, false);
}

static bool has_work(const rv_worker *victim)
{
    return !rv_ring_is_empty(&victim->ring) ||
           !rv_inbox_is_empty(&victim->inbox) ||
           !rv_backlog_is_empty(&victim->backlog) ||
           !rv_deque_is_empty(&victim->forks);
}

bool rv_steal_from_any(const rv_scheduler *s)
{
    for (unsigned i = 0; s->stealing && i < s->count; i++) {
        if (has_work(s->workers[i])) {
            return true;
        }
    }
    return false;
}

bool rv_steal_anything(const rv_worker *w)
{
    const rv_scheduler *s = w->scheduler;
    if (has_work(w) || !rv_inbox_is_empty(&w->pinned_inbox) ||
        !rv_fifo_is_empty(&w->pinned) ||
        rv_ptr_load_acquire(&w->next_slot) != NULL ||  /* SLOT */
        rv_ptr_load_acquire(&w->spawn_slot) != NULL) { /* SLOT */
        return true;
    }
    return rv_steal_from_any(s);
}
