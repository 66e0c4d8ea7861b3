// At stake: a select takes a signal only when it chooses it, and who is left
// without one waits on.
#include <csignal>
#include <thread>

#include "tests/io/fds.h"

extern "C" {
#include "src/io/signal.h"
#include "src/platform/event_fd.h"
}

namespace
{

// As the handler does it.
void Come(rove_signals *signals, int number)
{
    rv_signal_listener *listener = rv_signals_inside(signals);
    rv_u64_fetch_or_acq_rel(&listener->come, uint64_t{1} << (number - 1));
    rv_event_fd_signal(listener->bell);
}

rove_signals *Listen()
{
    const int numbers[] = {SIGUSR1, SIGUSR2};
    rove_signals *signals = nullptr;
    EXPECT_EQ(rove_signals_new(numbers, 2, &signals), 0);
    return signals;
}

TEST(SignalCaseTest, SignalIsTakenByTheSelectThatChoosesIt)
{
    RunTasks(1, [] {
        rove_signals *signals = Listen();
        rove_case cases[] = {rove_on_time(0), rove_on_signal(signals)};
        EXPECT_EQ(rove_select(&cases[1], 1, ROVE_TRY), -EAGAIN);
        Task waiter([&] {
            rove_case one = rove_on_signal(signals);
            EXPECT_EQ(rove_select(&one, 1, 0), 0);
            EXPECT_EQ(one.result, SIGUSR1);
        });
        EXPECT_TRUE(
            AwaitWaiter(rv_signals_inside(signals)->bell, RV_SIDE_READ));
        Come(signals, SIGUSR1);
        waiter.Join();
        EXPECT_EQ(rove_select(&cases[1], 1, ROVE_TRY), -EAGAIN);
        Come(signals, SIGUSR2);
        EXPECT_EQ(rove_select(cases, 2, ROVE_FIRST_LISTED), 0);
        EXPECT_EQ(rove_select(&cases[1], 1, 0), 0); // it is still there
        EXPECT_EQ(cases[1].result, SIGUSR2);
        rove_signals_free(signals);
    });
}

TEST(SignalCaseTest, TwoSelectsTakeASignalEach)
{
    RunTasks(2, [] {
        for (int round = 0; round < 200; round++) {
            rove_signals *signals = Listen();
            std::atomic<int64_t> sum{0};
            auto select = [&] {
                rove_case one = rove_on_signal(signals);
                EXPECT_EQ(rove_select(&one, 1, 0), 0);
                sum += one.result;
            };
            Task first(select);
            Task second(select);
            Come(signals, SIGUSR1);
            Come(signals, SIGUSR2);
            first.Join();
            second.Join();
            EXPECT_EQ(sum, SIGUSR1 + SIGUSR2);
            rove_signals_free(signals);
        }
    });
}

TEST(SignalCaseTest, OnAPlainThreadItIsNotWaitedFor)
{
    rove_signals *signals = Listen();
    rove_case one = rove_on_signal(signals);
    EXPECT_EQ(rove_select(&one, 1, 0), -EPERM);
    rove_signals_free(signals);
}

} // namespace
