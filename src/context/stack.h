/* The stacks of tasks, and the process-wide depot they come from and go back
 * to. Memory of stacks is never unmapped, so that a stale look at a stack's
 * header reads a header (or zeros), and never faults.
 *
 * One stack, from low to high addresses:
 *
 *   68 KiB guard | the stack, growing down ... | header rv_stack | colour
 *
 * Class sizes are those of everything above the guard. The header and the first
 * frames share the topmost page: a parked task costs that one page. The colour
 * (0 to 960 bytes, by the stack's number) puts the hot ends of different stacks
 * on different lines of the processor's caches; with page-aligned tops they
 * would all compete for the same few. Guard and stack are an odd number of
 * pages together, for the same reason: an address translation cache finds its
 * set by the low bits of the page's number, and with a stride of 32 pages the
 * hot pages of all stacks would have a 32nd of it.
 *
 * A slab is one mapping for many stacks of one class, 1 GiB of addresses, less
 * when the system refuses that much. It costs memory and gets its guards only
 * as stacks are made.
 *
 * What a stack is, and who may touch it
 *
 *   unmade  never used         the depot
 *   out     handed out         whoever got it, alone
 *   warm    free, with memory  the depot, under the lock of the class
 *
 * Ordering. Beside the depot's locks there are two pairs, for the eyes of
 * rv_stack_of_fault alone:
 *
 *   SLAB  a slab is filled in before it is put on the list of all slabs by CAS
 *         (release); the list's head is loaded (acquire) before a slab is read.
 *         The list only grows, and only at the head.
 *   MADE  a header is filled in before is_made is stored (release); is_made is
 *         loaded (acquire) before the header is given to anybody.
 */
#ifndef SRC_CONTEXT_STACK_H
#define SRC_CONTEXT_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/assert.h"
#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/context/switch.h"

typedef enum {
    RV_STACK_16K,
    RV_STACK_64K,
    RV_STACK_256K,
    RV_STACK_CLASSES
} rv_stack_class;

/* The header; its address is also the top of the stack. `fiber` (whose low and
 * size are set from the start) and `owner` are for whoever has the stack, the
 * rest is the depot's. */
typedef struct rv_stack {
    RV_ALIGNED(64) rv_fiber fiber;
    void *owner; /* NULL in a stack just handed out */
    rv_node node;
    rv_atomic_u32 is_made;
    uint8_t size_class;
} rv_stack;

/* The class for a task that wants `bytes` of stack, 0 for the default of
 * 64 KiB. Returns it, or -EINVAL above 256 KiB. */
int rv_stack_class_for(size_t bytes);

/* Bytes of a stack of that class, its header and colour included. */
size_t rv_stack_size(rv_stack_class size_class);

/* Hands out a stack with its guard in place. Its contents are undefined.
 *
 * Returns 0, or -ENOMEM or -EAGAIN when there are neither free stacks nor
 * addresses, guards or memory for another; never a stack without guard.
 * Context: any thread. */
int rv_stack_new(rv_stack_class size_class, rv_stack **out);

/* Gives a stack back, from another stack than itself: in the publish hook of
 * its final switch at the earliest. Context: any thread. */
void rv_stack_free(rv_stack *stack);

/* The same in bulk, under one lock: fetches up to `max` warm stacks, the one
 * with the hottest memory last, and returns how many (0 does not mean that
 * rv_stack_new would fail); gives back `count` stacks of one class, the hottest
 * last. */
unsigned rv_stack_fetch_warm(rv_stack_class size_class, rv_stack **out,
                             unsigned max);
void rv_stack_free_many(rv_stack_class size_class, rv_stack **stacks,
                        unsigned count);

/* The stack that has `address` in its guard or its memory; NULL if it is in
 * none. Async-signal-safe. */
rv_stack *rv_stack_of_fault(const void *address);

/* Prepares the fiber of a stack for a life that starts with entry(handoff); see
 * rv_fiber_init. */
static inline void rv_stack_arm(rv_stack *stack, void (*entry)(rv_handoff *h))
{
    rv_fiber_init(&stack->fiber, stack->fiber.low, stack->fiber.size,
                  (char *)stack, entry);
}

/* Whether `address` is on the stack (not in its guard, nor in its header). */
static inline bool rv_stack_covers(const rv_stack *stack, const void *address)
{
    size_t offset = (size_t)((uintptr_t)address - (uintptr_t)stack->fiber.low);

    return offset < stack->fiber.size;
}

/* Bytes left below the caller's frame. The caller runs on the stack. */
static inline __attribute__((always_inline)) size_t
rv_stack_room(const rv_stack *stack)
{
    const void *frame = __builtin_frame_address(0);

    RV_ASSERT(rv_stack_covers(stack, frame));
    return (size_t)((uintptr_t)frame - (uintptr_t)stack->fiber.low);
}

#endif
