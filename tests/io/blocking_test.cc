// At stake: what a blocking call and its caller share is freed once, by who is
// last, whoever leaves first.
extern "C" {
#include "src/io/blocking.h"
}

#include <atomic>
#include <cerrno>

#include "rove/rove.h"

#include "tests/io/pool_holder.h"

#include "gtest/gtest.h"

namespace
{

struct Block {
    rv_parcel parcel; // first
    Gate *gate;
    std::atomic<int> *freed;
};

void FreeBlock(rv_parcel *parcel)
{
    auto *block = reinterpret_cast<Block *>(parcel);
    (*block->freed)++;
    delete block;
}

Block *MakeBlock(std::atomic<int> *freed, Gate *gate = nullptr)
{
    return new Block{{{0}, FreeBlock}, gate, freed};
}

int64_t PassGate(void *arg)
{
    auto *block = static_cast<Block *>(arg);
    if (block->gate != nullptr) {
        block->gate->Pass();
    }
    return 7;
}

int64_t Seven(void *)
{
    return 7;
}

TEST(BlockingTest, PlainAndPoolThreadsCallOnTheSpot)
{
    std::atomic<int> freed{0};
    EXPECT_EQ(rv_blocking_run(Seven, nullptr), 7);
    Block *block = MakeBlock(&freed);
    EXPECT_EQ(rv_parcel_run(&block->parcel, PassGate), 7);
    EXPECT_EQ(freed, 0);
    rv_parcel_release(&block->parcel);
    EXPECT_EQ(freed, 1);
    RunWithPool(1, [] {
        EXPECT_EQ(
            rove_offload([](void *) { return rv_blocking_run(Seven, nullptr); },
                         nullptr),
            7);
    });
}

TEST(BlockingTest, CancelledCallersDoNotBegin)
{
    std::atomic<int> freed{0};
    rove_scope scope;
    rove_scope_open(&scope, 0);
    EXPECT_EQ(rv_blocking_run(Seven, nullptr), -ECANCELED);
    EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
    RunTasks(1, [&] {
        ROVE_TIMEOUT(0, nullptr)
        {
            EXPECT_EQ(rv_blocking_run(Seven, nullptr), -ECANCELED);
            Block *block = MakeBlock(&freed);
            EXPECT_EQ(rv_parcel_run(&block->parcel, PassGate), -ECANCELED);
            rv_parcel_release(&block->parcel);
        }
    });
    EXPECT_EQ(freed, 1);
}

TEST(BlockingTest, CallerTakesWhatTheCallBrought)
{
    std::atomic<int> freed{0};
    RunTasks(2, [&] {
        Block *block = MakeBlock(&freed);
        EXPECT_EQ(rv_parcel_run(&block->parcel, PassGate), 7);
        EXPECT_EQ(freed, 0);
        rv_parcel_release(&block->parcel);
        EXPECT_EQ(freed, 1);
    });
}

TEST(BlockingTest, CallThatOutlivesItsCallerFreesTheParcel)
{
    std::atomic<int> freed{0};
    RunTasks(2, [&] {
        Gate gate;
        Block *block = MakeBlock(&freed, &gate);
        Task caller([&] {
            EXPECT_EQ(rv_parcel_run(&block->parcel, PassGate), -ECANCELED);
            rv_parcel_release(&block->parcel);
        });
        EXPECT_TRUE(YieldUntil([&] { return gate.waiting() == 1; }));
        caller.Cancel();
        caller.Join();
        EXPECT_EQ(freed, 0);
        gate.Open();
        EXPECT_TRUE(YieldUntil([&] { return freed == 1; }));
    });
}

TEST(BlockingTest, QueuedCallIsTakenBack)
{
    std::atomic<int> freed{0};
    RunWithPool(1, [&] {
        HeldThread held;
        std::atomic<bool> calls{false};
        Task caller([&] {
            Block *block = MakeBlock(&freed);
            calls = true;
            EXPECT_EQ(rv_parcel_run(&block->parcel, PassGate), -ECANCELED);
            rv_parcel_release(&block->parcel);
        });
        EXPECT_TRUE(YieldUntil([&] { return calls.load(); }));
        caller.Cancel();
        caller.Join();
        EXPECT_EQ(freed, 1);
    });
}

} // namespace
