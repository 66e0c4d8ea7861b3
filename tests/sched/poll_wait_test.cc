// At stake: no wake-up is lost and none is given to the wrong waiter, whatever
// the kernel reports and whenever numbers are closed and used again. Shown with
// real sockets and epolls, one thread, and wakes that are only noted; so every
// interleaving of an event with a call can be played slowly.
extern "C" {
#include "src/sched/poll_wait.h"

#include "src/platform/epoll.h"
#include "src/platform/fd_io.h"
#include "src/sched/poller.h"
#include "tests/sched/fake_wake.h"
#include "tests/support/fault.h"
}

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "gtest/gtest.h"

namespace
{

constexpr unsigned kRead = 1u << RV_SIDE_READ;
constexpr unsigned kWrite = 1u << RV_SIDE_WRITE;
constexpr unsigned kAlert = 1u << RV_SIDE_ALERT;

// An epoll with what was fetched from it and not delivered yet.
class Epoll
{
  public:
    Epoll()
    {
        EXPECT_EQ(rv_poller_init(&poller_), 0);
    }

    ~Epoll()
    {
        rv_pollable_forget(&poller_);
        rv_poller_fini(&poller_);
    }

    int Fetch()
    {
        events_.resize(64);
        int count = rv_epoll_wait(poller_.epoll, events_.data(), 64, 0);
        events_.resize(static_cast<size_t>(count > 0 ? count : 0));
        return count;
    }

    // Returns how many of the fetched events were not stale.
    unsigned Deliver()
    {
        unsigned fresh = 0;
        for (auto &event : events_) {
            fresh += rv_poll_wait_event(&poller_, nullptr, event.data.u64,
                                        event.events);
        }
        events_.clear();
        return fresh;
    }

    int Turn()
    {
        int count = Fetch();
        Deliver();
        return count;
    }

    bool Has(int fd) // changes nothing: the registration is made again
    {
        return rv_epoll_mod(poller_.epoll, fd, EPOLLONESHOT, 0) == 0;
    }

    rv_poller *get()
    {
        return &poller_;
    }

  private:
    rv_poller poller_{};
    std::vector<struct epoll_event> events_;
};

struct Pair {
    Pair()
    {
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        near = fds[0];
        far = fds[1];
    }

    ~Pair()
    {
        close(near);
        close(far);
    }

    void Send(const char *text = "x") const
    {
        EXPECT_EQ(write(far, text, strlen(text)),
                  static_cast<ssize_t>(strlen(text)));
    }

    void Fill() const // until near can take no more
    {
        char block[4096] = {};
        while (write(near, block, sizeof(block)) > 0) {
        }
    }

    void Drain(int fd) const
    {
        char block[4096];
        while (read(fd, block, sizeof(block)) > 0) {
        }
    }

    int near;
    int far;
};

class PollWaitTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        fake_wakes_clear();
        ASSERT_EQ(rv_pollable_of(pair_.near, &file_), 0);
        Forget(pair_.near);
    }

    void TearDown() override
    {
        rv_fault_disarm();
        Forget(pair_.near);
    }

    static void Forget(int fd)
    {
        rv_pollable *file;
        ASSERT_EQ(rv_pollable_of(fd, &file), 0);
        rv_pollable_close_begin(file);
        rv_pollable_close_end(file, fd);
    }

    void Adopt()
    {
        rv_pollable_adopt(file_, RV_CALLS_STREAM);
    }

    // What a call does before and after it has asked the kernel in vain.
    rv_poll_wait Look(unsigned sides)
    {
        rv_poll_wait wait = {};
        wait.sides = sides;
        wait.tried = true;
        for (unsigned s = 0; s < RV_SIDES; s++) {
            wait.seen[s] = rv_poll_side_state(&file_->side[s]);
        }
        return wait;
    }

    void Again(rv_poll_wait *wait)
    {
        for (unsigned s = 0; s < RV_SIDES; s++) {
            wait->seen[s] = rv_poll_side_state(&file_->side[s]);
        }
    }

    int Queue(rv_poll_wait *wait, rv_ref ref, Epoll *epoll = nullptr)
    {
        return rv_poll_wait_queue(file_, pair_.near,
                                  (epoll != nullptr ? epoll : &epoll_)->get(),
                                  wait, ref);
    }

    std::vector<rv_ref> Woken()
    {
        std::vector<rv_ref> refs;
        for (unsigned i = 0; i < fake_wakes_count(); i++) {
            refs.push_back(fake_wakes_at(i).ref);
        }
        fake_wakes_clear();
        return refs;
    }

    using Refs = std::vector<rv_ref>;

    Pair pair_;
    Epoll epoll_;
    rv_pollable *file_ = nullptr;
};

TEST_F(PollWaitTest, EventWakesTheWaiterOfItsSide)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    epoll_.Turn(); // writable, as the registration reports
    EXPECT_EQ(Woken(), Refs{});

    pair_.Send();
    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{10});
    EXPECT_FALSE(rv_poll_side_has_waiters(&file_->side[RV_SIDE_READ]));
}

TEST_F(PollWaitTest, WhatWasReadyBeforeTheRegistrationIsReported)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    pair_.Send(); // after the call had asked in vain

    ASSERT_EQ(Queue(&wait, 10), 0);
    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{10});
}

TEST_F(PollWaitTest, EventBetweenAskingAndQueueingMeansAskingAgain)
{
    Adopt();
    rv_poll_wait first = Look(kRead);
    ASSERT_EQ(Queue(&first, 10), 0);
    pair_.Send();
    epoll_.Turn();
    rv_poll_wait second = Look(kRead);
    pair_.Send();
    epoll_.Turn();

    EXPECT_EQ(Queue(&second, 11), RV_POLL_WAIT_RETRY);

    Again(&second);
    EXPECT_EQ(Queue(&second, 11), 0);
    rv_poll_wait_unqueue(file_, &second, false);
}

TEST_F(PollWaitTest, ManagedDescriptorIsRegisteredOnce)
{
    Adopt();
    rv_fault_arm_every("rv_epoll_mod", 1, EIO);
    for (rv_ref ref = 10; ref < 13; ref++) {
        rv_poll_wait wait = Look(kRead);
        ASSERT_EQ(Queue(&wait, ref), 0);
        pair_.Send();
        epoll_.Turn();
        pair_.Drain(pair_.near);
        EXPECT_EQ(Woken(), Refs{ref});
    }
    EXPECT_EQ(rv_fault_calls("rv_epoll_mod"), 0u);
}

TEST_F(PollWaitTest, LeftoverRegistrationIsTakenOver)
{
    Adopt();
    ASSERT_EQ(rv_epoll_add(epoll_.get()->epoll, pair_.near, 0, 12345), 0);
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);

    pair_.Send();
    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{10});
}

TEST_F(PollWaitTest, FailedRegistrationIsReportedAndQueuesNobody)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    rv_fault_arm("rv_epoll_add", 1, ENOSPC);
    EXPECT_EQ(Queue(&wait, 10), -ENOSPC);
    EXPECT_FALSE(rv_poll_side_has_waiters(&file_->side[RV_SIDE_READ]));

    EXPECT_EQ(Queue(&wait, 10), 0); // it was not taken for registered
    pair_.Send();
    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{10});
}

TEST_F(PollWaitTest, EventGivesTheTurnToOneOfTheReaders)
{
    Adopt();
    rv_poll_wait waits[3];
    for (unsigned i = 0; i < 3; i++) {
        waits[i] = Look(kRead);
        ASSERT_EQ(Queue(&waits[i], 10 + i), 0);
    }

    pair_.Send();
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{10});
    rv_poll_wait_pass(file_, RV_SIDE_READ);
    EXPECT_EQ(Woken(), Refs{11});
    rv_poll_wait_pass(file_, RV_SIDE_READ);
    EXPECT_EQ(Woken(), Refs{12});
    rv_poll_wait_pass(file_, RV_SIDE_READ);
    EXPECT_EQ(Woken(), Refs{});
}

TEST_F(PollWaitTest, WhoFindsNothingInItsTurnKeepsItsPlace)
{
    Adopt();
    rv_poll_wait first = Look(kRead);
    rv_poll_wait second = Look(kRead);
    ASSERT_EQ(Queue(&first, 10), 0);
    ASSERT_EQ(Queue(&second, 11), 0);
    pair_.Send();
    epoll_.Turn();
    ASSERT_EQ(Woken(), Refs{10});
    pair_.Drain(pair_.near); // somebody else was faster

    Again(&first);
    ASSERT_EQ(Queue(&first, 12), 0); // the next wait of the same call
    pair_.Send();
    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{12});
    rv_poll_wait_unqueue(file_, &second, false);
}

TEST_F(PollWaitTest, WhoLeavesInItsTurnPassesIt)
{
    Adopt();
    rv_poll_wait first = Look(kRead);
    rv_poll_wait second = Look(kRead);
    ASSERT_EQ(Queue(&first, 10), 0);
    ASSERT_EQ(Queue(&second, 11), 0);
    pair_.Send();
    epoll_.Turn(); // 10 is taken; say its wait was cancelled before that
    Woken();

    rv_poll_wait_unqueue(file_, &first, true);

    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, WhoLeavesTheQueueWakesNobody)
{
    Adopt();
    rv_poll_wait first = Look(kRead);
    rv_poll_wait second = Look(kRead);
    ASSERT_EQ(Queue(&first, 10), 0);
    ASSERT_EQ(Queue(&second, 11), 0);

    rv_poll_wait_unqueue(file_, &first, true);

    EXPECT_EQ(Woken(), Refs{});
    pair_.Send();
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, EndOfTheStreamIsForEverybody)
{
    Adopt();
    rv_poll_wait waits[3];
    for (unsigned i = 0; i < 3; i++) {
        waits[i] = Look(kRead);
        ASSERT_EQ(Queue(&waits[i], 10 + i), 0);
    }

    shutdown(pair_.far, SHUT_WR);
    epoll_.Turn();

    EXPECT_EQ(Woken(), (Refs{10, 11, 12}));
    rv_poll_side *side = &file_->side[RV_SIDE_READ];
    EXPECT_FALSE(rv_poll_side_drain(side, rv_poll_side_state(side)));
}

TEST_F(PollWaitTest, HangUpIsForBothDirections)
{
    Adopt();
    pair_.Fill();
    rv_poll_wait reader = Look(kRead);
    rv_poll_wait writer = Look(kWrite);
    ASSERT_EQ(Queue(&reader, 10), 0);
    ASSERT_EQ(Queue(&writer, 11), 0);

    close(pair_.far);
    epoll_.Turn();
    pair_.far = -1;

    EXPECT_EQ(Woken(), (Refs{10, 11}));
}

TEST_F(PollWaitTest, EventOfBothDirectionsWakesWhoWaits)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);

    pair_.Send();
    ASSERT_EQ(epoll_.Fetch(), 1); // readable and writable in one event
    EXPECT_EQ(epoll_.Deliver(), 1u);

    EXPECT_EQ(Woken(), Refs{10});
}

TEST_F(PollWaitTest, WaitForBothDirectionsIsClaimedByEither)
{
    Adopt();
    pair_.Fill();
    rv_poll_wait wait = Look(kRead | kWrite);
    ASSERT_EQ(Queue(&wait, 10), 0);
    epoll_.Turn();
    ASSERT_EQ(Woken(), Refs{});

    pair_.Send();
    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{10});
    EXPECT_TRUE(rv_poll_side_has_waiters(&file_->side[RV_SIDE_WRITE]));
    rv_poll_wait_unqueue(file_, &wait, false);
    EXPECT_FALSE(rv_poll_side_has_waiters(&file_->side[RV_SIDE_WRITE]));
}

TEST_F(PollWaitTest, ResetWhileNobodyWaitsIsReportedOnce)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    rv_poll_wait_unqueue(file_, &wait, false);
    epoll_.Turn();
    pair_.Fill();

    close(pair_.far); // with bytes unread: a reset
    pair_.far = -1;

    int events = 0;
    for (int i = 0; i < 100; i++) {
        events += epoll_.Turn();
    }
    EXPECT_EQ(events, 1);
}

TEST_F(PollWaitTest, StaleEventOfTheSameBatchWakesNobody)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    pair_.Send();
    ASSERT_EQ(epoll_.Fetch(), 1);

    // Before it is delivered the number is closed and becomes another file.
    rv_poll_wait_unqueue(file_, &wait, false);
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    uint32_t life = rv_pollable_close_end(file_, pair_.near);
    Pair other;
    ASSERT_EQ(dup2(other.near, pair_.near), pair_.near);
    rv_pollable_close_done(file_, life);
    Adopt();
    rv_poll_wait fresh = Look(kRead);
    ASSERT_EQ(Queue(&fresh, 11), 0);
    uint64_t stale = rv_poll_wait_stale_events();

    EXPECT_EQ(epoll_.Deliver(), 0u);

    EXPECT_EQ(Woken(), Refs{});
    EXPECT_EQ(rv_poll_wait_stale_events(), stale + 1);
    other.Send();
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, EventMayArriveWhenItsNumberIsNotInUse)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    pair_.Send();
    ASSERT_EQ(epoll_.Fetch(), 1);
    rv_poll_wait_unqueue(file_, &wait, false);
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    rv_pollable_close_end(file_, pair_.near);

    EXPECT_EQ(epoll_.Deliver(), 0u);

    EXPECT_EQ(Woken(), Refs{});
}

TEST_F(PollWaitTest, DuplicateOfAClosedDescriptorIsNoLongerRegistered)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    rv_poll_wait_unqueue(file_, &wait, false);
    int copy = dup(pair_.near);
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    rv_pollable_close_end(file_, pair_.near);
    close(pair_.near);
    pair_.near = copy;

    pair_.Send();

    EXPECT_EQ(epoll_.Turn(), 0);
}

// The number is closed behind our back while a duplicate lives: no call takes
// that registration off. Its events must wake nobody, and come no more often
// than something happens to the duplicate.
TEST_F(PollWaitTest, DuplicateOfADescriptorClosedElsewhereDoesNotSpin)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    rv_poll_wait_unqueue(file_, &wait, false);
    int copy = dup(pair_.near);
    Pair other;
    ASSERT_EQ(dup2(other.near, pair_.near), pair_.near);
    Adopt();
    rv_poll_wait fresh = Look(kRead);
    ASSERT_EQ(Queue(&fresh, 11), 0);
    epoll_.Turn();
    Woken();

    pair_.Send(); // to the duplicate
    int events = 0;
    for (int i = 0; i < 100; i++) {
        events += epoll_.Turn();
    }

    EXPECT_LE(events, 1);
    EXPECT_EQ(Woken(), Refs{});
    other.Send();
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{11});
    close(copy);
}

TEST_F(PollWaitTest, ForeignWaitIsArmedForOneEvent)
{
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);

    pair_.Send();
    EXPECT_EQ(epoll_.Turn(), 1);
    EXPECT_EQ(Woken(), Refs{10});
    pair_.Send();
    EXPECT_EQ(epoll_.Turn(), 0); // nobody waits

    Again(&wait);
    ASSERT_EQ(Queue(&wait, 10), 0);
    EXPECT_EQ(epoll_.Turn(), 1); // what is there already is reported
    EXPECT_EQ(Woken(), Refs{10});
}

TEST_F(PollWaitTest, ForeignWaitersOfBothDirectionsAreServed)
{
    pair_.Fill();
    rv_poll_wait reader = Look(kRead);
    rv_poll_wait writer = Look(kWrite);
    ASSERT_EQ(Queue(&reader, 10), 0);
    ASSERT_EQ(Queue(&writer, 11), 0);

    pair_.Send();
    epoll_.Turn(); // spends the shot; the other direction is armed again
    EXPECT_EQ(Woken(), Refs{10});
    pair_.Drain(pair_.far);
    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, ForeignReadersTakeTurns)
{
    rv_poll_wait first = Look(kRead);
    rv_poll_wait second = Look(kRead);
    ASSERT_EQ(Queue(&first, 10), 0);
    ASSERT_EQ(Queue(&second, 11), 0);

    pair_.Send();
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{10});
    EXPECT_EQ(epoll_.Turn(), 0); // not armed while 10 is at it
    rv_poll_wait_pass(file_, RV_SIDE_READ);

    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, ForeignWaitersShareOneRegistration)
{
    Epoll other;
    rv_poll_wait first = Look(kRead);
    rv_poll_wait second = Look(kRead);
    ASSERT_EQ(Queue(&first, 10), 0);

    ASSERT_EQ(Queue(&second, 11, &other), 0);

    EXPECT_FALSE(other.Has(pair_.near));
    pair_.Send();
    EXPECT_EQ(other.Turn(), 0);
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{10});
    rv_poll_wait_unqueue(file_, &second, false);
}

TEST_F(PollWaitTest, ForeignDescriptorMovesWithItsRegistration)
{
    Epoll other;
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    rv_poll_wait_unqueue(file_, &wait, false);

    ASSERT_EQ(Queue(&wait, 11, &other), 0);

    EXPECT_FALSE(epoll_.Has(pair_.near));
    pair_.Send();
    EXPECT_EQ(other.Turn(), 1);
    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, ManagedDescriptorStaysAtItsHome)
{
    Adopt();
    Epoll other;
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    rv_poll_wait_unqueue(file_, &wait, false);

    ASSERT_EQ(Queue(&wait, 11, &other), 0);

    EXPECT_FALSE(other.Has(pair_.near));
    pair_.Send();
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, ForeignNumberClosedAndReusedElsewhereIsArmedAnew)
{
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);
    rv_poll_wait_unqueue(file_, &wait, false);
    Pair other;
    ASSERT_EQ(dup2(other.near, pair_.near), pair_.near); // closes the old one

    ASSERT_EQ(Queue(&wait, 11), 0);

    other.Send();
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, ForeignWaitersSeeThatTheirNumberIsGone)
{
    pair_.Fill();
    rv_poll_wait reader = Look(kRead);
    rv_poll_wait writer = Look(kWrite);
    ASSERT_EQ(Queue(&reader, 10), 0);
    ASSERT_EQ(Queue(&writer, 11), 0);
    pair_.Send();
    ASSERT_EQ(epoll_.Fetch(), 1);
    int copy = dup(pair_.near);
    close(pair_.near);

    epoll_.Deliver(); // cannot arm for the writer again

    EXPECT_EQ(Woken(), (Refs{11, 10}));
    dup2(copy, pair_.near);
    close(copy);
}

TEST_F(PollWaitTest, RegularFileCannotBeWaitedFor)
{
    char path[] = "/tmp/rove_poll_wait_XXXXXX";
    int fd = mkstemp(path);
    ASSERT_GE(fd, 0);
    unlink(path);
    rv_pollable *file;
    ASSERT_EQ(rv_pollable_of(fd, &file), 0);
    rv_poll_wait wait = {};
    wait.sides = kRead;

    EXPECT_EQ(rv_poll_wait_queue(file, fd, epoll_.get(), &wait, 10), -EPERM);
    EXPECT_FALSE(rv_poll_side_has_waiters(&file->side[RV_SIDE_READ]));
    EXPECT_EQ(rv_poll_wait_probe(file, fd, epoll_.get()), -EPERM);

    close(fd);
}

TEST_F(PollWaitTest, ProbedDescriptorCanBeWaitedFor)
{
    ASSERT_EQ(rv_poll_wait_probe(file_, pair_.near, epoll_.get()), 0);
    pair_.Send();
    EXPECT_EQ(epoll_.Turn(), 0);
    rv_poll_wait wait = Look(kRead);
    ASSERT_EQ(Queue(&wait, 10), 0);

    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{10});
}

TEST_F(PollWaitTest, ClosedNumberCannotBeWaitedFor)
{
    int fd = dup(pair_.near);
    close(fd);
    rv_pollable *file;
    ASSERT_EQ(rv_pollable_of(fd, &file), 0);
    rv_poll_wait wait = {};
    wait.sides = kRead;
    EXPECT_EQ(rv_poll_wait_queue(file, fd, epoll_.get(), &wait, 10), -EBADF);
}

TEST_F(PollWaitTest, SleeperIsLeftAloneByReadinessAndToldOfErrors)
{
    Adopt();
    rv_poll_wait reader = Look(kRead);
    ASSERT_EQ(Queue(&reader, 10), 0);
    rv_poll_wait sleeper = {};
    sleeper.sides = kAlert;
    ASSERT_EQ(rv_poll_wait_queue(file_, pair_.near, nullptr, &sleeper, 20), 0);

    pair_.Send();
    epoll_.Turn();
    EXPECT_EQ(Woken(), Refs{10});
    close(pair_.far);
    pair_.far = -1;
    epoll_.Turn();

    EXPECT_EQ(Woken(), Refs{20});
}

TEST_F(PollWaitTest, WaiterOfAPollerThatEndsFindsAnotherHome)
{
    Adopt();
    rv_poll_wait wait = Look(kRead);
    Epoll other;
    {
        Epoll ending;
        ASSERT_EQ(Queue(&wait, 10, &ending), 0);
    }
    EXPECT_EQ(Woken(), Refs{10});

    Again(&wait);
    ASSERT_EQ(Queue(&wait, 11, &other), 0);

    pair_.Send();
    other.Turn();
    EXPECT_EQ(Woken(), Refs{11});
}

TEST_F(PollWaitTest, ChildProcessSeesNoEpoll)
{
    EXPECT_TRUE(fcntl(epoll_.get()->epoll, F_GETFD) & FD_CLOEXEC);
    EXPECT_TRUE(fcntl(epoll_.get()->event_fd, F_GETFD) & FD_CLOEXEC);
}

} // namespace
