// At stake: the ready queue neither loses an item nor hands it out twice, keeps
// the order of arrival, and survives thieves that take many at once. Shown with
// two to four slots and with indices preset just below the ends of their range.
extern "C" {
#include "src/queue/ring.h"

#include "src/base/rng.h"
}

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace
{

#ifdef RV_SHAKE
constexpr uint64_t kItems = 10000; // delays instead of numbers
#else
constexpr uint64_t kItems = 200000;
#endif

struct Item {
    uint64_t id;
    uint64_t complement; // plain memory: TSan sees who may read it
};

class TestRing
{
  public:
    TestRing(uint64_t capacity, uint64_t start) : slots_(capacity)
    {
        rv_ring_init(&ring_, slots_.data(), capacity, false);
        rv_u64_store_relaxed(&ring_.head, start);
        rv_u64_store_relaxed(&ring_.tail, start);
        ring_.head_seen = start;
    }

    rv_ring *get()
    {
        return &ring_;
    }

  private:
    std::vector<rv_atomic_ptr> slots_;
    rv_ring ring_{};
};

class RingTest : public ::testing::TestWithParam<uint64_t>
{
  protected:
    void *Name(uint64_t id)
    {
        return &names_[id];
    }

    void Fill(unsigned count)
    {
        for (unsigned i = 0; i < count; i++) {
            ASSERT_TRUE(rv_ring_push(ring_, Name(i)));
        }
    }

    TestRing four_{4, GetParam()};
    rv_ring *ring_ = four_.get();
    char names_[64] = {};
    void *items_[4] = {};
};

// The start, and just below the values where 16, 32, 63 and 64 bits run out.
INSTANTIATE_TEST_SUITE_P(Starts, RingTest,
                         ::testing::Values(0, (UINT64_C(1) << 16) - 2,
                                           (UINT64_C(1) << 32) - 2,
                                           (UINT64_C(1) << 63) - 2,
                                           UINT64_MAX - 1));

TEST_P(RingTest, PopReturnsItemsInOrderOfArrival)
{
    Fill(3);

    EXPECT_EQ(rv_ring_size(ring_), 3u);
    EXPECT_EQ(rv_ring_pop(ring_), Name(0));
    EXPECT_EQ(rv_ring_pop(ring_), Name(1));
    EXPECT_EQ(rv_ring_pop(ring_), Name(2));
    EXPECT_EQ(rv_ring_pop(ring_), nullptr);
    EXPECT_TRUE(rv_ring_is_empty(ring_));
}

TEST_P(RingTest, FullRingRefusesPush)
{
    Fill(4);

    EXPECT_FALSE(rv_ring_push(ring_, Name(9)));
    EXPECT_EQ(rv_ring_size(ring_), 4u);
    EXPECT_EQ(rv_ring_pop(ring_), Name(0));
    EXPECT_TRUE(rv_ring_push(ring_, Name(4)));
    EXPECT_FALSE(rv_ring_push(ring_, Name(9)));
}

TEST_P(RingTest, ManyArePushedInOrderAsFarAsThereIsRoom)
{
    Fill(1);
    void *many[] = {Name(1), Name(2), Name(3), Name(4)};

    EXPECT_EQ(rv_ring_push_many(ring_, many, 4), 3u);
    EXPECT_EQ(rv_ring_push_many(ring_, many, 1), 0u);
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(rv_ring_pop(ring_), Name(i));
    }
    EXPECT_EQ(rv_ring_push_many(ring_, many, 4), 4u);
    EXPECT_EQ(rv_ring_size(ring_), 4u);
}

TEST_P(RingTest, OnlyTheOldestIsTakenByName)
{
    EXPECT_FALSE(rv_ring_pop_if(ring_, Name(0)));
    Fill(2);

    EXPECT_FALSE(rv_ring_pop_if(ring_, Name(1)));
    EXPECT_TRUE(rv_ring_pop_if(ring_, Name(0)));
    EXPECT_TRUE(rv_ring_pop_if(ring_, Name(1)));
    EXPECT_FALSE(rv_ring_pop_if(ring_, Name(1))); // its slot still holds it
}

TEST_P(RingTest, PeekingTakesNothingAndSeesNothingBehindTheEnd)
{
    Fill(2);

    EXPECT_EQ(rv_ring_peek(ring_, 0), Name(0));
    EXPECT_EQ(rv_ring_peek(ring_, 1), Name(1));
    EXPECT_EQ(rv_ring_peek(ring_, 2), nullptr);
    EXPECT_EQ(rv_ring_pop(ring_), Name(0));
    EXPECT_EQ(rv_ring_peek(ring_, 0), Name(1));
    EXPECT_EQ(rv_ring_peek(ring_, 1), nullptr); // its slot still holds one
}

TEST_P(RingTest, ThiefTakesTheOldestHalfRoundedUp)
{
    Fill(3);

    ASSERT_EQ(rv_ring_steal(ring_, items_, 4), 2u);
    EXPECT_EQ(items_[0], Name(0));
    EXPECT_EQ(items_[1], Name(1));
    ASSERT_EQ(rv_ring_steal(ring_, items_, 4), 1u);
    EXPECT_EQ(items_[0], Name(2));
    EXPECT_EQ(rv_ring_steal(ring_, items_, 4), 0u);
}

TEST_P(RingTest, ThiefTakesNoMoreThanItAskedFor)
{
    Fill(4);

    items_[1] = Name(60);
    ASSERT_EQ(rv_ring_steal(ring_, items_, 1), 1u);
    EXPECT_EQ(items_[0], Name(0));
    EXPECT_EQ(items_[1], Name(60));
    EXPECT_EQ(rv_ring_steal(ring_, items_, 0), 0u);
    EXPECT_EQ(rv_ring_size(ring_), 3u);
}

TEST_P(RingTest, WrappedIndicesBehaveLikeAnyOther)
{
    std::deque<void *> model;
    rv_rng rng;
    rv_rng_seed(&rng, 2);

    for (int step = 0; step < 4000; step++) {
        void *name = Name(rv_rng_below(&rng, 64));
        uint32_t choice = rv_rng_below(&rng, 16);

        if (choice < 9) {
            ASSERT_EQ(rv_ring_push(ring_, name), model.size() < 4);
            if (model.size() < 4) {
                model.push_back(name);
            }
        } else if (choice < 14) {
            ASSERT_EQ(rv_ring_pop(ring_),
                      model.empty() ? nullptr : model.front());
            if (!model.empty()) {
                model.pop_front();
            }
        } else {
            size_t expected = model.size() - model.size() / 2;
            ASSERT_EQ(rv_ring_steal(ring_, items_, 4), expected);
            for (size_t i = 0; i < expected; i++) {
                ASSERT_EQ(items_[i], model.front());
                model.pop_front();
            }
        }
        ASSERT_EQ(rv_ring_is_empty(ring_), model.empty());
        ASSERT_EQ(rv_ring_size(ring_), model.size());
    }
}

// The owner's earlier look at head may be as old as it likes: it only makes
// push look again.
TEST_P(RingTest, RingNeverGrowsUnderThieves)
{
    for (int round = 0; round < 100; round++) {
        Fill(4);
        ASSERT_FALSE(rv_ring_push(ring_, Name(9)));
        ASSERT_EQ(rv_ring_steal(ring_, items_, 4), 2u);
        ASSERT_TRUE(rv_ring_push(ring_, Name(4)));
        ASSERT_TRUE(rv_ring_push(ring_, Name(5)));
        ASSERT_FALSE(rv_ring_push(ring_, Name(9)));
        for (uint64_t i = 2; i < 6; i++) {
            ASSERT_EQ(rv_ring_pop(ring_), Name(i));
        }
    }
}

#ifndef NDEBUG
TEST(RingDeathTest, PushByAnotherThreadIsCaught)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    TestRing four(4, 0);
    int item;
    ASSERT_TRUE(rv_ring_push(four.get(), &item));

    EXPECT_DEATH(std::thread([&] { rv_ring_push(four.get(), &item); }).join(),
                 "rv_owner_is_me");
}
#endif

TEST(RingDeathTest, CapacityThatIsNoPowerOfTwoIsRefused)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    rv_atomic_ptr slots[3] = {};
    rv_ring ring;

    EXPECT_DEATH(rv_ring_init(&ring, slots, 3, false), "power of two");
}

// What each thread took, in its order.
using Taken = std::vector<Item>;

void ExpectEachTakenOnce(const std::vector<Taken> &taken, size_t count)
{
    std::vector<int> times(count, 0);
    for (const Taken &by_one : taken) {
        for (const Item &item : by_one) {
            ASSERT_LT(item.id, count);
            ASSERT_EQ(item.complement, ~item.id);
            times[item.id]++;
        }
    }
    for (size_t id = 0; id < count; id++) {
        ASSERT_EQ(times[id], 1) << "item " << id;
    }
}

// A FIFO: each taker sees the ids in rising order.
void ExpectRising(const std::vector<Taken> &taken)
{
    for (const Taken &by_one : taken) {
        for (size_t i = 1; i < by_one.size(); i++) {
            ASSERT_LT(by_one[i - 1].id, by_one[i].id);
        }
    }
}

void Append(Taken *taken, void *const *items, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        taken->push_back(*static_cast<Item *>(items[i]));
    }
}

// Gives way after some misses: the others may be waiting for this CPU.
class Patience
{
  public:
    void Note(unsigned count)
    {
        if (count == 0 && ++misses_ % 64 == 0) {
            std::this_thread::yield();
        }
    }

  private:
    unsigned misses_ = 0;
};

// Pushes all items and takes some itself.
void Produce(rv_ring *ring, std::vector<Item> *items, Taken *taken,
             uint64_t seed)
{
    rv_rng rng;
    rv_rng_seed(&rng, seed);
    uint64_t next = 0;

    while (next < items->size()) {
        if (rv_rng_below(&rng, 64) < 40) {
            (*items)[next] = {next, ~next};
            next += rv_ring_push(ring, &(*items)[next]);
        } else {
            void *item = rv_ring_pop(ring);
            Append(taken, &item, item != nullptr);
        }
    }
}

struct CrowdCase {
    uint64_t capacity;
    uint64_t start;
    unsigned thieves;
};

class RingCrowdTest : public ::testing::TestWithParam<CrowdCase>
{
};

INSTANTIATE_TEST_SUITE_P(
    Sizes, RingCrowdTest,
    ::testing::Values(CrowdCase{2, UINT64_MAX - 1000, 1},
                      CrowdCase{2, (UINT64_C(1) << 32) - 1000, 3},
                      CrowdCase{4, UINT64_MAX - 1000, 2},
                      CrowdCase{256, 0, 3}));

TEST_P(RingCrowdTest, EveryItemIsTakenOnceInOrderAndComplete)
{
    CrowdCase c = GetParam();
    TestRing ring(c.capacity, c.start);
    std::vector<Item> items(kItems);
    std::vector<Taken> taken(c.thieves + 1);
    std::atomic<bool> is_done{false};

    std::vector<std::thread> thieves;
    for (unsigned i = 1; i <= c.thieves; i++) {
        thieves.emplace_back([&, i] {
            std::vector<void *> out(c.capacity);
            Patience patience;
            for (;;) {
                bool was_done = is_done.load(std::memory_order_acquire);
                unsigned count =
                    rv_ring_steal(ring.get(), out.data(), (unsigned)c.capacity);
                Append(&taken[i], out.data(), count);
                if (count == 0 && was_done && rv_ring_is_empty(ring.get())) {
                    return;
                }
                patience.Note(count);
            }
        });
    }
    Produce(ring.get(), &items, &taken[0], c.capacity + c.thieves);
    is_done.store(true, std::memory_order_release);
    for (std::thread &thief : thieves) {
        thief.join();
    }

    ExpectEachTakenOnce(taken, items.size());
    ExpectRising(taken);
}

// The middle worker moves what it stole into its own ring of two, from which
// the last one steals at the same time.
TEST(RingTest, RingMayBeStolenFromWhileItsOwnerStealsIntoIt)
{
    TestRing first(4, UINT64_MAX - 100);
    TestRing second(2, (UINT64_C(1) << 32) - 100);
    std::vector<Item> items(kItems);
    std::vector<Taken> taken(3);
    std::atomic<int> stage{0};

    std::thread middle([&] {
        void *out[4];
        Patience patience;
        for (;;) {
            bool was_done = stage.load(std::memory_order_acquire) == 1;
            unsigned count = rv_ring_steal(first.get(), out, 4);
            patience.Note(count);
            for (unsigned i = 0; i < count; i++) {
                while (!rv_ring_push(second.get(), out[i])) {
                    void *item = rv_ring_pop(second.get());
                    Append(&taken[1], &item, item != nullptr);
                }
            }
            if (count == 0 && was_done && rv_ring_is_empty(first.get())) {
                break;
            }
        }
        stage.store(2, std::memory_order_release);
    });
    std::thread last([&] {
        void *out[2];
        Patience patience;
        for (;;) {
            bool was_done = stage.load(std::memory_order_acquire) == 2;
            unsigned count = rv_ring_steal(second.get(), out, 2);
            patience.Note(count);
            Append(&taken[2], out, count);
            if (count == 0 && was_done && rv_ring_is_empty(second.get())) {
                return;
            }
        }
    });
    Produce(first.get(), &items, &taken[0], 3);
    stage.store(1, std::memory_order_release);
    middle.join();
    last.join();

    ExpectEachTakenOnce(taken, items.size());
    ExpectRising(taken);
}

// Thieves that fight over one item: somebody gets it, and nobody waits for it.
TEST(RingTest, ThievesOfOneItemAllReturn)
{
    TestRing ring(2, UINT64_MAX - 10);
    std::vector<Item> items(5000);
    std::vector<Taken> taken(3);
    std::atomic<bool> is_done{false};

    std::vector<std::thread> thieves;
    for (int i = 1; i <= 2; i++) {
        thieves.emplace_back([&, i] {
            void *out[1];
            Patience patience;
            while (!is_done.load(std::memory_order_acquire)) {
                unsigned count = rv_ring_steal(ring.get(), out, 1);
                Append(&taken[i], out, count);
                patience.Note(count);
            }
        });
    }
    for (uint64_t id = 0; id < items.size(); id++) {
        items[id] = {id, ~id};
        ASSERT_TRUE(rv_ring_push(ring.get(), &items[id]));
        for (int turn = 0; turn < 20 && !rv_ring_is_empty(ring.get()); turn++) {
            std::this_thread::yield();
        }
        void *item = rv_ring_pop(ring.get());
        Append(&taken[0], &item, item != nullptr);
    }
    is_done.store(true, std::memory_order_release);
    for (std::thread &thief : thieves) {
        thief.join();
    }

    EXPECT_TRUE(rv_ring_is_empty(ring.get()));
    ExpectEachTakenOnce(taken, items.size());
}

} // namespace
