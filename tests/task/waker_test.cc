// At stake: a waker wakes its own wait or nobody, whenever it comes and from
// wherever, and a source is armed and disarmed in pairs.

#include <cerrno>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

// Gives out tickets, one to a waiter. Keeps all wakers it ever got.
struct Tickets : rove_source {
    Tickets()
    {
        rove_source::ready = [](rove_source *self, int64_t *result) {
            Tickets *tickets = static_cast<Tickets *>(self);
            std::lock_guard<std::mutex> guard(tickets->lock);
            if (tickets->left == 0) {
                return false;
            }
            tickets->left--;
            *result = ++tickets->taken;
            return true;
        };
        rove_source::arm = [](rove_source *self, rove_waker waker) {
            Tickets *tickets = static_cast<Tickets *>(self);
            std::lock_guard<std::mutex> guard(tickets->lock);
            if (tickets->arm_error != 0) {
                return tickets->arm_error;
            }
            tickets->armed++;
            tickets->wakers.push_back(waker);
            if (tickets->left > 0) {
                rove_wake(waker);
            }
            return 0;
        };
        rove_source::disarm = [](rove_source *self, rove_waker waker) {
            Tickets *tickets = static_cast<Tickets *>(self);
            std::lock_guard<std::mutex> guard(tickets->lock);
            EXPECT_EQ(tickets->wakers.back().words[1], waker.words[1]);
            tickets->disarmed++;
        };
    }

    void Give(int count)
    {
        std::vector<rove_waker> all;
        {
            std::lock_guard<std::mutex> guard(lock);
            left += count;
            all = wakers;
        }
        for (rove_waker waker : all) {
            rove_wake(waker);
        }
    }

    int Armed()
    {
        std::lock_guard<std::mutex> guard(lock);
        return armed - disarmed;
    }

    std::mutex lock;
    int left = 0;
    int taken = 0;
    int armed = 0;
    int disarmed = 0;
    int arm_error = 0;
    std::vector<rove_waker> wakers;
};

class WakerTest : public WithRuntime
{
  protected:
    Tickets tickets_;
};

INSTANTIATE_TEST_SUITE_P(Workers, WakerTest, ::testing::ValuesIn(kStealing),
                         NameOf);

TEST_P(WakerTest, WhatIsReadyIsNotArmed)
{
    tickets_.left = 2;
    int64_t result = 0;
    EXPECT_EQ(rove_source_wait(&tickets_, &result), 0);
    EXPECT_EQ(result, 1);
    InTask([&] { EXPECT_EQ(rove_source_wait(&tickets_, nullptr), 0); });
    EXPECT_EQ(tickets_.armed, 0);
}

TEST_P(WakerTest, APlainThreadWakesTasks)
{
    constexpr int kTasks = 20;
    InTask([&] {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < kTasks; i++) {
            tasks.push_back(Spawn([&] {
                int64_t result = 0;
                EXPECT_EQ(rove_source_wait(&tickets_, &result), 0);
                return result;
            }));
        }
        std::thread giver([&] {
            EXPECT_TRUE(Eventually([&] { return tickets_.Armed() > 0; }));
            for (int i = 0; i < kTasks; i++) {
                tickets_.Give(1); // the wakers of those gone by too
            }
        });
        std::set<int64_t> got;
        for (rove_task *task : tasks) {
            got.insert(rove_join(task));
        }
        giver.join();
        EXPECT_EQ(got.size(), size_t{kTasks});
        EXPECT_EQ(*got.rbegin(), kTasks);
    });
    EXPECT_EQ(tickets_.Armed(), 0);
}

TEST_P(WakerTest, ATaskWakesAPlainThread)
{
    std::thread waiter([&] {
        int64_t result = 0;
        EXPECT_EQ(rove_source_wait(&tickets_, &result), 0);
        EXPECT_EQ(result, 1);
    });
    InTask([&] {
        EXPECT_TRUE(Eventually([&] { return tickets_.Armed() > 0; }));
        tickets_.Give(1);
    });
    waiter.join();
}

TEST_P(WakerTest, AnEmptyWakeIsAskedAboutAndWaitedOn)
{
    InTask([&] {
        std::atomic<bool> is_done{false};
        rove_task *waiter = Spawn([&] {
            int error = rove_source_wait(&tickets_, nullptr);
            is_done = true;
            return error;
        });
        for (int i = 1; i < 20; i++) {
            EXPECT_TRUE(Eventually([&] {
                std::lock_guard<std::mutex> guard(tickets_.lock);
                return tickets_.armed >= i;
            }));
            tickets_.Give(0);
            EXPECT_FALSE(is_done);
        }
        tickets_.Give(1);
        EXPECT_EQ(rove_join(waiter), 0);
    });
    EXPECT_EQ(tickets_.Armed(), 0);
}

// The waits after it, of the same task and of who has its descriptor next, do
// not end early.
TEST_P(WakerTest, AWakerThatComesLateOrTwiceWakesNobody)
{
    InTask([&] {
        rove_task *first = Spawn([&] {
            EXPECT_EQ(rove_source_wait(&tickets_, nullptr), 0);
            return rove_sleep(2 * ROVE_MS);
        });
        EXPECT_TRUE(Eventually([&] { return tickets_.Armed() > 0; }));
        tickets_.Give(1);
        rove_waker waker = tickets_.wakers[0];
        rove_wake(waker);
        rove_time before = rove_now();
        std::thread late([=] {
            for (int i = 0; i < 1000; i++) {
                rove_wake(waker);
            }
        });
        EXPECT_EQ(rove_join(first), 0);
        late.join();
        EXPECT_GE(rove_now() - before, 0);
        for (int i = 0; i < 50; i++) {
            rove_future *never = rove_future_new();
            rove_task *next =
                Spawn([&] { return rove_future_wait(never, nullptr); });
            EXPECT_EQ(rove_yield(), 0);
            rove_wake(waker);
            rove_cancel(next);
            EXPECT_EQ(rove_join(next), -ECANCELED);
            rove_future_unref(never);
        }
    });
    rove_wake(tickets_.wakers[0]); // after the runtime
    rove_wake(rove_waker{{0, 0}});
}

TEST_P(WakerTest, TheSourceMayGoAfterTheWait)
{
    InTask([&] {
        for (int i = 0; i < 200; i++) {
            auto own = std::make_unique<Tickets>();
            rove_case cases[] = {rove_on_source(own.get()), rove_on_time(0)};
            std::thread giver;
            if (i % 8 == 0) {
                cases[1] = rove_on_time(ROVE_FOREVER);
                giver = std::thread([&] { own->Give(1); });
            }
            EXPECT_EQ(rove_select(cases, 2, 0), i % 8 == 0 ? 0 : 1);
            if (giver.joinable()) {
                giver.join();
            }
            EXPECT_EQ(own->Armed(), 0);
            rove_waker last =
                own->wakers.empty() ? rove_waker{{0, 0}} : own->wakers.back();
            own.reset();
            rove_wake(last);
        }
    });
}

TEST_P(WakerTest, AnErrorOfArmIsTheResult)
{
    tickets_.arm_error = -ENOBUFS;
    int64_t result = 5;
    EXPECT_EQ(rove_source_wait(&tickets_, &result), -ENOBUFS);
    InTask([&] {
        Tickets other;
        rove_case cases[] = {rove_on_source(&other), rove_on_source(&tickets_)};
        EXPECT_EQ(rove_select(cases, 2, 0), -ENOBUFS);
        EXPECT_EQ(other.armed, 1);
        EXPECT_EQ(other.disarmed, 1);
    });
    EXPECT_EQ(result, 5);
    EXPECT_EQ(tickets_.disarmed, 0);
}

TEST_P(WakerTest, ACancelledWaiterTakesNoTicket)
{
    InTask([&] {
        rove_task *waiter =
            Spawn([&] { return rove_source_wait(&tickets_, nullptr); });
        EXPECT_TRUE(Eventually([&] { return tickets_.Armed() > 0; }));
        rove_cancel(waiter);
        EXPECT_EQ(rove_join(waiter), -ECANCELED);
    });
    EXPECT_EQ(tickets_.taken, 0);
    EXPECT_EQ(tickets_.Armed(), 0);
}

} // namespace
