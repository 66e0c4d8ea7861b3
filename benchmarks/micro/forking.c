/* Recursive computing.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "benchmarks/micro/micro.h"

#define FIB_MAX    32
#define QUEENS_MAX 12

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

/* fib(n) and the calls it takes, each a fork or a plain call. */
typedef struct fib_size {
    int n;
    int64_t result;
    uint64_t calls;
} fib_size;

static fib_size choose_fib(uint64_t calls_max)
{
    fib_size last = {0, 0, 1};
    fib_size size = {1, 1, 1};
    while (size.n < FIB_MAX && size.calls + last.calls + 1 <= calls_max) {
        fib_size next = {size.n + 1, size.result + last.result,
                         size.calls + last.calls + 1};
        last = size;
        size = next;
    }
    return size;
}

void micro_fib(uint64_t ops, micro_result *result)
{
    fib_size size = choose_fib(ops);
    rove_time start = rove_now();
    int64_t found = fib((void *)(intptr_t)size.n);
    result->ns = (double)(rove_now() - start);
    result->ops = size.calls;
    if (found != size.result) {
        abort();
    }
}

typedef struct subtree {
    int64_t first;
    int64_t leaves;
} subtree;

/* A tree, ten children a node, whose leaves return their numbers: by forks, or
 * by tasks of their own. */
static int64_t skynet(void *arg)
{
    const subtree *tree = arg;
    if (tree->leaves == 1) {
        return tree->first;
    }
    subtree parts[10];
    rove_fork children[10];
    for (int i = 0; i < 10; i++) {
        parts[i].leaves = tree->leaves / 10;
        parts[i].first = tree->first + i * parts[i].leaves;
        rove_fork_start(&children[i], skynet, &parts[i]);
    }
    int64_t sum = 0;
    for (int i = 9; i >= 0; i--) {
        sum += rove_fork_join(&children[i]);
    }
    return sum;
}

static int64_t skynet_spawn(void *arg)
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
        children[i] = rove_spawn(skynet_spawn, &parts[i]);
    }
    int64_t sum = 0;
    for (int i = 0; i < 10; i++) {
        sum += rove_join(children[i]);
    }
    return sum;
}

static void sum_leaves(rove_fn *fn, uint64_t ops, micro_result *result)
{
    subtree all = {0, 1};
    while (all.leaves * 10 <= (int64_t)ops) {
        all.leaves *= 10;
    }
    int64_t expected = all.leaves * (all.leaves - 1) / 2;
    rove_time start = rove_now();
    int64_t sum = fn(&all);
    result->ns = (double)(rove_now() - start);
    result->ops = (uint64_t)all.leaves;
    if (sum != expected) {
        abort();
    }
}

void micro_skynet(uint64_t ops, micro_result *result)
{
    sum_leaves(skynet, ops, result);
}

void micro_skynet_spawn(uint64_t ops, micro_result *result)
{
    sum_leaves(skynet_spawn, ops, result);
}

/* The first `row` rows have a queen each, at those columns. */
typedef struct board {
    int size, row;
    char columns[QUEENS_MAX];
} board;

static bool is_free(const board *b, int column)
{
    for (int i = 0; i < b->row; i++) {
        int apart = b->columns[i] - column;
        if (apart == 0 || apart == b->row - i || apart == i - b->row) {
            return false;
        }
    }
    return true;
}

/* The ways to place the other queens; a child for each place in the next
 * row. */
static int64_t nqueens(void *arg)
{
    const board *b = arg;
    if (b->row == b->size) {
        return 1;
    }
    board boards[QUEENS_MAX];
    rove_fork children[QUEENS_MAX];
    int count = 0;
    int64_t ways = 0;
    for (int column = 0; column < b->size; column++) {
        if (is_free(b, column)) {
            boards[count] = *b;
            boards[count].columns[b->row] = (char)column;
            boards[count].row++;
            rove_fork_start(&children[count], nqueens, &boards[count]);
            count++;
        }
    }
    while (count > 0) {
        ways += rove_fork_join(&children[--count]);
    }
    return ways;
}

void micro_nqueens(uint64_t ops, micro_result *result)
{
    static const struct {
        int n;
        int64_t ways;
        uint64_t boards;
    } sizes[] = {{4, 2, 17},       {5, 10, 54},        {6, 4, 153},
                 {7, 40, 552},     {8, 92, 2057},      {9, 352, 8394},
                 {10, 724, 35539}, {11, 2680, 166926}, {12, 14200, 856189}};
    unsigned i = sizeof sizes / sizeof sizes[0] - 1;
    while (i > 0 && sizes[i].boards > ops) {
        i--;
    }
    board empty = {.size = sizes[i].n};
    rove_time start = rove_now();
    int64_t ways = nqueens(&empty);
    result->ns = (double)(rove_now() - start);
    result->ops = sizes[i].boards;
    if (ways != sizes[i].ways) {
        abort();
    }
}
