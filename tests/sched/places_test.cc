// At stake: who shares a cache with a worker is robbed and woken before all
// others, and no task waits because the idle workers are far away. Shown with
// faked machines: step by step without threads, and with the threads of a
// runtime.

#include <algorithm>
#include <atomic>
#include <thread>
#include <tuple>
#include <vector>

extern "C" {
#include "src/platform/topology.h"
#include "src/sched/places.h"
#include "src/sched/steal.h"
#include "tests/sched/fake_machine.h"
}

#include "tests/sched/two_workers.h"
#include "tests/support/with_runtime.h"

namespace
{

using Groups = std::vector<unsigned>;

const Groups kOne = {0, 0, 0, 0, 0, 0, 0, 0};
const Groups kTwo = {0, 0, 0, 0, 1, 1, 1, 1};
const Groups kFour = {0, 0, 1, 1, 2, 2, 3, 3};
const Groups kUneven = {0, 1, 1, 1, 1, 1, 1, 2};
const Groups kEachAlone = {0, 1, 2, 3, 4, 5, 6, 7};

// Worker i runs on CPU i; the test itself goes from one to the other.
class PlacesTest : public EightWorkers,
                   public ::testing::WithParamInterface<Groups>
{
  protected:
    void SetUp() override
    {
        EightWorkers::SetUp();
        rv_topology topology;
        rv_cpu_set allowed = {};
        fake_machine_set(GetParam().data(), 0);
        rv_topology_read(&topology, &allowed, "");
        rv_places_init(&scheduler_.places, &topology);
        for (unsigned i = 0; i < FAKE_CPUS; i++) {
            fake_machine_go(i);
            rv_places_note(&scheduler_.places, i);
        }
    }

    bool AreNear(unsigned a, unsigned b) const
    {
        return GetParam()[a] == GetParam()[b];
    }

    unsigned CountNear(unsigned index) const
    {
        unsigned near = 0;
        for (unsigned i = 0; i < FAKE_CPUS; i++) {
            near += i != index && AreNear(i, index);
        }
        return near;
    }

    rv_task *RoundOf(unsigned index)
    {
        fake_machine_go(index);
        return rv_steal_round(workers_[index]);
    }

    // The worker that a notify by one on CPU `cpu` wakes; it sleeps no more.
    unsigned WokenFrom(unsigned cpu, uint64_t sleepers)
    {
        fake_machine_go(cpu);
        rv_idle_notify_slow(&scheduler_, nullptr);
        EXPECT_TRUE(rv_idle_search_end(&scheduler_.idle));
        uint64_t left = rv_u64_load_relaxed(&scheduler_.idle.mask[0]);
        EXPECT_EQ(__builtin_popcountll(sleepers & ~left), 1);
        return static_cast<unsigned>(__builtin_ctzll(sleepers & ~left));
    }
};

INSTANTIATE_TEST_SUITE_P(Machines, PlacesTest,
                         ::testing::Values(kOne, kTwo, kFour, kUneven,
                                           kEachAlone));

TEST_P(PlacesTest, NearVictimsComeBeforeFarOnes)
{
    for (unsigned thief = 0; thief < FAKE_CPUS; thief++) {
        rv_task *task_of[FAKE_CPUS] = {};
        for (unsigned i = 0; i < FAKE_CPUS; i++) {
            task_of[i] = i != thief ? NewTask() : nullptr;
            if (i != thief) {
                rv_worker_push(workers_[i], task_of[i]);
            }
        }
        for (unsigned round = 0; round < FAKE_CPUS - 1; round++) {
            rv_task *task = RoundOf(thief);
            ASSERT_NE(task, nullptr);
            auto victim = static_cast<unsigned>(
                std::find(task_of, task_of + FAKE_CPUS, task) - task_of);
            EXPECT_EQ(AreNear(thief, victim), round < CountNear(thief))
                << thief << " robbed " << victim << " in round " << round;
        }
        EXPECT_EQ(RoundOf(thief), nullptr);
    }
}

TEST_P(PlacesTest, NearSleepersAreWokenBeforeFarOnes)
{
    for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
        uint64_t sleepers = 0;
        for (unsigned i = 0; i < FAKE_CPUS; i++) {
            if (i != cpu) {
                rv_idle_enter(&scheduler_.idle, i);
                sleepers |= UINT64_C(1) << i;
            }
        }
        for (unsigned round = 0; sleepers != 0; round++) {
            fake_machine_go(cpu);
            int choice = rv_idle_choose(&scheduler_);
            unsigned woken = WokenFrom(cpu, sleepers);
            EXPECT_EQ(choice, static_cast<int>(woken));
            EXPECT_EQ(AreNear(cpu, woken), round < CountNear(cpu));
            sleepers &= ~(UINT64_C(1) << woken);
        }
        EXPECT_EQ(rv_idle_choose(&scheduler_), -1);
    }
}

TEST_P(PlacesTest, AWorkerThatMovedIsNearWhereItIsNow)
{
    fake_machine_go(7);
    rv_places_note(&scheduler_.places, 0);
    rv_task *near = NewTask();
    rv_task *far = NewTask();
    rv_worker_push(workers_[6], near);
    rv_worker_push(workers_[1], far);
    if (AreNear(6, 7) && !AreNear(1, 7)) {
        EXPECT_EQ(rv_steal_round(workers_[0]), near);
    }
    EXPECT_EQ(rv_places_of(&scheduler_.places, 0), GetParam()[7]);
}

// The threads of a runtime, on machines whose threads stay or move.
class PlacesRunTest : public ::testing::TestWithParam<std::tuple<Groups, bool>>
{
  protected:
    void SetUp() override
    {
        fake_machine_set(std::get<0>(GetParam()).data(),
                         std::get<1>(GetParam()));
    }
};

INSTANTIATE_TEST_SUITE_P(
    Machines, PlacesRunTest,
    ::testing::Combine(::testing::Values(kTwo, kFour, kUneven, kEachAlone),
                       ::testing::Bool()));

// One worker spawns them all; none returns before all run at once.
TEST_P(PlacesRunTest, EveryWorkerComesToHelpHoweverFarAway)
{
    Runtime runtime(OptionsFor({FAKE_CPUS, ROVE_STEALING}));
    for (int round = 0; round < 20; round++) {
        std::atomic<unsigned> running{0};
        auto all_run = [&running] { return running == FAKE_CPUS; };
        auto meet = [&] {
            running++;
            rove_time end = rove_now() + 60 * ROVE_SEC;
            while (!all_run() && rove_now() < end) {
                std::this_thread::yield();
            }
            return all_run() ? 0 : -1;
        };
        rove_task *main = SpawnIn(runtime.get(), [&] {
            rove_task *others[FAKE_CPUS - 1];
            int64_t result = 0;
            for (rove_task *&other : others) {
                other = Spawn(meet);
            }
            result = meet();
            for (rove_task *other : others) {
                result |= rove_join(other);
            }
            return result;
        });
        ASSERT_EQ(rove_join(main), 0);
    }
}

} // namespace
