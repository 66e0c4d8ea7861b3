/* The tour's chapter on stopping: timeouts, cancellation, clean-up, and calls
 * that block.
 *
 * In asyncio a cancellation is thrown once, into the wait of that moment. In
 * rove, as in Trio, it is a state: until the scope that was cancelled is left,
 * every wait in it is refused with -ECANCELED.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "rove/rove.h"

#include "examples/asyncio_tour.h"

static const char *yes_or_no(bool answer)
{
    return answer ? "yes" : "no";
}

/* The wait says that it was cut short, the scope says why.
 *
 *     never = asyncio.Event()
 *     try:
 *         async with asyncio.timeout(0.002):
 *             await never.wait()
 *     except TimeoutError:
 *         print("timeout: it has passed")
 */
static void timeout(void)
{
    rove_event never = ROVE_EVENT_INIT;
    int error = 0;
    int status = 0;
    ROVE_TIMEOUT(2 * ROVE_MS, &status)
    {
        error = rove_event_wait(&never);
    }
    if (error == -ECANCELED && status == -ETIMEDOUT) {
        printf("timeout: it has passed\n");
    }
}

/* The nearest deadline counts, and each scope tells whether it was its own: the
 * outer one returns -ETIMEDOUT, the inner one, cut short with it, -ECANCELED.
 *
 *     try:
 *         async with asyncio.timeout(0.002):
 *             async with asyncio.timeout(60):
 *                 await asyncio.sleep(3600)
 *     except TimeoutError:
 *         print("timeout: the outer one has passed")
 */
static void nested_timeouts(void)
{
    int outer = 0;
    int inner = 0;
    ROVE_TIMEOUT(2 * ROVE_MS, &outer)
    {
        ROVE_TIMEOUT(60 * ROVE_SEC, &inner)
        {
            (void)rove_sleep(3600 * ROVE_SEC);
        }
    }
    if (outer == -ETIMEDOUT && inner == -ECANCELED) {
        printf("timeout: the outer one has passed\n");
    }
}

/* A task that only waits passes on what its wait returned.
 *
 *     async def visit(started, gate):
 *         started.set()
 *         await gate.wait()
 */
struct visit {
    rove_event started;
    rove_event gate;
};

static int64_t visit(void *arg)
{
    struct visit *v = arg;
    rove_event_set(&v->started);
    return rove_event_wait(&v->gate);
}

/* Whoever has cancelled a task still joins it: it ends when it has cleaned up.
 *
 *     started, gate = asyncio.Event(), asyncio.Event()
 *     task = asyncio.create_task(visit(started, gate))
 *     await started.wait()
 *     task.cancel()
 *     await asyncio.wait([task])
 *     print("cancel: the task was cancelled:",
 *           "yes" if task.cancelled() else "no")
 */
static void cancel(void)
{
    struct visit v = {ROVE_EVENT_INIT, ROVE_EVENT_INIT};
    rove_task *task = rove_spawn(visit, &v);
    if (task != NULL && rove_event_wait(&v.started) == 0) {
        rove_cancel(task);
    }
    printf("cancel: the task was cancelled: %s\n",
           yes_or_no(rove_join(task) == -ECANCELED));
}

/* A level, not an edge: Trio's scope, and no line of asyncio's.
 *
 *     refused = 0
 *     with trio.CancelScope() as scope:
 *         scope.cancel()
 *         for _ in range(2):
 *             try:
 *                 await trio.sleep(60)
 *             except trio.Cancelled:
 *                 refused += 1
 *                 if refused == 2:
 *                     raise
 *     show("cancel scope, waits refused:", refused)
 */
static void cancel_scope(void)
{
    int refused = 0;
    rove_scope scope;
    rove_scope_open(&scope, ROVE_FOREVER);
    rove_scope_cancel(&scope);
    for (int i = 0; i < 2; i++) {
        refused += rove_sleep(60 * ROVE_SEC) == -ECANCELED;
    }
    (void)rove_scope_close(&scope);
    tour_show("cancel scope, waits refused:", refused);
}

/* Clean-up that waits. What a task has deferred runs when it ends, in a shield
 * and after its frame is gone, so its argument lives elsewhere; a block of
 * clean-up opens a shield itself, with a bound. Without one the send in it
 * would be refused, since the task is cancelled.
 *
 *     async def guest(started, gate, log):
 *         started.set()
 *         async with contextlib.AsyncExitStack() as stack:
 *             stack.push_async_callback(log.put, "closes the door")
 *             stack.push_async_callback(log.put, "says goodbye")
 *             try:
 *                 await gate.wait()
 *             finally:
 *                 async with asyncio.timeout(60):
 *                     await log.put("finishes the glass")
 */
struct guest {
    struct visit visit;
    rove_chan *log;
};

static int64_t close_door(void *log)
{
    const char *words = "closes the door";
    return rove_chan_send(log, &words);
}

static int64_t say_goodbye(void *log)
{
    const char *words = "says goodbye";
    return rove_chan_send(log, &words);
}

static int64_t guest(void *arg)
{
    struct guest *g = arg;
    rove_event_set(&g->visit.started);
    int error = rove_defer(close_door, g->log);
    if (error == 0) {
        error = rove_defer(say_goodbye, g->log);
    }
    if (error == 0) {
        error = rove_event_wait(&g->visit.gate);
    }
    ROVE_SHIELD(60 * ROVE_SEC)
    {
        const char *words = "finishes the glass";
        int send_error = rove_chan_send(g->log, &words);
        error = error != 0 ? error : send_error;
    }
    return error;
}

/* In the order of a stack, the block first.
 *
 *     started, gate, log = asyncio.Event(), asyncio.Event(), asyncio.Queue()
 *     task = asyncio.create_task(guest(started, gate, log))
 *     await started.wait()
 *     task.cancel()
 *     await asyncio.wait([task])
 *     while not log.empty():
 *         print("async with: the guest", log.get_nowait())
 */
static void clean_up(void)
{
    const char *words;
    struct guest g = {
        .visit = {ROVE_EVENT_INIT, ROVE_EVENT_INIT},
        .log = rove_chan_new(sizeof words, ROVE_UNBOUNDED, NULL),
    };
    if (g.log == NULL) {
        tour_show("async with:", -ENOMEM);
        return;
    }
    rove_task *task = rove_spawn(guest, &g);
    if (task != NULL && rove_event_wait(&g.visit.started) == 0) {
        rove_cancel(task);
    }
    (void)rove_join(task);
    while (rove_chan_try_recv(g.log, &words) == 0) {
        printf("async with: the guest %s\n", words);
    }
    rove_chan_unref(g.log);
}

/* A join passes a cancellation on to the task. rove_task_wait() does not, and
 * keeps the handle: the task goes on, and is joined later.
 *
 *     started, gate = asyncio.Event(), asyncio.Event()
 *     task = asyncio.create_task(visit(started, gate))
 *     try:
 *         async with asyncio.timeout(0.002):
 *             await asyncio.shield(task)
 *     except TimeoutError:
 *         print("shield: the wait was cut short")
 *     gate.set()
 *     await asyncio.wait([task])
 *     print("shield: the task was cancelled:",
 *           "yes" if task.cancelled() else "no")
 */
static void shield(void)
{
    struct visit v = {ROVE_EVENT_INIT, ROVE_EVENT_INIT};
    rove_task *task = rove_spawn(visit, &v);
    int status = 0;
    ROVE_TIMEOUT(2 * ROVE_MS, &status)
    {
        if (task != NULL && rove_task_wait(task) == -ECANCELED) {
            printf("shield: the wait was cut short\n");
        }
    }
    rove_event_set(&v.gate);
    printf("shield: the task was cancelled: %s\n",
           yes_or_no(rove_join(task) == -ECANCELED));
}

/* Blocks its thread, as calls of the C library do. On the pool there is no
 * task: rove_self() is NULL, and waits of rove block the thread too.
 *
 *     def slow_square(n):
 *         time.sleep(0.001)
 *         return n * n
 */
static int64_t slow_square(void *arg)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int64_t n = (intptr_t)arg;
    nanosleep(&pause, NULL);
    return rove_self() == NULL ? n * n : -EPROTO;
}

/* The worker runs other tasks meanwhile.
 *
 *     show("to_thread: 9 squared is",
 *          await asyncio.to_thread(slow_square, 9))
 */
static void to_thread(void)
{
    tour_show("to_thread: 9 squared is",
              rove_offload(slow_square, tour_arg(9)));
}

void tour_stop(void)
{
    timeout();
    nested_timeouts();
    cancel();
    cancel_scope();
    clean_up();
    shield();
    to_thread();
}
