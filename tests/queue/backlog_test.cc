// At stake: first in, first out, nothing lost, in parts of any size.

#include <atomic>
#include <thread>
#include <vector>

extern "C" {
#include "src/queue/backlog.h"
}

#include "gtest/gtest.h"

namespace
{

struct Item {
    rv_link link;
    int number;
};

class BacklogTest : public ::testing::Test
{
  protected:
    BacklogTest()
    {
        rv_backlog_init(&backlog_);
    }

    // Appends items [first, first + count) as one chain.
    void Append(std::vector<Item> *items, int first, int count)
    {
        for (int i = first; i < first + count; i++) {
            (*items)[i].number = i;
            (*items)[i].link.next =
                i + 1 < first + count ? &(*items)[i + 1].link : nullptr;
        }
        rv_backlog_append(&backlog_, &(*items)[first].link);
    }

    static int NumberOf(const rv_link *link)
    {
        return reinterpret_cast<const Item *>(link)->number;
    }

    rv_backlog backlog_;
};

TEST_F(BacklogTest, ANewOneIsEmpty)
{
    EXPECT_TRUE(rv_backlog_is_empty(&backlog_));
    EXPECT_EQ(rv_backlog_take(&backlog_, 1), nullptr);
    rv_backlog_append(&backlog_, nullptr);
    EXPECT_TRUE(rv_backlog_is_empty(&backlog_));
}

TEST_F(BacklogTest, ItemsComeOutInOrderInPartsOfAnySize)
{
    std::vector<Item> items(100);
    Append(&items, 0, 30);
    Append(&items, 30, 1);
    Append(&items, 31, 69);
    EXPECT_EQ(rv_backlog_take(&backlog_, 0), nullptr);
    int next = 0;
    for (unsigned max = 1; !rv_backlog_is_empty(&backlog_); max++) {
        unsigned taken = 0;
        for (rv_link *link = rv_backlog_take(&backlog_, max); link != nullptr;
             link = link->next) {
            EXPECT_EQ(NumberOf(link), next++);
            taken++;
        }
        EXPECT_LE(taken, max);
        EXPECT_GT(taken, 0U);
    }
    EXPECT_EQ(next, 100);
    EXPECT_EQ(rv_backlog_take(&backlog_, 10), nullptr);
}

TEST_F(BacklogTest, NothingIsLostOrSeenTwiceByManyThreads)
{
    constexpr int kItems = 20000;
    std::vector<Item> items(kItems);
    std::vector<std::atomic<int>> seen(kItems);
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        for (int i = 0; i < kItems; i += 20) {
            Append(&items, i, 20);
        }
    });
    for (int t = 0; t < 2; t++) {
        threads.emplace_back([&] {
            while (taken < kItems) {
                rv_link *link = rv_backlog_take(&backlog_, 7);
                if (link == nullptr) {
                    std::this_thread::yield();
                }
                while (link != nullptr) {
                    seen[NumberOf(link)]++;
                    taken++;
                    link = link->next;
                }
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    for (const auto &count : seen) {
        EXPECT_EQ(count, 1);
    }
    EXPECT_TRUE(rv_backlog_is_empty(&backlog_));
}

} // namespace
