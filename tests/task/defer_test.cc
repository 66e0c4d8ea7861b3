// At stake: what was deferred runs when the task ends, always, in reverse
// order, and before anybody hears that it has ended.

#include <cerrno>
#include <vector>

#include "rove/scope.h"

#include "tests/support/with_runtime.h"

namespace
{

// One note a defer, and where it is taken.
struct Note {
    std::vector<int> *list;
    int number;
};

int64_t Take(void *arg)
{
    Note *note = static_cast<Note *>(arg);
    note->list->push_back(note->number);
    return -EIO; // ignored
}

class DeferTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, DeferTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

// Inline, on a stack of its own, and as a detached one.
TEST_P(DeferTest, LastInFirstOut)
{
    InTask([] {
        for (int kind = 0; kind < 3; kind++) {
            std::vector<int> list;
            Note notes[] = {{&list, 0}, {&list, 1}, {&list, 2}, {&list, 3}};
            std::atomic<bool> over{false};
            Body set_over = [&] { return over = true; };
            rove_task *task = Spawn([&] {
                EXPECT_EQ(rove_defer(CallBody, &set_over), 0);
                for (Note &note : notes) {
                    EXPECT_EQ(rove_defer(Take, &note), 0);
                    if (kind != 0) {
                        EXPECT_EQ(rove_yield(), 0);
                    }
                }
                EXPECT_TRUE(list.empty());
                return 5;
            });
            if (kind == 2) {
                rove_detach(task);
                EXPECT_TRUE(Eventually([&] { return over.load(); }));
            } else {
                EXPECT_EQ(rove_join(task), 5);
                EXPECT_TRUE(over);
            }
            EXPECT_EQ(list, (std::vector<int>{3, 2, 1, 0}));
        }
    });
}

TEST_P(DeferTest, OutsideATaskThereIsNoEnd)
{
    EXPECT_EQ(rove_defer(Take, nullptr), -EPERM);
    InTask([] {
        int64_t error = rove_offload(
            [](void *) -> int64_t { return rove_defer(Take, nullptr); },
            nullptr);
        EXPECT_EQ(error, -EPERM);
    });
}

TEST_P(DeferTest, TheMainTasksRunBeforeTheRuntimeEnds)
{
    std::vector<int> list;
    Note note = {&list, 1};
    InTask([&] { EXPECT_EQ(rove_defer(Take, &note), 0); });
    EXPECT_EQ(list.size(), 1U);
}

TEST_P(DeferTest, WaitsWorkInTheDefersOfACancelledTask)
{
    InTask([] {
        std::atomic<bool> waits{false};
        std::atomic<int> slept{0};
        Body sleep = [&] {
            EXPECT_FALSE(rove_cancelled());
            EXPECT_EQ(rove_sleep(10 * ROVE_US), 0);
            EXPECT_EQ(rove_yield(), 0);
            slept++;
            return rove_join(Spawn([] { return rove_sleep(ROVE_US); }));
        };
        rove_task *task = Spawn([&] {
            EXPECT_EQ(rove_defer(CallBody, &sleep), 0);
            EXPECT_EQ(rove_defer(CallBody, &sleep), 0);
            waits = true;
            return rove_sleep_until(ROVE_FOREVER);
        });
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
        EXPECT_EQ(slept, 2);
    });
}

TEST_P(DeferTest, WaitsWorkInTheDefersOfAnInlinedTaskOfACancelledOne)
{
    InTask([] {
        std::atomic<bool> waits{false};
        std::atomic<int64_t> slept{-1};
        Body sleep = [&] {
            slept = rove_sleep(10 * ROVE_US);
            return 0;
        };
        rove_task *task = Spawn([&] {
            rove_task *guest = Spawn([&] {
                EXPECT_EQ(rove_defer(CallBody, &sleep), 0);
                waits = true;
                return rove_sleep_until(ROVE_FOREVER);
            });
            return rove_join(guest);
        });
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
        EXPECT_EQ(slept, 0);
    });
}

TEST_P(DeferTest, ADeferMayDefer)
{
    InTask([] {
        std::vector<int> list;
        Note late = {&list, 9};
        Note early = {&list, 1};
        Body again = [&] {
            list.push_back(2);
            return rove_defer(Take, &late);
        };
        rove_task *task = Spawn([&] {
            EXPECT_EQ(rove_defer(Take, &early), 0);
            return rove_defer(CallBody, &again);
        });
        EXPECT_EQ(rove_join(task), 0);
        EXPECT_EQ(list, (std::vector<int>{2, 9, 1}));
    });
}

TEST_P(DeferTest, TheResultIsTheFunctions)
{
    InTask([] {
        Body slow = [] { return rove_sleep(ROVE_US) - 1; };
        rove_task *task = Spawn([&] {
            EXPECT_EQ(rove_defer(CallBody, &slow), 0);
            return 42;
        });
        EXPECT_EQ(rove_yield(), 0);
        EXPECT_EQ(rove_join(task), 42);
    });
}

// A fork that was taken is a task; one that was not is part of its parent.
TEST_P(DeferTest, AForksRunBeforeItsJoinOrAtItsParentsEnd)
{
    InTask([] {
        std::vector<int> list;
        Note note = {&list, 1};
        Body defer = [&] { return rove_defer(Take, &note); };
        rove_task *task = Spawn([&] {
            rove_fork fork;
            std::atomic<bool> is_taken{false};
            Body taken = [&] {
                is_taken = true;
                return defer();
            };
            rove_fork_start(&fork, CallBody, &taken);
            EXPECT_TRUE(Eventually([&] { return is_taken.load(); }));
            EXPECT_EQ(rove_fork_join(&fork), 0);
            EXPECT_EQ(list.size(), 1U);
            return 0;
        });
        EXPECT_EQ(rove_join(task), 0);
        task = Spawn([&] { return defer(); });
        EXPECT_EQ(rove_join(task), 0);
        EXPECT_EQ(list.size(), 2U);
    });
}

TEST_P(DeferTest, ThereMayBeMany)
{
    constexpr int kDefers = 10000;
    InTask([] {
        std::vector<int> list;
        std::vector<Note> notes(kDefers);
        rove_task *task = Spawn([&] {
            for (int i = 0; i < kDefers; i++) {
                notes[i] = {&list, i};
                EXPECT_EQ(rove_defer(Take, &notes[i]), 0);
            }
            return 0;
        });
        EXPECT_EQ(rove_join(task), 0);
        ASSERT_EQ(list.size(), size_t{kDefers});
        for (int i = 0; i < kDefers; i++) {
            EXPECT_EQ(list[i], kDefers - 1 - i);
        }
    });
}

TEST(DeferDeathTest, DeferringNothingIsNamed)
{
    static rove_fn *nothing;
    EXPECT_DEATH(EXPECT_EQ(rove_defer(nothing, nullptr), 0),
                 "rove: rove_defer: there is no function to run");
}

} // namespace
