/* Task locals: the variables. Their values are in sched/local_table.h, and who
 * has them in sched/extra.h.
 */
#include "rove/local.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/atomic.h"
#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/sched/worker.h"

#define LOCALS_MAX 1024

static rove_local locals[LOCALS_MAX];
static rv_atomic_u32 used;

rove_local *rove_local_new(void (*destructor)(void *value), unsigned flags)
{
    RV_CHECK((flags & ~ROVE_LOCAL_INHERIT) == 0, "there is no such flag");
    uint32_t index = rv_u32_load_relaxed(&used); /* the CAS decides */
    do {
        if (index == LOCALS_MAX) {
            return NULL;
        }
        /* relaxed: the place is the caller's alone, who hands it on */
    } while (!rv_u32_cas_relaxed(&used, &index, index + 1));
    rove_local made = {destructor, flags};
    locals[index] = made;
    return &locals[index];
}

void *rove_local_get(const rove_local *local)
{
    RV_CHECK(local != NULL, "there is no variable");
    const rv_local_entry *entry =
        rv_local_table_find(rv_extra_locals_here(), local);
    return entry != NULL ? entry->value : NULL;
}

int rove_local_set(rove_local *local, void *value)
{
    RV_CHECK(local != NULL, "there is no variable");
    const rv_worker *w = rv_current_worker();
    if (w == NULL) {
        return -EPERM;
    }
    RV_CHECK(!rv_extra_is_destroying(w->current),
             "a destructor may not set locals");
    return rv_extra_set_local(w->current, local, value);
}
