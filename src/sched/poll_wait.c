#include "src/sched/poll_wait.h"

#include <errno.h>
#include <stddef.h>

#include "src/base/shake.h"
#include "src/platform/epoll.h"
#include "src/sched/current.h"
#include "src/sched/wake.h"

/* What a managed descriptor is registered for, once. */
#define EDGES (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | (uint32_t)EPOLLET)

#define ALL_SIDES ((1u << RV_SIDES) - 1)

/* Events that tell of an end or an error are for everybody who waits. */
#define ENDS_READ  (EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)
#define ENDS_WRITE (EPOLLHUP | EPOLLERR)
#define ENDS_ALERT (EPOLLPRI | EPOLLHUP | EPOLLERR)

static rv_atomic_u64 stale_events;

/* Those sides of the mask on which somebody waits. */
static unsigned waiting(const rv_pollable *file, unsigned sides)
{
    unsigned found = 0;
    for (unsigned s = 0; s < RV_SIDES; s++) {
        if (rv_poll_side_has_waiters(&file->side[s])) {
            found |= 1u << s;
        }
    }
    return found & sides;
}

/* A registration may be left over from what had this number before, or have
 * gone with it: both ways round are tried. */
static int register_at(const rv_pollable *file, int fd, rv_poller *poller,
                       uint32_t events, bool is_known)
{
    uint64_t data = (uint64_t)file->sequence << 32 | (uint32_t)fd;
    int error = is_known ? rv_epoll_mod(poller->epoll, fd, events, data)
                         : rv_epoll_add(poller->epoll, fd, events, data);
    if (error == -ENOENT) {
        error = rv_epoll_add(poller->epoll, fd, events, data);
    } else if (error == -EEXIST) {
        error = rv_epoll_mod(poller->epoll, fd, events, data);
    }
    return error;
}

/* Arms one shot for what is waited for on some sides. */
static int arm(const rv_pollable *file, int fd, rv_poller *poller,
               unsigned sides, bool is_known)
{
    static const uint32_t wanted[RV_SIDES] = {EPOLLIN, EPOLLOUT, EPOLLPRI};
    uint32_t events = EPOLLONESHOT;
    unsigned left = waiting(file, sides);
    for (; left != 0; left = rv_sides_rest(left)) {
        events |= wanted[rv_sides_first(left)];
    }
    return register_at(file, fd, poller, events, is_known);
}

static void queue(rv_pollable *file, rv_poll_wait *wait, rv_ref ref)
{
    unsigned left = wait->sides;
    for (; left != 0; left = rv_sides_rest(left)) {
        unsigned s = rv_sides_first(left);
        rv_poll_node *node = &wait->node[s];
        node->ref = ref;
        if (wait->placed) {
            rv_poll_side_queue_again(&file->side[s], node);
        } else {
            node->place = file->places;
            rv_poll_side_queue(&file->side[s], node);
        }
    }
    file->places += !wait->placed;
    wait->placed = true;
}

/* The sides the wait was no longer queued on. */
static unsigned unqueue(rv_pollable *file, rv_poll_wait *wait)
{
    unsigned gone = 0;
    unsigned left = wait->sides;
    for (; left != 0; left = rv_sides_rest(left)) {
        unsigned s = rv_sides_first(left);
        if (rv_node_is_linked(&wait->node[s].link)) {
            rv_poll_side_unqueue(&file->side[s], &wait->node[s]);
        } else {
            gone |= 1u << s;
        }
    }
    return gone;
}

static bool may_queue(const rv_pollable *file, const rv_poll_wait *wait)
{
    unsigned left = wait->sides;
    for (; left != 0; left = rv_sides_rest(left)) {
        unsigned s = rv_sides_first(left);
        if (!rv_poll_side_may_queue(&file->side[s], wait->seen[s],
                                    wait->tried)) {
            return false;
        }
    }
    return true;
}

static int queue_managed(rv_pollable *file, int fd, rv_poller *poller,
                         rv_poll_wait *wait, rv_ref ref)
{
    if (rv_pollable_home(file) == NULL) {
        int error = register_at(file, fd, poller, EDGES, false);
        if (error != 0) {
            return error;
        }
        rv_pollable_set_home(file, poller);
    }
    if (!may_queue(file, wait)) {
        return RV_POLL_WAIT_RETRY;
    }
    queue(file, wait, ref);
    return 0;
}

/* Waiters share one registration, at the home of who came first: with two, two
 * threads would be told of one event. Without waiters the home may move. */
static rv_poller *choose_home(const rv_pollable *file, int fd,
                              rv_poller *poller)
{
    rv_poller *home = rv_pollable_home(file);
    if (home == NULL || home == poller) {
        return poller;
    }
    if (waiting(file, ALL_SIDES) != 0) {
        return home;
    }
    /* Refused when the number was closed meanwhile. */
    (void)rv_epoll_del(home->epoll, fd);
    return poller;
}

static int queue_foreign(rv_pollable *file, int fd, rv_poller *poller,
                         rv_poll_wait *wait, rv_ref ref)
{
    poller = choose_home(file, fd, poller);
    bool is_known = rv_pollable_home(file) == poller;
    queue(file, wait, ref);
    int error = arm(file, fd, poller, ALL_SIDES, is_known);
    if (error != 0) {
        unqueue(file, wait);
        return error;
    }
    rv_pollable_set_home(file, poller);
    return 0;
}

int rv_poll_wait_queue(rv_pollable *file, int fd, rv_poller *poller,
                       rv_poll_wait *wait, rv_ref ref)
{
    int result = 0;
    RV_SHAKE_POINT();
    rv_lock_acquire(&file->lock);
    if (rv_pollable_is_closing(file)) {
        result = -EBADF;
    } else if (poller == NULL) {
        queue(file, wait, ref);
    } else if (rv_pollable_is_managed(file)) {
        result = queue_managed(file, fd, poller, wait, ref);
    } else {
        result = queue_foreign(file, fd, poller, wait, ref);
    }
    rv_lock_release(&file->lock);
    RV_SHAKE_POINT();
    return result;
}

/* A registration for nothing stays; the first wait will arm it. */
int rv_poll_wait_probe(rv_pollable *file, int fd, rv_poller *poller)
{
    int error = 0;
    rv_lock_acquire(&file->lock);
    if (rv_pollable_home(file) == NULL && !rv_pollable_is_managed(file)) {
        error = register_at(file, fd, poller, EPOLLONESHOT, false);
        if (error == 0) {
            rv_pollable_set_home(file, poller);
        }
    }
    rv_lock_release(&file->lock);
    return error;
}

static void give_turn(struct rv_worker *by, rv_ref ref)
{
    if (ref != 0) {
        RV_SHAKE_POINT();
        rv_wake(by, ref, RV_CAUSE_SOURCE);
    }
}

void rv_poll_wait_unqueue(rv_pollable *file, rv_poll_wait *wait, bool pass)
{
    rv_ref turn[RV_SIDE_ALERT] = {0};
    rv_lock_acquire(&file->lock);
    unsigned gone = unqueue(file, wait);
    for (unsigned s = 0; s < RV_SIDE_ALERT; s++) {
        if (pass && (gone & 1u << s) != 0) {
            turn[s] = rv_poll_side_take(&file->side[s]);
        }
    }
    rv_lock_release(&file->lock);
    give_turn(rv_current_worker(), turn[RV_SIDE_READ]);
    give_turn(rv_current_worker(), turn[RV_SIDE_WRITE]);
}

void rv_poll_wait_pass(rv_pollable *file, rv_side side)
{
    rv_lock_acquire(&file->lock);
    rv_ref turn = rv_poll_side_take(&file->side[side]);
    rv_lock_release(&file->lock);
    give_turn(rv_current_worker(), turn);
}

/* One shot is spent: the sides it was not about are armed again. When that
 * fails the number has been closed, and its waiters shall see it. */
static void arm_others(rv_pollable *file, int fd, rv_poller *poller,
                       unsigned served)
{
    unsigned others = waiting(file, ALL_SIDES & ~served);
    if (others != 0 && arm(file, fd, poller, others, true) != 0) {
        rv_pollable_take_all(file, RV_CAUSE_SOURCE);
    }
}

/* The events of one side: who is to have the turn, or 0. */
static rv_ref note_side(rv_poll_side *side, bool ends)
{
    rv_poll_side_tick(side, ends);
    if (ends) {
        rv_poll_side_take_all(side, RV_CAUSE_SOURCE);
        return 0;
    }
    return rv_poll_side_take(side);
}

/* An event, and who is to have the turn; the sides it was about. */
typedef struct rv_poll_news {
    uint32_t events;
    unsigned sides;
    rv_ref reader;
    rv_ref writer;
} rv_poll_news;

static void note_event(rv_pollable *file, rv_poll_news *news)
{
    uint32_t events = news->events;
    if ((events & (EPOLLIN | ENDS_READ)) != 0) {
        news->sides |= 1u << RV_SIDE_READ;
        news->reader =
            note_side(&file->side[RV_SIDE_READ], (events & ENDS_READ) != 0);
    }
    if ((events & (EPOLLOUT | ENDS_WRITE)) != 0) {
        news->sides |= 1u << RV_SIDE_WRITE;
        news->writer =
            note_side(&file->side[RV_SIDE_WRITE], (events & ENDS_WRITE) != 0);
    }
    if ((events & ENDS_ALERT) != 0) {
        news->sides |= 1u << RV_SIDE_ALERT;
        (void)note_side(&file->side[RV_SIDE_ALERT], true);
    }
}

/* A registration outlives its descriptor when that was closed elsewhere while a
 * duplicate lived on. If the number is not registered here now, what can be
 * taken off under it is that. */
static void note_stale(const rv_pollable *file, int fd, rv_poller *poller)
{
    rv_u64_fetch_add_relaxed(&stale_events, 1); /* a statistic */
    if (rv_pollable_home(file) != poller) {
        (void)rv_epoll_del(poller->epoll, fd);
    }
}

bool rv_poll_wait_event(rv_poller *poller, struct rv_worker *by, uint64_t data,
                        uint32_t events)
{
    int fd = (int)(uint32_t)data;
    rv_poll_news news = {.events = events};
    rv_pollable *file;
    if (rv_pollable_of(fd, &file) != 0) {
        return false;
    }
    rv_lock_acquire(&file->lock);
    bool is_stale =
        file->sequence != data >> 32 || rv_pollable_home(file) != poller;
    if (is_stale) {
        note_stale(file, fd, poller);
    } else {
        note_event(file, &news);
        if (!rv_pollable_is_managed(file)) {
            arm_others(file, fd, poller, news.sides);
        }
    }
    rv_lock_release(&file->lock);
    give_turn(by, news.reader);
    give_turn(by, news.writer);
    return !is_stale;
}

uint64_t rv_poll_wait_stale_events(void)
{
    return rv_u64_load_relaxed(&stale_events); /* a statistic */
}
