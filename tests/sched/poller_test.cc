// At stake: the owner's wait ends when it is told to, whoever else polls its
// epoll, and a poller that cannot be made leaves nothing open. Shown on bare
// workers, without a scheduler.
extern "C" {
#include "src/sched/poller.h"

#include "src/base/clock.h"
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "src/sched/poll_wait.h"
#include "src/sched/worker.h"
#include "tests/sched/fake_wake.h"
#include "tests/support/fault.h"
}

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "tests/sched/two_workers.h"

#include "gtest/gtest.h"

namespace
{

int OpenFds()
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir) != nullptr) {
        count++;
    }
    closedir(dir);
    return count;
}

// A worker of which only the poller is made.
class Worker
{
  public:
    Worker()
        : worker_(static_cast<rv_worker *>(
              aligned_alloc(alignof(rv_worker), sizeof(rv_worker))))
    {
        memset(static_cast<void *>(worker_), 0, sizeof(rv_worker));
        EXPECT_EQ(rv_poller_init(&worker_->poller), 0);
    }

    ~Worker()
    {
        rv_pollable_forget(&worker_->poller);
        rv_poller_fini(&worker_->poller);
        free(worker_);
    }

    unsigned Poll(int64_t timeout)
    {
        return rv_poller_poll(poller(), worker_, timeout);
    }

    unsigned PollFor(Worker *victim)
    {
        return rv_poller_poll(victim->poller(), worker_, 0);
    }

    rv_poller *poller()
    {
        return &worker_->poller;
    }

    uint64_t io_events() const
    {
        return rv_u64_load_relaxed(&worker_->stats.io_events);
    }

  private:
    rv_worker *worker_;
};

class PollerTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        fake_wakes_clear();
    }

    void TearDown() override
    {
        rv_fault_disarm();
    }
};

TEST_F(PollerTest, FailedStartLeavesNothingOpen)
{
    rv_poller poller;
    int before = OpenFds();

    rv_fault_arm("rv_epoll_open", 1, EMFILE);
    EXPECT_EQ(rv_poller_init(&poller), -EMFILE);
    rv_fault_arm("rv_event_fd_open", 1, ENFILE);
    EXPECT_EQ(rv_poller_init(&poller), -ENFILE);
    rv_fault_arm("rv_epoll_add", 1, ENOMEM);
    EXPECT_EQ(rv_poller_init(&poller), -ENOMEM);

    EXPECT_EQ(OpenFds(), before);
}

TEST_F(PollerTest, EndClosesEverything)
{
    int before = OpenFds();
    {
        Worker worker;
        EXPECT_GT(OpenFds(), before);
    }
    EXPECT_EQ(OpenFds(), before);
}

TEST_F(PollerTest, RouseBeforeTheWaitEndsIt)
{
    Worker worker;
    rv_poller_rouse(worker.poller());
    rv_poller_rouse(worker.poller());

    EXPECT_EQ(worker.Poll(-1), 0u); // would wait for ever
}

TEST_F(PollerTest, RouseFromAnotherThreadEndsTheWait)
{
    Worker worker;
    for (int i = 0; i < 100; i++) {
        std::thread other([&] { rv_poller_rouse(worker.poller()); });
        EXPECT_EQ(worker.Poll(-1), 0u);
        other.join();
    }
}

TEST_F(PollerTest, OneWaitUsesUpAllRouses)
{
    Worker worker;
    rv_poller_rouse(worker.poller());
    rv_poller_rouse(worker.poller());
    worker.Poll(-1);

    struct pollfd fd = {worker.poller()->epoll, POLLIN, 0};
    EXPECT_EQ(rv_fd_poll(&fd, 1, 0), 0);
}

TEST_F(PollerTest, ThiefDoesNotTakeTheOwnersRouse)
{
    Worker owner;
    Worker thief;
    rv_poller_rouse(owner.poller());

    EXPECT_EQ(thief.PollFor(&owner), 0u);

    EXPECT_EQ(owner.Poll(-1), 0u); // would wait for ever
}

TEST_F(PollerTest, ThiefServesTheVictimsDescriptors)
{
    Worker victim;
    Worker thief;
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    rv_pollable *file;
    ASSERT_EQ(rv_pollable_of(fds[0], &file), 0);
    rv_pollable_adopt(file, 0);
    rv_poll_wait wait = {};
    wait.sides = 1u << RV_SIDE_READ;
    wait.tried = true;
    wait.seen[RV_SIDE_READ] = rv_poll_side_state(&file->side[RV_SIDE_READ]);
    ASSERT_EQ(rv_poll_wait_queue(file, fds[0], victim.poller(), &wait, 10), 0);
    ASSERT_EQ(write(fds[1], "x", 1), 1);

    EXPECT_EQ(thief.PollFor(&victim), 1u);

    ASSERT_EQ(fake_wakes_count(), 1u);
    EXPECT_EQ(fake_wakes_at(0).ref, 10u);
    EXPECT_EQ(fake_wakes_at(0).cause, RV_CAUSE_SOURCE);
    EXPECT_EQ(thief.io_events(), 1u);
    EXPECT_EQ(victim.io_events(), 0u);
    EXPECT_EQ(victim.Poll(0), 0u); // delivered once
    rv_pollable_close_begin(file);
    rv_pollable_close_end(file, fds[0]);
    close(fds[0]);
    close(fds[1]);
}

// What a duplicate keeps registered after its descriptor has another life.
TEST_F(PollerTest, EventOfAnEarlierLifeIsNotCounted)
{
    Worker worker;
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    rv_pollable *file;
    ASSERT_EQ(rv_pollable_of(fds[0], &file), 0);
    ASSERT_EQ(rv_poll_wait_probe(file, fds[0], worker.poller()), 0);
    rv_pollable_adopt(file, 0);
    int copy = dup(fds[0]);
    struct epoll_event stale = {};
    stale.events = EPOLLIN;
    stale.data.u64 =
        static_cast<uint64_t>(file->sequence - 1) << 32 | unsigned(fds[0]);
    ASSERT_EQ(epoll_ctl(worker.poller()->epoll, EPOLL_CTL_MOD, fds[0], &stale),
              0);
    ASSERT_EQ(write(fds[1], "x", 1), 1);

    EXPECT_EQ(worker.Poll(0), 0u);

    EXPECT_EQ(worker.io_events(), 0u);
    EXPECT_EQ(fake_wakes_count(), 0u);
    close(copy);
    close(fds[0]);
    close(fds[1]);
}

TEST_F(PollerTest, WatchedDescriptorWakesWithoutBeingServed)
{
    Worker worker;
    int bell = rv_event_fd_open();
    ASSERT_EQ(rv_poller_watch(worker.poller(), bell), 0);
    rv_event_fd_signal(bell);

    EXPECT_EQ(worker.Poll(-1), 0u); // would wait for ever

    EXPECT_EQ(worker.io_events(), 0u);
    EXPECT_EQ(fake_wakes_count(), 0u);
    rv_fd_close(bell);
}

TEST_F(PollerTest, WatchedEdgeWakesOnce)
{
    Worker worker;
    int bell = rv_event_fd_open();
    ASSERT_EQ(rv_poller_watch(worker.poller(), bell), 0);
    rv_event_fd_signal(bell);
    worker.Poll(-1);

    struct pollfd fd = {worker.poller()->epoll, POLLIN, 0};
    EXPECT_EQ(rv_fd_poll(&fd, 1, 0), 0);
    rv_fd_close(bell);
}

// Two workers that share a bell in the place of the watch's timer; the second
// one sleeps.
class TickTest : public TwoWorkers
{
  protected:
    void SetUp() override
    {
        TwoWorkers::SetUp();
        bell_ = rv_event_fd_open();
        for (rv_worker *w : workers_) {
            ASSERT_EQ(rv_poller_watch(&w->poller, bell_), 0);
        }
        rv_idle_enter(&scheduler_.idle, 1);
        rv_event_fd_signal(bell_);
    }

    void TearDown() override
    {
        TwoWorkers::TearDown();
        rv_fd_close(bell_);
    }

    bool WasRead() const
    {
        struct pollfd fd = {bell_, POLLIN, 0};
        return rv_fd_poll(&fd, 1, 0) == 0;
    }

    int bell_ = -1;
};

TEST_F(TickTest, ATickIsLeftToWhoSleepsAndTakenBeforeTheOwnSleep)
{
    rv_poller *own = &workers_[0]->poller;
    EXPECT_FALSE(rv_poller_take_left_tick(own));
    (void)rv_poller_poll(own, workers_[0], 0);
    EXPECT_FALSE(WasRead());
    EXPECT_FALSE(own->has_ticked);
    EXPECT_TRUE(rv_poller_take_left_tick(own));
    EXPECT_TRUE(WasRead());
    EXPECT_TRUE(own->has_ticked);
    EXPECT_FALSE(rv_poller_take_left_tick(own));
}

TEST_F(TickTest, WhoPollsForAnotherTakesItsTick)
{
    (void)rv_poller_poll(&workers_[1]->poller, workers_[0], 0);
    EXPECT_TRUE(WasRead());
    EXPECT_TRUE(workers_[0]->poller.has_ticked);
    EXPECT_FALSE(workers_[1]->poller.has_ticked);
}

TEST_F(PollerTest, PollingIsNoted)
{
    Worker worker;
    int64_t before = rv_clock_now();

    worker.Poll(0);

    EXPECT_GE(
        static_cast<int64_t>(rv_u64_load_relaxed(&worker.poller()->polled_at)),
        before);
}

TEST_F(PollerTest, InterruptedWaitIsAnEmptyOne)
{
    Worker worker;
    rv_poller_rouse(worker.poller());
    rv_fault_arm("epoll_pwait2", 1, EINTR);

    EXPECT_EQ(worker.Poll(-1), 0u);
    EXPECT_EQ(rv_fault_calls("epoll_pwait2"), 1u);
    EXPECT_EQ(worker.Poll(-1), 0u); // the rouse is still there
}

TEST_F(PollerTest, FullDoorbellIsARousedOne)
{
    Worker worker;
    uint64_t nearly_full = UINT64_MAX - 1;
    ASSERT_EQ(
        write(worker.poller()->event_fd, &nearly_full, sizeof(nearly_full)),
        static_cast<ssize_t>(sizeof(nearly_full)));

    rv_poller_rouse(worker.poller());

    EXPECT_EQ(worker.Poll(-1), 0u);
    rv_poller_rouse(worker.poller());
    EXPECT_EQ(worker.Poll(-1), 0u);
}

} // namespace
