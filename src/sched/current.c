#include "src/sched/current.h"

#include <stddef.h>

static __thread rv_current current __attribute__((tls_model("initial-exec")));

/* The empty asm keeps the compiler from seeing that the address is the same at
 * every call on one thread, and so from reusing it across a wait. */
__attribute__((noinline)) rv_current *rv_current_get(void)
{
    rv_current *self = &current;
    __asm__ volatile("" : "+r"(self) : : "memory");
    return self;
}

__attribute__((noinline)) struct rv_worker *rv_current_worker(void)
{
    struct rv_worker *worker = current.worker;
    __asm__ volatile("" : "+r"(worker) : : "memory");
    return worker;
}
