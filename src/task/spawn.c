#include "src/task/spawn.h"

#include <errno.h>
#include <string.h>

#include "rove/fork.h"
#include "rove/task.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/sched/run.h"
#include "src/sched/wake.h"

rv_task *rv_spawn_refuse(int error)
{
    rv_worker *w = rv_current_worker();
    if (w != NULL) {
        w->current->traits.spawn_error = (int16_t)-error;
    } else {
        rv_current_get()->spawn_error = error;
    }
    return NULL;
}

int rv_spawn_last_error(void)
{
    rv_worker *w = rv_current_worker();
    int error = w != NULL ? -w->current->traits.spawn_error
                          : rv_current_get()->spawn_error;
    return error != 0 ? error : -EINVAL;
}

/* Why a spawn on this worker is refused before a descriptor is taken, or 0. */
static inline int refusal(rv_scheduler *s, rv_worker *w)
{
    if (__builtin_expect(rv_u32_load_relaxed(&s->phase) != RV_PHASE_RUNNING,
                         0)) { /* best effort */
        return -ESHUTDOWN;
    }
    if (__builtin_expect(s->credit_share != 0, 0) &&
        !rv_scheduler_take_credit(s, w)) {
        return -EAGAIN;
    }
    return 0;
}

static rv_task *refuse_full(rv_scheduler *s, rv_worker *w)
{
    if (s->credit_share != 0) {
        rv_scheduler_return_credit(s, w);
    }
    return rv_spawn_refuse(-ENOMEM);
}

/* The locals of w's current task for a prepared one; NULL: no memory. */
static rv_task *bequeath(rv_worker *w, rv_task *task)
{
    if (rv_extra_inherit(task, rv_extra_locals(w->current)) != 0) {
        rv_spawn_drop(task);
        return rv_spawn_refuse(-ENOMEM);
    }
    return task;
}

static inline __attribute__((always_inline)) rv_task *
prepare_on(rv_worker *w, rove_fn *fn, void *arg)
{
    rv_scheduler *s = w->scheduler;
    int error = refusal(s, w);
    if (__builtin_expect(error != 0, 0)) {
        return rv_spawn_refuse(error);
    }
    rv_task *task = rv_task_cache_get(&w->tasks);
    if (__builtin_expect(task == NULL, 0)) {
        return refuse_full(s, w);
    }
    rv_task_init(task, s, fn, arg, s->stack_class);
    rv_task_settle(task, s->pins_all, w->index);
    rv_stat_add(&w->stats.spawned, 1);
    if (__builtin_expect(w->current->traits.flags & RV_TASK_LENDS, 0)) {
        return bequeath(w, task);
    }
    return task;
}

static bool take_foreign_credit(rv_scheduler *s)
{
    uint64_t left = rv_u64_load_relaxed(&s->credits); /* the CAS decides */
    while (left > 0) {
        if (rv_u64_cas_acquire(&s->credits, &left, left - 1)) { /* CREDIT */
            return true;
        }
    }
    return false;
}

static void undo_foreign(rv_scheduler *s)
{
    rv_u64_fetch_add_seq_cst(&s->foreign_refused, 1); /* PHASE */
    rv_scheduler_check_drained(s);
}

/* Without a place yet; NULL: no memory. */
static rv_task *make_foreign(rv_scheduler *s, rove_fn *fn, void *arg)
{
    rv_task *task = rv_task_depot_get();
    if (task == NULL) {
        return NULL;
    }
    rv_task_init(task, s, fn, arg, s->stack_class);
    if (rv_extra_inherit(task, rv_extra_locals_here()) != 0) {
        rv_task_fini(task);
        rv_task_depot_put(task);
        return NULL;
    }
    return task;
}

static rv_task *prepare_counted(rv_scheduler *s, rove_fn *fn, void *arg)
{
    if (rv_scheduler_phase(s) == RV_PHASE_STOPPED) {
        return rv_spawn_refuse(-ESHUTDOWN); /* its workers may be gone */
    }
    rv_u64_fetch_add_seq_cst(&s->foreign_spawned, 1); /* PHASE */
    int error = 0;
    rv_task *task = NULL;
    if (rv_scheduler_phase(s) != RV_PHASE_RUNNING) {
        error = -ESHUTDOWN;
    } else if (s->credit_share != 0 && !take_foreign_credit(s)) {
        error = -EAGAIN;
    } else if ((task = make_foreign(s, fn, arg)) == NULL) {
        error = -ENOMEM;
        if (s->credit_share != 0) {
            rv_u64_fetch_add_acq_rel(&s->credits, 1); /* CREDIT */
        }
    }
    if (error != 0) {
        undo_foreign(s);
        return rv_spawn_refuse(error);
    }
    /* relaxed: any spread will do */
    rv_task_settle(
        task, s->pins_all,
        (unsigned)(rv_u64_fetch_add_relaxed(&s->foreign_turn, 1) % s->count));
    return task;
}

/* Until it is counted out the scheduler keeps its workers. */
static rv_task *prepare_outside(rv_scheduler *s, rove_fn *fn, void *arg)
{
    rv_scheduler_visit(s);
    rv_task *task = prepare_counted(s, fn, arg);
    rv_scheduler_leave(s);
    return task;
}

rv_task *rv_spawn_prepare(rove_fn *fn, void *arg)
{
    rv_worker *w = rv_current_worker();
    if (w != NULL) {
        return prepare_on(w, fn, arg);
    }
    rv_scheduler *s = rv_current_get()->scheduler;
    return s != NULL ? prepare_outside(s, fn, arg) : rv_spawn_refuse(-EPERM);
}

rv_task *rv_spawn_prepare_sure(rove_fn *fn, void *arg)
{
    rv_task *task = rv_spawn_prepare(fn, arg);
    if (task != NULL && !rv_run_give_stack(rv_current_worker(), task)) {
        rv_spawn_drop(task);
        return rv_spawn_refuse(-ENOMEM);
    }
    return task;
}

static inline void launch_on(rv_worker *w, rv_task *task)
{
    if (task->traits.pins != 0 &&
        (w->scheduler->stealing || task->traits.home != w->index)) {
        rv_ready(w, task);
        return;
    }
    rv_task *displaced = rv_worker_put_slot(w, &w->spawn_slot, task);
    if (displaced != NULL) {
        rv_worker_push(w, displaced);
    }
}

void rv_spawn_launch(rv_task *task)
{
    rv_worker *w = rv_current_worker();
    if (w != NULL && w->scheduler == rv_task_scheduler(task)) {
        launch_on(w, task);
    } else {
        rv_ready(NULL, task);
    }
}

void rv_spawn_drop(rv_task *task)
{
    rv_scheduler *s = rv_task_scheduler(task);
    rv_worker *w = rv_current_worker();
    rv_run_take_stack(w, task);
    rv_extra_drop(task);
    rv_task_fini(task);
    if (s->credit_share != 0) {
        rv_u64_fetch_add_acq_rel(&s->credits, 1); /* CREDIT */
    }
    if (w != NULL) {
        rv_task_cache_put(&w->tasks, task);
        rv_stat_add(&w->stats.ended, 1);
    } else {
        rv_task_depot_put(task);
        undo_foreign(s);
    }
}

rove_fn *rv_spawn_function(const rv_task *task)
{
    if (task->traits.flags & RV_TASK_IS_FORK) {
        return ((const rove_fork *)task->arg)->fn;
    }
    if (task->traits.flags & RV_TASK_OWNS_START) {
        return ((const rv_start *)task->arg)->fn;
    }
    return rv_task_function(task);
}

rv_task *rv_spawn_prepare_start(rv_start *start)
{
    rv_task *task = rv_spawn_prepare(rv_start_run, start);
    if (task != NULL) {
        task->traits.flags |= RV_TASK_OWNS_ARG | RV_TASK_OWNS_START;
    }
    return task;
}

rv_ref rv_spawn_begin(rv_task *task)
{
    return rv_ref_make(task, rv_claim_begin(&task->claim, false));
}

rv_task *rv_spawn_into(rv_scheduler *s, rove_fn *fn, void *arg)
{
    rv_worker *w = rv_current_worker();
    rv_task *task = w != NULL && w->scheduler == s
                        ? prepare_on(w, fn, arg)
                        : prepare_outside(s, fn, arg);
    if (task != NULL) {
        rv_spawn_launch(task);
    }
    return task;
}

static rv_task *spawn_from_pool(rove_fn *fn, void *arg)
{
    rv_task *task = rv_spawn_prepare(fn, arg);
    if (task != NULL) {
        rv_spawn_launch(task);
    }
    return task;
}

rove_task *rove_spawn(rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_worker *w = rv_current_worker();
    if (__builtin_expect(w == NULL, 0)) {
        return spawn_from_pool(fn, arg);
    }
    rv_task *task = prepare_on(w, fn, arg);
    if (__builtin_expect(task != NULL, 1)) {
        launch_on(w, task);
    }
    return task;
}

rove_task *rove_spawn_copy(rove_fn *fn, const void *args, size_t size)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    RV_CHECK(args != NULL || size == 0, "there is nothing to copy");
    void *copy = size <= SIZE_MAX / 2 ? rv_mem_alloc(size + 1) : NULL;
    if (copy == NULL) {
        return rv_spawn_refuse(-ENOMEM);
    }
    if (size != 0) {
        memcpy(copy, args, size);
    }
    rv_task *task = rv_spawn_prepare(fn, copy);
    if (task == NULL) {
        rv_mem_free(copy);
        return NULL;
    }
    task->traits.flags |= RV_TASK_OWNS_ARG;
    rv_spawn_launch(task);
    return task;
}

void rove_task_options_init(rove_task_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->worker = -1;
}

static int check_options(const rv_scheduler *s,
                         const rove_task_options *options)
{
    if (options->size != sizeof *options || options->reserved != 0 ||
        options->worker < -1 || options->worker >= (int32_t)s->count) {
        return -EINVAL;
    }
    int stack_class = rv_stack_class_for(options->stack_size);
    return stack_class < 0 ? stack_class : 0;
}

static void apply_options(rv_task *task, const rove_task_options *options)
{
    const rv_scheduler *s = rv_task_scheduler(task);
    const rv_worker *here = rv_current_worker();
    if (options->stack_size != 0) {
        task->traits.stack_class =
            (uint8_t)rv_stack_class_for(options->stack_size);
    }
    if (options->worker >= 0) {
        task->traits.home = (uint16_t)options->worker;
        task->traits.pins = 1;
        if (!options->pinned && !s->pins_all) {
            task->traits.flags |= RV_TASK_UNPIN_AT_START;
        }
    } else if (options->pinned && task->traits.pins == 0) {
        task->traits.home = here != NULL ? here->index : 0;
        task->traits.pins = 1;
    }
}

rove_task *rove_spawn_with(const rove_task_options *options, rove_fn *fn,
                           void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    RV_CHECK(options != NULL, "there are no options");
    rv_scheduler *s = rv_current_get()->scheduler;
    if (s == NULL) {
        return rv_spawn_refuse(-EPERM);
    }
    int error = check_options(s, options);
    if (error != 0) {
        return rv_spawn_refuse(error);
    }
    rv_task *task = rv_spawn_prepare(fn, arg);
    if (task == NULL) {
        return NULL;
    }
    if (options->name != NULL && rv_extra_set_name(task, options->name) != 0) {
        rv_spawn_drop(task);
        return rv_spawn_refuse(-ENOMEM);
    }
    apply_options(task, options);
    rv_spawn_launch(task);
    return task;
}

int rove_go(rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_task *task = rove_spawn(fn, arg);
    if (task == NULL) {
        return rv_spawn_last_error();
    }
    rove_detach(task);
    return 0;
}
