#include "src/context/switch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/base/assert.h"

void *make_fcontext(void *top, size_t size, void (*entry)(rv_transfer));

/* The words at the very top of a new stack, from where the first frame fetches
 * what it runs. A multiple of 16 bytes, as the stack pointer must be. `start`
 * is among them so that the assembly names no C function, which link-time
 * optimisation could then not find. */
typedef struct {
    void (*start)(rv_transfer arrival, void (*entry)(rv_handoff *h),
                  rv_fiber *self);
    void (*entry)(rv_handoff *h);
    rv_fiber *self;
    void *padding;
} first_words;

_Static_assert(sizeof(first_words) % 16 == 0, "the stack pointer is aligned");

void rv_switch_first_frame(rv_transfer arrival);

/* Boost's two functions are no part of what a shared object with this library
 * in it exports, and are jumped to without a detour. */
__asm__(".hidden make_fcontext\n"
        ".hidden jump_fcontext\n");

/* Where a fiber begins, reached by a jump with the transfer in rdi and rsi, the
 * address of Boost's own epilogue on the stack and in rbp, and first_words
 * above that. The epilogue would end the process with status 0, and a walk
 * along the frame pointers would read its code as a frame: so both are dropped,
 * and the return address is marked undefined, where every unwinder stops. */
__asm__(".pushsection .text\n"
        ".globl rv_switch_first_frame\n"
        ".hidden rv_switch_first_frame\n"
        ".type rv_switch_first_frame, @function\n"
        "rv_switch_first_frame:\n"
        ".cfi_startproc\n"
        ".cfi_undefined rip\n"
        "    popq %rax\n"
        "    movq 8(%rsp), %rdx\n"
        "    movq 16(%rsp), %rcx\n"
        "    xorl %ebp, %ebp\n"
        "    call *(%rsp)\n"
        "    ud2\n"
        ".cfi_endproc\n"
        ".size rv_switch_first_frame, . - rv_switch_first_frame\n"
        ".popsection\n");

/* Where a function marked RV_SWITCH_RETURNS ends; the name is the compiler's.
 * rcx is nobody's at a return. Weak, as a program may be built with one of its
 * own. */
__asm__(".pushsection .text\n"
        ".weak __x86_return_thunk\n"
        ".hidden __x86_return_thunk\n"
        ".type __x86_return_thunk, @function\n"
        "__x86_return_thunk:\n"
        ".cfi_startproc\n"
        "    popq %rcx\n"
        "    .cfi_def_cfa_offset 0\n"
        "    .cfi_register rip, rcx\n"
        "    jmp *%rcx\n"
        ".cfi_endproc\n"
        ".size __x86_return_thunk, . - __x86_return_thunk\n"
        ".popsection\n");

static void start(rv_transfer arrival, void (*entry)(rv_handoff *h),
                  rv_fiber *self)
{
    entry(rv_switch_arrive(self, arrival));
    rv_panic("rv_switch", "a fiber's entry function has returned");
}

void rv_fiber_init(rv_fiber *fiber, char *low, size_t size, char *top,
                   void (*entry)(rv_handoff *h))
{
    RV_ASSERT(low < top && top <= low + size);
    rv_sanitizer_unpoison(low, size);

    uintptr_t sp = ((uintptr_t)top - sizeof(first_words)) & ~(uintptr_t)15;
    first_words *words = (first_words *)sp;
    words->start = start;
    words->entry = entry;
    words->self = fiber;
    fiber->low = low;
    fiber->size = size;
    /* relaxed, here and below: as in rv_switch_arrive */
    rv_ptr_store_relaxed(&fiber->context,
                         make_fcontext(words, size, rv_switch_first_frame));
    rv_switch_make_shadow(fiber);
}

void rv_fiber_adopt_thread(rv_fiber *fiber)
{
    void *low = NULL;
    size_t size = 0;
    pthread_attr_t attributes;

    /* Can fail for want of memory or of /proc. Only the address sanitizer needs
     * the answer to go on. */
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        (void)pthread_attr_getstack(&attributes, &low, &size);
        (void)pthread_attr_destroy(&attributes);
    }
    rv_ptr_store_relaxed(&fiber->context, NULL);
    fiber->low = low;
    fiber->size = size;
    rv_switch_adopt_shadow(fiber);
}

void rv_fiber_fini(rv_fiber *fiber)
{
    rv_switch_drop_shadow(fiber);
    rv_ptr_store_relaxed(&fiber->context, NULL); /* relaxed: as above */
}
