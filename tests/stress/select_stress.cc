// At stake: a select raced, at every offset, by what can end it: exactly one
// case is carried out, none of the others, and no wake-up is lost.
// 100,000 races of each kind.

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <thread>
#include <vector>

#include "rove/channel.h"

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr int kSetups = 3;
constexpr int kRaces = (kUnderSanitizer ? 6000 : 100000) / kSetups + 1;

class SelectStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, SelectStress,
                         ::testing::Values(Setup{1, ROVE_STEALING},
                                           Setup{2, ROVE_STEALING},
                                           Setup{8, ROVE_STEALING}),
                         NameOf);

static_assert(kSetups == 3, "the number of setups above");

TEST_P(SelectStress, CancelAgainstCompletion)
{
    int chosen = 0;
    int cancelled = 0;
    InTask([&] {
        Random random(0);
        Random theirs(1);
        for (int i = 0; i < kRaces; i++) {
            rove_future *futures[2] = {rove_future_new(), rove_future_new()};
            const int which = i % 2;
            rove_task *selector = Spawn([&] {
                rove_case cases[] = {rove_on_future(futures[0]),
                                     rove_on_future(futures[1])};
                int result = rove_select(cases, 2, 0);
                if (result >= 0) {
                    EXPECT_EQ(cases[result].result, 7);
                }
                return result;
            });
            uint32_t spins = theirs.Below(100);
            rove_task *setter = Spawn([&, spins] {
                Spin(spins);
                return rove_future_set(futures[which], 7);
            });
            for (uint32_t yields = random.Below(6); yields > 0; yields--) {
                (void)rove_yield();
            }
            random.Spin(200);
            rove_cancel(selector);
            int64_t result = rove_join(selector);
            EXPECT_TRUE(result == which || result == -ECANCELED) << result;
            (result >= 0 ? chosen : cancelled)++;
            EXPECT_EQ(rove_join(setter), 0);
            rove_future_unref(futures[0]);
            rove_future_unref(futures[1]);
        }
    });
    EXPECT_GT(chosen, 0);
    EXPECT_GT(cancelled, 0);
}

// Many selects share a deadline, since timers fire by the tick. It lies within
// the time that spawning and waking them took the last time, or behind.
TEST_P(SelectStress, TimeoutAgainstWake)
{
    int woken = 0;
    int timed_out = 0;
    InTask([&] {
        constexpr int kSelects = 200;
        Random random(2);
        rove_time took = 100 * ROVE_US;
        for (int i = 0; i < kRaces; i += kSelects) {
            const rove_time begin = rove_now();
            const rove_time deadline =
                begin + random.Below(2 * static_cast<uint32_t>(took) + 1);
            std::vector<rove_future *> futures;
            std::vector<rove_task *> selects;
            for (int k = 0; k < kSelects; k++) {
                futures.push_back(rove_future_new());
                selects.push_back(Spawn([future = futures.back(), deadline] {
                    rove_case cases[] = {rove_on_time(deadline),
                                         rove_on_future(future)};
                    int which = rove_select(cases, 2, 0);
                    if (which == 0) {
                        EXPECT_GE(rove_now(), deadline);
                    }
                    return which;
                }));
            }
            (void)rove_yield();
            for (rove_future *future : futures) {
                random.Spin(200);
                EXPECT_EQ(rove_future_set(future, 0), 0);
                if (random.Below(8) == 0) {
                    (void)rove_yield();
                }
            }
            took = std::min(rove_now() - begin, ROVE_SEC);
            for (int k = 0; k < kSelects; k++) {
                int64_t which = rove_join(selects[k]);
                EXPECT_TRUE(which == 0 || which == 1) << which;
                (which == 1 ? woken : timed_out)++;
                rove_future_unref(futures[k]);
            }
        }
    });
    EXPECT_GT(woken, 0);
    EXPECT_GT(timed_out, 0);
}

// A ticket a round, given by a plain thread; a source of one waker.
struct Ticket : rove_source {
    Ticket()
    {
        rove_source::ready = [](rove_source *self, int64_t *result) {
            Ticket *ticket = static_cast<Ticket *>(self);
            std::lock_guard<std::mutex> guard(ticket->lock);
            *result = ticket->is_there ? 1 : 0;
            bool took = ticket->is_there;
            ticket->is_there = false;
            return took;
        };
        rove_source::arm = [](rove_source *self, rove_waker waker) {
            Ticket *ticket = static_cast<Ticket *>(self);
            std::lock_guard<std::mutex> guard(ticket->lock);
            ticket->last = waker;
            ticket->is_armed = true;
            if (ticket->is_there) {
                rove_wake(waker);
            }
            return 0;
        };
        rove_source::disarm = [](rove_source *self, rove_waker) {
            Ticket *ticket = static_cast<Ticket *>(self);
            std::lock_guard<std::mutex> guard(ticket->lock);
            ticket->is_armed = false;
        };
    }

    void Give()
    {
        rove_waker woken = {{0, 0}};
        {
            std::lock_guard<std::mutex> guard(lock);
            is_there = true;
            woken = last; // perhaps of an earlier arm: harmless
        }
        rove_wake(woken);
        rove_wake(woken);
    }

    std::mutex lock;
    bool is_there = false;
    bool is_armed = false;
    rove_waker last = {{0, 0}};
};

TEST_P(SelectStress, TicketsFromPlainThreadsAreNeitherLostNorDoubled)
{
    constexpr int kTickets = kRaces / 2;
    InTask([&] {
        Ticket tickets[2];
        std::atomic<int> turn[2] = {};
        std::vector<std::thread> givers;
        for (int t = 0; t < 2; t++) {
            givers.emplace_back([&, t] {
                Random random(static_cast<uint32_t>(3 + t));
                for (int i = 0; i < kTickets; i++) {
                    while (turn[t] < i) {
                        Spin(1);
                        if (i % 64 == 0) {
                            std::this_thread::yield();
                        }
                    }
                    random.Spin(100);
                    tickets[t].Give();
                }
            });
        }
        int taken[2] = {};
        while (taken[0] + taken[1] < 2 * kTickets) {
            rove_case cases[] = {rove_on_source(&tickets[0]),
                                 rove_on_source(&tickets[1])};
            int which = rove_select(cases, 2, 0);
            EXPECT_TRUE(which == 0 || which == 1) << which;
            EXPECT_EQ(cases[which].result, 1);
            turn[which] = ++taken[which];
        }
        for (std::thread &giver : givers) {
            giver.join();
        }
        EXPECT_EQ(taken[0], kTickets);
        EXPECT_FALSE(tickets[0].is_there);
        EXPECT_FALSE(tickets[1].is_armed);
    });
}

// A task that ends, a select on it that has a time, and the handle afterwards.
TEST_P(SelectStress, TimeoutAgainstTheEndOfATask)
{
    int ended = 0;
    int timed_out = 0;
    InTask([&] {
        Random random(6);
        for (int i = 0; i < kRaces / 4; i++) {
            uint32_t spins = random.Below(200);
            uint32_t yields = random.Below(3);
            rove_task *task = Spawn([spins, yields] {
                for (uint32_t k = 0; k < yields; k++) {
                    (void)rove_yield();
                }
                Spin(spins);
                return 9;
            });
            rove_case cases[] = {rove_on_task(task),
                                 rove_on_time(rove_now() + random.Below(3000))};
            int which = rove_select(cases, 2, 0);
            EXPECT_TRUE(which == 0 || which == 1) << which;
            (which == 0 ? ended : timed_out)++;
            EXPECT_EQ(rove_join(task), 9);
        }
    });
    EXPECT_GT(ended, 0);
    EXPECT_GT(timed_out, 0);
}

// Each sees the other armed and may not claim it while it is arming itself.
// Every round both carry out one case: of the same channel, one each way.
TEST_P(SelectStress, SelectsThatMeetEndWithOneCaseEach)
{
    auto meet = [](const std::function<void(std::function<void()>,
                                            std::function<void()>)> &run) {
        rove_chan *chans[2] = {rove_chan_new(sizeof(int), 0, nullptr),
                               rove_chan_new(sizeof(int), 0, nullptr)};
        int sent[2][2] = {};
        int received[2][2] = {};
        auto play = [&](int self) {
            for (int i = 0; i < kRaces / 2; i++) {
                int out = self;
                int in = -1;
                rove_case cases[] = {rove_on_send(chans[self], &out),
                                     rove_on_recv(chans[1 - self], &in)};
                int which = rove_select(cases, 2, 0);
                EXPECT_TRUE(which == 0 || which == 1) << which;
                if (which == 0) {
                    sent[self][self]++;
                    EXPECT_EQ(in, -1);
                } else {
                    received[self][1 - self]++;
                    EXPECT_EQ(in, 1 - self);
                }
            }
        };
        run([&] { play(0); }, [&] { play(1); });
        EXPECT_EQ(sent[0][0], received[1][0]);
        EXPECT_EQ(sent[1][1], received[0][1]);
        EXPECT_EQ(sent[0][0] + sent[1][1], kRaces / 2);
        rove_chan_unref(chans[0]);
        rove_chan_unref(chans[1]);
    };
    InTask([&] {
        meet([](std::function<void()> left, std::function<void()> right) {
            rove_task *one = Spawn([&] {
                left();
                return 0;
            });
            right();
            EXPECT_EQ(rove_join(one), 0);
        });
        meet([](std::function<void()> left, std::function<void()> right) {
            std::thread one(left);
            right();
            one.join();
        });
    });
}

// All at one channel, in both directions.
TEST_P(SelectStress, AnyNumberOfSelectsMeetAtOneChannel)
{
    InTask([] {
        constexpr int kTasks = 6;
        rove_chan *chan = rove_chan_new(sizeof(int), 0, nullptr);
        rove_future *stop = rove_future_new();
        std::atomic<int> sent{0};
        std::atomic<int> received{0};
        std::vector<rove_task *> tasks;
        for (int t = 0; t < kTasks; t++) {
            tasks.push_back(Spawn([&, t] {
                for (;;) {
                    int out = t;
                    int in = t;
                    rove_case cases[] = {rove_on_send(chan, &out),
                                         rove_on_future(stop),
                                         rove_on_recv(chan, &in)};
                    switch (rove_select(cases, 3, 0)) {
                    case 0:
                        sent++;
                        break;
                    case 2:
                        EXPECT_NE(in, t); // never one's own
                        received++;
                        break;
                    default:
                        return 0;
                    }
                }
            }));
        }
        EXPECT_TRUE(Eventually([&] { return received >= kRaces / 2; }));
        EXPECT_EQ(rove_future_set(stop, 0), 0);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        EXPECT_EQ(sent, received);
        rove_future_unref(stop);
        rove_chan_unref(chan);
    });
}

} // namespace
