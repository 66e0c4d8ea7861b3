#include "src/io/blocking.h"

#include <stddef.h>

#include "rove/offload.h"

#include "src/task/await.h"

int64_t rv_blocking_run(rove_fn *fn, void *arg)
{
    rv_worker *w;
    int error = rv_wait_enter(&w);

    if (error != 0) {
        return error;
    }
    return w != NULL ? rove_offload(fn, arg) : fn(arg);
}

static void release_share(void *parcel)
{
    rv_parcel_release(parcel);
}

int64_t rv_parcel_run(rv_parcel *parcel, rove_fn *fn)
{
    rv_worker *w;
    int error = rv_wait_enter(&w);

    /* relaxed: nobody else has seen it */
    rv_u32_store_relaxed(&parcel->shares, error == 0 && w != NULL ? 2 : 1);
    if (error != 0) {
        return error;
    }
    return w != NULL ? rove_offload_owned(fn, parcel, release_share)
                     : fn(parcel);
}

void rv_parcel_release(rv_parcel *parcel)
{
    if (rv_u32_fetch_sub_acq_rel(&parcel->shares, 1) == 1) { /* SHARE */
        parcel->free(parcel);
    }
}
