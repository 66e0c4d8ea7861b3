#include "src/sched/current.h"

#include <assert.h>
#include <stddef.h>

__thread rv_current rv_current_here __attribute__((tls_model("initial-exec")));

static_assert(offsetof(rv_current, worker) == 0, "rv_current_worker loads it");

/* The empty asm keeps the compiler from seeing that the address is the same at
 * every call on one thread, and so from reusing it across a wait. */
__attribute__((noinline)) rv_current *rv_current_get(void)
{
    rv_current *self = &rv_current_here;
    __asm__ volatile("" : "+r"(self) : : "memory");
    return self;
}
