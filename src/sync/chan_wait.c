/* The calls of a channel that wait. Their blocking paths are inlined into the
 * public functions (task/await.h).
 */
#include "src/base/assert.h"
#include "src/sync/chan.h"
#include "src/task/await.h"

/* Under the lock: makes the call a wait in `queue`, for whom the channel had
 * nothing. */
static inline int enlist(rv_waitq *queue, rv_worker *w, rv_wait *wait,
                         rv_chan_waiter *self, void *item)
{
    int error = rv_wait_begin_on(wait, w);
    if (error == 0) {
        rv_chan_enlist(queue, self, wait->ref, RV_CAUSE_SOURCE, item);
    }
    return error;
}

/* Suspends until the outcome. */
static inline __attribute__((always_inline)) int
await_outcome(rove_chan *chan, rv_waitq *queue, rv_wait *wait,
              rv_chan_waiter *self)
{
    if (__builtin_expect(rv_wait_suspend(wait) != RV_CAUSE_SOURCE, 0)) {
        rv_chan_leave(chan, queue, self);
        return rv_wait_refused(wait);
    }
    return rv_chan_outcome(chan, self);
}

int rove_chan_send(rove_chan *chan, const void *item)
{
    RV_CHECK(chan != NULL, "there is no channel");
    rv_worker *w;
    int status = rv_wait_enter(&w);
    if (__builtin_expect(status != 0, 0)) {
        return status;
    }
    if (__builtin_expect(chan->overflow != ROVE_OVERFLOW_WAIT, 0)) {
        return rv_chan_send_dropping(chan, item);
    }
    rv_woken woken;
    rv_chan_waiter self;
    rv_wait wait;
    rv_lock_acquire(&chan->lock);
    status = rv_chan_offer(chan, item, &woken);
    if (__builtin_expect(status != -EAGAIN, 1)) {
        rv_lock_release(&chan->lock);
        rv_waitq_finish(w, woken);
        return status;
    }
    status = enlist(&chan->senders, w, &wait, &self, (void *)(uintptr_t)item);
    rv_lock_release(&chan->lock);
    return status != 0 ? status
                       : await_outcome(chan, &chan->senders, &wait, &self);
}

int rove_chan_recv(rove_chan *chan, void *item)
{
    RV_CHECK(chan != NULL, "there is no channel");
    rv_worker *w;
    int status = rv_wait_enter(&w);
    if (__builtin_expect(status != 0, 0)) {
        return status;
    }
    rv_woken woken;
    rv_chan_waiter self;
    rv_wait wait;
    rv_lock_acquire(&chan->lock);
    status = rv_chan_accept(chan, item, &woken);
    if (__builtin_expect(status != -EAGAIN, 1)) {
        rv_lock_release(&chan->lock);
        rv_waitq_finish(w, woken);
        return status;
    }
    status = enlist(&chan->receivers, w, &wait, &self, item);
    rv_lock_release(&chan->lock);
    return status != 0 ? status
                       : await_outcome(chan, &chan->receivers, &wait, &self);
}
