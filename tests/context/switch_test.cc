// At stake: a fiber that is resumed before its registers are saved, or with
// registers that are not its own, corrupts memory at random. Shown by switching
// between fibers with every kind of state in place, on one thread and on two.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <stdexcept>

#include "tests/context/fibers.h"

#include "gtest/gtest.h"

extern "C" {
#include "src/platform/os_thread.h"
}

namespace
{

TEST(SwitchTest, FiberIsThreeWordsWithoutSanitizers)
{
    size_t words = 3;
#if defined(RV_ASAN) || defined(RV_TSAN)
    words = 4;
#endif
    EXPECT_EQ(sizeof(rv_fiber), words * sizeof(void *));
}

TEST(SwitchTest, EntryGetsTheHandoffOfTheSwitch)
{
    Worker worker;
    Fiber f;

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        self->peer = h->from;
        Finish(h, self);
    });

    EXPECT_EQ(f.peer, &worker.thread);
    rv_fiber_fini(&f.fiber);
}

TEST(SwitchTest, AdoptedThreadKnowsItsStack)
{
    Worker worker;
    auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    auto low = reinterpret_cast<uintptr_t>(worker.thread.low);

    EXPECT_LT(frame - low, worker.thread.size);
}

TEST(SwitchTest, FiberKeepsItsVariablesAcrossSwitches)
{
    Worker worker;
    Fiber f;

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        for (int64_t i = 0; i < 1000; i++) {
            self->result += i;
            h = &Switch(Worker::Of(h), &self->fiber, &Worker::Of(h)->thread)
                     ->handoff;
        }
        Finish(h, self);
    });
    for (int i = 0; i < 1000; i++) {
        Switch(&worker, &worker.thread, &f.fiber);
    }

    EXPECT_EQ(f.result, 999 * 1000 / 2);
    rv_fiber_fini(&f.fiber);
}

TEST(SwitchTest, FibersSwitchToEachOtherWithoutTheThread)
{
    Worker worker;
    Fiber first;
    Fiber second;
    first.peer = &second.fiber;
    second.stack.Init(&second.fiber, [](rv_handoff *h) {
        auto *f = static_cast<Fiber *>(h->arg);
        rv_fiber *caller = h->from;
        f->result = 2;
        SwitchFinal(Worker::Of(h), &f->fiber, caller);
    });
    static Fiber *other;
    other = &second;

    Start(&worker, &first, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        Worker *w =
            Switch(Worker::Of(h), &self->fiber, self->peer, nullptr, other);
        self->result = other->result + 1;
        Finish(&w->handoff, self);
    });

    EXPECT_EQ(first.result, 3);
    rv_fiber_fini(&first.fiber);
    rv_fiber_fini(&second.fiber);
}

struct Seen {
    Stack *of_leaver;
    int calls;
    bool context_is_saved;
    bool runs_on_leavers_stack;
};

void LookAtLeaver(rv_handoff *h, void *arg)
{
    auto *seen = static_cast<Seen *>(arg);
    seen->calls++;
    seen->context_is_saved =
        seen->of_leaver->Covers(rv_ptr_load_relaxed(&h->from->context));
    seen->runs_on_leavers_stack =
        seen->of_leaver->Covers(__builtin_frame_address(0));
}

TEST(SwitchTest, PublishRunsOnlyAfterTheRegistersAreSaved)
{
    Worker worker;
    Fiber f;
    Seen seen{&f.stack, 0, false, true};
    f.result = reinterpret_cast<intptr_t>(&seen);

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        auto *look = reinterpret_cast<Seen *>(self->result);
        rv_ptr_store_relaxed(&self->fiber.context, nullptr);
        Worker *w = Switch(Worker::Of(h), &self->fiber, &Worker::Of(h)->thread,
                           LookAtLeaver, look);
        Finish(&w->handoff, self);
    });

    EXPECT_EQ(seen.calls, 1);
    EXPECT_TRUE(seen.context_is_saved);
    EXPECT_FALSE(seen.runs_on_leavers_stack);
    Switch(&worker, &worker.thread, &f.fiber);
    rv_fiber_fini(&f.fiber);
}

// Two workers and a fiber that is offered from one to the other.
struct Offer {
    std::atomic<rv_fiber *> fiber{nullptr};
    std::atomic<bool> is_done{false};
    Fiber *home = nullptr;
    int first_thread = 0;
    int second_thread = 0;
};

void PublishAndWaitUntilResumedElsewhere(rv_handoff *h, void *arg)
{
    auto *offer = static_cast<Offer *>(arg);
    offer->fiber.store(h->from, std::memory_order_release);
    while (!offer->is_done.load(std::memory_order_acquire)) {
        sched_yield();
    }
}

void *ResumeOffered(void *arg)
{
    auto *offer = static_cast<Offer *>(arg);
    Worker worker;
    rv_fiber *fiber = nullptr;
    while ((fiber = offer->fiber.load(std::memory_order_acquire)) == nullptr) {
        sched_yield();
    }
    worker.data = offer->home;
    Switch(&worker, &worker.thread, fiber);
    offer->is_done.store(true, std::memory_order_release);
    return nullptr;
}

TEST(SwitchTest, FiberRunsElsewhereWhileItsPublishHookIsStillRunning)
{
    static Offer offer;
    Worker worker;
    Fiber f;
    offer.home = &f;
    pthread_t thief;
    ASSERT_EQ(pthread_create(&thief, nullptr, ResumeOffered, &offer), 0);

    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        offer.first_thread = rv_thread_id();
        Worker *w = Switch(Worker::Of(h), &self->fiber, &Worker::Of(h)->thread,
                           PublishAndWaitUntilResumedElsewhere, &offer);
        offer.second_thread = rv_thread_id();
        Finish(&w->handoff, self);
    });

    pthread_join(thief, nullptr);
    EXPECT_NE(offer.first_thread, offer.second_thread);
    EXPECT_NE(offer.second_thread, 0);
    rv_fiber_fini(&f.fiber);
}

void WipeStack(rv_handoff *h, void *arg)
{
    auto *stack = static_cast<Stack *>(arg);
    rv_sanitizer_unpoison(stack->low(), kStackSize);
    memset(stack->low(), 0xdd, kStackSize);
    rv_fiber_fini(h->from);
}

TEST(SwitchTest, StackIsFreeForAnythingOncePublished)
{
    Worker worker;
    Fiber f;

    for (int i = 0; i < 1000; i++) {
        Start(&worker, &f, [](rv_handoff *h) {
            Fiber *self = FiberOf(h);
            self->result++;
            SwitchFinal(Worker::Of(h), &self->fiber, &Worker::Of(h)->thread,
                        WipeStack, &self->stack);
        });
    }

    EXPECT_EQ(f.result, 1000);
}

TEST(SwitchDeathTest, EntryThatReturnsStopsTheProcess)
{
    EXPECT_DEATH(
        {
            Worker worker;
            Fiber f;
            Start(&worker, &f, [](rv_handoff *) {});
        },
        "rove: .*entry function has returned");
}

TEST(SwitchDeathTest, ExceptionThatLeavesTheEntryTerminates)
{
    EXPECT_DEATH(
        {
            Worker worker;
            Fiber f;
            try {
                Start(&worker, &f, [](rv_handoff *) {
                    throw std::runtime_error("out of the fiber");
                });
            } catch (const std::exception &) {
                _exit(0);
            }
        },
        "terminate called");
}

// What comes from alloca is on the stack itself under the address sanitizer
// too, which moves other variables to the heap in order to see returns.
__attribute__((noinline)) void ParkInTheMiddle(Worker *worker, Fiber *self)
{
    volatile size_t size = 64;
    auto *array = static_cast<char *>(__builtin_alloca(size));
    memset(array, 1, size);
    Switch(worker, &self->fiber, &worker->thread);
    FAIL() << array[3];
}

__attribute__((noinline)) char WriteMostOfTheStack()
{
    volatile size_t size = kStackSize / 2;
    auto *array = static_cast<char *>(__builtin_alloca(size));
    memset(array, 1, size);
    return array[size - 1];
}

TEST(SwitchTest, AbandonedFramesDoNotPoisonTheNextLife)
{
    Worker worker;
    Fiber f;

    Start(&worker, &f,
          [](rv_handoff *h) { ParkInTheMiddle(Worker::Of(h), FiberOf(h)); });
    rv_fiber_fini(&f.fiber);
    Start(&worker, &f, [](rv_handoff *h) {
        Fiber *self = FiberOf(h);
        self->result = WriteMostOfTheStack();
        Finish(h, self);
    });

    EXPECT_EQ(f.result, 1);
    rv_fiber_fini(&f.fiber);
}

constexpr int kMigrations = 100 * 1000;

// One fiber goes to and fro between two workers; `turn` says whose it is.
struct Relay {
    std::atomic<int> turn{0};
    Fiber f;
    int mismatches = 0;
    int migrations = 0;
};

struct RelayWorker : Worker {
    explicit RelayWorker(int i) : index(i), thread_id(rv_thread_id())
    {
    }

    int index;
    int thread_id;
};

constexpr int kRelayOver = 2;
Relay *relay;

void PassOn(rv_handoff *h, void *)
{
    auto *worker = static_cast<RelayWorker *>(Worker::Of(h));
    relay->turn.store(1 - worker->index, std::memory_order_release);
}

void EndRelay(rv_handoff *, void *)
{
    relay->turn.store(kRelayOver, std::memory_order_release);
}

void RunRelay(rv_handoff *h)
{
    auto *worker = static_cast<RelayWorker *>(Worker::Of(h));
    while (relay->migrations < kMigrations) {
        int last = worker->index;
        worker = static_cast<RelayWorker *>(
            Switch(worker, &relay->f.fiber, &worker->thread, PassOn));
        relay->migrations++;
        relay->mismatches +=
            worker->index == last || worker->thread_id != rv_thread_id();
    }
    SwitchFinal(worker, &relay->f.fiber, &worker->thread, EndRelay);
}

void *TakeTurns(void *index)
{
    RelayWorker worker(static_cast<int>(reinterpret_cast<intptr_t>(index)));
    for (;;) {
        int turn = relay->turn.load(std::memory_order_acquire);
        if (turn == kRelayOver) {
            return nullptr;
        }
        if (turn == worker.index) {
            Switch(&worker, &worker.thread, &relay->f.fiber);
        } else {
            sched_yield();
        }
    }
}

TEST(SwitchTest, TheWorkerAfterAMigrationComesWithTheHandoff)
{
    auto state = std::make_unique<Relay>();
    relay = state.get();
    relay->f.stack.Init(&relay->f.fiber, RunRelay);
    pthread_t threads[2];

    for (intptr_t i = 0; i < 2; i++) {
        ASSERT_EQ(pthread_create(&threads[i], nullptr, TakeTurns,
                                 reinterpret_cast<void *>(i)),
                  0);
    }
    for (pthread_t thread : threads) {
        pthread_join(thread, nullptr);
    }

    EXPECT_EQ(relay->migrations, kMigrations);
    EXPECT_EQ(relay->mismatches, 0);
    rv_fiber_fini(&relay->f.fiber);
}

} // namespace
