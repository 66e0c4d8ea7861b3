// At stake: the generator protocol: what a coroutine yields and gets, how it
// ends, and that it is part of whatever task sends to it.

#include "rove/coro.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "rove/local.h"
#include "rove/scope.h"

#include "tests/support/with_runtime.h"

namespace
{

// A coroutine of a body that outlives it.
class Coro
{
  public:
    using Body = std::function<int64_t(rove_coro *)>;

    explicit Coro(Body body) : body_(std::move(body))
    {
        coro_ = rove_coro_new(
            [](rove_coro *coro, void *self) {
                return static_cast<Coro *>(self)->body_(coro);
            },
            this);
        EXPECT_NE(coro_, nullptr);
    }

    Coro(const Coro &) = delete;
    Coro &operator=(const Coro &) = delete;

    ~Coro()
    {
        rove_coro_free(coro_);
    }

    // What it yields to a send; `ended` and the result when it returns.
    int64_t Send(int64_t value, int kind = 1)
    {
        int64_t out = -77;
        EXPECT_EQ(rove_coro_send(coro_, value, &out), kind);
        return out;
    }

    int64_t Throw(int error, int kind = 1)
    {
        int64_t out = -77;
        EXPECT_EQ(rove_coro_throw(coro_, error, &out), kind);
        return out;
    }

    rove_coro *get() const
    {
        return coro_;
    }

  private:
    Body body_;
    rove_coro *coro_ = nullptr;
};

constexpr int kEnded = 0;

// What a yield that must not fail receives.
int64_t Yield(rove_coro *coro, int64_t value)
{
    int64_t sent = -88;
    EXPECT_EQ(rove_coro_yield(coro, value, &sent), 0);
    return sent;
}

// Adds up what it is sent and yields the sums; a negative error ends it.
int64_t Sum(rove_coro *coro)
{
    int64_t sum = 0;
    for (;;) {
        int64_t sent = 0;
        int error = rove_coro_yield(coro, sum, &sent);
        if (error != 0) {
            return error;
        }
        sum += sent;
    }
}

class CoroTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, CoroTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(CoroTest, ItYieldsAndThenReturns)
{
    InTask([] {
        Coro coro([](rove_coro *self) {
            for (int i = 0; i < 1000; i++) {
                EXPECT_EQ(Yield(self, i), i + 1000);
            }
            return 12;
        });
        EXPECT_EQ(coro.Send(999), 0); // the first value is ignored
        for (int i = 1; i < 1000; i++) {
            EXPECT_EQ(coro.Send(999 + i), i);
        }
        EXPECT_EQ(coro.Send(1999, kEnded), 12);
        EXPECT_EQ(coro.Send(0, kEnded), 12); // and ever after
        EXPECT_EQ(coro.Throw(-EIO, kEnded), 12);
        EXPECT_EQ(rove_coro_close(coro.get()), 12);
    });
}

TEST_P(CoroTest, NoOneNeedsTheValues)
{
    InTask([] {
        Coro coro([](rove_coro *self) {
            EXPECT_EQ(rove_coro_yield(self, 1, nullptr), 0);
            return 2;
        });
        EXPECT_EQ(rove_coro_send(coro.get(), 0, nullptr), 1);
        EXPECT_EQ(rove_coro_send(coro.get(), 0, nullptr), 0);
        EXPECT_EQ(rove_coro_send(coro.get(), 0, nullptr), 0);
    });
}

TEST_P(CoroTest, OutsideATaskThereIsNone)
{
    EXPECT_EQ(
        rove_coro_new([](rove_coro *, void *) { return INT64_C(0); }, nullptr),
        nullptr);
    rove_coro_free(nullptr);
}

TEST_P(CoroTest, AThrownErrorComesOutOfTheYield)
{
    InTask([] {
        Coro coro([](rove_coro *self) -> int64_t {
            int64_t sent = 5;
            EXPECT_EQ(rove_coro_yield(self, 1, &sent), -EPIPE);
            EXPECT_EQ(sent, 5);
            EXPECT_EQ(Yield(self, 2), 40); // it has handled the error
            return rove_coro_yield(self, 3, nullptr);
        });
        EXPECT_EQ(coro.Send(0), 1);
        EXPECT_EQ(coro.Throw(-EPIPE), 2);
        EXPECT_EQ(coro.Send(40), 3);
        EXPECT_EQ(coro.Throw(-EIO, kEnded), -EIO);
    });
}

TEST_P(CoroTest, OneThatHasNotStartedNeverRuns)
{
    InTask([] {
        bool ran = false;
        auto run = [&](rove_coro *) {
            ran = true;
            return INT64_C(1);
        };
        Coro thrown(run);
        EXPECT_EQ(thrown.Throw(-EIO, kEnded), -EIO);
        EXPECT_EQ(thrown.Send(0, kEnded), -EIO);
        Coro closed(run);
        EXPECT_EQ(rove_coro_close(closed.get()), -ECANCELED);
        EXPECT_EQ(closed.Send(0, kEnded), -ECANCELED);
        Coro freed(run);
        rove_coro_free(nullptr);
        EXPECT_FALSE(ran);
    });
}

TEST_P(CoroTest, ClosingEndsItWhateverItYields)
{
    InTask([] {
        int refused = 0;
        Coro coro([&](rove_coro *self) {
            EXPECT_EQ(Yield(self, 1), 2);
            while (refused < 3) {
                if (rove_coro_yield(self, 9, nullptr) == -ECANCELED) {
                    refused++; // stubborn: it is asked only once
                }
            }
            EXPECT_EQ(rove_sleep(ROVE_US), 0); // waits are not refused
            return 4;
        });
        EXPECT_EQ(coro.Send(0), 1);
        EXPECT_EQ(coro.Send(2), 9);
        EXPECT_EQ(rove_coro_close(coro.get()), 4);
        EXPECT_EQ(refused, 3);
        EXPECT_EQ(rove_coro_close(coro.get()), 4);
    });
}

TEST_P(CoroTest, FreeingASuspendedOneClosesItFirst)
{
    InTask([] {
        bool cleaned = false;
        {
            Coro coro([&](rove_coro *self) {
                EXPECT_EQ(rove_coro_yield(self, 1, nullptr), -ECANCELED);
                cleaned = true;
                return 0;
            });
            EXPECT_EQ(coro.Send(0), 1);
        }
        EXPECT_TRUE(cleaned);
    });
}

TEST_P(CoroTest, OneThatRunsIsBusy)
{
    InTask([] {
        Coro coro([](rove_coro *self) {
            int64_t out = 3;
            EXPECT_EQ(rove_coro_send(self, 0, &out), -EBUSY);
            EXPECT_EQ(rove_coro_throw(self, -EIO, &out), -EBUSY);
            EXPECT_EQ(rove_coro_close(self), -EBUSY);
            EXPECT_EQ(out, 3);
            return 6;
        });
        EXPECT_EQ(coro.Send(0, kEnded), 6);
    });
}

TEST_P(CoroTest, OneThatWaitsIsBusyToOtherTasks)
{
    InTask([] {
        rove_future *gate = rove_future_new();
        std::atomic<bool> waits{false};
        Coro coro([&](rove_coro *self) {
            waits = true;
            EXPECT_EQ(rove_future_wait(gate, nullptr), 0);
            return Yield(self, 1);
        });
        rove_task *sender = Spawn([&] { return coro.Send(0); });
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
        for (int i = 0; i < 10; i++) {
            EXPECT_EQ(rove_coro_send(coro.get(), 0, nullptr), -EBUSY);
            (void)rove_yield();
        }
        EXPECT_EQ(rove_future_set(gate, 0), 0);
        EXPECT_EQ(rove_join(sender), 1);
        EXPECT_EQ(coro.Send(7, kEnded), 7);
        rove_future_unref(gate);
    });
}

TEST_P(CoroTest, AWaitInsideSuspendsTheTask)
{
    InTask([this] {
        Coro coro([](rove_coro *self) {
            rove_task *me = rove_self();
            for (int i = 0; i < 20; i++) {
                EXPECT_EQ(rove_sleep(50 * ROVE_US), 0);
                EXPECT_EQ(rove_yield(), 0);
                rove_task *child = Spawn([i] { return rove_yield() + i; });
                EXPECT_EQ(Yield(self, rove_join(child)), i);
                EXPECT_EQ(rove_self(), me);
            }
            return 0;
        });
        bool others_ran = false;
        rove_task *other = Spawn([&] {
            others_ran = true;
            return 0;
        });
        EXPECT_EQ(coro.Send(0), 0);
        EXPECT_TRUE(others_ran || Workers() > 1);
        for (int i = 0; i < 19; i++) {
            EXPECT_EQ(coro.Send(i), i + 1);
        }
        EXPECT_EQ(coro.Send(19, kEnded), 0);
        EXPECT_EQ(rove_join(other), 0);
    });
}

// One task after another sends to all of them, on whatever worker it is.
TEST_P(CoroTest, ItMovesBetweenTasks)
{
    constexpr int kCoros = 8;
    const int rounds = kUnderSanitizer ? 50 : 500;
    InTask([&] {
        std::vector<std::unique_ptr<Coro>> coros;
        for (int i = 0; i < kCoros; i++) {
            coros.push_back(std::make_unique<Coro>([](rove_coro *self) {
                std::vector<int64_t> seen;
                for (int64_t sent = 0; sent >= 0;) {
                    seen.push_back(sent);
                    if (sent % 7 == 0) {
                        EXPECT_EQ(rove_yield(), 0);
                    }
                    sent = Yield(self, static_cast<int64_t>(seen.size()));
                }
                return static_cast<int64_t>(seen.size());
            }));
        }
        std::atomic<int> turns[kCoros] = {};
        std::vector<rove_task *> tasks;
        for (int t = 0; t < kCoros; t++) {
            tasks.push_back(Spawn([&, t] {
                for (int round = 0; round < rounds; round++) {
                    int i = (t + round) % kCoros;
                    while (turns[i] != round) {
                        (void)rove_yield();
                    }
                    EXPECT_EQ(coros[i]->Send(round), round + 1);
                    turns[i] = round + 1;
                }
                return 0;
            }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        for (auto &coro : coros) {
            EXPECT_EQ(coro->Send(-1, kEnded), rounds);
        }
    });
}

// Whoever finds one idle sends; no value is lost or doubled.
TEST_P(CoroTest, OnlyOneOfManySendersGetsTheTurn)
{
    const int sends = kUnderSanitizer ? 300 : 3000;
    InTask([&] {
        Coro coro(Sum);
        EXPECT_EQ(coro.Send(0), 0);
        std::atomic<int64_t> busy{0};
        std::vector<rove_task *> tasks;
        for (int t = 0; t < 4; t++) {
            tasks.push_back(Spawn([&] {
                for (int done = 0; done < sends;) {
                    int kind = rove_coro_send(coro.get(), 1, nullptr);
                    EXPECT_TRUE(kind == 1 || kind == -EBUSY);
                    done += kind == 1;
                    busy += kind == -EBUSY;
                    if (done % 16 == 0) {
                        (void)rove_yield();
                    }
                }
                return 0;
            }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        EXPECT_EQ(coro.Send(0), 4 * sends);
        EXPECT_EQ(rove_coro_close(coro.get()), -ECANCELED);
    });
}

TEST_P(CoroTest, ThereMayBeThousands)
{
    const int count = kUnderSanitizer ? 300 : 3000;
    InTask([&] {
        std::vector<std::unique_ptr<Coro>> coros;
        for (int i = 0; i < count; i++) {
            coros.push_back(std::make_unique<Coro>(Sum));
            EXPECT_EQ(coros[i]->Send(0), 0);
        }
        for (int round = 1; round < 4; round++) {
            for (int i = 0; i < count; i++) {
                EXPECT_EQ(coros[i]->Send(i), round * i);
            }
        }
        for (int i = 0; i < count; i += 2) {
            EXPECT_EQ(rove_coro_close(coros[i]->get()), -ECANCELED);
        }
    });
}

int64_t Nest(rove_coro *self, int depth)
{
    int64_t value = 0;
    if (depth > 0) {
        Coro inner([depth](rove_coro *coro) { return Nest(coro, depth - 1); });
        value = inner.Send(0);
        EXPECT_EQ(inner.Send(0, kEnded), 0);
    } else {
        EXPECT_EQ(rove_sleep(ROVE_US), 0); // at the bottom of them all
    }
    EXPECT_EQ(Yield(self, value + 1), 0);
    return 0;
}

TEST_P(CoroTest, TheyNestDeeply)
{
    const int depth = kUnderSanitizer ? 50 : 300;
    InTask([&] {
        Coro outer([&](rove_coro *self) { return Nest(self, depth); });
        EXPECT_EQ(outer.Send(0), depth + 1);
        EXPECT_EQ(outer.Send(0, kEnded), 0);
    });
}

TEST_P(CoroTest, ATaskInsideMaySendToAnother)
{
    InTask([] {
        Coro inner(Sum);
        Coro outer([&](rove_coro *self) {
            rove_task *task = Spawn([&] { return inner.Send(0); });
            EXPECT_EQ(rove_join(task), 0); // inline, on the coroutine's stack
            task = Spawn([&] {
                int64_t sum = inner.Send(3);
                return rove_sleep(ROVE_US) + sum;
            });
            return Yield(self, rove_join(task));
        });
        EXPECT_EQ(outer.Send(0), 3);
        EXPECT_EQ(inner.Send(4), 7);
        EXPECT_EQ(outer.Send(5, kEnded), 5);
    });
}

TEST_P(CoroTest, CancellingTheTaskRefusesWaitsInsideAndNoYield)
{
    InTask([] {
        std::atomic<bool> waits{false};
        rove_task *task = Spawn([&] {
            Coro coro([&](rove_coro *self) {
                waits = true;
                EXPECT_EQ(rove_sleep_until(ROVE_FOREVER), -ECANCELED);
                EXPECT_EQ(Yield(self, 1), 2);
                return rove_sleep(ROVE_US);
            });
            EXPECT_EQ(coro.Send(0), 1);
            return coro.Send(2, kEnded);
        });
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
    });
}

TEST_P(CoroTest, ScopesOfTheSenderCountInside)
{
    InTask([] {
        Coro coro([](rove_coro *self) {
            int64_t error = 0;
            while (rove_coro_yield(self, error, nullptr) == 0) {
                error = rove_sleep(ROVE_US);
            }
            return 0;
        });
        EXPECT_EQ(coro.Send(0), 0);
        rove_scope scope;
        rove_scope_open(&scope, ROVE_FOREVER);
        rove_scope_cancel(&scope);
        EXPECT_EQ(coro.Send(0), -ECANCELED);
        EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
        EXPECT_EQ(coro.Send(0), 0);
    });
}

TEST_P(CoroTest, LocalsAndDefersInsideAreTheTasks)
{
    static rove_local *const local = rove_local_new(nullptr, 0);
    static int deferred;
    deferred = 0;
    InTask([] {
        Coro coro([](rove_coro *self) {
            for (;;) {
                auto value = reinterpret_cast<intptr_t>(rove_local_get(local));
                if (rove_coro_yield(self, value, nullptr) != 0) {
                    return 0;
                }
                EXPECT_EQ(
                    rove_defer([](void *) -> int64_t { return ++deferred; },
                               nullptr),
                    0);
            }
        });
        for (intptr_t i = 1; i < 4; i++) {
            rove_task *task = Spawn([&, i] {
                EXPECT_EQ(rove_local_set(local, reinterpret_cast<void *>(i)),
                          0);
                return coro.Send(0);
            });
            EXPECT_EQ(rove_join(task), i);
            EXPECT_EQ(deferred, i - 1);
        }
    });
}

TEST_P(CoroTest, ItTakesTheStackClassOfItsTask)
{
    InTask([] {
        Coro coro([](rove_coro *self) {
            char space[160 * 1024];
            memset(space, 1, sizeof space);
            __asm__ volatile("" : : "r"(space) : "memory");
            EXPECT_EQ(Yield(self, space[77]), 0);
            return static_cast<int64_t>(space[100 * 1024]);
        });
        EXPECT_EQ(coro.Send(0), 1);
        EXPECT_EQ(coro.Send(0, kEnded), 1);
    });
}

void RunMisuse(const std::function<void()> &body)
{
    rove_options options = OptionsFor({1, ROVE_SINGLE});
    Body main = [&] {
        body();
        return 0;
    };
    (void)rove_run(&options, CallBody, &main);
}

#define EXPECT_MISUSE(line, ...)                                               \
    EXPECT_DEATH(RunMisuse([] { __VA_ARGS__ }), "rove: " line)

TEST(CoroDeathTest, NothingIsNoCoroutine)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    static rove_coro *none;
    static rove_coro_fn *no_function;
    EXPECT_MISUSE("rove_coro_new: there is no function to run",
                  (void)rove_coro_new(no_function, nullptr););
    EXPECT_MISUSE("rove_coro_send: there is no coroutine",
                  EXPECT_EQ(rove_coro_send(none, 0, nullptr), 0););
    EXPECT_MISUSE("rove_coro_throw: there is no coroutine",
                  EXPECT_EQ(rove_coro_throw(none, -1, nullptr), 0););
    EXPECT_MISUSE("rove_coro_close: there is no coroutine",
                  EXPECT_EQ(rove_coro_close(none), 0););
    EXPECT_MISUSE("rove_coro_yield: there is no coroutine",
                  EXPECT_EQ(rove_coro_yield(none, 0, nullptr), 0););
    EXPECT_MISUSE("rove_coro_throw: an error is negative", Coro coro(Sum);
                  (void)coro.Throw(0););
}

TEST(CoroDeathTest, AYieldIsTheCoroutinesOwn)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_MISUSE("rove_coro_yield: a coroutine yields for itself",
                  Coro coro(Sum);
                  (void)Yield(coro.get(), 0););
    EXPECT_MISUSE("rove_coro_yield: a coroutine yields for itself",
                  Coro coro([](rove_coro *self) {
                      Coro inner([=](rove_coro *) { return Yield(self, 0); });
                      return inner.Send(0);
                  });
                  (void)coro.Send(0););
    EXPECT_MISUSE("rove_coro_yield: a coroutine yields for itself",
                  Coro coro([](rove_coro *self) {
                      return rove_join(Spawn([=] { return Yield(self, 0); }));
                  });
                  (void)coro.Send(0););
}

TEST(CoroDeathTest, AScopeStaysOnItsSideOfAYield)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_MISUSE("rove_coro_yield: a scope opened inside is closed before",
                  Coro coro([](rove_coro *self) {
                      rove_scope scope;
                      rove_scope_open(&scope, ROVE_FOREVER);
                      return Yield(self, 0);
                  });
                  (void)coro.Send(0););
    EXPECT_MISUSE("rove_coro_send: a scope opened in a coroutine is closed",
                  static rove_scope scope;
                  Coro coro([](rove_coro *) {
                      rove_scope_open(&scope, ROVE_FOREVER);
                      return INT64_C(0);
                  });
                  (void)coro.Send(0););
}

TEST(CoroDeathTest, OneThatRunsIsNotFreed)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_MISUSE("rove_coro_free: a coroutine that runs is not freed",
                  Coro coro([](rove_coro *self) {
                      rove_coro_free(self);
                      return INT64_C(0);
                  });
                  (void)coro.Send(0););
}

// Not a tail call; it ends at the guard.
__attribute__((noinline)) int64_t Descend(volatile char *above)
{
    volatile char frame[1024];
    frame[0] = static_cast<char>(above[0] + 1);
    int64_t below = above[0] == 127 && frame[0] == 5 ? 0 : Descend(frame);
    return below + frame[0];
}

void OverflowInside()
{
    rove_options options = OptionsFor({1, ROVE_SINGLE});
    options.report_crash = 1;
    Body main = [] {
        rove_task_set_name(nullptr, "sender");
        Coro coro([](rove_coro *) {
            volatile char start[1] = {0};
            return Descend(start);
        });
        return coro.Send(0, kEnded);
    };
    (void)rove_run(&options, CallBody, &main);
}

TEST(CoroDeathTest, AnOverflowInsideIsReported)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "the sanitizer reports it in its own words";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(OverflowInside(), ::testing::KilledBySignal(SIGSEGV),
                "stack overflow in task 'sender', function .*256 KiB stack");
}

} // namespace
