/* Cases of a select that send or receive. A counterpart that finds an armed
 * case carries it out under the channel's lock and claims the wait for the
 * case's cause, as for a call that waits; a select that is arming carries out
 * nothing, since it cannot claim two waits at once, but says that it is ready.
 * Nodes of the same select are no counterparts.
 */
#include "rove/select.h"

#include "src/sync/chan.h"
#include "src/task/source.h"

static_assert(sizeof(rv_chan_waiter) <= sizeof(((rove_case *)NULL)->words),
              "a waiter fits into a case");

static rv_chan_waiter *waiter_of(rove_case *self)
{
    return (rv_chan_waiter *)(void *)self->words;
}

static bool somebody_else_waits(const rv_waitq *queue, rv_ref own)
{
    const rv_waiter *waiter = queue->head;
    while (waiter != NULL && waiter->ref == own) {
        waiter = waiter->next;
    }
    return waiter != NULL;
}

static bool is_recv_ready(rove_case *self)
{
    rove_chan *chan = self->object;
    int status =
        chan != NULL ? rv_chan_try_recv(chan, self->argument) : -EAGAIN;
    self->result = status;
    return status != -EAGAIN;
}

static bool is_send_ready(rove_case *self)
{
    rove_chan *chan = self->object;
    int status =
        chan != NULL ? rv_chan_try_send(chan, self->argument) : -EAGAIN;
    self->result = status;
    return status != -EAGAIN;
}

static int arm_recv(rove_case *self, rv_ref ref, unsigned cause)
{
    rove_chan *chan = self->object;
    if (chan == NULL) {
        return 0;
    }
    rv_lock_acquire(&chan->lock);
    bool is_ready = chan->count != 0 || chan->is_closed ||
                    somebody_else_waits(&chan->senders, ref);
    if (!is_ready) {
        rv_chan_enlist(&chan->receivers, waiter_of(self), ref, cause,
                       self->argument);
    }
    rv_lock_release(&chan->lock);
    return is_ready ? RV_CASE_READY : 0;
}

static int arm_send(rove_case *self, rv_ref ref, unsigned cause)
{
    rove_chan *chan = self->object;
    if (chan == NULL) {
        return 0;
    }
    rv_lock_acquire(&chan->lock);
    bool is_ready = chan->count < chan->limit || chan->is_closed ||
                    chan->is_unbounded ||
                    chan->overflow != ROVE_OVERFLOW_WAIT ||
                    somebody_else_waits(&chan->receivers, ref);
    if (!is_ready) {
        rv_chan_enlist(&chan->senders, waiter_of(self), ref, cause,
                       self->argument);
    }
    rv_lock_release(&chan->lock);
    return is_ready ? RV_CASE_READY : 0;
}

static void disarm(rove_case *self, rv_waitq *queue, bool named)
{
    if (named) {
        self->result = rv_chan_outcome(self->object, waiter_of(self));
    } else {
        rv_chan_leave(self->object, queue, waiter_of(self));
    }
}

static void disarm_recv(rove_case *self, bool named)
{
    rove_chan *chan = self->object;
    if (chan != NULL) {
        disarm(self, &chan->receivers, named);
    }
}

static void disarm_send(rove_case *self, bool named)
{
    rove_chan *chan = self->object;
    if (chan != NULL) {
        disarm(self, &chan->senders, named);
    }
}

rove_case rove_on_recv(rove_chan *chan, void *item)
{
    static const struct rove_case_ops ops = {is_recv_ready, arm_recv,
                                             disarm_recv};
    return rv_case_make(&ops, chan, item);
}

rove_case rove_on_send(rove_chan *chan, const void *item)
{
    static const struct rove_case_ops ops = {is_send_ready, arm_send,
                                             disarm_send};
    return rv_case_make(&ops, chan, (void *)(uintptr_t)item);
}
