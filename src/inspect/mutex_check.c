#include "src/inspect/mutex_check.h"

#include <errno.h>
#include <execinfo.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/base/atomic.h"
#include "src/platform/lock.h"
#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/sched/report.h"
#include "src/sched/scheduler.h"
#include "src/sched/task.h"
#include "src/sched/worker.h"

/* What the linker calls the functions themselves. */
int real_lock(pthread_mutex_t *mutex) __asm__("__real_pthread_mutex_lock");
int real_trylock(pthread_mutex_t *mutex) __asm__(
    "__real_pthread_mutex_trylock");
int real_timedlock(
    pthread_mutex_t *mutex,
    const struct timespec *deadline) __asm__("__real_pthread_mutex_timedlock");
int real_unlock(pthread_mutex_t *mutex) __asm__("__real_pthread_mutex_unlock");

typedef struct rv_trace {
    int count;
    void *frames[RV_MUTEX_CHECK_FRAMES];
} rv_trace;

typedef struct rv_held {
    const pthread_mutex_t *mutex;
    uint64_t task; /* the id of who locked it */
    rv_trace locked;
} rv_held;

/* Leaf locks: nothing is called under them. */
static rv_lock held_lock;
static rv_held held[RV_MUTEX_CHECK_LOCKS]; /* in the order of locking */
static rv_atomic_u32 held_count;           /* written under held_lock */

static rv_lock reports_lock;
static uint64_t reports[RV_MUTEX_CHECK_REPORTS]; /* of pairs of stacks */
static unsigned report_count;

static void take_trace(rv_trace *trace)
{
    trace->count = backtrace(trace->frames, RV_MUTEX_CHECK_FRAMES);
}

/* FNV-1a over the frames. */
static uint64_t hash_trace(uint64_t hash, const rv_trace *trace)
{
    for (int i = 0; i < trace->count; i++) {
        hash = (hash ^ (uintptr_t)trace->frames[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static bool is_new(const rv_held *lock, const rv_trace *suspends)
{
    uint64_t hash = hash_trace(UINT64_C(14695981039346656037), &lock->locked);
    hash = hash_trace(hash, suspends);
    rv_lock_acquire(&reports_lock);
    unsigned i = 0;
    while (i < report_count && reports[i] != hash) {
        i++;
    }
    bool found_new = i == report_count && i < RV_MUTEX_CHECK_REPORTS;
    if (found_new) {
        reports[report_count++] = hash;
    }
    rv_lock_release(&reports_lock);
    return found_new;
}

static void report_trace(const rv_report *to, const char *title,
                         const rv_trace *trace)
{
    rv_report_line(to, title);
    char **names = backtrace_symbols(trace->frames, trace->count);
    for (int i = 0; names != NULL && i < trace->count; i++) {
        char line[256];
        snprintf(line, sizeof line, "rove:     %s", names[i]);
        rv_report_line(to, line);
    }
    free(names);
}

static void report(const rv_worker *w, const rv_held *lock,
                   const rv_trace *suspends)
{
    const rv_report *to = &w->scheduler->report;
    char line[160];
    snprintf(line, sizeof line,
             "rove: task %" PRIu64 " '%s' waits while it holds the pthread "
             "mutex %p",
             lock->task, rv_task_name(w->current), (const void *)lock->mutex);
    rv_report_line(to, line);
    report_trace(to, "rove:   locked here:", &lock->locked);
    report_trace(to, "rove:   waits here:", suspends);
}

/* Whether a wait of the task suspends what `id` has on the stack: itself, or a
 * joiner under it. */
static bool is_on_stack(const rv_task *task, uint64_t id)
{
    while (task != NULL && rv_u64_load_relaxed(&task->id) != id) { /* alive */
        task = rv_task_host(task);
    }
    return task != NULL;
}

/* The newest lock that a wait of the task would keep; false: none. */
static bool find_held(const rv_task *task, rv_held *found)
{
    rv_lock_acquire(&held_lock);
    uint32_t i = rv_u32_load_relaxed(&held_count); /* under the lock */
    while (i > 0 && !is_on_stack(task, held[i - 1].task)) {
        i--;
    }
    if (i > 0) {
        *found = held[i - 1];
    }
    rv_lock_release(&held_lock);
    return i > 0;
}

/* The hook. relaxed: what a task has locked itself it sees. */
static void check_wait(rv_worker *w)
{
    rv_held lock;
    if (w->current == NULL || rv_u32_load_relaxed(&held_count) == 0 ||
        !find_held(w->current, &lock)) {
        return;
    }
    rv_trace suspends;
    take_trace(&suspends);
    if (is_new(&lock, &suspends)) {
        report(w, &lock, &suspends);
    }
}

static void note_locked(const pthread_mutex_t *mutex)
{
    rv_worker *w = rv_current_worker();
    if (w == NULL || w->current == NULL) {
        return;
    }
    rv_held lock = {.mutex = mutex};
    lock.task = rv_u64_load_relaxed(&w->current->id); /* its own */
    take_trace(&lock.locked);
    rv_lock_acquire(&held_lock);
    uint32_t count = rv_u32_load_relaxed(&held_count); /* under the lock */
    if (count < RV_MUTEX_CHECK_LOCKS) {
        held[count] = lock;
        rv_u32_store_relaxed(&held_count, count + 1); /* see check_wait */
    }
    rv_lock_release(&held_lock);
    rv_worker_hook_turn(w, check_wait);
}

/* Before the lock is free, and so noted for somebody else. */
static void note_unlocked(const pthread_mutex_t *mutex)
{
    if (rv_u32_load_relaxed(&held_count) == 0) { /* see check_wait */
        return;
    }
    rv_lock_acquire(&held_lock);
    uint32_t count = rv_u32_load_relaxed(&held_count); /* under the lock */
    uint32_t i = count;
    while (i > 0 && held[i - 1].mutex != mutex) {
        i--;
    }
    if (i > 0) {
        for (; i < count; i++) {
            held[i - 1] = held[i];
        }
        rv_u32_store_relaxed(&held_count, count - 1); /* see check_wait */
    }
    rv_lock_release(&held_lock);
}

/* The first backtrace of a process loads a library: not on a task's stack. */
static __attribute__((constructor)) void prepare(void)
{
    rv_trace trace;
    take_trace(&trace);
}

static int note_result(pthread_mutex_t *mutex, int result)
{
    if (result == 0 || result == EOWNERDEAD) {
        note_locked(mutex);
    }
    return result;
}

int rv_mutex_check_lock(pthread_mutex_t *mutex)
{
    return note_result(mutex, real_lock(mutex));
}

int rv_mutex_check_trylock(pthread_mutex_t *mutex)
{
    return note_result(mutex, real_trylock(mutex));
}

int rv_mutex_check_timedlock(pthread_mutex_t *mutex,
                             const struct timespec *deadline)
{
    return note_result(mutex, real_timedlock(mutex, deadline));
}

int rv_mutex_check_unlock(pthread_mutex_t *mutex)
{
    note_unlocked(mutex);
    return real_unlock(mutex);
}
