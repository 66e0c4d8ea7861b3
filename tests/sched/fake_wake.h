/* In the place of rv_wake (by the linker's --wrap): notes who was woken, and
 * why, instead of waking. So the code that decides whom to wake is tested
 * without a scheduler. Any thread.
 */
#ifndef TESTS_SCHED_FAKE_WAKE_H
#define TESTS_SCHED_FAKE_WAKE_H

#include "src/sched/task.h"

#define FAKE_WAKES_MAX 4096

typedef struct fake_wake {
    rv_ref ref;
    unsigned cause;
} fake_wake;

/* Forgets all wakes. */
void fake_wakes_clear(void);

/* The number of wakes, and the i-th, oldest first. */
unsigned fake_wakes_count(void);
fake_wake fake_wakes_at(unsigned i);

#endif
