/* An awaitable of one's own: a gate that lets through as many tasks as a plain
 * thread says, for instance the callback thread of another library.
 *
 *     user_source
 *
 * The three functions of a rove_source are all there is to it. `ready` takes a
 * permit. `arm` keeps the waker, and wakes at once if a permit came after ready
 * was asked. `disarm` forgets it. The gate's lock is held for a few
 * instructions and never while a task waits, so an ordinary mutex will do.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rove/rove.h"

#define WAITERS_MAX 8
#define PERMITS     5

struct gate {
    rove_source source; /* first, so that a source is a gate */
    pthread_mutex_t lock;
    int permits;
    int waiters;
    rove_waker wakers[WAITERS_MAX];
};

static bool gate_ready(rove_source *source, int64_t *result)
{
    struct gate *gate = (struct gate *)source;
    pthread_mutex_lock(&gate->lock);
    bool is_open = gate->permits > 0;
    if (is_open) {
        *result = --gate->permits;
    }
    pthread_mutex_unlock(&gate->lock);
    return is_open;
}

static int gate_arm(rove_source *source, rove_waker waker)
{
    struct gate *gate = (struct gate *)source;
    int error = 0;
    pthread_mutex_lock(&gate->lock);
    if (gate->waiters == WAITERS_MAX) {
        error = -ENOBUFS;
    } else {
        gate->wakers[gate->waiters++] = waker;
        if (gate->permits > 0) {
            rove_wake(waker);
        }
    }
    pthread_mutex_unlock(&gate->lock);
    return error;
}

static void gate_disarm(rove_source *source, rove_waker waker)
{
    struct gate *gate = (struct gate *)source;
    pthread_mutex_lock(&gate->lock);
    for (int i = 0; i < gate->waiters; i++) {
        if (gate->wakers[i].words[0] == waker.words[0]) {
            gate->wakers[i] = gate->wakers[--gate->waiters];
            break;
        }
    }
    pthread_mutex_unlock(&gate->lock);
}

/* Any thread. All who wait are woken; who finds no permit waits on. */
static void gate_open(struct gate *gate, int permits)
{
    pthread_mutex_lock(&gate->lock);
    gate->permits += permits;
    for (int i = 0; i < gate->waiters; i++) {
        rove_wake(gate->wakers[i]);
    }
    pthread_mutex_unlock(&gate->lock);
}

static void *open_from_outside(void *gate)
{
    const struct timespec pause = {0, 2000000};
    for (int i = 0; i < PERMITS; i++) {
        nanosleep(&pause, NULL);
        gate_open(gate, 1);
    }
    return NULL;
}

/* Awaits the gate. */
static int64_t pass(void *arg)
{
    struct gate *gate = arg;
    return rove_source_wait(&gate->source, NULL);
}

/* Selects the gate, until so many have passed or none did for `patience`. */
static int count_until(struct gate *gate, int wanted, rove_time patience)
{
    int passed = 0;
    while (passed < wanted) {
        rove_case cases[] = {
            rove_on_source(&gate->source),
            rove_on_time(rove_now() + patience),
        };
        if (rove_select(cases, 2, 0) != 0) {
            break;
        }
        passed++;
    }
    return passed;
}

static int64_t run(void *arg)
{
    struct gate *gate = arg;
    rove_task *tasks[2];
    for (int i = 0; i < 2; i++) {
        tasks[i] = rove_spawn(pass, gate);
    }
    int failed = 0;
    for (int i = 0; i < 2; i++) {
        failed += rove_join(tasks[i]) != 0;
    }
    printf("two tasks awaited the gate, %d failed\n", failed);
    printf("selected %d more\n", count_until(gate, PERMITS - 2, 20 * ROVE_SEC));
    printf("then %d in time\n", count_until(gate, 1, 5 * ROVE_MS));
    return failed;
}

int main(void)
{
    struct gate gate = {
        .source = {gate_ready, gate_arm, gate_disarm},
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    pthread_t thread;
    if (pthread_create(&thread, NULL, open_from_outside, &gate) != 0) {
        fputs("no thread to be had\n", stderr);
        return EXIT_FAILURE;
    }
    int64_t failed = rove_run(NULL, run, &gate);
    pthread_join(thread, NULL);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
