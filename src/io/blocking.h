/* Calls that block: made on the offload pool for a task, and on the spot for a
 * plain or pool thread.
 */
#ifndef SRC_IO_BLOCKING_H
#define SRC_IO_BLOCKING_H

#include "rove/base.h"

#include "src/base/atomic.h"

/* Runs fn(arg): its result, or what rove_offload() says. */
int64_t rv_blocking_run(rove_fn *fn, void *arg);

/* What a caller and its blocking call share, at the head of a block of the
 * heap: a caller that is cancelled leaves, and the call goes on. Who lets go of
 * it last frees it, with what the call has brought and nobody took.
 *
 * SHARE  a share is given up by a subtraction (acq_rel), so that the last one
 *        sees what the other did. */
typedef struct rv_parcel {
    rv_atomic_u32 shares;
    void (*free)(struct rv_parcel *parcel);
} rv_parcel;

/* Runs fn(parcel), for a parcel that nobody else has seen. fn's result, and
 * then the caller sees what fn wrote; or -ECANCELED, at once, and the call may
 * still run; or else what rove_offload_owned() says, and it never will. The
 * caller then gives its share up, in each case. */
int64_t rv_parcel_run(rv_parcel *parcel, rove_fn *fn);
void rv_parcel_release(rv_parcel *parcel);

#endif
