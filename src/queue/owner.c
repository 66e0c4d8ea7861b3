#include "src/queue/owner.h"

#include "src/platform/os_thread.h"

/* Relaxed throughout: a thread only has to recognise its own number, and it
 * always sees its own stores. */

void rv_owner_reset(rv_owner *owner)
{
    rv_u32_store_relaxed(&owner->thread, 0);
}

bool rv_owner_is_me(rv_owner *owner)
{
    uint32_t me = (uint32_t)rv_thread_id();
    uint32_t bound = rv_u32_load_relaxed(&owner->thread);

    if (bound == 0) {
        rv_u32_store_relaxed(&owner->thread, me);
        return true;
    }
    return bound == me;
}
