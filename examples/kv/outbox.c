#include "examples/kv/outbox.h"

#include <errno.h>

void outbox_open(struct outbox *outbox, size_t limit)
{
    *outbox = (struct outbox){.lock = ROVE_MUTEX_INIT,
                              .changed = ROVE_EVENT_INIT,
                              .limit = limit,
                              .owner = rove_task_id(rove_self())};
}

static int put_locked(struct outbox *outbox, struct bytes bytes)
{
    if (outbox->is_closed) {
        return -EPIPE;
    }
    int error = bytes.size > outbox->limit - outbox->text.size ? -ENOBUFS : 0;
    if (error == 0 && !buffer_add(&outbox->text, bytes.data, bytes.size)) {
        error = -ENOMEM;
    }
    if (error != 0) {
        outbox->is_closed = true;
        (void)rove_cancel_id(outbox->owner);
    }
    rove_event_set(&outbox->changed);
    return error;
}

int outbox_put(struct outbox *outbox, struct bytes bytes)
{
    int error = rove_mutex_lock(&outbox->lock);
    if (error == 0) {
        error = put_locked(outbox, bytes);
        rove_mutex_unlock(&outbox->lock);
    }
    return error;
}

/* 0 and nothing in *text: there is nothing yet. */
static int take_locked(struct outbox *outbox, struct buffer *text)
{
    if (outbox->text.size > 0) {
        struct buffer empty = *text;
        *text = outbox->text;
        outbox->text = empty;
        return 0;
    }
    rove_event_clear(&outbox->changed);
    return outbox->is_closed ? -EPIPE : 0;
}

int outbox_take(struct outbox *outbox, struct buffer *text)
{
    int error = 0;
    while (error == 0 && text->size == 0) {
        error = rove_mutex_lock(&outbox->lock);
        if (error != 0) {
            return error;
        }
        error = take_locked(outbox, text);
        rove_mutex_unlock(&outbox->lock);
        if (error == 0 && text->size == 0) {
            error = rove_event_wait(&outbox->changed);
        }
    }
    return error;
}

void outbox_close(struct outbox *outbox)
{
    ROVE_SHIELD(ROVE_FOREVER)
    {
        if (rove_mutex_lock(&outbox->lock) == 0) {
            outbox->is_closed = true;
            rove_event_set(&outbox->changed);
            rove_mutex_unlock(&outbox->lock);
        }
    }
}

void outbox_fini(struct outbox *outbox)
{
    buffer_free(&outbox->text);
}
