/* A worker's own free stacks, last in first out, so that the next task starts
 * on the stack that is hottest in this core's caches, without a lock. Up to 64
 * of each class; beyond that the older half goes to the depot, from where it
 * also fetches by the half.
 *
 * Law: everything here is touched by its worker alone. A stack in the cache is
 * the cache's; nobody stands on it.
 */
#ifndef SRC_CONTEXT_STACK_CACHE_H
#define SRC_CONTEXT_STACK_CACHE_H

#include "src/base/assert.h"
#include "src/context/stack.h"

#define RV_STACK_CACHE_SLOTS 64

typedef struct rv_stack_shelf {
    unsigned count;
    rv_stack *slots[RV_STACK_CACHE_SLOTS]; /* hottest at count - 1 */
} rv_stack_shelf;

typedef struct rv_stack_cache {
    rv_stack_shelf shelves[RV_STACK_CLASSES];
} rv_stack_cache;

/* Starts empty. */
void rv_stack_cache_init(rv_stack_cache *cache);

/* Gives all stacks back to the depot. */
void rv_stack_cache_fini(rv_stack_cache *cache);

/* The slow halves of the two calls below: the shelf is empty, or full. */
rv_stack *rv_stack_cache_get_slow(rv_stack_cache *cache,
                                  rv_stack_class size_class);
void rv_stack_cache_spill(rv_stack_cache *cache, rv_stack_class size_class);

/* Takes a stack of the class. Returns NULL when the cache is empty and the
 * depot cannot make another. */
static inline rv_stack *rv_stack_cache_get(rv_stack_cache *cache,
                                           rv_stack_class size_class)
{
    rv_stack_shelf *shelf = &cache->shelves[size_class];

    if (__builtin_expect(shelf->count == 0, 0)) {
        return rv_stack_cache_get_slow(cache, size_class);
    }
    return shelf->slots[--shelf->count];
}

/* Keeps a stack that its last task has left for good. */
static inline void rv_stack_cache_put(rv_stack_cache *cache, rv_stack *stack)
{
    rv_stack_class size_class = (rv_stack_class)stack->size_class;
    rv_stack_shelf *shelf = &cache->shelves[size_class];

    RV_ASSERT(!rv_stack_covers(stack, __builtin_frame_address(0)));
    stack->owner = NULL;
    if (__builtin_expect(shelf->count == RV_STACK_CACHE_SLOTS, 0)) {
        rv_stack_cache_spill(cache, size_class);
    }
    shelf->slots[shelf->count++] = stack;
}

#endif
