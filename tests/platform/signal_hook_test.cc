// At stake: each listener learns of each signal it asked for, the process gets
// its own dispositions back, and no handler rings a doorbell that is closed.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <thread>
#include <unistd.h>

extern "C" {
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "src/platform/signal_hook.h"
#include "tests/support/fault.h"
}

#include "gtest/gtest.h"

namespace
{

constexpr uint64_t Bit(int number)
{
    return uint64_t{1} << (number - 1);
}

class Listener
{
  public:
    explicit Listener(uint64_t wanted) : bell_(rv_event_fd_open())
    {
        EXPECT_EQ(rv_signal_listen(wanted, bell_, &listener_), 0);
    }

    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;

    ~Listener()
    {
        Stop();
    }

    void Stop()
    {
        if (bell_ >= 0) {
            rv_signal_unlisten(listener_);
            EXPECT_EQ(rv_fd_close(bell_), 0);
        }
        bell_ = -1;
    }

    bool Rings() const
    {
        struct pollfd bell = {bell_, POLLIN, 0};
        return rv_fd_poll(&bell, 1, 0) == 1;
    }

    int Take()
    {
        return rv_signal_take(listener_, &more_);
    }

    bool HasMore() const
    {
        return more_;
    }

  private:
    int bell_;
    bool more_ = false;
    rv_signal_listener *listener_ = nullptr;
};

void Ignore(int)
{
}

TEST(SignalHookTest, EachListenerIsToldOnceHoweverOftenItCame)
{
    Listener both(Bit(SIGUSR1) | Bit(SIGUSR2));
    Listener one(Bit(SIGUSR1));
    EXPECT_FALSE(both.Rings());
    EXPECT_EQ(both.Take(), 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    EXPECT_TRUE(both.Rings());
    EXPECT_TRUE(one.Rings());
    EXPECT_EQ(both.Take(), SIGUSR1);
    EXPECT_EQ(both.Take(), 0);
    EXPECT_EQ(one.Take(), SIGUSR1);
    raise(SIGUSR2);
    EXPECT_EQ(both.Take(), SIGUSR2);
    EXPECT_EQ(one.Take(), 0);
}

TEST(SignalHookTest, SignalsThatKeepComingHaveTheirTurns)
{
    Listener all(Bit(SIGUSR1) | Bit(SIGUSR2) | Bit(SIGRTMAX));
    for (int round = 0; round < 3; round++) {
        for (int number : {SIGUSR1, SIGUSR2, SIGRTMAX}) {
            for (int again : {SIGUSR1, SIGUSR2, SIGRTMAX}) {
                raise(again);
            }
            EXPECT_EQ(all.Take(), number);
            EXPECT_TRUE(all.HasMore());
        }
    }
    EXPECT_EQ(all.Take(), SIGUSR1);
    EXPECT_TRUE(all.HasMore());
    EXPECT_EQ(all.Take(), SIGUSR2);
    EXPECT_FALSE(all.HasMore());
    EXPECT_EQ(all.Take(), 0);
}

TEST(SignalHookTest, DispositionComesBackWithTheLastListener)
{
    struct sigaction now;
    signal(SIGUSR1, Ignore);
    Listener first(Bit(SIGUSR1));
    Listener second(Bit(SIGUSR1));
    first.Stop();
    sigaction(SIGUSR1, nullptr, &now);
    EXPECT_NE(now.sa_handler, Ignore);
    second.Stop();
    sigaction(SIGUSR1, nullptr, &now);
    EXPECT_EQ(now.sa_handler, Ignore);
    Listener third(Bit(SIGUSR1));
    EXPECT_EQ(third.Take(), 0); // nothing from an earlier life
    signal(SIGUSR1, SIG_IGN);   // behind its back
    third.Stop();
    sigaction(SIGUSR1, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
}

TEST(SignalHookTest, WhatMayNotBeCaughtIsRefused)
{
    rv_signal_listener *none = nullptr;
    for (int number : {SIGKILL, SIGSTOP, SIGSEGV, SIGABRT, 32}) {
        EXPECT_EQ(rv_signal_listen(Bit(number) | Bit(SIGUSR1), 0, &none),
                  -EINVAL);
    }
    EXPECT_EQ(rv_signal_listen(0, 0, &none), -EINVAL);
    struct sigaction now;
    sigaction(SIGUSR1, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(SignalHookTest, NoMemoryIsReported)
{
    Listener keeps[] = {Listener(Bit(SIGUSR2)), Listener(Bit(SIGUSR2)),
                        Listener(Bit(SIGUSR2)), Listener(Bit(SIGUSR2))};
    rv_signal_listener *none = nullptr;
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rv_signal_listen(Bit(SIGUSR1), 0, &none), -ENOMEM);
    rv_fault_disarm();
}

TEST(SignalHookTest, HandlerKeepsErrno)
{
    Listener listener(Bit(SIGUSR1));
    errno = EDOM;
    raise(SIGUSR1);
    EXPECT_EQ(errno, EDOM);
}

// A handler that came too late would ring what has the number by then.
TEST(SignalHookTest, HandlersAreWaitedForWhenListeningEnds)
{
    Listener keep(Bit(SIGUSR1)); // the signal never acts
    std::atomic<bool> stop{false};
    std::thread sender([&] {
        while (!stop) {
            raise(SIGUSR1);
        }
    });
    for (int i = 0; i < 2000; i++) {
        Listener brief(Bit(SIGUSR1));
        brief.Stop();
        int stray = rv_event_fd_open();
        struct pollfd bell = {stray, POLLIN, 0};
        EXPECT_EQ(rv_fd_poll(&bell, 1, 0), 0);
        EXPECT_EQ(rv_fd_close(stray), 0);
    }
    stop = true;
    sender.join();
}

} // namespace
