// At stake: descriptors and stacks under spawn, steal, join and detach at full
// speed, and fork-join with parents that move.

#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

class TaskStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, TaskStress, ::testing::ValuesIn(kDesigns),
                         NameOf);

constexpr int kScale = kUnderSanitizer ? 1 : 10;

TEST_P(TaskStress, SpawnStormWithStealing)
{
    std::atomic<int> ran{0};
    InTask([&] {
        std::function<int64_t(int)> tree = [&](int depth) -> int64_t {
            ran++;
            if (depth == 0) {
                return 1;
            }
            rove_task *left = Spawn([&, depth] { return tree(depth - 1); });
            rove_task *right = Spawn([&, depth] { return tree(depth - 1); });
            return rove_join(left) + rove_join(right);
        };
        for (int i = 0; i < 2 * kScale; i++) {
            EXPECT_EQ(tree(8), 256);
        }
    });
    EXPECT_EQ(ran, 2 * kScale * 511);
}

TEST_P(TaskStress, JoinsAndDetachesRaceWithTheEnd)
{
    std::atomic<int> ended{0};
    int spawned = 0;
    InTask([&] {
        Random random(0);
        for (int i = 0; i < 1000 * kScale; i++) {
            uint32_t how = random.Below(4);
            rove_task *task = Spawn([&, how] {
                if (how >= 2) {
                    (void)rove_yield();
                }
                ended++;
                return 6;
            });
            spawned++;
            random.Spin(150);
            if (how % 2 == 0) {
                EXPECT_EQ(rove_join(task), 6);
            } else {
                rove_detach(task);
            }
            if (i % 100 == 0) {
                (void)rove_yield();
            }
        }
    });
    EXPECT_EQ(ended, spawned);
}

// A handle is handed to another task, which joins it: the two wait each for the
// other's end of the bargain at any offset.
TEST_P(TaskStress, HandlesAreJoinedByOthers)
{
    InTask([] {
        for (int i = 0; i < 300 * kScale; i++) {
            rove_task *task = Spawn([i] {
                if (i % 2 == 0) {
                    (void)rove_yield();
                }
                return i;
            });
            rove_task *joiner = Spawn([task] { return rove_join(task) + 1; });
            EXPECT_EQ(rove_join(joiner), i + 1);
        }
    });
}

struct Fib {
    int n;
    uint32_t stream;
};

int64_t MovingFib(void *arg)
{
    Fib fib = *static_cast<Fib *>(arg);
    if (fib.n < 2) {
        return fib.n;
    }
    Random random(fib.stream);
    Fib left = {fib.n - 1, fib.stream * 2};
    Fib right = {fib.n - 2, fib.stream * 2 + 1};
    rove_fork fork;
    rove_fork_start(&fork, MovingFib, &left);
    if (random.Below(3) == 0) {
        EXPECT_EQ(rove_yield(), 0);
    }
    int64_t sum = MovingFib(&right);
    if (random.Below(8) == 0) {
        EXPECT_EQ(rove_sleep(random.Below(20) * ROVE_US), 0);
    }
    return sum + rove_fork_join(&fork);
}

TEST_P(TaskStress, ForkJoinWithSuspendedParentsThatMoved)
{
    InTask([] {
        for (uint32_t round = 0; round < 3 * kScale; round++) {
            std::vector<rove_task *> tasks;
            for (uint32_t t = 0; t < 4; t++) {
                tasks.push_back(Spawn([=] {
                    Fib fib = {10, round * 64 + t + 1};
                    return MovingFib(&fib);
                }));
            }
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), 55);
            }
        }
    });
}

} // namespace
