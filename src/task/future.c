/* The word of a future, moved by CAS except for the last step:
 *
 *   EMPTY -> waiter   the first waiter arms it with its reference
 *   waiter -> EMPTY   that waiter retracts it
 *   any -> node       a further waiter pushes a node that keeps the word before
 *   list -> EMPTY     a leaver that filters takes all out, gives dead nodes
 *                     back and pushes the living ones again
 *   any -> DONE       the setter, by one exchange; it wakes whom it found
 *
 * Nodes need no marks: whether a waiter still waits is read from its claim
 * word, which outlives it. A leaver only counts itself; when the dead may
 * outnumber the living it filters. A waiter that is woken while the future is
 * not done (the filter cannot put a bare reference back) waits again.
 *
 * Pair FIRST: the setter's right to the result, a CAS on `setting`.
 * Pair DONE: the exchange (acq_rel) after the result was stored; looks at the
 * word are acquire. After it the setter touches only the list's nodes.
 * Pair LAST: references are dropped acq_rel, so the last one sees every use.
 */
#include "src/task/future.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/sched/wake.h"
#include "src/task/await.h"
#include "src/task/spawn.h"
#include "src/task/wait_node.h"

#define EMPTY    UINT64_C(0)
#define DONE     UINT64_C(2)
#define TAG_NODE UINT64_C(3) /* low bits of a pointer to a node */

#define FILTER_MIN 16

struct rove_future {
    rv_atomic_u64 word;
    int64_t result;
    rv_atomic_u64 references; /* behind what an allocator writes into a free
                                 block: there 0 is likely to stay, and a
                                 reference dropped too often to be seen */
    rv_atomic_u32 setting;
    rv_atomic_u32 pushed; /* nodes since the last filter; a hint */
    rv_atomic_u32 left;   /* leavers since the last filter; a hint */
};

static bool is_node(uint64_t word)
{
    return (word & RV_REF_TAG_MASK) == TAG_NODE;
}

static rv_wait_node *node_of(uint64_t word)
{
    return (rv_wait_node *)(uintptr_t)(word & ~RV_REF_TAG_MASK);
}

static uint64_t word_of(const rv_wait_node *node)
{
    return (uint64_t)(uintptr_t)node | TAG_NODE;
}

rove_future *rove_future_new(void)
{
    rove_future *future = rv_mem_zalloc(sizeof *future);
    if (future != NULL) {
        rv_u64_store_relaxed(&future->references, 1); /* not shared yet */
    }
    return future;
}

rove_future *rove_future_ref(rove_future *future)
{
    RV_CHECK(future != NULL, "there is no future");
    /* relaxed: the caller has a reference already */
    uint64_t before = rv_u64_fetch_add_relaxed(&future->references, 1);
    RV_CHECK(before > 0, "the future has been freed");
    return future;
}

/* Takes the first node off a chain that nobody else sees. */
static rv_wait_node *pop_node(uint64_t *chain)
{
    if (!is_node(*chain)) {
        return NULL;
    }
    rv_wait_node *node = node_of(*chain);
    *chain = node->rest;
    return node;
}

/* What is left in the list are nodes of waiters who were cancelled. */
static void free_future(rove_future *future)
{
    uint64_t chain = rv_u64_load_relaxed(&future->word); /* nobody else's */
    rv_wait_node *node;
    while ((node = pop_node(&chain)) != NULL) {
        rv_wait_node_put(node);
    }
    rv_mem_free(future);
}

void rove_future_unref(rove_future *future)
{
    if (future == NULL) {
        return;
    }
    uint64_t before =
        rv_u64_fetch_sub_acq_rel(&future->references, 1); /* LAST */
    RV_CHECK(before > 0, "a future was given back too often");
    if (before == 1) {
        free_future(future);
    }
}

static void wake_node(rv_worker *by, rv_wait_node *node)
{
    rv_wake(by, node->ref, RV_CAUSE_SOURCE);
    rv_wait_node_put(node);
}

static void wake_all(rv_worker *by, uint64_t chain)
{
    rv_wait_node *node;
    while ((node = pop_node(&chain)) != NULL) {
        wake_node(by, node);
    }
    if (rv_ref_is(chain)) {
        rv_wake(by, chain, RV_CAUSE_SOURCE);
    }
}

int rove_future_set(rove_future *future, int64_t result)
{
    RV_CHECK(future != NULL, "there is no future");
    uint32_t nobody = 0;
    if (!rv_u32_cas_acquire(&future->setting, &nobody, 1)) { /* FIRST */
        return -EALREADY;
    }
    future->result = result;
    wake_all(rv_current_worker(),
             rv_u64_exchange_acq_rel(&future->word, DONE)); /* DONE */
    return 0;
}

int rove_future_try(rove_future *future, int64_t *result)
{
    RV_CHECK(future != NULL, "there is no future");
    if (rv_u64_load_acquire(&future->word) != DONE) { /* DONE */
        return -EAGAIN;
    }
    if (result != NULL) {
        *result = future->result;
    }
    return 0;
}

/* Pushes a node; false when the future is done, and the node is the caller's
 * again. */
static bool push_node(rove_future *future, rv_wait_node *node)
{
    uint64_t seen = rv_u64_load_acquire(&future->word); /* DONE */
    do {
        if (seen == DONE) {
            return false;
        }
        node->rest = seen;
    } while (
        !rv_u64_cas_acq_rel(&future->word, &seen, word_of(node))); /* DONE */
    return true;
}

/* Adds a further waiter: 0, -EALREADY when the future is done, -ENOMEM. */
static int arm_slow(rove_future *future, rv_ref ref)
{
    rv_wait_node *node = rv_wait_node_get(ref);
    if (node == NULL) {
        return -ENOMEM;
    }
    if (!push_node(future, node)) {
        rv_wait_node_put(node);
        return -EALREADY;
    }
    rv_u32_fetch_add_relaxed(&future->pushed, 1); /* hint */
    return 0;
}

int rv_future_arm(rove_future *future, rv_ref ref)
{
    uint64_t seen = EMPTY;
    if (rv_u64_cas_acq_rel(&future->word, &seen, ref)) { /* DONE */
        return 0;
    }
    return seen == DONE ? -EALREADY : arm_slow(future, ref);
}

static bool still_waits(rv_ref ref)
{
    uint64_t word =
        rv_u64_load_relaxed(&rv_ref_task(ref)->claim); /* a hint is enough */
    rv_task_state state = rv_claim_state(word);
    return rv_claim_epoch(word) == rv_ref_epoch(ref) &&
           (state == RV_TASK_ARMING || state == RV_TASK_PARKED);
}

static void filter(rove_future *future)
{
    rv_worker *by = rv_current_worker();
    uint64_t chain = rv_u64_load_acquire(&future->word); /* DONE */
    do {
        if (!is_node(chain)) {
            return;
        }
    } while (!rv_u64_cas_acq_rel(&future->word, &chain, EMPTY)); /* DONE */
    rv_u32_store_relaxed(&future->pushed, 0);                    /* hint */
    rv_u32_store_relaxed(&future->left, 0);                      /* hint */
    rv_wait_node *node;
    while ((node = pop_node(&chain)) != NULL) {
        if (!still_waits(node->ref)) {
            rv_wait_node_put(node);
        } else if (push_node(future, node)) {
            rv_u32_fetch_add_relaxed(&future->pushed, 1); /* hint */
        } else {
            wake_node(by, node);
        }
    }
    if (rv_ref_is(chain)) {
        rv_wake(by, chain, RV_CAUSE_SOURCE);
    }
}

void rv_future_disarm(rove_future *future, rv_ref ref)
{
    uint64_t expected = ref;
    if (rv_u64_cas_acq_rel(&future->word, &expected, EMPTY)) { /* DONE */
        return;
    }
    uint32_t left = rv_u32_fetch_add_relaxed(&future->left, 1) + 1; /* hint */
    uint32_t pushed = rv_u32_load_relaxed(&future->pushed);         /* hint */
    if (left >= FILTER_MIN && left > pushed / 2) {
        filter(future);
    }
}

int rove_future_wait(rove_future *future, int64_t *result)
{
    RV_CHECK(future != NULL, "there is no future");
    do {
        rv_wait wait;
        int error = rv_wait_begin(&wait);
        if (error != 0) {
            return error;
        }
        error = rv_future_arm(future, wait.ref);
        if (error != 0) {
            unsigned cause = rv_wait_abort(&wait);
            if (error == -ENOMEM) {
                return cause == RV_CAUSE_CANCEL ? rv_wait_refused(&wait)
                                                : error;
            }
        } else if (rv_wait_suspend(&wait) == RV_CAUSE_CANCEL) {
            rv_future_disarm(future, wait.ref);
            if (rove_future_try(future, result) != 0) {
                return rv_wait_refused(&wait);
            }
            return 0;
        }
    } while (rove_future_try(future, result) != 0);
    return 0;
}

int rove_future_on_done(rove_future *future, rove_fn *fn, void *arg)
{
    RV_CHECK(future != NULL, "there is no future");
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_task *task = rv_spawn_prepare_sure(fn, arg);
    if (task == NULL) {
        return rv_spawn_last_error();
    }
    rove_detach(task);
    rv_ref ref = rv_spawn_begin(task);
    /* Always a node: the filter wakes a bare reference, which would start fn
     * too early. */
    int error = arm_slow(future, ref);
    if (error == -ENOMEM) {
        rv_spawn_drop(task);
        return error;
    }
    if (error == -EALREADY) {
        rv_wake(rv_current_worker(), ref, RV_CAUSE_SOURCE);
    }
    rv_wait_park(rv_current_worker(), task);
    return 0;
}
