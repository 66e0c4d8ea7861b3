// At stake: a timer fires once, never early, in order, however far away its
// deadline is and wherever the clock stands; and a cancelled timer's memory is
// the caller's again at once. Shown against a sorted reference from clocks just
// below the places where a level of the wheel runs out, and by threads that
// cancel, fire and free at the same time.
extern "C" {
#include "src/queue/timer_wheel.h"

#include "src/base/bits.h"
#include "src/base/rng.h"
}

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace
{

#ifdef RV_SHAKE
constexpr int kWaits = 5000; // delays instead of numbers
#else
constexpr int kWaits = 50000;
#endif

constexpr int64_t kTick = INT64_C(1) << RV_TIMER_WHEEL_TICK_BITS;

// The first tick at or after a deadline, computed without shifts or wraps.
uint64_t TickOf(int64_t deadline)
{
    if (deadline <= 0) {
        return 0;
    }
    return (uint64_t)(deadline / kTick) + (deadline % kTick != 0);
}

// The last ns before the clock enters a new slot of `level`.
int64_t JustBelow(unsigned level)
{
    return (INT64_C(1) << (RV_TIMER_WHEEL_TICK_BITS + 6 * level)) - 1;
}

class Wheel
{
  public:
    explicit Wheel(int64_t now) : wheel_(new rv_timer_wheel)
    {
        rv_timer_wheel_init(wheel_.get(), now);
    }

    rv_timer_wheel *get()
    {
        return wheel_.get();
    }

    int64_t Next()
    {
        return rv_timer_wheel_next(wheel_.get());
    }

    // One expire; the timers it fired, in order.
    std::vector<rv_timer *> ExpireOnce(int64_t now)
    {
        std::vector<rv_timer *> fired;
        unsigned count = rv_timer_wheel_expire(
            wheel_.get(), now,
            [](rv_timer *timer, void *context) {
                static_cast<std::vector<rv_timer *> *>(context)->push_back(
                    timer);
            },
            &fired);
        EXPECT_EQ(count, fired.size());
        return fired;
    }

    // Expires until nothing more is due, as a worker would.
    std::vector<rv_timer *> Expire(int64_t now)
    {
        std::vector<rv_timer *> fired;
        while (Next() <= now) {
            std::vector<rv_timer *> more = ExpireOnce(now);
            fired.insert(fired.end(), more.begin(), more.end());
        }
        return fired;
    }

  private:
    std::unique_ptr<rv_timer_wheel> wheel_;
};

class Timer
{
  public:
    Timer()
    {
        rv_timer_init(&timer_);
    }

    rv_timer *get()
    {
        return &timer_;
    }

  private:
    rv_timer timer_;
};

using Fired = std::vector<rv_timer *>;

TEST(TimerWheelTest, TimerFiresAtTheTickAfterItsDeadline)
{
    Wheel wheel(0);
    Timer timer;

    rv_timer_wheel_add(wheel.get(), timer.get(), kTick + 1);

    EXPECT_EQ(wheel.Next(), 2 * kTick);
    EXPECT_EQ(wheel.Expire(2 * kTick - 1), Fired{});
    EXPECT_EQ(wheel.Expire(2 * kTick), Fired{timer.get()});
    EXPECT_EQ(wheel.Expire(9 * kTick), Fired{});
}

TEST(TimerWheelTest, DeadlineInThePastFiresAtTheNextExpire)
{
    Wheel wheel(100 * kTick);
    Timer past, zero, negative;

    rv_timer_wheel_add(wheel.get(), past.get(), 99 * kTick);
    rv_timer_wheel_add(wheel.get(), zero.get(), 0);
    rv_timer_wheel_add(wheel.get(), negative.get(), INT64_MIN);

    EXPECT_LE(wheel.Next(), 100 * kTick);
    EXPECT_EQ(wheel.Expire(100 * kTick).size(), 3u);
    EXPECT_EQ(wheel.Next(), INT64_MAX);
}

TEST(TimerWheelTest, TimersOfOneTickFireInTheOrderAdded)
{
    for (unsigned level = 0; level < RV_TIMER_WHEEL_LEVELS; level++) {
        Wheel wheel(JustBelow(level));
        Timer a, b, c;
        int64_t deadline = JustBelow(level) + 5 * kTick;

        rv_timer_wheel_add(wheel.get(), a.get(), deadline - 10);
        rv_timer_wheel_add(wheel.get(), b.get(), deadline - 30);
        rv_timer_wheel_add(wheel.get(), c.get(), deadline - 20);

        EXPECT_EQ(wheel.Expire(deadline + kTick),
                  (Fired{a.get(), b.get(), c.get()}));
    }
}

TEST(TimerWheelTest, CancelledTimerNeverFires)
{
    Wheel wheel(0);
    Timer timer, other;
    rv_timer_wheel_add(wheel.get(), timer.get(), 10 * kTick);
    rv_timer_wheel_add(wheel.get(), other.get(), 10 * kTick);

    EXPECT_TRUE(rv_timer_wheel_cancel(timer.get()));
    EXPECT_FALSE(rv_timer_wheel_cancel(timer.get()));

    EXPECT_EQ(wheel.Expire(20 * kTick), Fired{other.get()});
}

TEST(TimerWheelTest, CancelTellsThatTheTimerFired)
{
    Wheel wheel(0);
    Timer timer;
    rv_timer_wheel_add(wheel.get(), timer.get(), kTick);
    ASSERT_EQ(wheel.Expire(kTick), Fired{timer.get()});

    EXPECT_FALSE(rv_timer_wheel_cancel(timer.get()));
}

TEST(TimerWheelTest, CancelOfTimerNeverAddedIsFalse)
{
    Timer timer;

    EXPECT_FALSE(rv_timer_wheel_cancel(timer.get()));
}

TEST(TimerWheelTest, CancelOfTheLastTimerEmptiesItsSlotOnAnyLevel)
{
    for (unsigned level = 0; level < RV_TIMER_WHEEL_LEVELS; level++) {
        Wheel wheel(0);
        Timer a, b;
        rv_timer_wheel_add(wheel.get(), a.get(), JustBelow(level) + 1);
        rv_timer_wheel_add(wheel.get(), b.get(), JustBelow(level) + 1);

        ASSERT_TRUE(rv_timer_wheel_cancel(a.get()));
        uint64_t all = 0;
        for (uint64_t bits : wheel.get()->occupied) {
            all |= bits;
        }
        EXPECT_NE(all, 0u);
        ASSERT_TRUE(rv_timer_wheel_cancel(b.get()));
        for (uint64_t bits : wheel.get()->occupied) {
            EXPECT_EQ(bits, 0u);
        }
    }
}

TEST(TimerWheelTest, EmptyWheelHasNoNext)
{
    Wheel wheel(123456789);

    EXPECT_EQ(wheel.Next(), INT64_MAX);
    EXPECT_EQ(wheel.ExpireOnce(INT64_MAX - 1), Fired{});
    EXPECT_EQ(wheel.Next(), INT64_MAX);
}

TEST(TimerWheelTest, StaleBoundCostsOneLook)
{
    Wheel wheel(0);
    Timer near, far;
    rv_timer_wheel_add(wheel.get(), near.get(), 3 * kTick);
    rv_timer_wheel_add(wheel.get(), far.get(), 50 * kTick);
    ASSERT_TRUE(rv_timer_wheel_cancel(near.get()));
    ASSERT_EQ(wheel.Next(), 3 * kTick);

    EXPECT_EQ(wheel.ExpireOnce(3 * kTick), Fired{});

    EXPECT_EQ(wheel.Next(), 50 * kTick);
    EXPECT_EQ(wheel.get()->current, 3u);
}

TEST(TimerWheelTest, ExpireLeavesAWheelThatIsBusyAlone)
{
    Wheel wheel(0);
    Timer timer;
    rv_timer_wheel_add(wheel.get(), timer.get(), kTick);

    ASSERT_TRUE(rv_lock_try(&wheel.get()->lock));
    EXPECT_EQ(wheel.ExpireOnce(kTick), Fired{});
    rv_lock_release(&wheel.get()->lock);

    EXPECT_EQ(wheel.ExpireOnce(kTick), Fired{timer.get()});
}

// Many timers in one far slot: expire stops after a batch while they move
// down, and others come and go in between.
TEST(TimerWheelTest, BatchEndsEarlyAndLosesNothing)
{
    constexpr int kTimers = 5 * RV_TIMER_WHEEL_BATCH;
    Wheel wheel(0);
    std::vector<Timer> timers(kTimers);
    int64_t base = JustBelow(2) + 1;
    int64_t end = base + 64 * kTick;
    rv_rng rng;
    rv_rng_seed(&rng, 11);

    std::map<rv_timer *, uint64_t> due;
    for (Timer &timer : timers) {
        int64_t deadline = base + kTick * rv_rng_below(&rng, 64);
        rv_timer_wheel_add(wheel.get(), timer.get(), deadline);
        due[timer.get()] = TickOf(deadline);
    }
    Fired fired;
    size_t turns = 0;
    while (wheel.Next() <= end) {
        Fired more = wheel.ExpireOnce(end);
        ASSERT_LE(more.size(), size_t{RV_TIMER_WHEEL_BATCH});
        fired.insert(fired.end(), more.begin(), more.end());
        rv_timer *victim = timers[turns * 17 % kTimers].get();
        if (rv_timer_wheel_cancel(victim)) {
            due.erase(victim);
        }
        ASSERT_LT(turns++, size_t{kTimers});
    }

    EXPECT_GT(turns, 5u);
    ASSERT_EQ(fired.size(), due.size());
    for (size_t i = 0; i < fired.size(); i++) {
        ASSERT_EQ(due.count(fired[i]), 1u);
        ASSERT_TRUE(i == 0 || due[fired[i - 1]] <= due[fired[i]]);
    }
}

// Deadlines made by adding extreme durations to extreme clocks.
TEST(TimerWheelTest, SumsThatOverflowNeverFireEarly)
{
    const int64_t durations[] = {0,
                                 1,
                                 (INT64_C(1) << 31) - 1,
                                 (INT64_C(1) << 31) + 1,
                                 (INT64_C(1) << 32) - 1,
                                 (INT64_C(1) << 32) + 1,
                                 INT64_C(1) << 62,
                                 INT64_MAX - 1,
                                 INT64_MAX};
    const int64_t clocks[] = {0, kTick - 1, INT64_C(1) << 62,
                              INT64_MAX - 100 * kTick, INT64_MAX - 1};

    for (int64_t now : clocks) {
        for (int64_t duration : durations) {
            int64_t deadline = rv_time_add(now, duration);
            if (deadline == INT64_MAX) {
                continue; // "never" is not added
            }
            Wheel wheel(now);
            Timer timer;
            rv_timer_wheel_add(wheel.get(), timer.get(), deadline);

            ASSERT_EQ(wheel.Expire(deadline - 1), Fired{});
            if (deadline <= INT64_MAX - kTick) {
                ASSERT_EQ(wheel.Expire(deadline + kTick - 1),
                          Fired{timer.get()});
            } else {
                ASSERT_TRUE(rv_timer_wheel_cancel(timer.get()));
            }
        }
    }
}

// One far timer over every boundary at which a level starts again.
TEST(TimerWheelTest, FarTimerFiresOnTimeFromEveryLevelBoundary)
{
    for (unsigned level = 0; level < RV_TIMER_WHEEL_LEVELS; level++) {
        for (unsigned far = 0; far < RV_TIMER_WHEEL_LEVELS; far++) {
            int64_t now = JustBelow(level);
            int64_t deadline = rv_time_add(now, JustBelow(far));
            Wheel wheel(now);
            Timer timer;
            rv_timer_wheel_add(wheel.get(), timer.get(), deadline);

            uint64_t looks = 0;
            while (wheel.Next() < deadline) {
                ASSERT_EQ(wheel.ExpireOnce(wheel.Next()), Fired{});
                ASSERT_LE(++looks, uint64_t{RV_TIMER_WHEEL_LEVELS});
            }
            int64_t on_time = (int64_t)TickOf(deadline) * kTick;
            ASSERT_EQ(wheel.Expire(on_time - 1), Fired{});
            ASSERT_EQ(wheel.Expire(on_time), Fired{timer.get()});
        }
    }
}

// Random operations against a sorted map of what is due when.
class AgainstReference
{
  public:
    AgainstReference(int64_t now, uint64_t seed)
        : wheel_(now), now_(now), floor_((uint64_t)(now / kTick)), timers_(300)
    {
        rv_rng_seed(&rng_, seed);
    }

    void Run(int steps)
    {
        for (int step = 0; step < steps; step++) {
            rv_timer *timer =
                timers_[rv_rng_below(&rng_, (uint32_t)timers_.size())].get();
            if (rv_rng_below(&rng_, 8) == 0) {
                Advance();
            } else if (due_.count(timer) != 0) {
                ASSERT_TRUE(rv_timer_wheel_cancel(timer));
                Forget(timer);
            } else {
                ASSERT_FALSE(rv_timer_wheel_cancel(timer));
                Add(timer);
            }
            if (::testing::Test::HasFatalFailure()) {
                return;
            }
            ASSERT_LE(wheel_.Next(), EarliestBegin());
        }
    }

  private:
    // From nothing to years, each magnitude as often as any other.
    int64_t RandomSpan()
    {
        uint64_t bits = rv_rng_next(&rng_) >> (8 + rv_rng_below(&rng_, 56));
        return (int64_t)bits;
    }

    void Add(rv_timer *timer)
    {
        int64_t span = RandomSpan();
        int64_t deadline = rv_rng_below(&rng_, 16) == 0
                               ? rv_time_sub(now_, span)
                               : rv_time_add(now_, span);
        if (deadline == INT64_MAX) {
            return;
        }
        rv_timer_wheel_add(wheel_.get(), timer, deadline);
        due_[timer] = TickOf(deadline);
        by_tick_.emplace(TickOf(deadline), timer);
    }

    void Forget(rv_timer *timer)
    {
        auto range = by_tick_.equal_range(due_[timer]);
        for (auto it = range.first; it != range.second; ++it) {
            if (it->second == timer) {
                by_tick_.erase(it);
                break;
            }
        }
        due_.erase(timer);
    }

    void Advance()
    {
        // Half of the steps end just where something is due.
        int64_t step = RandomSpan();
        now_ = rv_time_add(now_, step >> rv_rng_below(&rng_, 20));
        if (rv_rng_below(&rng_, 2) == 0 && EarliestBegin() != INT64_MAX &&
            EarliestBegin() > now_) {
            now_ = EarliestBegin() - rv_rng_below(&rng_, 2);
        }
        if (now_ == INT64_MAX) {
            now_--; // the end of time itself never comes
        }
        uint64_t reached = (uint64_t)(now_ / kTick);
        uint64_t last = 0;
        for (rv_timer *timer : wheel_.Expire(now_)) {
            ASSERT_EQ(due_.count(timer), 1u);
            uint64_t tick = due_[timer];
            ASSERT_LE(tick, reached) << "early at " << now_;
            // Deadlines that were past when added share the tick of the clock.
            uint64_t turn = tick < floor_ ? floor_ : tick;
            ASSERT_GE(turn, last) << "out of order at " << now_;
            last = turn;
            Forget(timer);
        }
        ASSERT_TRUE(by_tick_.empty() || by_tick_.begin()->first > reached)
            << "late at " << now_;
        ASSERT_GT(wheel_.Next(), now_);
        floor_ = reached;
    }

    int64_t EarliestBegin() const
    {
        if (by_tick_.empty() ||
            by_tick_.begin()->first > (uint64_t)INT64_MAX / kTick) {
            return INT64_MAX;
        }
        return (int64_t)by_tick_.begin()->first * kTick;
    }

    Wheel wheel_;
    int64_t now_;
    uint64_t floor_; // the tick of the last advance
    std::vector<Timer> timers_;
    std::map<rv_timer *, uint64_t> due_;
    std::multimap<uint64_t, rv_timer *> by_tick_;
    rv_rng rng_;
};

class TimerWheelReferenceTest : public ::testing::TestWithParam<int64_t>
{
};

// Level 8 would be the whole range: its boundary is the end of time.
INSTANTIATE_TEST_SUITE_P(Clocks, TimerWheelReferenceTest,
                         ::testing::Values(0, JustBelow(0), JustBelow(1),
                                           JustBelow(2), JustBelow(3),
                                           JustBelow(4), JustBelow(5),
                                           JustBelow(6), JustBelow(7),
                                           INT64_MAX - (INT64_C(1) << 40)));

TEST_P(TimerWheelReferenceTest, FiresWhatASortedListWould)
{
    // Short runs, so that the clock is near the boundary for most of them.
    for (uint64_t seed = 0; seed < 100; seed++) {
        SCOPED_TRACE(seed);
        AgainstReference(GetParam(), seed).Run(1000);
        if (HasFatalFailure()) {
            return;
        }
    }
}

TEST(TimerWheelTest, FarDeadlineIsNotCutToFewerBits)
{
    for (unsigned bits = 31; bits <= 62; bits++) {
        for (int64_t off = -1; off <= 1; off++) {
            Wheel wheel(1000);
            Timer timer;
            int64_t deadline = (INT64_C(1) << bits) + off;
            rv_timer_wheel_add(wheel.get(), timer.get(), deadline);

            ASSERT_EQ(wheel.Expire(2000), Fired{});
            ASSERT_EQ(wheel.Expire(deadline - 1), Fired{});
            ASSERT_EQ(wheel.Expire(deadline + kTick), Fired{timer.get()});
        }
    }
}

// The wheel's own idea of the time is old when a worker was busy for long.
TEST(TimerWheelTest, TimerAddedToAWheelLeftBehindIsNotEarly)
{
    constexpr int64_t kMs = 1000000;
    Wheel wheel(0);
    Timer timer;

    rv_timer_wheel_add(wheel.get(), timer.get(), 70 * kMs);

    EXPECT_EQ(wheel.Expire(50 * kMs), Fired{});
    EXPECT_EQ(wheel.Expire(70 * kMs - 1), Fired{});
    EXPECT_EQ(wheel.Expire(70 * kMs + kTick), Fired{timer.get()});
}

TEST(TimerWheelTest, ClockThatGoesBackwardsFiresEachTimerOnceAndInOrder)
{
    constexpr int64_t kSecond = 1000000000;
    Wheel wheel(10 * kSecond);
    Timer a, b, c;
    rv_timer_wheel_add(wheel.get(), a.get(), 11 * kSecond);
    rv_timer_wheel_add(wheel.get(), b.get(), 12 * kSecond);

    EXPECT_EQ(wheel.Expire(9 * kSecond), Fired{});
    EXPECT_EQ(wheel.Expire(11 * kSecond + kTick), Fired{a.get()});
    EXPECT_EQ(wheel.Expire(10 * kSecond), Fired{});
    rv_timer_wheel_add(wheel.get(), c.get(), 10 * kSecond + kTick);
    EXPECT_EQ(wheel.Expire(-1), Fired{});
    EXPECT_EQ(wheel.Expire(10 * kSecond + 9 * kTick), Fired{c.get()});
    EXPECT_EQ(wheel.Expire(3610 * kSecond), Fired{b.get()});
    EXPECT_EQ(wheel.Expire(3609 * kSecond), Fired{});
}

// A timer taken out and set again belongs to its new deadline alone.
TEST(TimerWheelTest, CancelledTimerDoesNotFireForItsNextUse)
{
    Wheel wheel(0);
    Timer timer;
    rv_timer_wheel_add(wheel.get(), timer.get(), 2 * kTick);
    ASSERT_TRUE(rv_timer_wheel_cancel(timer.get()));
    rv_timer_wheel_add(wheel.get(), timer.get(), 100 * kTick);

    EXPECT_EQ(wheel.Expire(99 * kTick), Fired{});
    EXPECT_EQ(wheel.Expire(100 * kTick), Fired{timer.get()});
    rv_timer_wheel_add(wheel.get(), timer.get(), 200 * kTick);
    EXPECT_EQ(wheel.Expire(200 * kTick), Fired{timer.get()});
}

TEST(TimerWheelTest, TimerSetAgainAndAgainCostsFewLooks)
{
    Wheel wheel(0);
    Timer timer;
    int64_t now = 0;
    int looks = 0;

    rv_timer_wheel_add(wheel.get(), timer.get(), 1000 * kTick);
    for (int i = 0; i < 100000; i++) {
        now += kTick / 16;
        ASSERT_TRUE(rv_timer_wheel_cancel(timer.get()));
        rv_timer_wheel_add(wheel.get(), timer.get(), now + 1000 * kTick);
        if (wheel.Next() <= now) {
            ASSERT_EQ(wheel.ExpireOnce(now), Fired{});
            looks++;
        }
    }

    EXPECT_LT(looks, 1000);
}

struct Slow {
    std::atomic<bool> is_firing{false};
    std::atomic<bool> has_cancelled{false};
    bool cancel_was_early = false;
};

// Looks for a long time at a timer that another thread wants back.
void FireSlowly(rv_timer *, void *context)
{
    Slow *slow = static_cast<Slow *>(context);
    slow->is_firing.store(true);
    for (int i = 0; i < 1000 && !slow->has_cancelled.load(); i++) {
        std::this_thread::yield();
    }
    slow->cancel_was_early = slow->has_cancelled.load();
}

TEST(TimerWheelTest, CancelWaitsForFireToLetGoOfTheTimer)
{
    Wheel wheel(0);
    Timer timer;
    Slow slow;
    rv_timer_wheel_add(wheel.get(), timer.get(), kTick);

    std::thread expirer(
        [&] { rv_timer_wheel_expire(wheel.get(), kTick, FireSlowly, &slow); });
    while (!slow.is_firing.load()) {
        std::this_thread::yield();
    }
    EXPECT_FALSE(rv_timer_wheel_cancel(timer.get()));
    slow.has_cancelled.store(true);
    expirer.join();

    EXPECT_FALSE(slow.cancel_was_early);
}

// A waiter with its timer inside, as on a task's stack. Who moves `is_claimed`
// decides how the wait ends; the memory goes at once when the waiter knows.
struct Waiter {
    rv_timer timer;
    std::atomic<bool> *is_claimed;
    std::atomic<bool> is_alive{true};
};

struct Tally {
    std::atomic<uint64_t> by_timer{0};
    std::atomic<uint64_t> seen_dead{0};
};

void Claim(rv_timer *timer, void *context)
{
    Tally *tally = static_cast<Tally *>(context);
    Waiter *waiter = rv_container_of(timer, Waiter, timer);
    std::atomic<bool> *is_claimed = waiter->is_claimed;
    // Long enough for the waiter to go away, if it may.
    for (int i = 0; i < 100; i++) {
        tally->seen_dead += !waiter->is_alive.load(std::memory_order_relaxed);
    }
    bool expected = false;
    tally->by_timer += is_claimed->compare_exchange_strong(expected, true);
}

// One wait of a task, on a clock that the expirers push forward. Returns
// whether the timer ended it.
bool WaitOnce(rv_timer_wheel *wheel, int64_t deadline, uint32_t looks)
{
    std::atomic<bool> is_claimed{false};
    auto waiter = std::make_unique<Waiter>();
    rv_timer_init(&waiter->timer);
    waiter->is_claimed = &is_claimed;
    rv_timer_wheel_add(wheel, &waiter->timer, deadline);

    while (looks > 0 && !is_claimed.load()) {
        looks--;
        if (looks % 256 == 255) {
            std::this_thread::yield();
        }
    }
    bool expected = false;
    bool is_ours = is_claimed.compare_exchange_strong(expected, true);
    if (is_ours) {
        rv_timer_wheel_cancel(&waiter->timer);
    }
    waiter->is_alive.store(false, std::memory_order_relaxed);
    return !is_ours;
}

TEST(TimerWheelTest, TimerMayBeFreedOnceCancelReturns)
{
    Wheel wheel(0);
    std::atomic<int64_t> clock{0};
    std::atomic<int> left{2};
    std::atomic<uint64_t> by_timer{0};
    Tally tally;

    auto wait = [&](uint64_t seed) {
        rv_rng rng;
        rv_rng_seed(&rng, seed);
        for (int i = 0; i < kWaits; i++) {
            int64_t deadline = clock.load() + kTick * rv_rng_below(&rng, 4);
            // Now and then the timer has all the time it needs.
            uint32_t looks =
                i % 1024 == 0 ? UINT32_MAX : rv_rng_below(&rng, 200);
            by_timer += WaitOnce(wheel.get(), deadline, looks);
        }
        left--;
    };
    auto expire = [&] {
        while (left.load() > 0) {
            int64_t now = clock.fetch_add(kTick / 2);
            rv_timer_wheel_expire(wheel.get(), now, Claim, &tally);
        }
    };
    std::vector<std::thread> threads;
    threads.emplace_back(wait, 1);
    threads.emplace_back(wait, 2);
    threads.emplace_back(expire);
    threads.emplace_back(expire);
    for (std::thread &thread : threads) {
        thread.join();
    }

    EXPECT_EQ(tally.seen_dead.load(), 0u);
    EXPECT_EQ(tally.by_timer.load(), by_timer.load());
    EXPECT_GT(by_timer.load(), 0u);
    rv_timer_wheel_expire(wheel.get(), INT64_MAX - 1, Claim, &tally);
    EXPECT_EQ(wheel.Next(), INT64_MAX);
}

} // namespace
