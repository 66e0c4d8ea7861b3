/* The workloads of benchmarks/peers done with threads and their locks, those of
 * C11. Workers are the CPUs that the threads may use.
 */
#include <sched.h>
#include <stdlib.h>
#include <threads.h>

#include "common.h"

#define BATCH    1000
#define CAPACITY 128
#define PARTIES  4
#define TASKS    8

static void use_cpus(unsigned count)
{
    cpu_set_t all, some;
    require(sched_getaffinity(0, sizeof all, &all) == 0);
    CPU_ZERO(&some);
    for (int cpu = 0; cpu < CPU_SETSIZE && count > 0; cpu++) {
        if (CPU_ISSET(cpu, &all)) {
            CPU_SET(cpu, &some);
            count--;
        }
    }
    require(sched_setaffinity(0, sizeof some, &some) == 0);
}

static thrd_t start(thrd_start_t run, void *arg)
{
    thrd_t thread;
    require(thrd_create(&thread, run, arg) == thrd_success);
    return thread;
}

static int join(thrd_t thread)
{
    int result;
    require(thrd_join(thread, &result) == thrd_success);
    return result;
}

static void finish(int64_t from, uint64_t ops, struct outcome *outcome)
{
    outcome->ns_per_op = (double)(clock_now() - from) / (double)ops;
}

static int yield_often(void *times)
{
    for (uint64_t i = 0; i < *(uint64_t *)times; i++) {
        thrd_yield();
    }
    return 0;
}

static void yield_among(unsigned workers, unsigned tasks, uint64_t ops,
                        struct outcome *outcome)
{
    uint64_t each = ops / tasks;
    thrd_t *threads = calloc(tasks, sizeof threads[0]);
    require(threads != NULL);
    use_cpus(workers);
    int64_t from = clock_now();
    for (unsigned i = 0; i < tasks; i++) {
        threads[i] = start(yield_often, &each);
    }
    for (unsigned i = 0; i < tasks; i++) {
        join(threads[i]);
    }
    finish(from, ops, outcome);
    free(threads);
}

static void yield(unsigned workers, uint64_t ops, struct outcome *outcome)
{
    yield_among(workers, 2 * workers, ops, outcome);
}

static void yield_100(unsigned workers, uint64_t ops, struct outcome *outcome)
{
    yield_among(workers, 100, ops, outcome);
}

static int return_seven(void *arg)
{
    (void)arg;
    return 7;
}

static void spawn_join(unsigned workers, uint64_t ops, struct outcome *outcome)
{
    use_cpus(workers);
    int64_t from = clock_now();
    for (uint64_t i = 0; i < ops; i++) {
        require(join(start(return_seven, NULL)) == 7);
    }
    finish(from, ops, outcome);
}

static void spawn_batch(unsigned workers, uint64_t ops, struct outcome *outcome)
{
    static thrd_t threads[BATCH];
    use_cpus(workers);
    int64_t from = clock_now();
    for (uint64_t left = ops; left > 0;) {
        uint64_t size = left < BATCH ? left : BATCH;
        for (uint64_t i = 0; i < size; i++) {
            threads[i] = start(return_seven, NULL);
        }
        for (uint64_t i = 0; i < size; i++) {
            require(join(threads[i]) == 7);
        }
        left -= size;
    }
    finish(from, ops, outcome);
}

/* A queue behind a lock. */
struct queue {
    mtx_t lock;
    cnd_t has_item, has_room;
    uint64_t items[CAPACITY];
    unsigned begin, count, capacity;
    bool is_closed;
};

static void open_queue(struct queue *queue, unsigned capacity)
{
    queue->begin = queue->count = 0;
    queue->capacity = capacity;
    queue->is_closed = false;
    require(mtx_init(&queue->lock, mtx_plain) == thrd_success &&
            cnd_init(&queue->has_item) == thrd_success &&
            cnd_init(&queue->has_room) == thrd_success);
}

static void put(struct queue *queue, uint64_t item)
{
    mtx_lock(&queue->lock);
    while (queue->count == queue->capacity) {
        cnd_wait(&queue->has_room, &queue->lock);
    }
    queue->items[(queue->begin + queue->count++) % queue->capacity] = item;
    mtx_unlock(&queue->lock);
    cnd_signal(&queue->has_item);
}

/* False: closed and empty. */
static bool take(struct queue *queue, uint64_t *item)
{
    mtx_lock(&queue->lock);
    while (queue->count == 0 && !queue->is_closed) {
        cnd_wait(&queue->has_item, &queue->lock);
    }
    bool is_there = queue->count > 0;
    if (is_there) {
        *item = queue->items[queue->begin];
        queue->begin = (queue->begin + 1) % queue->capacity;
        queue->count--;
    }
    mtx_unlock(&queue->lock);
    cnd_signal(&queue->has_room);
    return is_there;
}

static void close_queue(struct queue *queue)
{
    mtx_lock(&queue->lock);
    queue->is_closed = true;
    mtx_unlock(&queue->lock);
    cnd_broadcast(&queue->has_item);
}

/* What a producer sends, or a consumer got. */
struct party {
    struct queue *queue;
    uint64_t first, count, sum;
};

static int send_all(void *arg)
{
    struct party *party = arg;
    for (uint64_t i = 0; i < party->count; i++) {
        put(party->queue, party->first + i);
    }
    return 0;
}

static int receive_all(void *arg)
{
    struct party *party = arg;
    uint64_t item;
    while (take(party->queue, &item)) {
        party->sum += item;
    }
    return 0;
}

static void pass_items(unsigned workers, unsigned pairs, uint64_t ops,
                       struct outcome *outcome)
{
    struct queue queue;
    struct party senders[PARTIES], receivers[PARTIES];
    thrd_t producers[PARTIES], consumers[PARTIES];
    uint64_t each = ops / pairs, sum = 0;
    open_queue(&queue, CAPACITY);
    use_cpus(workers);
    int64_t from = clock_now();
    for (unsigned i = 0; i < pairs; i++) {
        senders[i] = (struct party){&queue, i * each, each, 0};
        receivers[i] = (struct party){.queue = &queue};
        producers[i] = start(send_all, &senders[i]);
        consumers[i] = start(receive_all, &receivers[i]);
    }
    for (unsigned i = 0; i < pairs; i++) {
        join(producers[i]);
    }
    close_queue(&queue);
    for (unsigned i = 0; i < pairs; i++) {
        join(consumers[i]);
        sum += receivers[i].sum;
    }
    finish(from, ops, outcome);
    require(sum == each * pairs * (each * pairs - 1) / 2);
}

static void chan_buffered(unsigned workers, uint64_t ops,
                          struct outcome *outcome)
{
    pass_items(workers, 1, ops, outcome);
}

static void chan_mpmc(unsigned workers, uint64_t ops, struct outcome *outcome)
{
    pass_items(workers, PARTIES, ops, outcome);
}

static int return_items(void *arg)
{
    struct queue *queues = arg;
    uint64_t item;
    while (take(&queues[0], &item)) {
        put(&queues[1], item);
    }
    return 0;
}

static void chan_pingpong(unsigned workers, uint64_t ops,
                          struct outcome *outcome)
{
    struct queue queues[2];
    open_queue(&queues[0], 1);
    open_queue(&queues[1], 1);
    use_cpus(workers);
    thrd_t wall = start(return_items, queues);
    int64_t from = clock_now();
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t item;
        put(&queues[0], i);
        require(take(&queues[1], &item) && item == i);
    }
    finish(from, ops, outcome);
    close_queue(&queues[0]);
    join(wall);
}

struct tally {
    mtx_t lock;
    uint64_t count, each;
    bool is_held; /* across a yield */
};

static int add_often(void *arg)
{
    struct tally *tally = arg;
    for (uint64_t i = 0; i < tally->each; i++) {
        mtx_lock(&tally->lock);
        tally->count++;
        if (tally->is_held) {
            thrd_yield();
        }
        mtx_unlock(&tally->lock);
    }
    return 0;
}

static void add_together(unsigned workers, unsigned tasks, bool is_held,
                         uint64_t ops, struct outcome *outcome)
{
    struct tally tally = {.each = ops / tasks, .is_held = is_held};
    thrd_t threads[TASKS];
    require(mtx_init(&tally.lock, mtx_plain) == thrd_success);
    use_cpus(workers);
    int64_t from = clock_now();
    for (unsigned i = 0; i < tasks; i++) {
        threads[i] = start(add_often, &tally);
    }
    for (unsigned i = 0; i < tasks; i++) {
        join(threads[i]);
    }
    finish(from, ops, outcome);
    require(tally.count == tally.each * tasks);
}

static void mutex_uncontended(unsigned workers, uint64_t ops,
                              struct outcome *outcome)
{
    add_together(workers, 1, false, ops, outcome);
}

static void mutex_contended(unsigned workers, uint64_t ops,
                            struct outcome *outcome)
{
    add_together(workers, TASKS, true, ops, outcome);
}

static void mutex_brief(unsigned workers, uint64_t ops, struct outcome *outcome)
{
    add_together(workers, TASKS, false, ops, outcome);
}

static void ring(void *queue, uint64_t round)
{
    put(queue, round);
}

/* A thread that sleeps on a condition. */
static void foreign_wake(unsigned workers, uint64_t ops,
                         struct outcome *outcome)
{
    struct queue queue;
    open_queue(&queue, 1);
    use_cpus(workers);
    struct foreign *foreign = foreign_start(ops, ring, &queue);
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t item;
        foreign_begin(foreign, i);
        require(take(&queue, &item) && item == i);
        foreign_end(foreign, i);
    }
    foreign_finish(foreign, outcome);
}

int main(int argc, char **argv)
{
    static const struct workload workloads[] = {
        {"yield", yield, false, WORKERS_ANY},
        {"yield_100", yield_100, false, WORKERS_ANY},
        {"spawn_join", spawn_join, false, WORKERS_ANY},
        {"spawn_batch", spawn_batch, false, WORKERS_ANY},
        {"chan_buffered", chan_buffered, false, WORKERS_ANY},
        {"chan_mpmc", chan_mpmc, false, WORKERS_ANY},
        {"chan_pingpong", chan_pingpong, false, WORKERS_ANY},
        {"mutex_uncontended", mutex_uncontended, false, WORKERS_ANY},
        {"mutex_contended", mutex_contended, false, WORKERS_ANY},
        {"mutex_brief", mutex_brief, false, WORKERS_ANY},
        {"foreign_wake", foreign_wake, false, WORKERS_ANY},
        {"offload_roundtrip", chan_pingpong, false, WORKERS_ANY},
        {0},
    };
    static const struct service services[] = {{0}};
    return common_main(argc, argv, workloads, services);
}
