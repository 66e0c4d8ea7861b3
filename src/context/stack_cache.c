#include "src/context/stack_cache.h"

#include <string.h>

#define HALF (RV_STACK_CACHE_SLOTS / 2)

void rv_stack_cache_init(rv_stack_cache *cache)
{
    for (int i = 0; i < RV_STACK_CLASSES; i++) {
        cache->shelves[i].count = 0;
    }
}

void rv_stack_cache_fini(rv_stack_cache *cache)
{
    for (int i = 0; i < RV_STACK_CLASSES; i++) {
        rv_stack_shelf *shelf = &cache->shelves[i];

        rv_stack_free_many((rv_stack_class)i, shelf->slots, shelf->count);
        shelf->count = 0;
    }
}

rv_stack *rv_stack_cache_get_slow(rv_stack_cache *cache,
                                  rv_stack_class size_class)
{
    rv_stack_shelf *shelf = &cache->shelves[size_class];
    rv_stack *stack = NULL;

    shelf->count = rv_stack_fetch_warm(size_class, shelf->slots, HALF);
    if (shelf->count != 0) {
        return shelf->slots[--shelf->count];
    }
    return rv_stack_new(size_class, &stack) == 0 ? stack : NULL;
}

void rv_stack_cache_spill(rv_stack_cache *cache, rv_stack_class size_class)
{
    rv_stack_shelf *shelf = &cache->shelves[size_class];

    rv_stack_free_many(size_class, shelf->slots, HALF);
    memmove(shelf->slots, shelf->slots + HALF,
            (shelf->count - HALF) * sizeof *shelf->slots);
    shelf->count -= HALF;
}
