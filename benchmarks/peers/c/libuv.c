/* The workloads of benchmarks/peers that a libuv loop has.
 */
#include "libuv.h"

#include <stdlib.h>
#include <uv.h>

#include "common.h"

static void never(uv_timer_t *timer)
{
    (void)timer;
    abort();
}

/* A timer that is stopped before its time. */
static void timer_add_cancel(unsigned workers, uint64_t ops,
                             struct outcome *outcome)
{
    (void)workers;
    uv_loop_t *loop = uv_default_loop();
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    int64_t start = clock_now();
    for (uint64_t i = 0; i < ops; i++) {
        require(uv_timer_start(&timer, never, 1000 + i % 5, 0) == 0);
        uv_timer_stop(&timer);
    }
    outcome->ns_per_op = (double)(clock_now() - start) / (double)ops;
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
}

/* A wait for another thread, by uv_async. */
struct wait {
    uv_async_t async;
    struct foreign *foreign;
    uint64_t round, rounds;
};

static void ring(void *context, uint64_t round)
{
    struct wait *wait = context;
    (void)round;
    uv_async_send(&wait->async);
}

static void on_ring(uv_async_t *async)
{
    struct wait *wait = async->data;
    foreign_end(wait->foreign, wait->round);
    if (++wait->round == wait->rounds) {
        uv_close((uv_handle_t *)async, NULL);
    } else {
        foreign_begin(wait->foreign, wait->round);
    }
}

static void foreign_wake(unsigned workers, uint64_t ops,
                         struct outcome *outcome)
{
    (void)workers;
    uv_loop_t *loop = uv_default_loop();
    struct wait wait = {.rounds = ops};
    uv_async_init(loop, &wait.async, on_ring);
    wait.async.data = &wait;
    wait.foreign = foreign_start(ops, ring, &wait);
    foreign_begin(wait.foreign, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    require(wait.round == ops);
    foreign_finish(wait.foreign, outcome);
}

/* Calls on libuv's pool of threads, one after another. */
struct calls {
    uv_work_t work;
    uint64_t left, sum;
    int result;
};

static void call(uv_work_t *work)
{
    struct calls *calls = work->data;
    calls->result = 7;
}

static void on_called(uv_work_t *work, int status)
{
    struct calls *calls = work->data;
    require(status == 0 && calls->result == 7);
    calls->result = 0;
    calls->sum += 7;
    if (--calls->left > 0) {
        uv_queue_work(work->loop, work, call, on_called);
    }
}

static void offload_roundtrip(unsigned workers, uint64_t ops,
                              struct outcome *outcome)
{
    (void)workers;
    uv_loop_t *loop = uv_default_loop();
    struct calls calls = {.left = ops};
    calls.work.data = &calls;
    int64_t start = clock_now();
    uv_queue_work(loop, &calls.work, call, on_called);
    uv_run(loop, UV_RUN_DEFAULT);
    outcome->ns_per_op = (double)(clock_now() - start) / (double)ops;
    require(calls.sum == 7 * ops);
}

static void on_time(uv_timer_t *timer)
{
    ++*(uint64_t *)timer->data;
}

/* Timers at random times within a second; there are no tasks. */
static void delayed(unsigned workers, uint64_t ops, struct outcome *outcome)
{
    (void)workers;
    uv_loop_t *loop = uv_default_loop();
    uv_timer_t *timers = NULL;
    uint64_t fired = 0, random = 0;
    double before = resident_bytes();
    double cpu = cpu_seconds();
    int64_t start = clock_now();
    timers = malloc(ops * sizeof timers[0]);
    require(timers != NULL);
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t span = next_random(&random) % (uint64_t)SECOND;
        uv_timer_init(loop, &timers[i]);
        timers[i].data = &fired;
        uv_timer_start(&timers[i], on_time, span / 1000000, 0);
    }
    uv_run(loop, UV_RUN_DEFAULT);
    outcome->wall_seconds = (double)(clock_now() - start) / 1e9;
    outcome->ns_per_op = outcome->wall_seconds * 1e9 / (double)ops;
    outcome->cpu_seconds = cpu_seconds() - cpu;
    outcome->bytes_per_task = (peak_bytes() - before) / (double)ops;
    require(fired == ops);
}

int main(int argc, char **argv)
{
    static const struct workload workloads[] = {
        {"timer_add_cancel", timer_add_cancel, false, 1},
        {"foreign_wake", foreign_wake, false, 1},
        {"offload_roundtrip", offload_roundtrip, false, 1},
        {"delayed", delayed, true, 1},
        {0},
    };
    static const struct service services[] = {
        {"serve_echo", libuv_serve_echo},
        {"serve_http", libuv_serve_http},
        {0},
    };
    return common_main(argc, argv, workloads, services);
}
