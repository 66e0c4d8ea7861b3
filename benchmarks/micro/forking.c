/* Recursive computing.
 */
#include <stdlib.h>

#include "benchmarks/micro/micro.h"

#define FIB_N      32
#define FIB_CALLS  7049155 /* calls of fib(32), each a fork or a plain call */
#define FIB_RESULT 2178309

static int64_t fib(void *arg)
{
    int64_t n = (intptr_t)arg;
    if (n < 2) {
        return n;
    }
    rove_fork left;
    rove_fork_start(&left, fib, (void *)(intptr_t)(n - 1));
    int64_t right = fib((void *)(intptr_t)(n - 2));
    return right + rove_fork_join(&left);
}

void micro_fib(uint64_t ops, micro_result *result)
{
    rove_time start = rove_now();
    for (uint64_t done = 0; done < ops; done += FIB_CALLS) {
        if (fib((void *)(intptr_t)FIB_N) != FIB_RESULT) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
}

typedef struct subtree {
    int64_t first;
    int64_t leaves;
} subtree;

/* A tree of tasks, ten children a node, whose leaves return their numbers. */
static int64_t skynet(void *arg)
{
    const subtree *tree = arg;
    if (tree->leaves == 1) {
        return tree->first;
    }
    subtree parts[10];
    rove_task *children[10];
    for (int i = 0; i < 10; i++) {
        parts[i].leaves = tree->leaves / 10;
        parts[i].first = tree->first + i * parts[i].leaves;
        children[i] = rove_spawn(skynet, &parts[i]);
    }
    int64_t sum = 0;
    for (int i = 0; i < 10; i++) {
        sum += rove_join(children[i]);
    }
    return sum;
}

void micro_skynet(uint64_t ops, micro_result *result)
{
    subtree all = {0, (int64_t)ops};
    int64_t expected = all.leaves * (all.leaves - 1) / 2;
    rove_time start = rove_now();
    if (rove_join(rove_spawn(skynet, &all)) != expected) {
        abort();
    }
    result->ns = (double)(rove_now() - start);
}
