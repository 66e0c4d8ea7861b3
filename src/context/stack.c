#include "src/context/stack.h"

#include <errno.h>

#include "src/base/bits.h"
#include "src/context/sanitizer.h"
#include "src/platform/lock.h"
#include "src/platform/pages.h"

#define KIB         ((size_t)1024)
#define MIB         (1024 * KIB)
#define GUARD_SIZE  (68 * KIB)
#define COLOURS     ((size_t)16)
#define COLOUR_SIZE ((size_t)64)

/* A slab begins with its own description, in a page of its own; the guard of
 * the first stack follows and protects it. */
#define SLAB_HEAD_SIZE (4 * KIB)
#define SLAB_SIZE_MAX  (1024 * MIB)

typedef struct slab {
    struct slab *next; /* of all slabs */
    char *first;       /* lowest byte of the first guard */
    size_t stride;     /* from stack to stack */
    uint32_t count;    /* stacks that fit */
    uint32_t made;     /* from here on unmade */
} slab;

_Static_assert(sizeof(slab) <= SLAB_HEAD_SIZE, "a slab's head is one page");
_Static_assert(sizeof(rv_stack) <= 128, "the cold record fits two lines");

/* One per class. `lock` guards the rest, and what changes in the slabs. */
typedef struct depot {
    RV_OWN_LINE rv_lock lock;
    slab *newest; /* the only one with unmade stacks */
    rv_list warm; /* freed first at the front */
    unsigned warm_count;
} depot;

typedef struct place {
    slab *slab;
    uint32_t index;
} place;

#define NO_STACKS(i)                                                           \
    {                                                                          \
        .warm.ring = { &depots[i].warm.ring, &depots[i].warm.ring }            \
    }

static depot depots[RV_STACK_CLASSES] = {NO_STACKS(0), NO_STACKS(1),
                                         NO_STACKS(2)};

static rv_atomic_ptr all_slabs;

static const size_t class_sizes[RV_STACK_CLASSES] = {16 * KIB, 64 * KIB,
                                                     256 * KIB};

size_t rv_stack_size(rv_stack_class size_class)
{
    return class_sizes[size_class];
}

int rv_stack_class_for(size_t bytes)
{
    if (bytes == 0) {
        return RV_STACK_64K;
    }
    for (int i = 0; i < RV_STACK_CLASSES; i++) {
        if (bytes <= class_sizes[i]) {
            return i;
        }
    }
    return -EINVAL;
}

static char *guard_at(place p)
{
    return p.slab->first + p.index * p.slab->stride;
}

static rv_stack *header_at(place p)
{
    char *end = guard_at(p) + p.slab->stride;

    return (rv_stack *)(void *)(end - sizeof(rv_stack) -
                                p.index % COLOURS * COLOUR_SIZE);
}

/* The slab and number of the stack whose guard or memory holds `address`;
 * false when it is in no slab. */
static bool find_place(const void *address, place *out)
{
    slab *s = rv_ptr_load_acquire(&all_slabs); /* SLAB */

    for (; s != NULL; s = s->next) {
        size_t offset = (size_t)((uintptr_t)address - (uintptr_t)s->first);

        if (offset < s->count * s->stride) {
            out->slab = s;
            out->index = (uint32_t)(offset / s->stride);
            return true;
        }
    }
    return false;
}

static slab *reserve_slab(size_t *size)
{
    static const size_t sizes[] = {SLAB_SIZE_MAX, 64 * MIB, 4 * MIB};
    slab *s = NULL;

    for (size_t i = 0; s == NULL && i < sizeof sizes / sizeof *sizes; i++) {
        *size = sizes[i];
        s = rv_pages_reserve(*size, SLAB_HEAD_SIZE);
    }
    return s;
}

static int add_slab(depot *d, size_t stack_size)
{
    size_t size;
    slab *s = reserve_slab(&size);

    if (s == NULL) {
        return -ENOMEM;
    }
    s->first = (char *)s + SLAB_HEAD_SIZE;
    s->stride = GUARD_SIZE + stack_size;
    s->count = (uint32_t)((size - SLAB_HEAD_SIZE) / s->stride);
    d->newest = s;

    void *head = rv_ptr_load_relaxed(&all_slabs); /* the CAS checks it */
    do {
        s->next = head;
    } while (!rv_ptr_cas_release(&all_slabs, &head, s)); /* SLAB */
    return 0;
}

static rv_stack *take_warm(depot *d)
{
    rv_node *newest = d->warm.ring.prev;

    if (rv_list_is_empty(&d->warm)) {
        return NULL;
    }
    rv_list_remove(newest);
    d->warm_count--;
    return rv_container_of(newest, rv_stack, node);
}

/* The stack counts as made only once its guard is there. */
static int take_unmade(depot *d, size_t stack_size, place *out)
{
    int err = 0;

    if (d->newest == NULL || d->newest->made == d->newest->count) {
        err = add_slab(d, stack_size);
    }
    if (err != 0) {
        return err;
    }
    out->slab = d->newest;
    out->index = d->newest->made;
    err = rv_pages_guard(guard_at(*out), GUARD_SIZE);
    if (err != 0) {
        return err;
    }
    d->newest->made++;
    rv_sanitizer_add_root(guard_at(*out) + GUARD_SIZE, stack_size);
    return 0;
}

static rv_stack *fill_header(place p, rv_stack_class size_class)
{
    rv_stack *stack = header_at(p);
    char *low = guard_at(p) + GUARD_SIZE;

    stack->fiber.low = low;
    stack->fiber.size = (size_t)((char *)stack - low);
    stack->owner = NULL;
    stack->size_class = (uint8_t)size_class;
    rv_u32_store_release(&stack->is_made, 1); /* MADE */
    return stack;
}

int rv_stack_new(rv_stack_class size_class, rv_stack **out)
{
    depot *d = &depots[size_class];
    place p = {NULL, 0};
    int err = 0;

    rv_lock_acquire(&d->lock);
    rv_stack *stack = take_warm(d);
    if (stack == NULL) {
        err = take_unmade(d, class_sizes[size_class], &p);
    }
    rv_lock_release(&d->lock);
    if (err != 0) {
        return err;
    }
    /* The header's page fault is not for the lock. */
    *out = stack != NULL ? stack : fill_header(p, size_class);
    return 0;
}

unsigned rv_stack_fetch_warm(rv_stack_class size_class, rv_stack **out,
                             unsigned max)
{
    depot *d = &depots[size_class];

    rv_lock_acquire(&d->lock);
    unsigned count = d->warm_count < max ? d->warm_count : max;
    for (unsigned i = count; i-- > 0;) {
        out[i] = take_warm(d);
    }
    rv_lock_release(&d->lock);
    return count;
}

void rv_stack_free(rv_stack *stack)
{
    rv_stack_free_many((rv_stack_class)stack->size_class, &stack, 1);
}

void rv_stack_free_many(rv_stack_class size_class, rv_stack **stacks,
                        unsigned count)
{
    depot *d = &depots[size_class];

    for (unsigned i = 0; i < count; i++) {
        RV_CHECK(!rv_stack_covers(stacks[i], __builtin_frame_address(0)),
                 "a stack is freed by who runs on it");
        RV_CHECK(!rv_node_is_linked(&stacks[i]->node),
                 "a stack is freed twice");
        RV_ASSERT(stacks[i]->size_class == size_class);
        rv_sanitizer_forget(stacks[i]->fiber.low, stacks[i]->fiber.size);
        stacks[i]->owner = NULL;
    }
    rv_lock_acquire(&d->lock);
    for (unsigned i = 0; i < count; i++) {
        rv_list_push_back(&d->warm, &stacks[i]->node);
    }
    d->warm_count += count;
    rv_lock_release(&d->lock);
}

rv_stack *rv_stack_of_fault(const void *address)
{
    place p;

    if (!find_place(address, &p)) {
        return NULL;
    }
    rv_stack *stack = header_at(p);
    return rv_u32_load_acquire(&stack->is_made) != 0 ? stack : NULL; /* MADE */
}
