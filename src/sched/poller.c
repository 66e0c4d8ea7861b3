#include "src/sched/poller.h"

#include <stdbool.h>
#include <stddef.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/platform/epoll.h"
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "src/platform/timer_fd.h"
#include "src/sched/poll_wait.h"
#include "src/sched/scheduler.h"
#include "src/sched/worker.h"

/* Data of events that are no pollable's: their low halves are no descriptor. */
#define DATA_ROUSE UINT64_MAX
#define DATA_WATCH (UINT64_MAX - 1)

/* The eventfd is level-triggered, and only the owner drains it: a thief that
 * polls in between must not take the owner's wake-up away. */
int rv_poller_init(rv_poller *poller)
{
    int error;
    poller->watch_fd = -1;
    poller->has_ticked = false;
    poller->left_tick = false;
    poller->epoll = rv_epoll_open();
    if (poller->epoll < 0) {
        return poller->epoll;
    }
    poller->event_fd = rv_event_fd_open();
    if (poller->event_fd < 0) {
        error = poller->event_fd;
        goto close_epoll;
    }
    error = rv_epoll_add(poller->epoll, poller->event_fd, EPOLLIN, DATA_ROUSE);
    if (error != 0) {
        goto close_event_fd;
    }
    /* relaxed: nobody else polls yet */
    rv_u64_store_relaxed(&poller->polled_at, (uint64_t)rv_clock_now());
    return 0;

close_event_fd:
    (void)rv_fd_close(poller->event_fd);
close_epoll:
    (void)rv_fd_close(poller->epoll);
    return error;
}

void rv_poller_fini(rv_poller *poller)
{
    (void)rv_fd_close(poller->event_fd);
    (void)rv_fd_close(poller->epoll);
}

int rv_poller_watch(rv_poller *poller, int fd)
{
    int error =
        rv_epoll_add(poller->epoll, fd,
                     EPOLLIN | (uint32_t)EPOLLET | EPOLLEXCLUSIVE, DATA_WATCH);
    if (error == 0) {
        poller->watch_fd = fd;
    }
    return error;
}

static void read_tick(rv_poller *own)
{
    rv_timer_fd_read(own->watch_fd);
    own->has_ticked = true;
    own->left_tick = false;
}

bool rv_poller_take_left_tick(rv_poller *poller)
{
    if (!poller->left_tick) {
        return false;
    }
    read_tick(poller);
    return true;
}

/* A worker that passes by leaves the tick to those that sleep: one of them has
 * been woken by it, or will find it when it waits. Not one that polls for
 * another: the tick it took may have been to wake that one. */
static void take_tick(const rv_poller *poller, struct rv_worker *by,
                      bool passes_by)
{
    if (passes_by && poller == &by->poller &&
        rv_idle_any(&by->scheduler->idle)) {
        by->poller.left_tick = true;
        return;
    }
    read_tick(&by->poller);
}

/* How many events were a descriptor's. */
static unsigned dispatch(rv_poller *poller, struct rv_worker *by, int count,
                         bool passes_by)
{
    unsigned served = 0;
    for (int i = 0; i < count; i++) {
        struct epoll_event event = by->poller.events[i];
        if (event.data.u64 == DATA_ROUSE) {
            if (poller == &by->poller) {
                rv_event_fd_drain(poller->event_fd);
            }
        } else if (event.data.u64 == DATA_WATCH) {
            take_tick(poller, by, passes_by);
        } else {
            served +=
                rv_poll_wait_event(poller, by, event.data.u64, event.events);
        }
    }
    if (count == RV_POLL_EVENTS && poller->watch_fd >= 0) {
        take_tick(poller, by, passes_by);
    }
    return served;
}

unsigned rv_poller_poll(rv_poller *poller, struct rv_worker *by,
                        int64_t timeout)
{
    int count = rv_epoll_wait(poller->epoll, by->poller.events, RV_POLL_EVENTS,
                              timeout);
    RV_CHECK(count >= 0, "the worker's epoll was closed by somebody else");
    rv_u64_store_relaxed(&poller->polled_at,
                         (uint64_t)rv_clock_now()); /* a hint, see poller.h */
    unsigned served = dispatch(poller, by, count, timeout == 0);
    if (served != 0) {
        rv_stat_add(&by->stats.io_events, served);
    }
    return served;
}

void rv_poller_rouse(rv_poller *poller)
{
    rv_event_fd_signal(poller->event_fd);
}
