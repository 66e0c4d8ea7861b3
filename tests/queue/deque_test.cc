// At stake: every item is taken exactly once, by the owner or by one thief, and
// whoever takes it sees it complete. Shown with two to four slots, so that they
// are reused all the time, and with indices preset just below the ends of their
// range. The memory orders themselves are checked by verification/spin.
extern "C" {
#include "src/queue/deque.h"

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

class TestDeque
{
  public:
    TestDeque(uint64_t capacity, uint64_t start) : slots_(capacity)
    {
        rv_deque_init(&deque_, slots_.data(), capacity);
        rv_u64_store_relaxed(&deque_.top, start);
        rv_u64_store_relaxed(&deque_.bottom, start);
        deque_.top_seen = start;
    }

    rv_deque *get()
    {
        return &deque_;
    }

    rv_atomic_ptr *Slot(uint64_t index)
    {
        return &slots_[index & deque_.mask];
    }

  private:
    std::vector<rv_atomic_ptr> slots_;
    rv_deque deque_{};
};

class DequeTest : public ::testing::TestWithParam<uint64_t>
{
  protected:
    void *Name(uint64_t id)
    {
        return &names_[id];
    }

    TestDeque four_{4, GetParam()};
    rv_deque *deque_ = four_.get();
    char names_[64] = {};
};

// The start, and just below the values where 16, 32, 63 and 64 bits run out.
INSTANTIATE_TEST_SUITE_P(Starts, DequeTest,
                         ::testing::Values(0, (UINT64_C(1) << 16) - 2,
                                           (UINT64_C(1) << 32) - 2,
                                           (UINT64_C(1) << 63) - 2,
                                           UINT64_MAX - 1));

TEST_P(DequeTest, OwnerPopsNewestItem)
{
    ASSERT_TRUE(rv_deque_push(deque_, Name(1)));
    ASSERT_TRUE(rv_deque_push(deque_, Name(2)));

    EXPECT_EQ(rv_deque_pop(deque_), Name(2));
    EXPECT_EQ(rv_deque_pop(deque_), Name(1));
    EXPECT_EQ(rv_deque_pop(deque_), nullptr);
}

TEST_P(DequeTest, ThiefStealsOldestItem)
{
    ASSERT_TRUE(rv_deque_push(deque_, Name(1)));
    ASSERT_TRUE(rv_deque_push(deque_, Name(2)));

    void *item = nullptr;
    ASSERT_EQ(rv_deque_steal(deque_, &item), RV_STEAL_OK);
    EXPECT_EQ(item, Name(1));
}

TEST_P(DequeTest, EmptyDequeLeavesTheThiefsItemAlone)
{
    void *item = Name(7);

    EXPECT_TRUE(rv_deque_is_empty(deque_));
    EXPECT_EQ(rv_deque_steal(deque_, &item), RV_STEAL_EMPTY);
    EXPECT_EQ(item, Name(7));
}

TEST_P(DequeTest, FullDequeRefusesAndKeepsItsItems)
{
    for (uint64_t i = 0; i < 4; i++) {
        ASSERT_TRUE(rv_deque_push(deque_, Name(i)));
    }
    EXPECT_FALSE(rv_deque_push(deque_, Name(9)));
    EXPECT_FALSE(rv_deque_push(deque_, Name(9)));

    for (uint64_t i = 0; i < 4; i++) {
        void *item = nullptr;
        ASSERT_EQ(rv_deque_steal(deque_, &item), RV_STEAL_OK);
        EXPECT_EQ(item, Name(i));
    }
    EXPECT_TRUE(rv_deque_is_empty(deque_));
}

TEST_P(DequeTest, StolenItemMakesRoomInFullDeque)
{
    for (uint64_t i = 0; i < 4; i++) {
        ASSERT_TRUE(rv_deque_push(deque_, Name(i)));
    }
    void *item = nullptr;
    ASSERT_EQ(rv_deque_steal(deque_, &item), RV_STEAL_OK);

    EXPECT_TRUE(rv_deque_push(deque_, Name(4)));
    EXPECT_FALSE(rv_deque_push(deque_, Name(5)));
}

// A thief that read its item and was then held up, step by step, while the
// owner let enough items pass for any shorter index to come round again.
TEST(DequeTest, IndicesNeverRepeatAfterWrap)
{
    TestDeque four(4, UINT64_MAX - 1000);
    rv_deque *deque = four.get();
    int name;
    ASSERT_TRUE(rv_deque_push(deque, &name));
    uint64_t seen = rv_u64_load_seq_cst(&deque->top);

    for (uint64_t i = 0; i < (UINT64_C(1) << 16); i++) {
        void *item = nullptr;
        ASSERT_EQ(rv_deque_steal(deque, &item), RV_STEAL_OK);
        ASSERT_TRUE(rv_deque_push(deque, &name));
    }

    EXPECT_FALSE(rv_u64_cas_seq_cst(&deque->top, &seen, seen + 1));
}

// Random operations of one thread against a plain queue, through the wrap.
TEST_P(DequeTest, WrappedIndicesBehaveLikeAnyOther)
{
    std::deque<void *> model;
    rv_rng rng;
    rv_rng_seed(&rng, 2);

    for (int step = 0; step < 2000; step++) {
        void *name = Name(rv_rng_below(&rng, 64));
        void *item = nullptr;

        switch (rv_rng_below(&rng, 4)) {
        case 0:
        case 1:
            ASSERT_EQ(rv_deque_push(deque_, name), model.size() < 4);
            if (model.size() < 4) {
                model.push_back(name);
            }
            break;
        case 2:
            ASSERT_EQ(rv_deque_pop(deque_),
                      model.empty() ? nullptr : model.back());
            if (!model.empty()) {
                model.pop_back();
            }
            break;
        default:
            ASSERT_EQ(rv_deque_steal(deque_, &item),
                      model.empty() ? RV_STEAL_EMPTY : RV_STEAL_OK);
            if (!model.empty()) {
                ASSERT_EQ(item, model.front());
                model.pop_front();
            }
        }
        ASSERT_EQ(rv_deque_is_empty(deque_), model.empty());
    }
}

// A thief that arrives late and finds both ends moved must judge by what they
// are now.
TEST_P(DequeTest, EachAttemptLooksAtBothEndsAgain)
{
    for (uint64_t round = 0; round < 100; round++) {
        void *item = nullptr;

        ASSERT_TRUE(rv_deque_push(deque_, Name(round % 64)));
        ASSERT_EQ(rv_deque_steal(deque_, &item), RV_STEAL_OK);
        ASSERT_EQ(item, Name(round % 64));
        ASSERT_EQ(rv_deque_steal(deque_, &item), RV_STEAL_EMPTY);
        ASSERT_EQ(rv_deque_pop(deque_), nullptr);
    }
}

#ifndef NDEBUG
TEST(DequeDeathTest, PopByAnotherThreadIsCaught)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    TestDeque four(4, 0);
    int item;
    ASSERT_TRUE(rv_deque_push(four.get(), &item));

    EXPECT_DEATH(std::thread([&] { rv_deque_pop(four.get()); }).join(),
                 "rv_owner_is_me");
}
#endif

TEST(DequeDeathTest, CapacityThatIsNoPowerOfTwoIsRefused)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    rv_atomic_ptr slots[3] = {};
    rv_deque deque;

    EXPECT_DEATH(rv_deque_init(&deque, slots, 3), "power of two");
}

// One owner and some thieves until all items are gone. An item is plain memory,
// written just before it is pushed and read by whoever takes it.
class Crowd
{
  public:
    Crowd(uint64_t capacity, uint64_t start, unsigned thieves, uint64_t count)
        : deque_(capacity, start), items_(count), taken_(thieves + 1)
    {
    }

    // Runs it; `chance` of 8 operations of the owner are pushes.
    void Run(uint32_t chance, uint64_t seed)
    {
        std::vector<std::thread> threads;
        for (size_t i = 1; i < taken_.size(); i++) {
            threads.emplace_back([this, i] { Thief(&taken_[i]); });
        }
        Owner(chance, seed);
        is_done_.store(true, std::memory_order_release);
        for (std::thread &thread : threads) {
            thread.join();
        }
    }

    void ExpectEachTakenOnce() const
    {
        std::vector<int> times(items_.size(), 0);
        for (const std::vector<Item> &by_one : taken_) {
            for (const Item &item : by_one) {
                ASSERT_LT(item.id, items_.size());
                ASSERT_EQ(item.complement, ~item.id);
                times[item.id]++;
            }
        }
        for (size_t id = 0; id < times.size(); id++) {
            ASSERT_EQ(times[id], 1) << "item " << id;
        }
    }

  private:
    void Owner(uint32_t chance, uint64_t seed)
    {
        rv_rng rng;
        rv_rng_seed(&rng, seed);
        uint64_t next = 0;
        while (next < items_.size()) {
            if (rv_rng_below(&rng, 8) < chance) {
                items_[next] = {next, ~next};
                if (rv_deque_push(deque_.get(), &items_[next])) {
                    next++;
                }
            } else {
                TakeOwn();
            }
        }
        while (TakeOwn()) {
        }
    }

    bool TakeOwn()
    {
        void *item = rv_deque_pop(deque_.get());
        if (item == nullptr) {
            return false;
        }
        taken_[0].push_back(*static_cast<Item *>(item));
        return true;
    }

    // Gives way only now and then: on the owner's heels a thief meets more.
    void Thief(std::vector<Item> *taken)
    {
        for (unsigned misses = 0;;) {
            bool was_done = is_done_.load(std::memory_order_acquire);
            void *item = nullptr;
            rv_steal_result result = rv_deque_steal(deque_.get(), &item);
            if (result == RV_STEAL_OK) {
                taken->push_back(*static_cast<Item *>(item));
            } else if (result == RV_STEAL_EMPTY) {
                if (was_done) {
                    return;
                }
                if (++misses % 64 == 0) {
                    std::this_thread::yield();
                }
            }
        }
    }

    TestDeque deque_;
    std::vector<Item> items_;
    std::vector<std::vector<Item>> taken_;
    std::atomic<bool> is_done_{false};
};

struct CrowdCase {
    uint64_t capacity;
    uint64_t start;
    unsigned thieves;
    uint32_t chance;
};

class DequeCrowdTest : public ::testing::TestWithParam<CrowdCase>
{
};

INSTANTIATE_TEST_SUITE_P(
    Sizes, DequeCrowdTest,
    ::testing::Values(CrowdCase{2, UINT64_MAX - 1000, 1, 4},
                      CrowdCase{2, (UINT64_C(1) << 32) - 1000, 3, 5},
                      CrowdCase{4, UINT64_MAX - 1000, 2, 6},
                      CrowdCase{256, 0, 3, 6}));

TEST_P(DequeCrowdTest, EveryItemIsTakenOnceAndComplete)
{
    CrowdCase c = GetParam();
    auto crowd =
        std::make_unique<Crowd>(c.capacity, c.start, c.thieves, kItems);

    crowd->Run(c.chance, c.capacity + c.thieves);

    crowd->ExpectEachTakenOnce();
}

// The owner alone with the last item, again and again: only LAST protects it.
TEST(DequeTest, LastItemGoesToOwnerOrThiefButNotBoth)
{
    auto crowd = std::make_unique<Crowd>(2, 0, 2, kItems);

    crowd->Run(4, 7);

    crowd->ExpectEachTakenOnce();
}

} // namespace
