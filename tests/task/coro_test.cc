// At stake: a coroutine's stack: where it comes from and goes to, and that the
// task which sends stands on it while the coroutine runs, and only then.

#include "rove/coro.h"

#include <cerrno>
#include <vector>

extern "C" {
#include "src/sched/current.h"
#include "src/sched/worker.h"
#include "tests/support/fault.h"
}

#include "tests/support/with_runtime.h"

namespace
{

class CoroTest : public WithRuntime
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
        WithRuntime::TearDown();
    }

    static rv_fiber *FiberHere()
    {
        return rv_task_fiber(rv_current_worker()->current);
    }

    static unsigned CachedStacks()
    {
        return rv_current_worker()->stacks.shelves[RV_STACK_256K].count;
    }

    static int64_t YieldOnce(rove_coro *coro, void *fiber)
    {
        *static_cast<rv_fiber **>(fiber) = FiberHere();
        return rove_coro_yield(coro, 1, nullptr);
    }
};

INSTANTIATE_TEST_SUITE_P(Single, CoroTest,
                         ::testing::Values(Setup{1, ROVE_SINGLE}), NameOf);

TEST_P(CoroTest, TheTaskStandsOnTheStackItRunsOn)
{
    InTask([] {
        rv_fiber *mine = FiberHere();
        rv_fiber *its = nullptr;
        rove_coro *coro = rove_coro_new(YieldOnce, &its);
        for (int kind : {1, 0}) {
            EXPECT_EQ(rove_coro_send(coro, 0, nullptr), kind);
            EXPECT_EQ(FiberHere(), mine);
        }
        EXPECT_NE(its, nullptr);
        EXPECT_NE(its, mine);
        rv_stack *stack = rv_container_of(its, rv_stack, fiber);
        EXPECT_EQ(stack->owner, rove_self());
        EXPECT_EQ(stack->size_class, RV_STACK_256K);
        rove_coro_free(coro);
    });
}

TEST_P(CoroTest, TheStackIsTheWorkersAgainAfterTheFree)
{
    InTask([] {
        rv_fiber *its = nullptr;
        rove_coro_free(rove_coro_new(YieldOnce, &its));
        unsigned cached = CachedStacks();
        EXPECT_GE(cached, 1U);
        for (int sends = 0; sends < 3; sends++) {
            rove_coro *coro = rove_coro_new(YieldOnce, &its);
            EXPECT_EQ(CachedStacks(), cached - 1);
            for (int i = 0; i < sends; i++) {
                EXPECT_EQ(rove_coro_send(coro, 0, nullptr), i == 0);
            }
            rove_coro_free(coro);
            EXPECT_EQ(CachedStacks(), cached);
        }
    });
}

TEST_P(CoroTest, NothingIsAllocatedBesideTheStack)
{
    InTask([] {
        rv_fiber *its = nullptr;
        uint64_t blocks = rv_fault_live_blocks();
        rove_coro *coro = rove_coro_new(YieldOnce, &its);
        EXPECT_EQ(rove_coro_send(coro, 0, nullptr), 1);
        EXPECT_EQ(rv_fault_live_blocks(), blocks);
        rove_coro_free(coro);
    });
}

TEST_P(CoroTest, WithoutAStackThereIsNone)
{
    InTask([] {
        rv_fiber *its = nullptr;
        std::vector<rove_coro *> coros;
        rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
        rove_coro *coro;
        while ((coro = rove_coro_new(YieldOnce, &its)) != nullptr) {
            coros.push_back(coro); // what was free already
        }
        rv_fault_disarm();
        coro = rove_coro_new(YieldOnce, &its);
        EXPECT_NE(coro, nullptr);
        EXPECT_EQ(rove_coro_send(coro, 0, nullptr), 1);
        rove_coro_free(coro);
        for (rove_coro *each : coros) {
            EXPECT_EQ(rove_coro_close(each), -ECANCELED);
            rove_coro_free(each);
        }
    });
}

} // namespace
