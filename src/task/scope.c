/* The public side of scopes; their law is in sched/scope.h.
 */
#include "rove/scope.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/bits.h"
#include "src/base/clock.h"
#include "src/sched/cancel.h"
#include "src/sched/current.h"
#include "src/sched/scope.h"
#include "src/sched/worker.h"

enum { OUTSIDE, INSIDE, LEFT };

static rv_task *current_task(void)
{
    const rv_worker *w = rv_current_worker();
    return w != NULL ? w->current : NULL;
}

static void open_at(rv_scope *scope, rove_time deadline, rove_time now)
{
    rv_scope_push(scope, current_task(), deadline);
    if (deadline <= now) {
        (void)rv_scope_look(scope, now);
    }
}

void rove_scope_open(rove_scope *scope, rove_time deadline)
{
    RV_CHECK(scope != NULL, "there is no scope");
    open_at(rv_scope_of(scope), deadline,
            deadline != ROVE_FOREVER ? rv_clock_now() : 0);
}

int rove_scope_close(rove_scope *scope)
{
    RV_CHECK(scope != NULL, "there is no scope");
    RV_CHECK(rv_scope_of(scope)->task == current_task(),
             "a scope is closed by who opened it");
    return rv_scope_pop(rv_scope_of(scope));
}

void rove_scope_cancel(rove_scope *scope)
{
    RV_CHECK(scope != NULL, "there is no scope");
    rv_scope_end(rv_scope_of(scope), rv_current_worker(), RV_SCOPE_CANCELLED);
}

void rove_scope_set_deadline(rove_scope *scope, rove_time deadline)
{
    RV_CHECK(scope != NULL, "there is no scope");
    rv_scope_set_deadline(rv_scope_of(scope), deadline);
}

void rove_shield_open(rove_scope *scope, rove_time span)
{
    RV_CHECK(scope != NULL, "there is no scope");
    rv_scope *shield = rv_scope_of(scope);
    rv_scope_shield(shield, current_task());
    if (span != ROVE_FOREVER) {
        rove_time now = rv_clock_now();
        rv_scope_set_deadline(shield, rv_time_add(now, span));
        (void)rv_scope_look(shield, now);
    }
}

/* A task that asks instead of waiting has no turns that tell the time. */
static int look_now(void)
{
    rv_worker *w = rv_current_worker();
    if (w == NULL) {
        return rv_scope_thread_cause(true);
    }
    w->now = rv_clock_now();
    int cause = rv_cancel_cause(w->current);
    if (cause != 0) {
        rv_cancel_note(w->current);
    }
    return cause;
}

bool rove_cancelled(void)
{
    return look_now() != 0;
}

int rove_cancel_cause(void)
{
    return look_now();
}

rove_time rove_time_left(void)
{
    if (look_now() != 0) {
        return 0;
    }
    rove_time deadline = rv_scope_nearest(current_task());
    if (deadline == ROVE_FOREVER) {
        return ROVE_FOREVER;
    }
    rove_time left = deadline - rv_clock_now();
    return left > 0 ? left : 0;
}

bool rove_scope_block_step(rove_scope_block *block)
{
    if (block->step == INSIDE) {
        rove_scope_block_leave(block);
        return false;
    }
    block->step = INSIDE;
    if (block->is_shield) {
        rove_shield_open(&block->scope, block->span);
    } else {
        rove_time now = rv_clock_now();
        open_at(rv_scope_of(&block->scope), rv_time_add(now, block->span), now);
    }
    return true;
}

void rove_scope_block_leave(rove_scope_block *block)
{
    if (block->step == INSIDE) {
        block->step = LEFT;
        int status = rv_scope_pop(rv_scope_of(&block->scope));
        if (block->status != NULL) {
            *block->status = status;
        }
    }
}
