/* What is published for one subscriber and not yet on its way: any task puts,
 * one takes. A subscriber that leaves too much unread loses its connection.
 */
#ifndef EXAMPLES_KV_OUTBOX_H
#define EXAMPLES_KV_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "rove/rove.h"

#include "examples/kv/buffer.h"
#include "examples/kv/bytes.h"

struct outbox {
    rove_mutex lock;
    rove_event changed;
    struct buffer text;
    size_t limit;
    uint64_t owner; /* id of the task that is cancelled beyond the limit */
    bool is_closed;
};

/* Makes it empty, and open. The owner: the calling task. */
void outbox_open(struct outbox *outbox, size_t limit);

/* 0; -EPIPE (it is closed); -ENOBUFS or -ENOMEM, and the owner is cancelled; or
 * -ECANCELED: the caller is. */
ROVE_MUST_CHECK int outbox_put(struct outbox *outbox, struct bytes bytes);

/* Waits until there is something, and takes all of it in exchange for *text,
 * which is empty. 0; -EPIPE: it is closed, and all was taken; -ECANCELED. */
ROVE_MUST_CHECK int outbox_take(struct outbox *outbox, struct buffer *text);

/* Nothing more is put. Also in a task that is cancelled. */
void outbox_close(struct outbox *outbox);

/* Frees what nobody took, when nobody uses it any more. */
void outbox_fini(struct outbox *outbox);

#endif
