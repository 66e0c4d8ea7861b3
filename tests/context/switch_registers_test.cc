// At stake: registers that a fiber finds changed, and frames that a debugger or
// a profiler cannot walk. Shown with patterns in all registers, on stacks full
// of garbage.
#include <cfenv>
#include <cstdint>
#include <execinfo.h>
#include <link.h>
#include <vector>
#include <xmmintrin.h>

#include "tests/context/fibers.h"

#include "gtest/gtest.h"

extern "C" {
// The code that every fiber starts in (switch.c).
void rv_switch_first_frame(void);

// Fills the registers that a call preserves with values made from `seed`, calls
// step(arg), and returns how many of them came back changed.
int registers_changed(void (*step)(void *), void *arg, uint64_t seed);

// Overwrites the registers that a call need not preserve.
void trash_registers(void);
}

__asm__(R"(
    .pushsection .text
    .globl registers_changed
    .type registers_changed, @function
registers_changed:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdx
    movq %rdi, %rax
    movq %rsi, %rdi
    leaq 1(%rdx), %rbx
    leaq 2(%rdx), %rbp
    leaq 3(%rdx), %r12
    leaq 4(%rdx), %r13
    leaq 5(%rdx), %r14
    leaq 6(%rdx), %r15
    call *%rax
    popq %rdx
    leaq 1(%rdx), %rcx
    leaq 2(%rdx), %rsi
    leaq 3(%rdx), %rdi
    leaq 4(%rdx), %r8
    leaq 5(%rdx), %r9
    leaq 6(%rdx), %r10
    subq %rbx, %rcx
    subq %rbp, %rsi
    subq %r12, %rdi
    subq %r13, %r8
    subq %r14, %r9
    subq %r15, %r10
    xorl %eax, %eax
    negq %rcx
    adcl $0, %eax
    negq %rsi
    adcl $0, %eax
    negq %rdi
    adcl $0, %eax
    negq %r8
    adcl $0, %eax
    negq %r9
    adcl $0, %eax
    negq %r10
    adcl $0, %eax
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size registers_changed, . - registers_changed

    .globl trash_registers
    .type trash_registers, @function
trash_registers:
    movq $-1, %rax
    movq %rax, %rcx
    movq %rax, %rdx
    movq %rax, %rsi
    movq %rax, %rdi
    movq %rax, %r8
    movq %rax, %r9
    movq %rax, %r10
    movq %rax, %r11
    movq %rax, %xmm0
    pshufd $0x44, %xmm0, %xmm0
    movaps %xmm0, %xmm1
    movaps %xmm0, %xmm2
    movaps %xmm0, %xmm3
    movaps %xmm0, %xmm4
    movaps %xmm0, %xmm5
    movaps %xmm0, %xmm6
    movaps %xmm0, %xmm7
    movaps %xmm0, %xmm8
    movaps %xmm0, %xmm9
    movaps %xmm0, %xmm10
    movaps %xmm0, %xmm11
    movaps %xmm0, %xmm12
    movaps %xmm0, %xmm13
    movaps %xmm0, %xmm14
    movaps %xmm0, %xmm15
    fldz
    fldz
    fldz
    fldz
    fldz
    fldz
    fldz
    fldz
    fstp %st(0)
    fstp %st(0)
    fstp %st(0)
    fstp %st(0)
    fstp %st(0)
    fstp %st(0)
    fstp %st(0)
    fstp %st(0)
    ret
    .size trash_registers, . - trash_registers
    .popsection
)");

namespace
{

// Only where a movaps does not fault is the stack aligned as the ABI wants it.
__attribute__((noinline)) bool FrameIsAligned()
{
    alignas(16) char local[16];
    __asm__ volatile("movaps %%xmm0, %0" : "=m"(local));
    return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) % 16 == 0;
}

TEST(SwitchRegistersTest, StackIsAlignedForEveryTop)
{
    Worker worker;
    Fiber f;

    for (size_t down = 0; down < 64; down++) {
        f.result = 0;
        worker.data = &f;
        f.stack.Init(
            &f.fiber,
            [](rv_handoff *h) {
                Fiber *self = FiberOf(h);
                self->result = FrameIsAligned() ? 1 : -1;
                Finish(h, self);
            },
            down);
        Switch(&worker, &worker.thread, &f.fiber);
        EXPECT_EQ(f.result, 1) << down;
        rv_fiber_fini(&f.fiber);
    }
}

constexpr int kFramesMax = 64;
void *frames[kFramesMax];

TEST(SwitchRegistersTest, BacktraceEndsAtTheFirstFrame)
{
    Worker worker;
    Fiber f;
    // The first call loads the unwinder, which wants more stack than a fiber's.
    backtrace(frames, kFramesMax);

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        self->result = backtrace(frames, kFramesMax);
        Finish(h, self);
    });

    ASSERT_GT(f.result, 1);
    ASSERT_LT(f.result, 8);
    auto outermost = reinterpret_cast<uintptr_t>(frames[f.result - 1]);
    auto first = reinterpret_cast<uintptr_t>(&rv_switch_first_frame);
    EXPECT_LT(outermost - first, 64u);
    rv_fiber_fini(&f.fiber);
}

// Counts frames by following the saved frame pointers as profilers do; -1 when
// they lead off the stack.
__attribute__((noinline, no_sanitize("address"))) int WalkFrames(Stack *stack)
{
    int count = 0;
    auto frame = static_cast<uintptr_t *>(__builtin_frame_address(0));
    for (; frame != nullptr && count < kFramesMax; count++) {
        if (!stack->Covers(frame)) {
            return -1;
        }
        frame = reinterpret_cast<uintptr_t *>(*frame);
    }
    return count;
}

TEST(SwitchRegistersTest, FramePointersEndInZero)
{
    Worker worker;
    Fiber f;

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        self->result = WalkFrames(&self->stack);
        Finish(h, self);
    });

    EXPECT_GT(f.result, 1);
    EXPECT_LT(f.result, 8);
    rv_fiber_fini(&f.fiber);
}

TEST(SwitchRegistersTest, RoundingModeStaysWithItsFiber)
{
    Worker worker;
    Fiber f;
    unsigned before = _mm_getcsr();

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        fesetround(FE_TOWARDZERO);
        unsigned mine = _mm_getcsr();
        Worker *w = Switch(Worker::Of(h), &self->fiber, &Worker::Of(h)->thread);
        self->result =
            fegetround() == FE_TOWARDZERO && _mm_getcsr() == mine ? 1 : -1;
        Finish(&w->handoff, self);
    });
    EXPECT_EQ(fegetround(), FE_TONEAREST);
    EXPECT_EQ(_mm_getcsr(), before);
    fesetround(FE_UPWARD);
    Switch(&worker, &worker.thread, &f.fiber);

    EXPECT_EQ(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);
    EXPECT_EQ(f.result, 1);
    rv_fiber_fini(&f.fiber);
}

struct Step {
    Worker *worker;
    rv_fiber *from;
    rv_fiber *to;
};

void SwitchOnce(void *arg)
{
    auto *step = static_cast<Step *>(arg);
    step->worker = Switch(step->worker, step->from, step->to);
}

TEST(SwitchRegistersTest, CalleeSavedRegistersSurvive)
{
    Worker worker;
    Fiber f;
    Step out{&worker, &worker.thread, &f.fiber};

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        Step back{Worker::Of(h), &self->fiber, &Worker::Of(h)->thread};
        for (uint64_t i = 0; i < 100; i++) {
            self->result += registers_changed(SwitchOnce, &back, i << 40);
        }
        Finish(h, self);
    });
    int changed = 0;
    for (uint64_t i = 0; i < 100; i++) {
        changed += registers_changed(SwitchOnce, &out, ~i << 32);
    }

    EXPECT_EQ(changed, 0);
    EXPECT_EQ(f.result, 0);
    rv_fiber_fini(&f.fiber);
}

// More values than there are registers of each kind, all needed again after a
// switch that is inlined here.
__attribute__((noinline)) bool ValuesSurvive(Worker *worker, Fiber *f,
                                             const double *d, const int64_t *n)
{
    double d0 = d[0] * 3;
    double d1 = d[1] * 5;
    double d2 = d[2] * 7;
    double d3 = d[3] * 9;
    double d4 = d[4] * 11;
    double d5 = d[5] * 13;
    long double l0 = static_cast<long double>(d[0]) / 3;
    long double l1 = static_cast<long double>(d[1]) / 3;
    int64_t n0 = n[0] * 3;
    int64_t n1 = n[1] * 5;
    int64_t n2 = n[2] * 7;
    int64_t n3 = n[3] * 9;
    int64_t n4 = n[4] * 11;
    int64_t n5 = n[5] * 13;
    int64_t n6 = n[6] * 15;
    int64_t n7 = n[7] * 17;

    worker->handoff.from = &worker->thread;
    worker->handoff.publish = nullptr;
    rv_switch(&worker->handoff, &f->fiber);

    return d0 == d[0] * 3 && d1 == d[1] * 5 && d2 == d[2] * 7 &&
           d3 == d[3] * 9 && d4 == d[4] * 11 && d5 == d[5] * 13 &&
           l0 == static_cast<long double>(d[0]) / 3 &&
           l1 == static_cast<long double>(d[1]) / 3 && n0 == n[0] * 3 &&
           n1 == n[1] * 5 && n2 == n[2] * 7 && n3 == n[3] * 9 &&
           n4 == n[4] * 11 && n5 == n[5] * 13 && n6 == n[6] * 15 &&
           n7 == n[7] * 17;
}

TEST(SwitchRegistersTest, NothingIsKeptInRegistersThatTheOtherFiberUses)
{
    Worker worker;
    Fiber f;
    volatile double d[] = {1.5, 2.5, 3.5, 4.5, 5.5, 6.5};
    volatile int64_t n[] = {1, 2, 3, 4, 5, 6, 7, 8};

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        Worker *w = Switch(Worker::Of(h), &self->fiber, &Worker::Of(h)->thread);
        trash_registers();
        Finish(&w->handoff, self);
    });

    EXPECT_TRUE(ValuesSurvive(&worker, &f, const_cast<double *>(d),
                              const_cast<int64_t *>(n)));
    rv_fiber_fini(&f.fiber);
}

int CollectStackFlags(struct dl_phdr_info *info, size_t, void *arg)
{
    auto *flags = static_cast<std::vector<ElfW(Word)> *>(arg);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_GNU_STACK) {
            flags->push_back(info->dlpi_phdr[i].p_flags);
        }
    }
    return 1; // the program itself comes first, and is all that matters here
}

TEST(SwitchRegistersTest, TheProgramHasNoExecutableStack)
{
    std::vector<ElfW(Word)> flags;

    dl_iterate_phdr(CollectStackFlags, &flags);

    ASSERT_EQ(flags.size(), 1u);
    EXPECT_EQ(flags[0] & PF_X, 0u);
}

} // namespace
