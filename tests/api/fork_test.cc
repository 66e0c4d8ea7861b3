// At stake: fork-join computes what a call would, under stealing too, and a
// parallel loop visits each index once.

#include "rove/fork.h"

#include <cerrno>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class ForkTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, ForkTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

int64_t Fib(void *arg)
{
    int64_t n = reinterpret_cast<intptr_t>(arg);
    if (n < 2) {
        return n;
    }
    rove_fork left;
    rove_fork_start(&left, Fib, reinterpret_cast<void *>(n - 1));
    int64_t right = Fib(reinterpret_cast<void *>(n - 2));
    return right + rove_fork_join(&left);
}

constexpr int kFib = kUnderSanitizer ? 15 : 20;
constexpr int64_t kFibResult = kUnderSanitizer ? 610 : 6765;

TEST_P(ForkTest, FibIsRight)
{
    InTask([] {
        EXPECT_EQ(Fib(reinterpret_cast<void *>(intptr_t{kFib})), kFibResult);
    });
}

TEST_P(ForkTest, ForksOfSeveralTasksDoNotMix)
{
    InTask([] {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 16; i++) {
            tasks.push_back(Spawn(
                [] { return Fib(reinterpret_cast<void *>(intptr_t{12})); }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 144);
        }
    });
}

TEST_P(ForkTest, OutsideATaskTheChildRunsAsACall)
{
    EXPECT_EQ(Fib(reinterpret_cast<void *>(intptr_t{10})), 55);
    int64_t sum = 0;
    EXPECT_EQ(rove_parallel_for(
                  0, 100, 7,
                  [](int64_t begin, int64_t end, void *arg) {
                      for (int64_t i = begin; i < end; i++) {
                          *static_cast<int64_t *>(arg) += i;
                      }
                  },
                  &sum),
              0);
    EXPECT_EQ(sum, 4950);
}

// More starts than the deque has places; joined in reverse order.
TEST_P(ForkTest, ManyForksOfOneTask)
{
    InTask([] {
        constexpr int kForks = 1000;
        std::vector<rove_fork> forks(kForks);
        for (intptr_t i = 0; i < kForks; i++) {
            rove_fork_start(
                &forks[i],
                [](void *arg) -> int64_t {
                    return reinterpret_cast<intptr_t>(arg) * 2;
                },
                reinterpret_cast<void *>(i));
        }
        for (int i = kForks; i-- > 0;) {
            EXPECT_EQ(rove_fork_join(&forks[i]), i * 2);
        }
    });
}

// The parent may resume on another worker, whose deque holds others' forks.
int64_t SuspendingFib(void *arg)
{
    int64_t n = reinterpret_cast<intptr_t>(arg);
    if (n < 2) {
        return n;
    }
    rove_fork left;
    rove_fork_start(&left, SuspendingFib, reinterpret_cast<void *>(n - 1));
    (void)(n % 3 == 0 ? rove_sleep(10 * ROVE_US) : rove_yield());
    int64_t right = SuspendingFib(reinterpret_cast<void *>(n - 2));
    return right + rove_fork_join(&left);
}

TEST_P(ForkTest, ParentsThatSuspendedAndMovedJoinTheirOwnForks)
{
    InTask([] {
        for (int round = 0; round < 3; round++) {
            std::vector<rove_task *> tasks;
            for (int i = 0; i < 4; i++) {
                tasks.push_back(Spawn([] {
                    return SuspendingFib(reinterpret_cast<void *>(intptr_t{9}));
                }));
            }
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), 34);
            }
        }
    });
}

TEST_P(ForkTest, JoinNeverReturnsEarlyThoughCancelled)
{
    InTask([] {
        std::atomic<bool> child_ended{false};
        rove_task *parent = Spawn([&] {
            Body child = [&] {
                (void)rove_sleep(ROVE_MS);
                child_ended = true;
                return 5;
            };
            rove_fork fork;
            rove_fork_start(&fork, CallBody, &child);
            (void)rove_sleep(100 * ROVE_US);
            EXPECT_EQ(rove_fork_join(&fork), 5);
            EXPECT_TRUE(child_ended);
            return 0;
        });
        rove_cancel(parent);
        EXPECT_EQ(rove_join(parent), 0);
    });
}

TEST_P(ForkTest, ParallelForVisitsEachIndexOnce)
{
    InTask([] {
        constexpr int kCount = 3000;
        for (int64_t grain : {1, 2, 7, 100, kCount, 10 * kCount}) {
            std::vector<std::atomic<int>> visits(kCount);
            struct Loop {
                std::vector<std::atomic<int>> *visits;
                int64_t grain;
            } loop = {&visits, grain};
            int error = rove_parallel_for(
                -1000, kCount - 1000, grain,
                [](int64_t begin, int64_t end, void *arg) {
                    auto *l = static_cast<Loop *>(arg);
                    EXPECT_LE(end - begin, l->grain);
                    EXPECT_LT(begin, end);
                    for (int64_t i = begin; i < end; i++) {
                        (*l->visits)[i + 1000]++;
                    }
                },
                &loop);
            EXPECT_EQ(error, 0);
            for (const auto &visit : visits) {
                EXPECT_EQ(visit, 1);
            }
        }
    });
}

TEST_P(ForkTest, ParallelForRefusesBadRanges)
{
    auto never = [](int64_t, int64_t, void *) { ADD_FAILURE(); };
    EXPECT_EQ(rove_parallel_for(0, 10, 0, never, nullptr), -EINVAL);
    EXPECT_EQ(rove_parallel_for(0, 10, -1, never, nullptr), -EINVAL);
    EXPECT_EQ(rove_parallel_for(0, 10, 1, nullptr, nullptr), -EINVAL);
    EXPECT_EQ(rove_parallel_for(INT64_MIN, 1, 1, never, nullptr), -EINVAL);
    EXPECT_EQ(rove_parallel_for(10, 10, 1, never, nullptr), 0);
    EXPECT_EQ(rove_parallel_for(10, -10, 1, never, nullptr), 0);
}

} // namespace
