/* Select: waits for the first of several things, and takes just that one.
 *
 *     rove_case cases[] = {
 *         rove_on_recv(requests, &request),
 *         rove_on_task(worker),
 *         rove_on_time(deadline),
 *     };
 *     int which = rove_select(cases, 3, 0);
 *
 * The choice among ready cases is fair. A case that loses has had no effect: no
 * item is taken or sent, no handle given back.
 */
#ifndef ROVE_SELECT_H
#define ROVE_SELECT_H

#include <stdbool.h>

#include "rove/base.h"
#include "rove/future.h"
#include "rove/task.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ROVE_TRY          1u /* do not wait: -EAGAIN when nothing is ready */
#define ROVE_FIRST_LISTED 2u /* of several ready cases the first one */

struct rove_chan;
struct rove_event;
struct rove_source;
struct rove_case_ops;

/* Made by one of the functions below, used for one select at a time. The
 * result is the case's own: 0, or what its function says. The other fields are
 * the library's. */
typedef struct rove_case {
    const struct rove_case_ops *ops; /* NULL: never ready */
    void *object;
    void *argument;
    int64_t result;
    uint64_t words[19];
    uint64_t order;
} rove_case;

/* Waits until one case is ready and carries it out; its index. The same object
 * may be in several cases. Of several ready cases each is as likely as the
 * others.
 *
 * -ECANCELED; -EAGAIN (ROVE_TRY, and nothing is ready); -EINVAL (n is 0 or over
 * 8000, or there is no such flag); or why a case cannot be waited for (-ENOMEM,
 * -EPERM for an fd outside a task, what a source's arm returned). After an
 * error no case was carried out.
 *
 * When all cases are never ready it waits until it is cancelled. With ROVE_TRY
 * it neither suspends nor looks for cancellation.
 *
 * Context  any thread (fd cases: a task); may suspend, may resume on another
 *          worker
 * Cost     no allocation, but for a future that others wait for */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_select(rove_case cases[], size_t n, unsigned flags);

/* Receives into *item. result: 0, or -EPIPE (closed and empty). A NULL channel
 * is never ready. */
ROVE_API rove_case rove_on_recv(struct rove_chan *chan, void *item);

/* Sends a copy of *item. result: 0, -EPIPE (closed), or -ENOMEM (as
 * rove_chan_send). A NULL channel is never ready. */
ROVE_API rove_case rove_on_send(struct rove_chan *chan, const void *item);

/* Ready when the task has ended; the handle is kept, and the task's result is
 * rove_join()'s. Nobody else may wait for the task meanwhile. NULL, what a
 * refused spawn returns, is ready: rove_join(NULL) says why it was refused. */
ROVE_API rove_case rove_on_task(rove_task *task);

/* Ready when the future is done; result: the future's. */
ROVE_API rove_case rove_on_future(rove_future *future);

/* Ready when the event is set. A NULL event is never ready. */
ROVE_API rove_case rove_on_event(struct rove_event *event);

/* Ready when the descriptor is, for some of POLLIN, POLLOUT, POLLPRI; result:
 * the events there are (POLLERR and POLLHUP may be among them). It is ready as
 * well when it never can be: result is then -EBADF (not open, or closed by
 * rove_close() meanwhile), -EPERM (cannot be polled, such as a regular file)
 * or -EINVAL (no events, or others). On a plain thread it is never ready, and
 * not to be waited for: -EPERM. */
ROVE_API rove_case rove_on_fd(int fd, int events);

/* A child process that ends: rove_on_child() of rove/process.h. A signal:
 * rove_on_signal() of rove/signal.h. */

/* Ready from that time on. */
ROVE_API rove_case rove_on_time(rove_time when);

/* Something of the user's own that can be awaited, Python's __await__. Its
 * owner embeds it and keeps it alive while anybody waits.
 *
 * ready   true when the source is ready; *result is its case's result. It is
 *         asked again after every wake-up, so it may be called at any time.
 *         Taking something, when that is what ready means, happens here.
 * arm     from now on rove_wake(waker) is to be called, once, from any thread,
 *         when the source may have become ready; by arm itself when it has
 *         become so since ready was asked. 0, or -errno: there is nothing to
 *         disarm then.
 * disarm  the waker of that arm is no longer wanted. A rove_wake that comes
 *         late is harmless, also when the waiter and the source are gone.
 *
 * All three run in the waiter's context, never suspend, and for one waiter
 * never at the same time. A source that several wait for, or that is in several
 * cases, is armed several times and keeps as many wakers; those of one waiter
 * may be equal. After the last disarm nobody touches the source. */
typedef struct rove_waker {
    uint64_t words[2];
} rove_waker;

typedef struct rove_source {
    bool (*ready)(struct rove_source *source, int64_t *result);
    int (*arm)(struct rove_source *source, rove_waker waker);
    void (*disarm)(struct rove_source *source, rove_waker waker);
} rove_source;

/* Wakes who armed the source. Any thread, any time, also within arm; the first
 * counts. A waker of zeros wakes nobody. Takes no lock that a source could be
 * waiting for, and never suspends. */
ROVE_API void rove_wake(rove_waker waker);

/* Ready when the source is; result: what ready stored. */
ROVE_API rove_case rove_on_source(rove_source *source);

/* Waits for one source. 0 and *result (may be NULL), -ECANCELED, -ENOMEM on a
 * plain thread that gets no descriptor, or arm's error.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_source_wait(rove_source *source,
                                                            int64_t *result);

#ifdef __cplusplus
}
#endif

#endif
