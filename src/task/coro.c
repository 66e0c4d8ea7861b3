/* Coroutines: a stack that each task which sends to it runs on for a while.
 *
 * The record lies at the top of its own stack. While it runs, the fiber of the
 * task that sent is the coroutine's, so that a wait inside suspends the task
 * there, and whoever resumes the task goes on there; the sender's fiber rests
 * in `sender`. So coroutines that send to others nest.
 *
 * Law. `stack`, `fn` and `arg` are fixed. Who moves `state` from READY to
 * RUNNING has the turn, and all else belongs to it and to the coroutine that it
 * runs. It moves the state on after the switch back, when the coroutine's
 * context has been saved, and then touches it no more.
 *
 * Pair TURN: the state moved to RUNNING (acquire) and back (release).
 */
#include "rove/coro.h"

#include <errno.h>
#include <stdbool.h>

#include "src/base/assert.h"
#include "src/base/atomic.h"
#include "src/context/stack.h"
#include "src/context/switch.h"
#include "src/sched/current.h"
#include "src/sched/worker.h"

typedef enum coro_state {
    READY = 0, /* has not started, or is in a yield */
    RUNNING,
    ENDED, /* `value` is its result */
} coro_state;

struct rove_coro {
    rv_stack *stack;
    rove_coro_fn *fn;
    void *arg;
    rv_task *task;          /* that sent last */
    rv_fiber *sender;       /* where it goes on */
    struct rv_scope *scope; /* its innermost then */
    int64_t value;          /* sent, yielded or returned */
    int error;              /* thrown, or 0 */
    bool has_started;
    bool is_closing; /* yields do nothing any more */
    bool has_ended;
    rv_atomic_u32 state;
};

static void run_coro(rv_handoff *handoff) __attribute__((noreturn));

static rove_coro *coro_on(rv_stack *stack)
{
    uintptr_t place = (uintptr_t)stack - sizeof(rove_coro);
    return (rove_coro *)(place & ~(uintptr_t)15);
}

rove_coro *rove_coro_new(rove_coro_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_worker *w = rv_current_worker();
    if (w == NULL) {
        return NULL;
    }
    rv_stack *stack = rv_stack_cache_get(
        &w->stacks, (rv_stack_class)w->current->traits.stack_class);
    if (stack == NULL) {
        return NULL;
    }
    rove_coro *coro = coro_on(stack);
    rv_fiber_init(&stack->fiber, stack->fiber.low, stack->fiber.size,
                  (char *)coro, run_coro);
    rove_coro made = {.stack = stack, .fn = fn, .arg = arg};
    *coro = made;
    return coro;
}

/* The turn of a coroutine that is READY. */
static inline coro_state take_turn(rove_coro *coro)
{
    uint32_t seen = READY;
    (void)rv_u32_cas_acq_rel(&coro->state, &seen, RUNNING); /* TURN */
    return (coro_state)seen;
}

static inline void end_turn(rove_coro *coro, coro_state state)
{
    rv_u32_store_release(&coro->state, state); /* TURN */
}

/* The end of one that has not started. */
static int64_t end_unstarted(rove_coro *coro, int64_t result)
{
    coro->value = result;
    end_turn(coro, ENDED);
    return result;
}

/* Switches to a coroutine whose turn the caller has, until it yields or ends;
 * gives the turn back. True: it has yielded. Inlined like every blocking path
 * (await.h). */
static inline __attribute__((always_inline)) bool
resume(rove_coro *coro, rv_worker *w, int64_t *value)
{
    rv_task *task = w->current;
    rv_fiber *self = rv_task_fiber(task);
    coro->task = task;
    coro->sender = self;
    coro->scope = task->scope;
    coro->has_started = true;
    coro->stack->owner = task;
    rv_task_set_fiber(task, &coro->stack->fiber);
    w->handoff.from = self;
    w->handoff.publish = NULL;
    (void)rv_switch(&w->handoff, &coro->stack->fiber);
    bool has_ended = coro->has_ended;
    *value = coro->value;
    end_turn(coro, has_ended ? ENDED : READY);
    return !has_ended;
}

/* Back to the sender, which may be on another worker than before. */
static inline __attribute__((always_inline)) rv_handoff *
prepare_leave(rove_coro *coro, rv_worker *w)
{
    rv_task_set_fiber(w->current, coro->sender);
    w->handoff.from = &coro->stack->fiber;
    w->handoff.publish = NULL;
    return &w->handoff;
}

/* The first frame of a coroutine's stack. */
static void run_coro(rv_handoff *handoff)
{
    rv_worker *w = rv_worker_of(handoff);
    rv_fiber *self = rv_task_fiber(w->current);
    rove_coro *coro = coro_on(rv_container_of(self, rv_stack, fiber));
    coro->value = coro->fn(coro, coro->arg);
    coro->has_ended = true;
    w = rv_current_worker();
    if (w->current->scope != coro->scope) {
        rv_panic("rove_coro_send",
                 "a scope opened in a coroutine is closed before it returns");
    }
    rv_switch_final(prepare_leave(coro, w), coro->sender);
}

static void give(int64_t value, int64_t *out)
{
    if (out != NULL) {
        *out = value;
    }
}

/* send and throw of a coroutine that has ended or runs. */
static int answer_late(const rove_coro *coro, coro_state state, int64_t *out)
{
    if (state == RUNNING) {
        return -EBUSY;
    }
    give(coro->value, out);
    return 0;
}

RV_SWITCH_RETURNS int rove_coro_send(rove_coro *coro, int64_t value,
                                     int64_t *out)
{
    RV_CHECK(coro != NULL, "there is no coroutine");
    rv_worker *w = rv_current_worker();
    RV_CHECK(w != NULL, "may be called by a task only");
    coro_state state = take_turn(coro);
    if (__builtin_expect(state != READY, 0)) {
        return answer_late(coro, state, out);
    }
    coro->value = value;
    coro->error = 0;
    bool has_yielded = resume(coro, w, &value);
    give(value, out);
    return has_yielded;
}

int rove_coro_throw(rove_coro *coro, int error, int64_t *out)
{
    RV_CHECK(coro != NULL, "there is no coroutine");
    RV_CHECK(error < 0, "an error is negative");
    rv_worker *w = rv_current_worker();
    RV_CHECK(w != NULL, "may be called by a task only");
    coro_state state = take_turn(coro);
    if (state != READY) {
        return answer_late(coro, state, out);
    }
    if (!coro->has_started) {
        give(end_unstarted(coro, error), out);
        return 0;
    }
    int64_t value;
    coro->error = error;
    bool has_yielded = resume(coro, w, &value);
    give(value, out);
    return has_yielded;
}

static int64_t close_coro(rove_coro *coro, rv_worker *w)
{
    coro_state state = take_turn(coro);
    if (state != READY) {
        return state == RUNNING ? -EBUSY : coro->value;
    }
    if (!coro->has_started) {
        return end_unstarted(coro, -ECANCELED);
    }
    int64_t result;
    coro->error = -ECANCELED;
    coro->is_closing = true;
    (void)resume(coro, w, &result);
    return result;
}

int64_t rove_coro_close(rove_coro *coro)
{
    RV_CHECK(coro != NULL, "there is no coroutine");
    rv_worker *w = rv_current_worker();
    RV_CHECK(w != NULL, "may be called by a task only");
    return close_coro(coro, w);
}

void rove_coro_free(rove_coro *coro)
{
    if (coro == NULL) {
        return;
    }
    rv_worker *w = rv_current_worker();
    RV_CHECK(w != NULL, "may be called by a task only");
    (void)close_coro(coro, w);
    RV_CHECK(rv_u32_load_acquire(&coro->state) == ENDED, /* TURN */
             "a coroutine that runs is not freed");
    rv_fiber_fini(&coro->stack->fiber);
    rv_stack_cache_put(&rv_current_worker()->stacks, coro->stack);
}

RV_SWITCH_RETURNS int rove_coro_yield(rove_coro *coro, int64_t value,
                                      int64_t *sent)
{
    RV_CHECK(coro != NULL, "there is no coroutine");
    rv_worker *w = rv_current_worker();
    RV_CHECK(w != NULL && w->current == coro->task &&
                 rv_task_fiber(w->current) == &coro->stack->fiber,
             "a coroutine yields for itself, in the task that sent to it");
    RV_CHECK(w->current->scope == coro->scope,
             "a scope opened inside is closed before the next yield");
    if (coro->is_closing) {
        return -ECANCELED;
    }
    coro->value = value;
    (void)rv_switch(prepare_leave(coro, w), coro->sender);
    if (coro->error != 0) {
        return coro->error;
    }
    give(coro->value, sent);
    return 0;
}
