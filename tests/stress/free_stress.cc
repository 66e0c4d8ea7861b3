// At stake: who waited frees what it waited for as soon as it returns, while
// whoever woke it is still inside its call. Each object is on the
// heap, so that the sanitizers see a touch that comes too late. 100,000 races
// of each kind between tasks, fewer with plain threads.

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>

#include "rove/channel.h"
#include "rove/select.h"
#include "rove/sync.h"

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr int kSetups = 4;
constexpr int kRaces = (kUnderSanitizer ? 6000 : 100000) / kSetups + 1;
constexpr size_t kThreadRaces = kRaces / 10; // slow: they sleep in the kernel

struct Shared {
    Shared() : future(rove_future_new())
    {
    }

    Shared(const Shared &) = delete;
    Shared &operator=(const Shared &) = delete;

    ~Shared()
    {
        rove_future_unref(future);
    }

    rove_event event = ROVE_EVENT_INIT;
    rove_wait_group group = ROVE_WAIT_GROUP_INIT;
    rove_semaphore permits = ROVE_SEMAPHORE_INIT(0);
    rove_barrier barrier = ROVE_BARRIER_INIT(2);
    rove_mutex mutex = ROVE_MUTEX_INIT;
    rove_cond cond = ROVE_COND_INIT;
    bool is_signalled = false;
    rove_future *future;
};

// wait: 0, after which the memory goes. wake: by who has no share in it.
struct Kind {
    const char *name;
    int64_t (*wait)(Shared *shared);
    void (*wake)(Shared *shared);
};

int64_t SelectEvent(Shared *shared)
{
    rove_case cases[] = {rove_on_event(&shared->event),
                         rove_on_time(rove_now() + 1000 * ROVE_SEC)};
    return rove_select(cases, 2, 0);
}

int64_t PollEvent(Shared *shared)
{
    while (!rove_event_is_set(&shared->event)) {
        (void)rove_yield();
    }
    return 0;
}

int64_t WaitForSignal(Shared *shared)
{
    int error = rove_mutex_lock(&shared->mutex);
    while (error == 0 && !shared->is_signalled) {
        error = rove_cond_wait(&shared->cond, &shared->mutex);
    }
    rove_mutex_unlock(&shared->mutex);
    return error;
}

void SetEvent(Shared *shared)
{
    rove_event_set(&shared->event);
}

void Signal(Shared *shared)
{
    EXPECT_EQ(rove_mutex_lock(&shared->mutex), 0);
    shared->is_signalled = true;
    rove_cond_signal(&shared->cond);
    rove_mutex_unlock(&shared->mutex);
}

void SetFuture(Shared *shared)
{
    rove_future *future = rove_future_ref(shared->future);
    EXPECT_EQ(rove_future_set(future, 3), 0);
    rove_future_unref(future);
}

const Kind kKinds[] = {
    {"event", [](Shared *s) -> int64_t { return rove_event_wait(&s->event); },
     SetEvent},
    {"selected event", SelectEvent, SetEvent},
    {"polled event", PollEvent, SetEvent},
    {"wait group",
     [](Shared *s) -> int64_t { return rove_wait_group_wait(&s->group); },
     [](Shared *s) { rove_wait_group_done(&s->group); }},
    {"semaphore",
     [](Shared *s) -> int64_t { return rove_semaphore_take(&s->permits, 2); },
     [](Shared *s) { rove_semaphore_give(&s->permits, 2); }},
    {"condition", WaitForSignal, Signal},
    {"future",
     [](Shared *s) -> int64_t { return rove_future_wait(s->future, nullptr); },
     SetFuture},
};

constexpr size_t kKindCount = sizeof kKinds / sizeof *kKinds;

class FreeStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, FreeStress,
                         ::testing::Values(Setup{1, ROVE_STEALING},
                                           Setup{2, ROVE_STEALING},
                                           Setup{8, ROVE_STEALING},
                                           Setup{2, ROVE_SHARDED}),
                         NameOf);

static_assert(kSetups == 4, "the number of setups above");

Shared *NewShared()
{
    auto *shared = new Shared;
    rove_wait_group_add(&shared->group, 1);
    return shared;
}

TEST_P(FreeStress, ATaskFreesWhatItWaitedForAtOnce)
{
    InTask([] {
        Random random(0);
        Random theirs(1);
        for (int i = 0; i < kRaces; i++) {
            const Kind &kind = kKinds[static_cast<size_t>(i) % kKindCount];
            Shared *shared = NewShared();
            uint32_t spins = theirs.Below(60);
            rove_task *owner = Spawn([shared, &kind, spins] {
                Spin(spins);
                int64_t error = kind.wait(shared);
                delete shared;
                return error;
            });
            if (random.Below(2) == 0) {
                (void)rove_yield();
            }
            random.Spin(60);
            kind.wake(shared);
            EXPECT_EQ(rove_join(owner), 0) << kind.name;
        }
    });
}

// A plain thread that waits is signalled, and looks, before its waker is done.
TEST_P(FreeStress, APlainThreadFreesWhatItWaitedForAtOnce)
{
    std::array<std::atomic<Shared *>, 2> next = {};
    std::thread owner([&next] {
        Random random(2);
        for (size_t i = 0; i < kThreadRaces; i++) {
            Shared *shared;
            while ((shared = next[i % 2].exchange(nullptr)) == nullptr) {
                std::this_thread::yield();
            }
            random.Spin(200);
            EXPECT_EQ(kKinds[i % kKindCount].wait(shared), 0);
            delete shared;
        }
    });
    InTask([&next] {
        Random random(3);
        for (size_t i = 0; i < kThreadRaces; i++) {
            Shared *shared = NewShared();
            Shared *none = nullptr;
            while (!next[i % 2].compare_exchange_strong(none, shared)) {
                none = nullptr;
                (void)rove_yield();
            }
            random.Spin(200);
            kKinds[i % kKindCount].wake(shared);
        }
    });
    owner.join();
}

// Who came first has nobody behind it that still looks.
TEST_P(FreeStress, WhoMeetsAtABarrierMayFreeIt)
{
    InTask([] {
        Random random(4);
        Random theirs(5);
        int ours = 0;
        for (int i = 0; i < kRaces; i++) {
            auto *shared = new Shared;
            auto meet = [shared](uint32_t spins) {
                Spin(spins);
                int is_last = rove_barrier_wait(&shared->barrier);
                EXPECT_TRUE(is_last == 0 || is_last == 1) << is_last;
                if (is_last == 0) {
                    delete shared;
                }
                return is_last;
            };
            uint32_t spins = theirs.Below(60);
            rove_task *other = Spawn([meet, spins] { return meet(spins); });
            if (random.Below(2) == 0) {
                (void)rove_yield();
            }
            int is_last = meet(random.Below(60));
            EXPECT_EQ(rove_join(other), 1 - is_last);
            ours += is_last;
        }
        EXPECT_GT(ours, 0);
        EXPECT_LT(ours, kRaces);
    });
}

TEST_P(FreeStress, WhoFindsItDoneMayFreeAOnce)
{
    InTask([] {
        Random random(6);
        Random theirs(7);
        for (int i = 0; i < kRaces; i++) {
            auto *once = new rove_once ROVE_ONCE_INIT;
            rove_task *owner = nullptr;
            Body call = [&] {
                uint32_t spins = theirs.Below(120);
                owner = Spawn([once, spins] {
                    Spin(spins);
                    Body never = [] { return -EIO; };
                    int64_t error = rove_once_run(once, CallBody, &never);
                    delete once;
                    return error;
                });
                if (random.Below(2) == 0) {
                    (void)rove_yield();
                }
                random.Spin(60);
                return 0;
            };
            EXPECT_EQ(rove_once_run(once, CallBody, &call), 0);
            EXPECT_EQ(rove_join(owner), 0);
        }
    });
}

// Each party has a reference of its own; the last to go frees, and destroys
// what nobody received.
TEST_P(FreeStress, WhoeverIsLastFreesAChannel)
{
    static std::atomic<int> destroyed;
    InTask([] {
        Random random(8);
        Random theirs(9);
        rove_chan_options options;
        rove_chan_options_init(&options);
        options.destroy = [](void *) { destroyed++; };
        int received = 0;
        destroyed = 0;
        for (int i = 0; i < kRaces; i++) {
            size_t capacity =
                i % 3 == 2 ? ROVE_UNBOUNDED : static_cast<size_t>(i % 3);
            bool leaves_early = i % 3 != 0 && i % 4 == 0;
            rove_chan *chan = rove_chan_new(8, capacity, &options);
            rove_chan *theirs_too = rove_chan_ref(chan);
            uint32_t spins = theirs.Below(60);
            rove_task *receiver =
                Spawn([theirs_too, leaves_early, spins]() -> int64_t {
                    Spin(spins);
                    uint64_t got = 0;
                    int status = leaves_early
                                     ? rove_chan_try_recv(theirs_too, &got)
                                     : rove_chan_recv(theirs_too, &got);
                    rove_chan_unref(theirs_too);
                    return status;
                });
            if (random.Below(2) == 0) {
                (void)rove_yield();
            }
            random.Spin(60);
            uint64_t item = 7;
            EXPECT_EQ(rove_chan_send(chan, &item), 0);
            rove_chan_unref(chan);
            received += rove_join(receiver) == 0;
        }
        EXPECT_EQ(received + destroyed, kRaces);
    });
}

TEST_P(FreeStress, WhoeverIsLastFreesABroadcastAndAWatch)
{
    InTask([] {
        Random random(10);
        Random theirs(11);
        for (int i = 0; i < kRaces; i++) {
            uint64_t item = 7;
            rove_broadcast *broadcast = rove_broadcast_new(8, 1);
            rove_subscriber *subscriber = rove_broadcast_subscribe(broadcast);
            rove_watch *watch = rove_watch_new(8, &item);
            rove_watch *same = rove_watch_ref(watch);
            uint32_t spins = theirs.Below(60);
            rove_task *owner = Spawn([subscriber, same, spins] {
                Spin(spins);
                uint64_t got = 0;
                uint64_t seen = 1;
                EXPECT_EQ(rove_subscriber_recv(subscriber, &got), 0);
                rove_subscriber_free(subscriber);
                EXPECT_EQ(rove_watch_next(same, &seen, &got), 0);
                rove_watch_unref(same);
                return seen;
            });
            if (random.Below(2) == 0) {
                (void)rove_yield();
            }
            random.Spin(60);
            EXPECT_EQ(rove_broadcast_send(broadcast, &item), 0);
            rove_broadcast_unref(broadcast);
            random.Spin(60);
            rove_watch_set(watch, &item);
            rove_watch_unref(watch);
            EXPECT_EQ(rove_join(owner), 2);
        }
    });
}

} // namespace
