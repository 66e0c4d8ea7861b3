/* The epoll of one worker and the eventfd that rouses it. Descriptors are
 * registered through pollable.h; an event that arrives here wakes the waiters
 * of its descriptor. Anyone may poll anyone's poller: edge-triggered and
 * one-shot events are delivered once.
 *
 * polled_at  time of the last poll. Its owner stores it after each poll; a
 *            thief that finds it old takes the turn by a CAS from the value it
 *            saw, so that one thief polls. relaxed: a hint, no data rides on it
 */
#ifndef SRC_SCHED_POLLER_H
#define SRC_SCHED_POLLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "src/base/atomic.h"

struct rv_worker;

#define RV_POLL_EVENTS 128

typedef struct rv_poller {
    int epoll;
    int event_fd;
    int watch_fd;    /* see rv_poller_watch; -1: none */
    bool has_ticked; /* the owner took a tick; the owner's, cleared by park */
    bool left_tick;  /* the owner left one to others; the owner's */
    rv_atomic_u64 polled_at;
    struct epoll_event events[RV_POLL_EVENTS]; /* the worker's own buffer */
} rv_poller;

/* 0, or -EMFILE, -ENFILE, -ENOMEM, and then nothing is open. */
int rv_poller_init(rv_poller *poller);
void rv_poller_fini(rv_poller *poller);

/* Has the poller woken by the ticks of a timer, one poller for each
 * (EPOLLEXCLUSIVE). Who takes the event reads the timer, which does not tick
 * again before; so does who took a full batch, since the event may be behind
 * it. An owner that polls without waiting while others sleep leaves the tick to
 * them, and reads the timer before it sleeps itself: by then all of them may
 * have left it to each other. 0 or -errno. */
int rv_poller_watch(rv_poller *poller, int fd);

/* Before the owner sleeps: whether it had left a tick to others; then it has
 * taken one now instead. */
bool rv_poller_take_left_tick(rv_poller *poller);

/* Takes events and wakes their waiters through rv_wake(by, …), so that they
 * become ready on the polling worker.
 *
 * poller   whose epoll
 * by       the worker that polls; its event buffer is used
 * timeout  nanoseconds; 0: do not wait, < 0: for ever. Waiting is for the
 *          owner only
 *
 * Returns the number of descriptor events; the eventfd's own and stale ones
 * are not counted. */
unsigned rv_poller_poll(rv_poller *poller, struct rv_worker *by,
                        int64_t timeout);

/* Ends the owner's wait in rv_poller_poll, now or the next time. Any thread. */
void rv_poller_rouse(rv_poller *poller);

#endif
