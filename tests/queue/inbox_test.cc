// At stake: work left by other threads is taken exactly once and in the order
// of arrival, and exactly the push that found the inbox empty says so, because
// that one wakes the worker. Shown with several pushers and takers at once.
extern "C" {
#include "src/queue/inbox.h"
}

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace
{

#ifdef RV_SHAKE
constexpr int kRounds = 10; // delays instead of numbers
constexpr uint64_t kEach = 1000;
#else
constexpr int kRounds = 100;
constexpr uint64_t kEach = 10000;
#endif

struct Message {
    rv_link link;
    uint64_t pusher;
    uint64_t number;
};

Message *Of(rv_link *link)
{
    return rv_container_of(link, Message, link);
}

class InboxTest : public ::testing::Test
{
  protected:
    InboxTest()
    {
        rv_inbox_init(&inbox_);
    }

    rv_inbox inbox_;
};

TEST_F(InboxTest, TakeAllReturnsLinksInOrderOfArrival)
{
    rv_link a, b, c;

    EXPECT_TRUE(rv_inbox_push(&inbox_, &a));
    EXPECT_FALSE(rv_inbox_push(&inbox_, &b));
    EXPECT_FALSE(rv_inbox_push(&inbox_, &c));

    EXPECT_EQ(rv_inbox_take_all(&inbox_), &a);
    EXPECT_EQ(a.next, &b);
    EXPECT_EQ(b.next, &c);
    EXPECT_EQ(c.next, nullptr);
}

TEST_F(InboxTest, EmptyInboxHasNothingToTake)
{
    rv_link a;

    EXPECT_TRUE(rv_inbox_is_empty(&inbox_));
    EXPECT_EQ(rv_inbox_take_all(&inbox_), nullptr);
    rv_inbox_push(&inbox_, &a);
    EXPECT_FALSE(rv_inbox_is_empty(&inbox_));
    rv_inbox_take_all(&inbox_);
    EXPECT_TRUE(rv_inbox_is_empty(&inbox_));
    EXPECT_TRUE(rv_inbox_push(&inbox_, &a));
}

TEST_F(InboxTest, ChainArrivesBetweenWhatWasPushedBeforeAndAfter)
{
    rv_link before, first, second, third, after;
    first.next = &second;
    second.next = &third;
    third.next = nullptr;

    EXPECT_TRUE(rv_inbox_push(&inbox_, &before));
    EXPECT_FALSE(rv_inbox_push_chain(&inbox_, &first));
    EXPECT_FALSE(rv_inbox_push(&inbox_, &after));

    EXPECT_EQ(rv_inbox_take_all(&inbox_), &before);
    EXPECT_EQ(before.next, &first);
    EXPECT_EQ(first.next, &second);
    EXPECT_EQ(second.next, &third);
    EXPECT_EQ(third.next, &after);
    EXPECT_EQ(after.next, nullptr);
}

TEST_F(InboxTest, ChainPushedToEmptyInboxSaysSo)
{
    rv_link first, second;
    first.next = &second;
    second.next = nullptr;

    EXPECT_TRUE(rv_inbox_push_chain(&inbox_, &first));
    EXPECT_EQ(rv_inbox_take_all(&inbox_), &first);
    EXPECT_EQ(first.next, &second);
    EXPECT_EQ(second.next, nullptr);
}

// Would overflow the stack if the chain were turned round by recursion.
TEST_F(InboxTest, MillionLinksComeBackInOrder)
{
    std::vector<rv_link> links(1000000);
    for (size_t i = 0; i < links.size(); i++) {
        links[i].next = i + 1 < links.size() ? &links[i + 1] : nullptr;
    }
    rv_inbox_push_chain(&inbox_, &links[0]);

    rv_link *link = rv_inbox_take_all(&inbox_);

    for (rv_link &expected : links) {
        ASSERT_EQ(link, &expected);
        link = link->next;
    }
    EXPECT_EQ(link, nullptr);
}

// Pushers that leave messages, singly and in pairs, and takers, all at once.
class Traffic
{
  public:
    static constexpr uint64_t kPushers = 2;
    static constexpr uint64_t kTakers = 2;

    Traffic() : messages_(kPushers), taken_(kTakers)
    {
        rv_inbox_init(&inbox_);
    }

    void Run()
    {
        std::vector<std::thread> threads;
        for (uint64_t p = 0; p < kPushers; p++) {
            messages_[p] = std::vector<Message>(kEach);
            threads.emplace_back([this, p] { Push(p); });
        }
        for (uint64_t t = 0; t < kTakers; t++) {
            threads.emplace_back([this, t] { Take(&taken_[t]); });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
    }

    void ExpectEachTakenOnceInOrder() const
    {
        std::vector<std::vector<int>> times(kPushers,
                                            std::vector<int>(kEach, 0));
        for (const std::vector<Message> &by_one : taken_) {
            std::vector<uint64_t> next(kPushers, 0);
            for (const Message &message : by_one) {
                ASSERT_LT(message.pusher, kPushers);
                ASSERT_GE(message.number, next[message.pusher]);
                next[message.pusher] = message.number + 1;
                times[message.pusher][message.number]++;
            }
        }
        for (const std::vector<int> &of_one : times) {
            ASSERT_EQ(of_one, std::vector<int>(kEach, 1));
        }
    }

    // One push for each taking found it empty, and no other.
    void ExpectOneFirstPushForEachTaking() const
    {
        EXPECT_EQ(found_empty_.load(), emptied_.load());
    }

  private:
    void StartTogether()
    {
        started_.fetch_add(1);
        while (started_.load() < kPushers + kTakers) {
            std::this_thread::yield();
        }
    }

    void Push(uint64_t p)
    {
        std::vector<Message> &mine = messages_[p];
        StartTogether();
        for (uint64_t n = 0; n < kEach;) {
            bool is_pair = n % 3 == 0 && n + 1 < kEach;
            rv_link *link = &mine[n].link;
            mine[n].pusher = p;
            mine[n].number = n;
            if (is_pair) {
                mine[n + 1].pusher = p;
                mine[n + 1].number = n + 1;
                link->next = &mine[n + 1].link;
                mine[n + 1].link.next = nullptr;
            }
            found_empty_.fetch_add(is_pair ? rv_inbox_push_chain(&inbox_, link)
                                           : rv_inbox_push(&inbox_, link));
            n += is_pair ? 2 : 1;
        }
        left_.fetch_sub(1);
    }

    void Take(std::vector<Message> *taken)
    {
        StartTogether();
        for (;;) {
            bool was_done = left_.load() == 0;
            rv_link *link = rv_inbox_take_all(&inbox_);
            if (link == nullptr && was_done) {
                return;
            }
            emptied_.fetch_add(link != nullptr);
            for (; link != nullptr; link = link->next) {
                taken->push_back(*Of(link));
            }
        }
    }

    rv_inbox inbox_;
    std::vector<std::vector<Message>> messages_;
    std::vector<std::vector<Message>> taken_;
    std::atomic<uint64_t> started_{0};
    std::atomic<uint64_t> found_empty_{0};
    std::atomic<uint64_t> emptied_{0};
    std::atomic<uint64_t> left_{kPushers};
};

// Many short rounds: threads overlap most while they start.
TEST(InboxTrafficTest, EveryLinkIsTakenOnceInOrderAndComplete)
{
    for (int round = 0; round < kRounds; round++) {
        Traffic traffic;

        traffic.Run();

        traffic.ExpectEachTakenOnceInOrder();
        traffic.ExpectOneFirstPushForEachTaking();
        if (HasFatalFailure()) {
            return;
        }
    }
}

// Links go round between two threads through two inboxes, so the same address
// is soon at the top again.
TEST_F(InboxTest, LinksMayBePushedAgainAtOnce)
{
    rv_inbox other;
    rv_inbox_init(&other);
    std::vector<Message> messages(4);
    constexpr uint64_t kTurns = 20000;
    std::atomic<bool> is_done{false};

    for (uint64_t i = 0; i < messages.size(); i++) {
        messages[i].pusher = i;
        messages[i].number = 0;
        rv_inbox_push(&inbox_, &messages[i].link);
    }
    auto pass_on = [](rv_inbox *from, rv_inbox *to) {
        rv_link *link = rv_inbox_take_all(from);
        while (link != nullptr) {
            rv_link *next = link->next;
            Of(link)->number++;
            rv_inbox_push(to, link);
            link = next;
        }
    };
    std::thread peer([&] {
        while (!is_done.load()) {
            pass_on(&inbox_, &other);
            std::this_thread::yield();
        }
    });
    for (uint64_t turn = 0; turn < kTurns; turn++) {
        pass_on(&other, &inbox_);
    }
    is_done.store(true);
    peer.join();
    pass_on(&inbox_, &other);

    std::vector<int> times(messages.size(), 0);
    for (rv_link *link = rv_inbox_take_all(&other); link != nullptr;
         link = link->next) {
        times[Of(link)->pusher]++;
    }
    EXPECT_EQ(times, std::vector<int>(messages.size(), 1));
}

} // namespace
