/* Switches and wake-ups between tasks that are there already.
 */
#include <stdlib.h>

#include "src/context/switch.h"
#include "src/sched/wake.h"
#include "src/task/await.h"

#include "benchmarks/micro/micro.h"

#define RAW_STACK 65536

void *make_fcontext(void *top, size_t size, void (*entry)(rv_transfer));

static void echo_jumps(rv_transfer arrival)
{
    for (;;) {
        arrival = jump_fcontext(arrival.context, NULL);
    }
}

double micro_raw_jump(uint64_t jumps)
{
    static _Alignas(64) char stack[RAW_STACK];
    void *other = make_fcontext(stack + RAW_STACK, RAW_STACK, echo_jumps);
    rove_time start = rove_now();
    for (uint64_t i = 0; i < jumps / 2; i++) {
        other = jump_fcontext(other, NULL).context;
    }
    return (double)(rove_now() - start) / (double)jumps;
}

static int64_t yield_often(void *times)
{
    for (uint64_t i = 0; i < (uint64_t)(uintptr_t)times; i++) {
        if (rove_yield() != 0) {
            return -1;
        }
    }
    return 0;
}

static void yield_among(unsigned tasks, uint64_t ops, micro_result *result)
{
    rove_task *handles[100];
    void *each = (void *)(uintptr_t)(ops / tasks);
    rove_time start = rove_now();
    for (unsigned i = 0; i < tasks; i++) {
        handles[i] = rove_spawn(yield_often, each);
    }
    for (unsigned i = 0; i < tasks; i++) {
        rove_join(handles[i]);
    }
    result->ns = (double)(rove_now() - start);
}

void micro_yield(uint64_t ops, micro_result *result)
{
    unsigned workers = rove_runtime_workers(rove_runtime_current());
    yield_among(2 * (workers < 50 ? workers : 50), ops, result);
}

void micro_yield_100(uint64_t ops, micro_result *result)
{
    yield_among(100, ops, result);
}

/* Two tasks that wake each other through the suspension protocol itself. The
 * one whose turn it is finds the other waiting. */
typedef struct pair {
    uint64_t rounds;
    rv_ref waiting; /* the one that waits, 0 at the start */
} pair;

static int64_t play(void *arg)
{
    pair *game = arg;
    while (game->rounds > 0) {
        rv_wait wait;
        if (rv_wait_begin(&wait) != 0) {
            return -1;
        }
        rv_ref other = game->waiting;
        game->waiting = wait.ref;
        game->rounds--;
        if (other != 0) {
            rv_wake(wait.worker, other, RV_CAUSE_SOURCE);
        }
        rv_wait_suspend(&wait);
    }
    rv_wake(rv_current_worker(), game->waiting, RV_CAUSE_SOURCE);
    return 0;
}

void micro_wake_same_worker(uint64_t ops, micro_result *result)
{
    pair game = {.rounds = ops};
    rove_time start = rove_now();
    rove_task *first = rove_spawn(play, &game);
    rove_task *second = rove_spawn(play, &game);
    rove_join(first);
    rove_join(second);
    result->ns = (double)(rove_now() - start);
}

typedef struct rally {
    uint64_t rounds;
    rove_future **balls[2];
} rally;

static int64_t serve(void *arg)
{
    rally *game = arg;
    for (uint64_t i = 0; i < game->rounds; i++) {
        rove_future_set(game->balls[0][i], 0);
        if (rove_future_wait(game->balls[1][i], NULL) != 0) {
            return -1;
        }
    }
    return 0;
}

static int64_t receive(void *arg)
{
    rally *game = arg;
    for (uint64_t i = 0; i < game->rounds; i++) {
        if (rove_future_wait(game->balls[0][i], NULL) != 0) {
            return -1;
        }
        rove_future_set(game->balls[1][i], 0);
    }
    return 0;
}

static rove_future **make_futures(uint64_t count)
{
    rove_future **futures = calloc(count, sizeof *futures);
    for (uint64_t i = 0; futures != NULL && i < count; i++) {
        futures[i] = rove_future_new();
        if (futures[i] == NULL) {
            abort();
        }
    }
    return futures;
}

static void free_futures(rove_future **futures, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        rove_future_unref(futures[i]);
    }
    free(futures);
}

void micro_future_pingpong(uint64_t ops, micro_result *result)
{
    rally game = {.rounds = ops / 2};
    game.balls[0] = make_futures(game.rounds);
    game.balls[1] = make_futures(game.rounds);
    if (game.balls[0] == NULL || game.balls[1] == NULL) {
        abort();
    }
    rove_time start = rove_now();
    rove_task *server = rove_spawn(serve, &game);
    rove_task *receiver = rove_spawn(receive, &game);
    rove_join(server);
    rove_join(receiver);
    result->ns = (double)(rove_now() - start);
    free_futures(game.balls[0], game.rounds);
    free_futures(game.balls[1], game.rounds);
}
