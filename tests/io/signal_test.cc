// At stake: every listener is told of every signal it waits for, none is woken
// for nothing, and of a storm the last one is never lost.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "tests/io/processes.h"

extern "C" {
#include "src/io/signal.h"
#include "src/sched/poll_wait.h"
#include "tests/support/fault.h"
}

namespace
{

class SignalTest : public ProcessFixture
{
};

class Signals
{
  public:
    explicit Signals(std::initializer_list<int> numbers)
    {
        EXPECT_EQ(rove_signals_new(numbers.begin(), numbers.size(), &signals_),
                  0);
    }

    Signals(const Signals &) = delete;
    Signals &operator=(const Signals &) = delete;

    ~Signals()
    {
        rove_signals_free(signals_);
    }

    rove_signals *get() const
    {
        return signals_;
    }

    int Bell() const
    {
        return rv_signals_inside(signals_)->bell;
    }

  private:
    rove_signals *signals_ = nullptr;
};

// Workers have all signals blocked, and so have the threads they start.
void Raise(int number)
{
    std::thread([=] {
        sigset_t none;
        sigemptyset(&none);
        pthread_sigmask(SIG_SETMASK, &none, nullptr);
        raise(number);
    }).join();
}

TEST_F(SignalTest, EachWhoListensIsTold)
{
    RunTasks(2, [] {
        Signals first({SIGUSR1, SIGUSR2});
        Signals second({SIGUSR1});
        std::atomic<int> told{0};
        auto wait = [&](const Signals &signals) {
            EXPECT_EQ(rove_signals_wait(signals.get()), SIGUSR1);
            told++;
        };
        Task one([&] { wait(first); });
        Task other([&] { wait(second); });
        EXPECT_TRUE(AwaitWaiter(first.Bell(), RV_SIDE_READ));
        EXPECT_TRUE(AwaitWaiter(second.Bell(), RV_SIDE_READ));
        Raise(SIGUSR1);
        one.Join();
        other.Join();
        EXPECT_EQ(told, 2);
        EXPECT_EQ(rove_signals_try(first.get()), -EAGAIN);
        Raise(SIGUSR2);
        EXPECT_EQ(rove_signals_wait(first.get()), SIGUSR2);
        EXPECT_EQ(rove_signals_try(second.get()), -EAGAIN);
    });
}

TEST_F(SignalTest, OneOfSeveralWaitersTakesASignal)
{
    RunTasks(2, [] {
        Signals signals({SIGUSR1, SIGUSR2});
        std::atomic<int> sum{0};
        auto wait = [&] { sum += rove_signals_wait(signals.get()); };
        Task one(wait);
        Task other(wait);
        EXPECT_TRUE(AwaitWaiter(signals.Bell(), RV_SIDE_READ));
        Raise(SIGUSR1);
        Raise(SIGUSR2);
        one.Join();
        other.Join();
        EXPECT_EQ(sum, SIGUSR1 + SIGUSR2);
    });
}

TEST_F(SignalTest, CancelledWaitTakesNothing)
{
    RunTasks(1, [] {
        Signals signals({SIGUSR1});
        Task waiter([&] {
            EXPECT_EQ(rove_signals_wait(signals.get()), -ECANCELED);
            Raise(SIGUSR1);
            EXPECT_EQ(rove_signals_wait(signals.get()), -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(signals.Bell(), RV_SIDE_READ));
        waiter.Cancel();
        waiter.Join();
        EXPECT_EQ(rove_signals_wait(signals.get()), SIGUSR1);
    });
}

TEST_F(SignalTest, PlainThreadWaits)
{
    Signals signals({SIGUSR1});
    std::thread waiter(
        [&] { EXPECT_EQ(rove_signals_wait(signals.get()), SIGUSR1); });
    Raise(SIGUSR1);
    waiter.join();
}

TEST_F(SignalTest, SingleWaitListensForItsDuration)
{
    signal(SIGUSR1, SIG_IGN);
    RunTasks(2, [] {
        const int numbers[] = {SIGUSR1};
        std::atomic<bool> is_over{false};
        Task waiter([&] {
            EXPECT_EQ(rove_signal_wait(numbers, 1), SIGUSR1);
            is_over = true;
        });
        EXPECT_TRUE(YieldUntil([&] {
            Raise(SIGUSR1); // ignored until somebody listens
            return is_over.load();
        }));
    });
    struct sigaction now;
    sigaction(SIGUSR1, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
}

TEST_F(SignalTest, WhatCannotBeListenedToIsRefused)
{
    rove_signals *none = nullptr;
    for (int number : {-1, 0, SIGKILL, SIGSEGV, 65}) {
        const int numbers[] = {SIGUSR1, number};
        EXPECT_EQ(rove_signals_new(numbers, 2, &none), -EINVAL);
        EXPECT_EQ(rove_signal_wait(numbers, 2), -EINVAL);
    }
    EXPECT_EQ(rove_signals_new(nullptr, 0, &none), -EINVAL);
    const int fine[] = {SIGUSR1};
    rv_fault_arm("rv_event_fd_open", 1, EMFILE);
    EXPECT_EQ(rove_signals_new(fine, 1, &none), -EMFILE);
    rv_fault_disarm();
    rove_signals_free(none);
}

// Only threads that have the signal unblocked take it. TSan holds a signal
// back until the thread makes a call that TSan knows to block, which the thread
// that waits in rove_run() does not: there another thread takes it.
class Taker
{
  public:
    Taker()
        : thread_([this] {
              while (!stop_) {
                  poll(nullptr, 0, 1);
              }
          })
    {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before_);
    }

    Taker(const Taker &) = delete;
    Taker &operator=(const Taker &) = delete;

    ~Taker()
    {
        stop_ = true;
        thread_.join();
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

  private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
    sigset_t before_;
};

constexpr int kStorm = 10000;

// The child sends all but one, and the last one when nobody expects any more.
TEST_F(SignalTest, OfAStormTheLastIsNotLost)
{
    Taker taker;
    RunTasks(2, [] {
        Signals first({SIGUSR1});
        Signals second({SIGUSR1});
        Child child("i=1; while [ $i -lt " + std::to_string(kStorm) +
                        " ]; do kill -USR1 $PPID; i=$((i + 1)); done; "
                        "echo sent; read line; kill -USR1 $PPID",
                    PipesFor({0, 1}));
        std::atomic<int> taken[2] = {{0}, {0}};
        auto listen = [&](const Signals &signals, int i) {
            while (rove_signals_wait(signals.get()) == SIGUSR1) {
                taken[i]++;
            }
        };
        Task one([&] { listen(first, 0); });
        Task other([&] { listen(second, 1); });
        EXPECT_EQ(child.Line(), "sent\n");
        EXPECT_TRUE(YieldUntil([&] { return taken[0] > 0 && taken[1] > 0; }));
        // What is still on its way has come before the next is sent.
        EXPECT_TRUE(AwaitWaiter(first.Bell(), RV_SIDE_READ));
        EXPECT_TRUE(AwaitWaiter(second.Bell(), RV_SIDE_READ));
        int before[2] = {taken[0], taken[1]};
        EXPECT_EQ(rove_write(rove_process_fd(child.get(), 0), "\n", 1), 1);
        EXPECT_TRUE(YieldUntil(
            [&] { return taken[0] > before[0] && taken[1] > before[1]; }));
        one.Cancel();
        other.Cancel();
        one.Join();
        other.Join();
        EXPECT_LE(taken[0], kStorm);
        EXPECT_LE(taken[1], kStorm);
    });
}

} // namespace
