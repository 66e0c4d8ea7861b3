/* The tour's chapter on meeting: queues, events, locks and semaphores.
 *
 * In asyncio what stands between two awaits is not disturbed. Here the other
 * tasks run at the same time, on other cores, so what they share is locked or
 * handed over. All of this works from plain threads as well.
 */
#include <errno.h>
#include <stdio.h>

#include "rove/rove.h"

#include "examples/asyncio_tour.h"

#define ITEMS 5
#define TASKS 6

/* A channel is closed by who sends; no item stands for the end.
 *
 *     async def produce(queue):
 *         for item in range(1, 6):
 *             await queue.put(item)
 *         await queue.put(None)
 */
static int64_t produce(void *arg)
{
    rove_chan *queue = arg;
    int error = 0;
    for (int64_t item = 1; error == 0 && item <= ITEMS; item++) {
        error = rove_chan_send(queue, &item);
    }
    rove_chan_close(queue);
    return error;
}

/* Items are copied in and out. When the producer cannot start it will not close
 * the channel either, and the loop would wait for ever.
 *
 *     queue = asyncio.Queue(maxsize=2)
 *     producer = asyncio.create_task(produce(queue))
 *     items = []
 *     while (item := await queue.get()) is not None:
 *         items.append(item)
 *     await producer
 *     show("Queue:", *items)
 */
static void queue(void)
{
    int64_t items[ITEMS];
    size_t count = 0;
    rove_chan *queue = rove_chan_new(sizeof items[0], 2, NULL);
    if (queue == NULL) {
        tour_show("Queue:", -ENOMEM);
        return;
    }
    rove_task *producer = rove_spawn(produce, queue);
    if (producer == NULL) {
        rove_chan_close(queue);
    }
    while (count < ITEMS && rove_chan_recv(queue, &items[count]) == 0) {
        count++;
    }
    int64_t result = rove_join(producer);
    rove_chan_unref(queue);
    if (result == 0) {
        tour_show_all("Queue:", items, count);
    } else {
        tour_show("Queue:", result);
    }
}

/* Waits for the first of two things. The receive that loses has taken nothing.
 * In asyncio a queue's get() is a task of its own, and cancelled by hand.
 *
 *     queue, stop = asyncio.Queue(), asyncio.Event()
 *     stop.set()
 *     get = asyncio.create_task(queue.get())
 *     end = asyncio.create_task(stop.wait())
 *     done, pending = await asyncio.wait(
 *         [get, end], return_when=asyncio.FIRST_COMPLETED)
 *     get.cancel()
 *     print("select:", "an item" if get in done else "the event")
 */
static void select_first(void)
{
    rove_event stop = ROVE_EVENT_INIT;
    rove_chan *queue = rove_chan_new(sizeof(int64_t), 1, NULL);
    if (queue == NULL) {
        tour_show("select:", -ENOMEM);
        return;
    }
    int64_t item;
    rove_case cases[] = {
        rove_on_recv(queue, &item),
        rove_on_event(&stop),
    };
    rove_event_set(&stop);
    int which = rove_select(cases, 2, 0);
    printf("select: %s\n", which == 0 ? "an item" : "the event");
    rove_chan_unref(queue);
}

/* All run the same function, at the same time.
 *
 *     tasks = [asyncio.create_task(fn(arg)) for _ in range(6)]
 */
static void spawn_all(rove_task *tasks[], rove_fn *fn, void *arg)
{
    for (int i = 0; i < TASKS; i++) {
        tasks[i] = rove_spawn(fn, arg);
    }
}

/* A rove_fn may be as short as its call.
 *
 *     async def run(gun):
 *         await gun.wait()
 */
static int64_t run(void *gun)
{
    return rove_event_wait(gun);
}

/* Who comes late is let through: an event stays set.
 *
 *     gun = asyncio.Event()
 *     tasks = [asyncio.create_task(run(gun)) for _ in range(6)]
 *     gun.set()
 *     await asyncio.gather(*tasks)
 *     print("Event: all 6 ran")
 */
static void event(void)
{
    rove_event gun = ROVE_EVENT_INIT;
    rove_task *tasks[TASKS];
    spawn_all(tasks, run, &gun);
    rove_event_set(&gun);
    int64_t failure = rove_gather(tasks, TASKS, NULL, 0);
    if (failure == 0) {
        printf("Event: all %d ran\n", TASKS);
    } else {
        tour_show("Event:", failure);
    }
}

/* In asyncio this needs no lock, since nothing is awaited while the count
 * changes. Here it does, since tasks run at the same time.
 *
 *     async def add(counter):
 *         for _ in range(1000):
 *             async with counter.lock:
 *                 counter.value += 1
 */
struct counter {
    rove_mutex lock;
    int64_t value;
};

static int64_t add(void *arg)
{
    struct counter *counter = arg;
    for (int i = 0; i < 1000; i++) {
        int error = rove_mutex_lock(&counter->lock);
        if (error != 0) {
            return error;
        }
        counter->value++;
        rove_mutex_unlock(&counter->lock);
    }
    return 0;
}

/* What the tasks wrote is seen after they were joined, without the lock.
 *
 *     counter = types.SimpleNamespace(lock=asyncio.Lock(), value=0)
 *     await asyncio.gather(*(add(counter) for _ in range(6)))
 *     show("Lock: counted", counter.value)
 */
static void lock(void)
{
    struct counter counter = {ROVE_MUTEX_INIT, 0};
    rove_task *tasks[TASKS];
    spawn_all(tasks, add, &counter);
    int64_t failure = rove_gather(tasks, TASKS, NULL, 0);
    tour_show("Lock: counted", failure == 0 ? counter.value : failure);
}

/* The count of the seated is shared too, and has a lock of its own.
 *
 *     async def sit(room):
 *         async with room.seats:
 *             room.seated += 1
 *             room.most = max(room.most, room.seated)
 *             await asyncio.sleep(0)
 *             room.seated -= 1
 */
struct room {
    rove_semaphore seats;
    struct counter seated;
    int64_t most;
};

static int change_seated(struct room *room, int64_t by)
{
    int error = rove_mutex_lock(&room->seated.lock);
    if (error == 0) {
        room->seated.value += by;
        if (room->most < room->seated.value) {
            room->most = room->seated.value;
        }
        rove_mutex_unlock(&room->seated.lock);
    }
    return error;
}

static int64_t sit(void *arg)
{
    struct room *room = arg;
    int error = rove_semaphore_take(&room->seats, 1);
    if (error != 0) {
        return error;
    }
    error = change_seated(room, 1);
    if (error == 0) {
        (void)rove_yield();
        error = change_seated(room, -1);
    }
    rove_semaphore_give(&room->seats, 1);
    return error;
}

/* A task that finds no seat waits, and those before it go first.
 *
 *     room = types.SimpleNamespace(seats=asyncio.Semaphore(2), seated=0,
 *                                  most=0)
 *     await asyncio.gather(*(sit(room) for _ in range(6)))
 *     print("Semaphore: never more than 2:", "yes" if room.most <= 2 else "no")
 */
static void semaphore(void)
{
    struct room room = {ROVE_SEMAPHORE_INIT(2), {ROVE_MUTEX_INIT, 0}, 0};
    rove_task *tasks[TASKS];
    spawn_all(tasks, sit, &room);
    int64_t failure = rove_gather(tasks, TASKS, NULL, 0);
    printf("Semaphore: never more than 2: %s\n",
           failure == 0 && room.most <= 2 ? "yes" : "no");
}

void tour_meet(void)
{
    queue();
    select_first();
    event();
    lock();
    semaphore();
}
