/* Who may use the owner's end of a queue. A queue is bound to the first thread
 * that pushes or pops; any other thread that tries is caught by an assertion.
 * Nothing is read or written when assertions are off.
 */
#ifndef SRC_QUEUE_OWNER_H
#define SRC_QUEUE_OWNER_H

#include <stdbool.h>

#include "src/base/atomic.h"

typedef struct {
    rv_atomic_u32 thread; /* 0 = not bound yet */
} rv_owner;

/* Unbinds: the next thread that asks becomes the owner. For a hand-over of the
 * queue that the caller orders by other means (a thread start or join). */
void rv_owner_reset(rv_owner *owner);

/* True if the calling thread is the owner, which it becomes if there is none.
 * Meant for RV_ASSERT. */
bool rv_owner_is_me(rv_owner *owner);

#endif
