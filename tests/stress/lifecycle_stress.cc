// At stake: runtimes start and stop thousands of times with work in flight;
// threads, descriptors and memory come back to where they were.

#include <thread>
#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

class LifecycleStress : public WithRuntime
{
  protected:
    // One life: tasks that run, wait, sleep and spawn, and a thread that wakes
    // one of them, when the end comes.
    void Live(uint32_t cycle)
    {
        Random random(cycle);
        std::thread waker;
        {
            Runtime runtime(options_);
            for (uint32_t i = random.Below(20); i > 0; i--) {
                uint32_t how = random.Below(4);
                rove_detach(SpawnIn(runtime.get(), [how] {
                    switch (how) {
                    case 0:
                        (void)rove_sleep(ROVE_SEC);
                        break;
                    case 1:
                        (void)rove_yield();
                        break;
                    case 2:
                        (void)rove_join(Spawn([] { return rove_yield(); }));
                        break;
                    default:
                        break;
                    }
                    return 0;
                }));
            }
            if (cycle % 10 == 0) {
                rove_future *future = rove_future_new();
                rove_future *theirs = rove_future_ref(future);
                rove_detach(SpawnIn(runtime.get(), [theirs] {
                    int error = rove_future_wait(theirs, nullptr);
                    rove_future_unref(theirs);
                    return error;
                }));
                waker = std::thread([future, cycle] {
                    Random own(cycle);
                    own.Spin(5000);
                    EXPECT_EQ(rove_future_set(future, 1), 0);
                    rove_future_unref(future);
                });
            }
            random.Spin(3000);
        }
        if (waker.joinable()) {
            waker.join();
        }
    }
};

INSTANTIATE_TEST_SUITE_P(Designs, LifecycleStress,
                         ::testing::Values(Setup{1, ROVE_STEALING},
                                           Setup{2, ROVE_STEALING},
                                           Setup{2, ROVE_SHARDED}),
                         NameOf);

TEST_P(LifecycleStress, TenThousandStartsAndStops)
{
    const uint32_t cycles = (kUnderSanitizer ? 1000 : 10000) / 3;
    for (uint32_t i = 0; i < cycles / 10; i++) {
        Live(i); // whatever is allocated once is allocated now
    }
    int fds = CountFds();
    int threads = CountThreads();
    long resident = ResidentBytes();
    for (uint32_t i = 0; i < cycles; i++) {
        Live(i);
    }
    EXPECT_EQ(CountFds(), fds);
    EXPECT_TRUE(ThreadsComeDownTo(threads));
    if (!kUnderSanitizer) {
        /* A leak of a worker's memory a cycle would be a hundred times more. */
        EXPECT_LT(ResidentBytes() - resident, 8 << 20);
    }
}

} // namespace
