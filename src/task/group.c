/* Groups. A child is a task whose handle the group owns; a record of it, on the
 * heap, is the watch in its join word. The end of a child moves its record from
 * the live ones to the ended ones, whose results the owner may ask for.
 *
 * All of the group is under its lock. Nobody touches it after the last child
 * has released the lock: the owner, who may be gone then, has taken it after
 * that child and found nobody alive. Children cancel each other under the lock,
 * since an end may give a descriptor back.
 */
#include "rove/group.h"

#include <assert.h>
#include <errno.h>

#include "src/base/assert.h"
#include "src/base/list.h"
#include "src/base/mem.h"
#include "src/platform/lock.h"
#include "src/sched/cancel.h"
#include "src/sched/join_watch.h"
#include "src/sched/wake.h"
#include "src/task/await.h"
#include "src/task/handle.h"
#include "src/task/spawn.h"

enum { OUTSIDE, INSIDE, LEFT };

/* What rove_group.words holds. */
typedef struct group_state {
    rv_lock lock;
    bool collects;     /* fixed */
    bool is_cancelled; /* takes no more children, and those are cancelled */
    bool is_requested; /* by rove_group_cancel() */
    bool keeps;        /* results, for the owner to ask for; not when closing */
    rv_list live;      /* children, by `node` */
    rv_fifo ended;     /* children, by `link`, in the order of their ends */
    rv_task *owner;    /* fixed; NULL: the group is closed */
    rv_ref waiter;     /* the owner's wait, or 0 */
    int64_t failure;   /* the first one, or 0 */
} group_state;

static_assert(sizeof(group_state) <= sizeof(((rove_group *)0)->words),
              "a group keeps its state in 12 words");

typedef struct child {
    rv_join_watch watch;
    rove_group *group;
    rv_task *task;
    rv_node node;
    rv_link link;
    int64_t result;
} child;

static group_state *state_of(rove_group *group)
{
    return (group_state *)(void *)group->words;
}

static child *child_of(rv_node *node)
{
    return rv_container_of(node, child, node);
}

/* Under the lock. */
static void cancel_children(rv_worker *by, rove_group *group)
{
    group_state *g = state_of(group);
    if (g->is_cancelled) {
        return;
    }
    g->is_cancelled = true;
    rove_scope_cancel(&group->scope);
    for (rv_node *node = g->live.ring.next; node != &g->live.ring;
         node = node->next) {
        rv_task *task = child_of(node)->task;
        rv_task_cancel(by, task, rove_task_id(task));
    }
}

/* Under the lock: what the owner waits for has come. */
static bool has_news(const group_state *g)
{
    return rv_list_is_empty(&g->live) ||
           (g->keeps && !rv_fifo_is_empty(&g->ended));
}

/* Under the lock; keeps the record for the owner, or returns it. */
static child *keep_result(group_state *g, child *ended, int64_t result)
{
    if (!g->keeps) {
        return ended;
    }
    ended->result = result;
    rv_fifo_push(&g->ended, &ended->link);
    return NULL;
}

static void end_child(rv_join_watch *watch, rv_worker *by, rv_task *task,
                      int64_t result)
{
    child *self = rv_container_of(watch, child, watch);
    rove_group *group = self->group;
    group_state *g = state_of(group);
    rv_claim_result won = RV_CLAIM_LOST;
    rv_lock_acquire(&g->lock);
    rv_list_remove(&self->node);
    if (result < 0 && g->failure == 0) {
        g->failure = result;
        if (!g->collects) {
            cancel_children(by, group);
        }
    }
    child *unwanted = keep_result(g, self, result);
    rv_ref waiter = g->waiter;
    if (waiter != 0 && has_news(g)) {
        g->waiter = 0;
        won = rv_wake_claim(waiter, RV_CAUSE_SOURCE);
    }
    rv_lock_release(&g->lock);
    rv_wake_finish(by, waiter, won);
    rv_handle_give_back(by, task);
    rv_mem_free(unwanted);
}

static group_state *check_owner(rove_group *group, const char *call)
{
    const rv_worker *w = rv_current_worker();
    if (group == NULL || w == NULL || state_of(group)->owner != w->current) {
        rv_panic(call, "only the task that opened a group may call this");
    }
    return state_of(group);
}

void rove_group_open(rove_group *group, unsigned flags)
{
    const rv_worker *w = rv_current_worker();
    RV_CHECK(group != NULL, "there is no group");
    RV_CHECK(w != NULL, "only a task may open a group");
    RV_CHECK((flags & ~(ROVE_COLLECT | ROVE_DISCARD)) == 0,
             "the flags are unknown");
    group_state *g = state_of(group);
    rv_lock_init(&g->lock);
    g->collects = (flags & ROVE_COLLECT) != 0;
    g->is_cancelled = false;
    g->is_requested = false;
    g->keeps = (flags & ROVE_DISCARD) == 0;
    rv_list_init(&g->live);
    rv_fifo_init(&g->ended);
    g->owner = w->current;
    g->waiter = 0;
    g->failure = 0;
    rove_scope_open(&group->scope, ROVE_FOREVER);
}

/* A child in no queue yet, or NULL and *error. */
static child *make_child(rove_group *group, rove_fn *fn, void *arg, int *error)
{
    child *made = rv_mem_alloc(sizeof *made);
    if (made == NULL) {
        *error = -ENOMEM;
        return NULL;
    }
    made->watch.ended = end_child;
    made->group = group;
    made->task = rv_spawn_prepare(fn, arg);
    if (made->task == NULL) {
        rv_mem_free(made);
        *error = rv_spawn_last_error();
        return NULL;
    }
    rv_u64_store_release(&made->task->join,
                         rv_join_watch_word(&made->watch)); /* LIST */
    return made;
}

/* False: the group is cancelled. */
static bool enter(group_state *g, child *entering)
{
    rv_lock_acquire(&g->lock);
    bool is_open = !g->is_cancelled;
    if (is_open) {
        rv_list_push_back(&g->live, &entering->node);
    }
    rv_lock_release(&g->lock);
    return is_open;
}

int rove_group_spawn(rove_group *group, rove_fn *fn, void *arg)
{
    RV_CHECK(group != NULL, "there is no group");
    RV_CHECK(fn != NULL, "there is no function to run");
    RV_CHECK(rv_current_worker() != NULL, "only a task may use a group");
    RV_CHECK(state_of(group)->owner != NULL, "the group is closed");
    int error = 0;
    child *made = make_child(group, fn, arg, &error);
    if (made == NULL) {
        return error;
    }
    rv_task *task = made->task;
    if (!enter(state_of(group), made)) {
        rv_spawn_drop(task);
        rv_mem_free(made);
        return -ECANCELED;
    }
    rv_spawn_launch(task);
    return 0;
}

static void enter_anyway(rv_worker *by, group_state *g, child *entering)
{
    rv_lock_acquire(&g->lock);
    rv_list_push_back(&g->live, &entering->node);
    if (g->is_cancelled) {
        rv_task *task = entering->task;
        rv_task_cancel(by, task, rove_task_id(task));
    }
    rv_lock_release(&g->lock);
}

/* It may have ended already: then its end is told here. */
int rove_group_add(rove_group *group, rove_task *task)
{
    rv_worker *w = rv_current_worker();
    RV_CHECK(group != NULL, "there is no group");
    RV_CHECK(task != NULL, "there is no task");
    RV_CHECK(w != NULL, "only a task may use a group");
    RV_CHECK(task != w->current, "a task may not add itself");
    RV_CHECK(state_of(group)->owner != NULL, "the group is closed");
    child *made = rv_mem_alloc(sizeof *made);
    if (made == NULL) {
        return -ENOMEM;
    }
    made->watch.ended = end_child;
    made->group = group;
    made->task = task;
    enter_anyway(w, state_of(group), made);
    uint64_t seen = RV_JOIN_EMPTY;
    if (!rv_u64_cas_acq_rel(&task->join, &seen,
                            rv_join_watch_word(&made->watch))) { /* END */
        rv_handle_check_owner(seen == RV_JOIN_DONE, "rove_group_add");
        end_child(&made->watch, w, task, task->result);
    }
    return 0;
}

void rove_group_cancel(rove_group *group)
{
    RV_CHECK(group != NULL, "there is no group");
    group_state *g = state_of(group);
    RV_CHECK(g->owner != NULL, "the group is closed");
    rv_lock_acquire(&g->lock);
    g->is_requested = true;
    cancel_children(rv_current_worker(), group);
    rv_lock_release(&g->lock);
}

/* Waits for news in a wait that was begun; the cause. The lock is taken once
 * more after a wake-up: until then the waker may still hold it. */
static unsigned wait_for_news(group_state *g, rv_wait *wait)
{
    rv_lock_acquire(&g->lock);
    if (has_news(g)) {
        rv_lock_release(&g->lock);
        (void)rv_wait_abort(wait); /* only a canceller can have been faster */
        return RV_CAUSE_SOURCE;
    }
    g->waiter = wait->ref;
    rv_lock_release(&g->lock);
    unsigned cause = rv_wait_suspend(wait);
    rv_lock_acquire(&g->lock);
    g->waiter = 0;
    rv_lock_release(&g->lock);
    return cause;
}

/* 1 and the result that came first; 0: no child is left; -EAGAIN: none has
 * ended meanwhile. */
static int take_result(group_state *g, int64_t *result)
{
    rv_lock_acquire(&g->lock);
    rv_link *first = rv_fifo_pop(&g->ended);
    bool is_empty = rv_list_is_empty(&g->live);
    rv_lock_release(&g->lock);
    if (first == NULL) {
        return is_empty ? 0 : -EAGAIN;
    }
    child *taken = rv_container_of(first, child, link);
    if (result != NULL) {
        *result = taken->result;
    }
    rv_mem_free(taken);
    return 1;
}

int rove_group_next(rove_group *group, int64_t *result)
{
    group_state *g = check_owner(group, "rove_group_next");
    rv_worker *w;
    int error = rv_wait_enter(&w);
    if (error != 0) {
        return error;
    }
    int taken = take_result(g, result);
    if (taken != -EAGAIN) {
        return taken;
    }
    rv_wait wait;
    rv_wait_arm(&wait, w, false);
    (void)wait_for_news(g, &wait);
    taken = take_result(g, result);
    return taken != -EAGAIN ? taken : rv_wait_refused(&wait);
}

/* From now on only ends matter, no results. True when nobody is left. */
static bool begin_close(group_state *g)
{
    rv_lock_acquire(&g->lock);
    g->keeps = false;
    bool is_empty = rv_list_is_empty(&g->live);
    rv_lock_release(&g->lock);
    return is_empty;
}

static void wait_cancelled(rove_group *group)
{
    group_state *g = state_of(group);
    rv_lock_acquire(&g->lock);
    cancel_children(rv_current_worker(), group);
    rv_lock_release(&g->lock);
    rv_wait wait;
    int error = rv_wait_begin_deaf(&wait);
    RV_CHECK(error == 0, "a task can always begin a deaf wait");
    unsigned cause = wait_for_news(g, &wait);
    RV_CHECK(cause == RV_CAUSE_SOURCE, "a deaf wait ends with the last child");
}

/* True when the owner was cancelled meanwhile. */
static bool wait_for_children(rove_group *group)
{
    rv_wait wait;
    if (rv_wait_begin(&wait) == 0) {
        if (wait_for_news(state_of(group), &wait) == RV_CAUSE_SOURCE) {
            return false;
        }
        (void)rv_wait_refused(&wait);
    }
    wait_cancelled(group);
    return true;
}

static void free_results(group_state *g)
{
    rv_link *link;
    while ((link = rv_fifo_pop(&g->ended)) != NULL) {
        rv_mem_free(rv_container_of(link, child, link));
    }
}

int64_t rove_group_close(rove_group *group)
{
    group_state *g = check_owner(group, "rove_group_close");
    bool is_cut = begin_close(g) ? rv_task_is_cancelled(g->owner)
                                 : wait_for_children(group);
    free_results(g);
    (void)rove_scope_close(&group->scope);
    g->owner = NULL;
    if (g->failure != 0) {
        return g->failure;
    }
    return is_cut || g->is_requested ? -ECANCELED : 0;
}

bool rove_group_block_step(rove_group_block *block)
{
    if (block->step == INSIDE) {
        rove_group_block_leave(block);
        return false;
    }
    block->step = INSIDE;
    return true;
}

void rove_group_block_leave(rove_group_block *block)
{
    if (block->step == INSIDE) {
        block->step = LEFT;
        int64_t status = rove_group_close(block->group);
        if (block->status != NULL) {
            *block->status = status;
        }
    }
}
