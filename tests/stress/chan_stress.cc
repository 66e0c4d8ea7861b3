// At stake: a hand-over races, at every offset, with a cancellation and with a
// close; exactly one wins, both do at times, and no item is lost, doubled or
// written to who lost. 100,000 races of each kind. And items of many
// senders, on tasks and plain threads, all arrive, each sender's in order.

#include <array>
#include <cerrno>
#include <thread>
#include <vector>

#include "rove/channel.h"
#include "rove/select.h"

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr int kSetups = 4;
constexpr int kRaces = (kUnderSanitizer ? 6000 : 100000) / kSetups + 1;

// How often each of two outcomes has been seen.
struct Score {
    void Add(bool done)
    {
        (done ? yes : no)++;
    }

    ~Score()
    {
        EXPECT_GT(yes, 0);
        EXPECT_GT(no, 0);
        EXPECT_GE(yes + no, kRaces);
    }

    int yes = 0;
    int no = 0;
};

// Lets the others begin, or not, and spins.
void Delay(Random &random, uint32_t most)
{
    for (uint32_t yields = random.Below(6); yields > 0; yields--) {
        (void)rove_yield();
    }
    random.Spin(most);
}

class ChanRace : public WithRuntime
{
  protected:
    static constexpr size_t kCapacities[] = {0, 1, ROVE_UNBOUNDED};

    // The waiter of round i sends, receives, or selects one of the two.
    static int64_t SendOrSelect(rove_chan *chan, uint64_t item, bool selects)
    {
        if (!selects) {
            return rove_chan_send(chan, &item);
        }
        rove_case one = rove_on_send(chan, &item);
        int which = rove_select(&one, 1, 0);
        return which == 0 ? one.result : which;
    }

    static int64_t RecvOrSelect(rove_chan *chan, uint64_t *item, bool selects)
    {
        if (!selects) {
            return rove_chan_recv(chan, item);
        }
        rove_case one = rove_on_recv(chan, item);
        int which = rove_select(&one, 1, 0);
        return which == 0 ? one.result : which;
    }
};

constexpr size_t ChanRace::kCapacities[];

INSTANTIATE_TEST_SUITE_P(Workers, ChanRace,
                         ::testing::Values(Setup{1, ROVE_STEALING},
                                           Setup{2, ROVE_STEALING},
                                           Setup{8, ROVE_STEALING},
                                           Setup{2, ROVE_SHARDED}),
                         NameOf);

static_assert(kSetups == 4, "the number of setups above");

TEST_P(ChanRace, CancelledReceiverAgainstASend)
{
    InTask([] {
        Random random(0);
        Random theirs(1);
        Score score;
        for (int i = 0; i < kRaces; i++) {
            rove_chan *chan = rove_chan_new(8, kCapacities[i % 3], nullptr);
            uint64_t got = 0;
            bool selects = i % 2 == 0;
            rove_task *receiver =
                Spawn([&] { return RecvOrSelect(chan, &got, selects); });
            uint32_t spins = theirs.Below(100);
            rove_task *sender = Spawn([chan, spins] {
                Spin(spins);
                uint64_t item = 7;
                return rove_chan_send(chan, &item);
            });
            Delay(random, 200);
            rove_cancel(receiver);
            int64_t received = rove_join(receiver);
            EXPECT_TRUE(received == 0 || received == -ECANCELED) << received;
            EXPECT_EQ(got, received == 0 ? 7U : 0U);
            score.Add(received == 0);
            if (received != 0) {
                EXPECT_EQ(rove_chan_recv(chan, &got), 0);
                EXPECT_EQ(got, 7U);
            }
            EXPECT_EQ(rove_join(sender), 0);
            EXPECT_EQ(rove_chan_try_recv(chan, &got), -EAGAIN);
            rove_chan_unref(chan);
        }
    });
}

TEST_P(ChanRace, CancelledSenderAgainstAReceive)
{
    InTask([] {
        Random random(2);
        Random theirs(3);
        Score score;
        for (int i = 0; i < kRaces; i++) {
            size_t capacity = static_cast<size_t>(i % 2);
            rove_chan *chan = rove_chan_new(8, capacity, nullptr);
            uint64_t item = 1;
            if (capacity == 1) {
                EXPECT_EQ(rove_chan_send(chan, &item), 0);
            }
            bool selects = i % 4 < 2;
            rove_task *sender =
                Spawn([=] { return SendOrSelect(chan, 7, selects); });
            uint32_t spins = theirs.Below(100);
            rove_task *receiver = Spawn([chan, spins] {
                Spin(spins);
                uint64_t got = 0;
                EXPECT_EQ(rove_chan_recv(chan, &got), 0);
                return static_cast<int64_t>(got);
            });
            Delay(random, 200);
            rove_cancel(sender);
            int64_t sent = rove_join(sender);
            EXPECT_TRUE(sent == 0 || sent == -ECANCELED) << sent;
            score.Add(sent == 0);
            uint64_t sum = capacity + (sent == 0 ? 7 : 0);
            if (capacity == 0 && sent != 0) {
                item = 9;
                EXPECT_EQ(rove_chan_send(chan, &item), 0);
                sum += 9;
            }
            uint64_t got = static_cast<uint64_t>(rove_join(receiver));
            if (got != sum) {
                EXPECT_EQ(rove_chan_try_recv(chan, &item), 0);
                got += item;
            }
            EXPECT_EQ(got, sum);
            EXPECT_EQ(rove_chan_count(chan), 0U);
            rove_chan_unref(chan);
        }
    });
}

// What was sent is received, and nothing else.
TEST_P(ChanRace, CloseAgainstASend)
{
    InTask([] {
        Random random(4);
        Random theirs(5);
        Score score;
        for (int i = 0; i < kRaces; i++) {
            rove_chan *chan = rove_chan_new(8, kCapacities[i % 3], nullptr);
            bool selects = i % 2 == 0;
            uint32_t spins = theirs.Below(100);
            rove_task *sender = Spawn([=] {
                Spin(spins);
                return SendOrSelect(chan, 7, selects);
            });
            rove_task *receiver = Spawn([chan] {
                uint64_t got = 0;
                int status = rove_chan_recv(chan, &got);
                EXPECT_EQ(got, status == 0 ? 7U : 0U);
                return status;
            });
            Delay(random, 100);
            rove_chan_close(chan);
            int64_t sent = rove_join(sender);
            EXPECT_TRUE(sent == 0 || sent == -EPIPE) << sent;
            EXPECT_EQ(rove_join(receiver), sent);
            score.Add(sent == 0);
            rove_chan_unref(chan);
        }
    });
}

// Each sender's items are numbered; a receiver that sees them out of order, or
// a sum that is not that of all, is a failure.
class ChanStress : public WithRuntime
{
  protected:
    static constexpr uint64_t kSenders = 6;
    static constexpr uint64_t kEach = kUnderSanitizer ? 1000 : 10000;

    struct Item {
        uint64_t sender;
        uint64_t number;
        uint64_t check;
    };

    static int64_t SendAll(rove_chan *chan, uint64_t sender)
    {
        Random random(static_cast<uint32_t>(sender));
        for (uint64_t i = 1; i <= kEach; i++) {
            Item item = {sender, i, sender ^ i};
            int status = 0;
            if (random.Below(4) == 0) {
                rove_case one = rove_on_send(chan, &item);
                EXPECT_EQ(rove_select(&one, 1, 0), 0);
                status = static_cast<int>(one.result);
            } else {
                status = rove_chan_send(chan, &item);
            }
            EXPECT_EQ(status, 0);
            if (random.Below(64) == 0) {
                random.Spin(100);
            }
        }
        return 0;
    }

    static int64_t ReceiveAll(rove_chan *chan, uint32_t stream)
    {
        Random random(100 + stream);
        std::array<uint64_t, kSenders> last = {};
        Item item = {};
        int64_t sum = 0;
        while (rove_chan_recv(chan, &item) == 0) {
            EXPECT_EQ(item.check, item.sender ^ item.number);
            EXPECT_GT(item.number, last.at(item.sender));
            last.at(item.sender) = item.number;
            sum += static_cast<int64_t>(item.number);
            if (random.Below(64) == 0) {
                random.Spin(100);
            }
        }
        return sum;
    }
};

INSTANTIATE_TEST_SUITE_P(Designs, ChanStress, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(ChanStress, AllArriveInOrder)
{
    for (size_t capacity :
         {size_t{0}, size_t{1}, size_t{16}, size_t{ROVE_UNBOUNDED}}) {
        rove_chan *chan = rove_chan_new(sizeof(Item), capacity, nullptr);
        std::atomic<int64_t> sum{0};
        std::thread receiving([&] { sum += ReceiveAll(chan, 0); });
        InTask([&] {
            std::vector<rove_task *> receivers;
            for (uint32_t i = 1; i < 4; i++) {
                receivers.push_back(Spawn([=] { return ReceiveAll(chan, i); }));
            }
            std::thread sending([&] { SendAll(chan, 0); });
            std::vector<rove_task *> senders;
            for (uint64_t i = 1; i < kSenders; i++) {
                senders.push_back(Spawn([=] { return SendAll(chan, i); }));
            }
            for (rove_task *sender : senders) {
                EXPECT_EQ(rove_join(sender), 0);
            }
            sending.join();
            rove_chan_close(chan);
            for (rove_task *receiver : receivers) {
                sum += rove_join(receiver);
            }
        });
        receiving.join();
        EXPECT_EQ(sum,
                  static_cast<int64_t>(kSenders * kEach * (kEach + 1) / 2));
        rove_chan_unref(chan);
    }
}

} // namespace
