#include "tests/support/fault.h"

#include <string.h>

#include "src/base/assert.h"
#include "src/base/atomic.h"

#define POINTS_MAX 128

/* One function. Calls first to last fail; none does while first is 0. All
 * accesses but those of PLAN are relaxed: they count, and order nothing. */
typedef struct {
    rv_atomic_ptr name;
    rv_atomic_u64 calls;
    rv_atomic_u64 first;
    rv_atomic_u64 last;
    rv_atomic_u32 error;
} point;

static point points[POINTS_MAX];

/* The point of `function`; a new one at the end of the table if it has none. */
static point *find_point(const char *function)
{
    for (size_t i = 0; i < POINTS_MAX; i++) {
        void *name = rv_ptr_load_relaxed(&points[i].name);

        if (name == NULL &&
            rv_ptr_cas_release(&points[i].name, &name, (void *)function)) {
            return &points[i];
        }
        if (strcmp(name, function) == 0) {
            return &points[i];
        }
    }
    rv_panic(__func__, "more functions with a twin than POINTS_MAX");
}

static void arm(const char *function, uint64_t first, uint64_t last, int error)
{
    point *p = find_point(function);

    RV_CHECK(first > 0 && error != 0, "a fault needs a call and an error");
    rv_fault_disarm();
    rv_u64_store_relaxed(&p->calls, 0);
    rv_u64_store_relaxed(&p->last, last);
    rv_u32_store_relaxed(&p->error, (uint32_t)error);
    rv_u64_store_release(&p->first, first); /* PLAN */
}

void rv_fault_arm(const char *function, uint64_t nth, int error)
{
    arm(function, nth, nth, error);
}

void rv_fault_arm_every(const char *function, uint64_t nth, int error)
{
    arm(function, nth, UINT64_MAX, error);
}

void rv_fault_disarm(void)
{
    for (size_t i = 0; i < POINTS_MAX; i++) {
        rv_u64_store_relaxed(&points[i].first, 0);
    }
}

uint64_t rv_fault_calls(const char *function)
{
    return rv_u64_load_relaxed(&find_point(function)->calls);
}

int rv_fault_check(const char *function)
{
    point *p = find_point(function);
    uint64_t call = rv_u64_fetch_add_relaxed(&p->calls, 1) + 1;
    uint64_t first = rv_u64_load_acquire(&p->first); /* PLAN */

    if (first == 0 || call < first || call > rv_u64_load_relaxed(&p->last)) {
        return 0;
    }
    return (int)rv_u32_load_relaxed(&p->error);
}
