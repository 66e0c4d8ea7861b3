/* asyncio, walked through in rove. The comment above each step has the Python
 * lines that it stands for; docs/from_asyncio.md is the whole phrase book.
 *
 *     asyncio_tour [workers]
 *
 * The steps run on all workers, and yet print the same every time: one task
 * prints, and what it prints has been put in order by joins, events and
 * channels, never by a sleep.
 *
 * Here are the event loop, tasks, and waiting for several of them.
 */
#include "examples/asyncio_tour.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rove/rove.h"

void tour_show_all(const char *what, const int64_t results[], size_t count)
{
    printf("%s", what);
    for (size_t i = 0; i < count; i++) {
        const char *before = i == 0 ? " " : ", ";
        if (results[i] >= 0) {
            printf("%s%" PRId64, before, results[i]);
        } else {
            printf("%s%s", before, strerror((int)-results[i]));
        }
    }
    printf("\n");
}

void tour_show(const char *what, int64_t result)
{
    tour_show_all(what, &result, 1);
}

/* A coroutine is a function like any other.
 *
 *     async def square(n):
 *         return n * n
 */
static int64_t square(void *arg)
{
    int64_t n = (intptr_t)arg;
    return n * n;
}

/* What Python raises is returned here.
 *
 *     async def root(n):
 *         if n < 0:
 *             raise OSError(errno.EDOM, os.strerror(errno.EDOM))
 *         return math.isqrt(n)
 */
static int64_t root(void *arg)
{
    int64_t n = (intptr_t)arg;
    int64_t r = 0;
    while (r * r <= n) {
        r++;
    }
    return n >= 0 ? r - 1 : -EDOM;
}

/* What does not fit into a pointer is lent: it lives in the frame of whoever
 * joins the task.
 *
 *     async def after(gate, result):
 *         await gate.wait()
 *         return result
 */
struct ticket {
    rove_event *gate;
    int64_t result;
};

static int64_t after(void *arg)
{
    const struct ticket *ticket = arg;
    int error = rove_event_wait(ticket->gate);
    return error != 0 ? error : ticket->result;
}

/* A task begins on some worker, perhaps this one. To await it is to join it.
 *
 *     task = asyncio.create_task(square(12))
 *     show("create_task: 12 squared is", await task)
 */
static void await_task(void)
{
    rove_task *task = rove_spawn(square, tour_arg(12));
    tour_show("create_task: 12 squared is", rove_join(task));
}

/* No check between spawn and join: a spawn that is refused returns NULL, and
 * the join of NULL says why.
 *
 *     try:
 *         await asyncio.create_task(root(-1))
 *     except OSError as error:
 *         show("await: the root of -1:", error)
 */
static void await_failure(void)
{
    int64_t result = rove_join(rove_spawn(root, tour_arg(-1)));
    tour_show("await: the root of -1:", result);
}

/* Results come in the order of the tasks, whichever ends first.
 *
 *     results = await asyncio.gather(square(1), square(2), square(3))
 *     show("gather:", *results)
 */
static void gather(void)
{
    int64_t results[3];
    rove_task *tasks[] = {
        rove_spawn(square, tour_arg(1)),
        rove_spawn(square, tour_arg(2)),
        rove_spawn(square, tour_arg(3)),
    };
    int64_t failure = rove_gather(tasks, 3, results, 0);
    if (failure == 0) {
        tour_show_all("gather:", results, 3);
    } else {
        tour_show("gather:", failure);
    }
}

/* Nobody is cancelled, and a failure is a result among others.
 *
 *     results = await asyncio.gather(root(9), root(-1), root(16),
 *                                    return_exceptions=True)
 *     show("gather, return_exceptions:", *results)
 */
static void gather_exceptions(void)
{
    int64_t results[3];
    rove_task *tasks[] = {
        rove_spawn(root, tour_arg(9)),
        rove_spawn(root, tour_arg(-1)),
        rove_spawn(root, tour_arg(16)),
    };
    (void)rove_gather(tasks, 3, results, ROVE_COLLECT);
    tour_show_all("gather, return_exceptions:", results, 3);
}

/* The first failure cancels the other tasks, and they have ended when gather
 * returns. asyncio's returns at once and lets them run; there it takes two more
 * lines.
 *
 *     gate = asyncio.Event()
 *     tasks = [asyncio.create_task(after(gate, 1)),
 *              asyncio.create_task(root(-1))]
 *     try:
 *         await asyncio.gather(*tasks)
 *     except OSError as error:
 *         show("gather, the first failure:", error)
 *     tasks[0].cancel()
 *     await asyncio.wait(tasks)
 *     print("gather, the other task was cancelled:",
 *           "yes" if tasks[0].cancelled() else "no")
 */
static void gather_failure(void)
{
    rove_event gate = ROVE_EVENT_INIT;
    struct ticket ticket = {&gate, 1};
    int64_t results[2];
    rove_task *tasks[] = {
        rove_spawn(after, &ticket),
        rove_spawn(root, tour_arg(-1)),
    };
    tour_show("gather, the first failure:", rove_gather(tasks, 2, results, 0));
    printf("gather, the other task was cancelled: %s\n",
           results[0] == -ECANCELED ? "yes" : "no");
}

/* The block is left when all children have ended, whichever way it is left.
 *
 *     async with asyncio.TaskGroup() as group:
 *         tasks = [group.create_task(root(n)) for n in (16, 25, 36)]
 *     show("TaskGroup: the roots add up to", sum(t.result() for t in tasks))
 */
static void group_sum(void)
{
    int64_t status;
    int64_t sum = 0;
    ROVE_GROUP(group, 0, &status)
    {
        for (int64_t n = 4; n <= 6; n++) {
            if (rove_group_spawn(&group, root, tour_arg(n * n)) != 0) {
                rove_group_cancel(&group);
            }
        }
        int64_t result;
        while (rove_group_next(&group, &result) == 1) {
            sum += result;
        }
    }
    tour_show("TaskGroup: the roots add up to", status == 0 ? sum : status);
}

/* As in asyncio a child's failure cancels the others, and the block.
 *
 *     gate = asyncio.Event()
 *     try:
 *         async with asyncio.TaskGroup() as group:
 *             group.create_task(after(gate, 1))
 *             group.create_task(root(-1))
 *     except* OSError as failures:
 *         show("TaskGroup, a child fails:", *failures.exceptions)
 */
static void group_failure(void)
{
    rove_event gate = ROVE_EVENT_INIT;
    struct ticket ticket = {&gate, 1};
    int64_t status;
    ROVE_GROUP(group, 0, &status)
    {
        if (rove_group_spawn(&group, after, &ticket) != 0 ||
            rove_group_spawn(&group, root, tour_arg(-1)) != 0) {
            rove_group_cancel(&group);
        }
    }
    tour_show("TaskGroup, a child fails:", status);
}

/* Each child waits for its turn, which comes when the one before has ended.
 *
 *     turns = [asyncio.Event() for _ in range(3)]
 *     tasks = [asyncio.create_task(after(turns[n], n)) for n in range(3)]
 *     turns[2].set()
 *     order = []
 *     for task in asyncio.as_completed(tasks):
 *         order.append(await task)
 *         turns[(order[-1] + 1) % 3].set()
 *     show("as_completed:", *order)
 */
static void as_completed(void)
{
    rove_event turns[] = {ROVE_EVENT_INIT, ROVE_EVENT_INIT, ROVE_EVENT_INIT};
    struct ticket tickets[] = {{&turns[0], 0}, {&turns[1], 1}, {&turns[2], 2}};
    int64_t order[3];
    size_t count = 0;
    ROVE_GROUP(group, 0, NULL)
    {
        for (int i = 0; i < 3; i++) {
            if (rove_group_spawn(&group, after, &tickets[i]) != 0) {
                rove_group_cancel(&group);
            }
        }
        rove_event_set(&turns[2]);
        int64_t ended;
        while (rove_group_next(&group, &ended) == 1 && ended >= 0) {
            order[count++] = ended;
            rove_event_set(&turns[(ended + 1) % 3]);
        }
    }
    tour_show_all("as_completed:", order, count);
}

/* Select waits for tasks as for anything else, and leaves them their handles:
 * they are joined later.
 *
 *     gate = asyncio.Event()
 *     slow = asyncio.create_task(after(gate, 1))
 *     fast = asyncio.create_task(square(7))
 *     done, pending = await asyncio.wait(
 *         [slow, fast], return_when=asyncio.FIRST_COMPLETED)
 *     print("wait, FIRST_COMPLETED:", "fast" if fast in done else "slow")
 *     gate.set()
 *     show("wait, the results:", await slow, await fast)
 */
static void wait_for_first(void)
{
    rove_event gate = ROVE_EVENT_INIT;
    struct ticket ticket = {&gate, 1};
    rove_task *slow = rove_spawn(after, &ticket);
    rove_task *fast = rove_spawn(square, tour_arg(7));
    rove_case cases[] = {rove_on_task(slow), rove_on_task(fast)};
    int first = rove_select(cases, 2, 0);
    printf("wait, FIRST_COMPLETED: %s\n", first == 1 ? "fast" : "slow");
    rove_event_set(&gate);
    int64_t results[] = {rove_join(slow), rove_join(fast)};
    tour_show_all("wait, the results:", results, 2);
}

/* Every task has an id; a name is for who debugs.
 *
 *     asyncio.current_task().set_name("guide")
 *     print("current_task:", asyncio.current_task().get_name())
 */
static void current_task(void)
{
    char name[32];
    rove_task_set_name(NULL, "guide");
    rove_task_get_name(name, sizeof name);
    printf("current_task: %s\n", name);
}

static void count_after(const rove_task_info *info, void *arg)
{
    int *count = arg;
    *count += info->fn == after;
}

/* The copies that are shown of tasks tell their functions; a name is known to
 * its task only.
 *
 *     gate = asyncio.Event()
 *     tasks = [asyncio.create_task(after(gate, n)) for n in range(2)]
 *     names = [t.get_coro().__name__ for t in asyncio.all_tasks()]
 *     print(f"all_tasks: {len(names)}, {names.count('after')} of them: after")
 *     gate.set()
 *     show("all_tasks, as they end:", *await asyncio.gather(*tasks))
 */
static void all_tasks(void)
{
    rove_event gate = ROVE_EVENT_INIT;
    struct ticket tickets[] = {{&gate, 0}, {&gate, 1}};
    rove_task *tasks[] = {
        rove_spawn(after, &tickets[0]),
        rove_spawn(after, &tickets[1]),
    };
    int count = 0;
    int64_t visited = rove_tasks(NULL, count_after, &count);
    printf("all_tasks: %" PRId64 ", %d of them: after\n", visited, count);
    int64_t results[2];
    rove_event_set(&gate);
    (void)rove_gather(tasks, 2, results, ROVE_COLLECT);
    tour_show_all("all_tasks, as they end:", results, 2);
}

/* The main task. What it left running would be cancelled and awaited.
 *
 *     async def tour():
 *         print("run: the main task runs")
 *         ...
 *         return 7
 */
static int64_t tour(void *arg)
{
    (void)arg;
    printf("run: the main task runs\n");
    await_task();
    await_failure();
    gather();
    gather_exceptions();
    gather_failure();
    group_sum();
    group_failure();
    as_completed();
    wait_for_first();
    current_task();
    all_tasks();
    tour_stop();
    tour_meet();
    return 7;
}

/* The runtime begins here and ends here. It has a loop on each worker; by
 * default there are as many as the process may use CPUs.
 *
 *     show("run: the main task returned", asyncio.run(tour()))
 */
int main(int argc, char **argv)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    int64_t result = rove_run(&options, tour, NULL);
    tour_show("run: the main task returned", result);
    return result >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
