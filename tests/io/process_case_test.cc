// At stake: a select that chooses the end of a child, and one that does not,
// leave the child and its other waiters as they were.
#include "tests/io/processes.h"

namespace
{

class ProcessCaseTest : public ProcessFixture
{
};

TEST_F(ProcessCaseTest, EndIsSelectedAndStaysThere)
{
    RunTasks(2, [] {
        Child child("read line; exit 5", PipesFor({0}));
        rove_event never = ROVE_EVENT_INIT;
        rove_case cases[] = {rove_on_event(&never), rove_on_child(child.get())};
        EXPECT_EQ(rove_select(cases, 2, ROVE_TRY), -EAGAIN);
        Task ender([&] {
            EXPECT_EQ(rove_write(rove_process_fd(child.get(), 0), "\n", 1), 1);
        });
        EXPECT_EQ(rove_select(cases, 2, 0), 1);
        EXPECT_EQ(cases[1].result, 0);
        EXPECT_EQ(child.Exit().code, 5);
        EXPECT_EQ(rove_select(cases, 2, ROVE_TRY), 1); // also when reaped
    });
}

TEST_F(ProcessCaseTest, LostCaseTakesNothingFromOthersWhoWait)
{
    RunTasks(2, [] {
        Child child("read line; exit 6", PipesFor({0}));
        Task waiter([&] { EXPECT_EQ(child.Exit().code, 6); });
        rove_case cases[] = {rove_on_child(child.get()),
                             rove_on_time(rove_now() + ROVE_MS)};
        EXPECT_EQ(rove_select(cases, 2, 0), 1);
        EXPECT_EQ(rove_write(rove_process_fd(child.get(), 0), "\n", 1), 1);
        waiter.Join();
    });
}

} // namespace
