/* A mutex that nobody, or everybody, wants.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "rove/sync.h"

#include "benchmarks/micro/micro.h"

#define TASKS 8

/* What the mutex guards: the count shows that it did. */
typedef struct tally {
    rove_mutex mutex;
    uint64_t count;
    uint64_t each; /* additions by each task */
    bool is_held;  /* across a yield */
} tally;

static int64_t add_often(void *arg)
{
    tally *t = arg;
    for (uint64_t i = 0; i < t->each; i++) {
        if (rove_mutex_lock(&t->mutex) != 0) {
            return -1;
        }
        t->count++;
        if (t->is_held && rove_yield() != 0) {
            abort();
        }
        rove_mutex_unlock(&t->mutex);
    }
    return 0;
}

static void add_together(unsigned tasks, bool is_held, uint64_t ops,
                         micro_result *result)
{
    tally t = {
        .mutex = ROVE_MUTEX_INIT, .each = ops / tasks, .is_held = is_held};
    rove_task *handles[TASKS];
    rove_time start = rove_now();
    for (unsigned i = 0; i < tasks; i++) {
        handles[i] = rove_spawn(add_often, &t);
    }
    for (unsigned i = 0; i < tasks; i++) {
        if (rove_join(handles[i]) != 0) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
    if (t.count != t.each * tasks) {
        abort();
    }
}

void micro_mutex_uncontended(uint64_t ops, micro_result *result)
{
    add_together(1, false, ops, result);
}

/* The owner yields, so that the others find the mutex locked even on one
 * worker. */
void micro_mutex_contended(uint64_t ops, micro_result *result)
{
    add_together(TASKS, true, ops, result);
}

void micro_mutex_brief(uint64_t ops, micro_result *result)
{
    add_together(TASKS, false, ops, result);
}
