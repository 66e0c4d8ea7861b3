/* Switching stacks. A fiber is a stack that a thread can stand on; a switch
 * leaves one and arrives on another. This header and switch.c are the only
 * place that knows the context layout of Boost's fcontext, and the only one
 * with assembly or with the sanitizers' fiber hooks.
 *
 * Who leaves cannot save its own context: the handle exists only on the other
 * side. So the context that arrives next finishes the job, always in this
 * order:
 *
 *   1. from->context  gets the handle of the fiber just left
 *   2. the sanitizers are told that the switch is over
 *   3. publish(h, arg) runs, if there is one
 *
 * Law. rv_fiber.context belongs to nobody while a thread stands on the fiber,
 * to the arriving context in step 1, and from publish on to whoever publish
 * gave the fiber to. Publish is what lets others find the fiber, or what
 * recycles its stack, so it must itself synchronise (a release on the word
 * through which the fiber is found, pairing with an acquire by the thread that
 * resumes it), and from then on neither it nor the arriving context touches
 * `from`. It runs on the next fiber's stack, in its frame: it must not switch,
 * block or run user code, and should need less than 200 bytes.
 *
 * The handoff belongs to a worker. After arrival `h` is that of the worker that
 * resumed us, which may be another one than before: nothing about the worker or
 * the thread (errno included) may be kept in a variable across a switch.
 *
 * Entry by `jmp`. jump_fcontext leaves by an indirect jump. Reached by a call,
 * every switch would put the processor's return predictor one entry out of
 * step, and each return in the frames above would be mispredicted; so the fast
 * path pushes the return address itself. Everything that inlines it must be
 * compiled with -mno-red-zone. The same reason has rv_switch inlined: a library
 * frame that returns after a switch returns to a different caller than the one
 * predicted. Where two sides switch to and fro in public calls, so that there
 * is always one such frame, it is marked RV_SWITCH_RETURNS and returns by an
 * indirect jump, which is predicted by its own history. The price is a
 * mispredicted return later, in a caller's frame: so only there.
 *
 * The floating-point control words (MXCSR, x87) are part of the context: a
 * fiber keeps its own, and starts with those of the thread that called
 * rv_fiber_init.
 */
#ifndef SRC_CONTEXT_SWITCH_H
#define SRC_CONTEXT_SWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/atomic.h"
#include "src/base/shake.h"
#include "src/context/sanitizer.h"

#ifndef __x86_64__
#error "the first frame and the jump of a fiber are written for x86-64 only"
#endif

#ifdef RV_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef RV_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* One per physical stack: those of tasks, and each worker thread's own.
 *
 * context is atomic (relaxed) for the eyes of rv_fiber_prefetch alone. */
typedef struct rv_fiber {
    rv_atomic_ptr context; /* valid while nobody is on it */
    char *low;             /* lowest usable address */
    size_t size;           /* usable bytes from low on; 0: not known */
#ifdef RV_ASAN
    void *fake_stack; /* of the sanitizer, while nobody is on the fiber */
#endif
#ifdef RV_TSAN
    void *shadow; /* the sanitizer's name for the fiber */
#endif
} rv_fiber;

/* Of the frames that a switch goes back to, the lines that are worth fetching
 * ahead: the saved registers, and the library's own frames in a wait. */
#define RV_FIBER_HOT_LINES 4

/* What travels through a switch. Lives in the worker. */
typedef struct rv_handoff {
    rv_fiber *from; /* the fiber that leaves */
    void (*publish)(struct rv_handoff *h, void *arg); /* NULL: nothing to do */
    void *arg;
} rv_handoff;

/* Boost's transfer_t: the context that was left, and what it passed on. */
typedef struct rv_transfer {
    void *context;
    void *data;
} rv_transfer;

rv_transfer jump_fcontext(void *to, void *data);

/* Prepares a fiber on the stack [low, low + size). The first switch to it makes
 * the arrival steps and calls entry(handoff), which must not return: it ends
 * with rv_switch_final. `top` is where the stack pointer starts (any alignment,
 * at most low + size).
 *
 * Nobody may be on the stack. A fiber may be prepared again for another life on
 * the same stack, after rv_fiber_fini.
 */
void rv_fiber_init(rv_fiber *fiber, char *low, size_t size, char *top,
                   void (*entry)(rv_handoff *h));

/* Makes `fiber` stand for the calling thread's own stack, so that it can be
 * switched from and later back to. */
void rv_fiber_adopt_thread(rv_fiber *fiber);

/* Has the processor fetch what the next switch to a fiber reads first. Any
 * thread, also one that the fiber is not for: a hint. */
static inline void rv_fiber_prefetch(const rv_fiber *fiber)
{
    /* A number, since it may be NULL: somebody is on the fiber. */
    uintptr_t frames = (uintptr_t)rv_ptr_load_relaxed(&fiber->context);
    for (uintptr_t line = 0; line < RV_FIBER_HOT_LINES; line++) {
        __builtin_prefetch((const void *)(frames + 64 * line));
    }
}

/* Ends a life: from another fiber, after the last switch away, or on the thread
 * itself for an adopted one. */
void rv_fiber_fini(rv_fiber *fiber);

/* The sanitizers' part of a fiber's life. Adopted and made fibers differ only
 * here: a thread's shadow is the thread sanitizer's own. */
static inline void rv_switch_make_shadow(rv_fiber *fiber)
{
#ifdef RV_ASAN
    fiber->fake_stack = NULL;
#endif
#ifdef RV_TSAN
    fiber->shadow = __tsan_create_fiber(0);
#endif
    (void)fiber;
}

static inline void rv_switch_adopt_shadow(rv_fiber *fiber)
{
#ifdef RV_ASAN
    fiber->fake_stack = NULL;
#endif
#ifdef RV_TSAN
    fiber->shadow = __tsan_get_current_fiber();
#endif
    (void)fiber;
}

static inline void rv_switch_drop_shadow(rv_fiber *fiber)
{
#ifdef RV_TSAN
    if (fiber->shadow != __tsan_get_current_fiber()) {
        __tsan_destroy_fiber(fiber->shadow);
    }
    fiber->shadow = NULL;
#endif
    (void)fiber;
}

/* Inlined, because the thread sanitizer must hear of the switch in the frame
 * that jumps: a frame of its own would be left on one shadow stack and returned
 * from on another. */
static inline __attribute__((always_inline)) void
rv_switch_leave(rv_fiber *from, rv_fiber *to, bool is_final)
{
#ifdef RV_ASAN
    __sanitizer_start_switch_fiber(is_final ? NULL : &from->fake_stack, to->low,
                                   to->size);
#endif
#ifdef RV_TSAN
    __tsan_switch_to_fiber(to->shadow, 0);
#endif
    (void)from;
    (void)to;
    (void)is_final;
}

/* Steps 1 to 3, run by the fiber `self` that was just arrived at. */
static inline __attribute__((always_inline)) rv_handoff *
rv_switch_arrive(rv_fiber *self, rv_transfer arrival)
{
    rv_handoff *h = (rv_handoff *)arrival.data;

    /* relaxed: publish orders it */
    rv_ptr_store_relaxed(&h->from->context, arrival.context);
#ifdef RV_ASAN
    __sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
#endif
    (void)self;
    if (h->publish != NULL) {
        h->publish(h, h->arg);
    }
    RV_SHAKE_POINT(); /* the leaver may be running elsewhere by now */
    return h;
}

#if defined(__clang__) || defined(RV_ASAN) || defined(RV_TSAN)
#define RV_SWITCH_RETURNS
#else
#define RV_SWITCH_RETURNS __attribute__((function_return("thunk-extern")))
#endif

#if defined(RV_ASAN) || defined(RV_TSAN)

static inline __attribute__((always_inline)) rv_transfer rv_jump(void *to,
                                                                 void *data)
{
    return jump_fcontext(to, data);
}

#else

#ifdef __AVX512F__
#define RV_JUMP_CLOBBERS_AVX512                                                \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",  \
        "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",         \
        "xmm31", "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define RV_JUMP_CLOBBERS_AVX512
#endif

/* All that a call may change under the System V ABI, beside the four operands.
 * Naming xmmN covers the wider registers of that number; the x87 stack is named
 * so that no long double stays on it. */
#define RV_JUMP_CLOBBERS                                                       \
    "rcx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",   \
        "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",     \
        "xmm13", "xmm14", "xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)",   \
        "st(5)", "st(6)", "st(7)", "mm0", "mm1", "mm2", "mm3", "mm4", "mm5",   \
        "mm6", "mm7", "cc", "memory" RV_JUMP_CLOBBERS_AVX512

/* jump_fcontext, entered by a jump (see the top of this file). */
static inline __attribute__((always_inline)) rv_transfer rv_jump(void *to,
                                                                 void *data)
{
    rv_transfer arrival;

    __asm__ volatile("leaq 1f(%%rip), %%rcx\n\t"
                     "pushq %%rcx\n\t"
                     "jmp jump_fcontext@PLT\n"
                     "1:"
                     : "=a"(arrival.context), "=d"(arrival.data), "+D"(to),
                       "+S"(data)
                     :
                     : RV_JUMP_CLOBBERS);
    return arrival;
}

#endif

/* Leaves h->from, on which the caller stands, for `to`, on which nobody stands.
 * The caller has set all of *h. Returns when somebody switches back, perhaps on
 * another thread: the handoff of the worker that did it, with the arrival steps
 * done for the fiber which that worker left. */
static inline __attribute__((always_inline)) rv_handoff *
rv_switch(rv_handoff *h, rv_fiber *to)
{
    rv_fiber *self = h->from;

    rv_switch_leave(self, to, false);
    void *context = rv_ptr_load_relaxed(&to->context); /* the caller's */
    return rv_switch_arrive(self, rv_jump(context, h));
}

/* The same for a fiber that nobody switches back to in this life. Its stack may
 * be reused from publish on. */
static inline __attribute__((always_inline, noreturn)) void
rv_switch_final(rv_handoff *h, rv_fiber *to)
{
    rv_switch_leave(h->from, to, true);
    (void)rv_jump(rv_ptr_load_relaxed(&to->context), h); /* as above */
    __builtin_trap();
}

#endif
