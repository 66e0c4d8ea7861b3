// Who is subscribed to what in examples/kv: a subscription is in two lists, of
// its channel and of its client, and must leave both.

#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "tests/support/tasks.h"

#include "gtest/gtest.h"

extern "C" {
#include "examples/kv/hub.h"
}

namespace
{

constexpr int kClients = 4;
constexpr int kTopics = 5; // each a channel, and a pattern

class KvHubTest : public testing::Test
{
  protected:
    KvHubTest() : hub_(hub_new())
    {
    }

    ~KvHubTest() override
    {
        std::free(hub_);
    }

    static std::string Name(int topic)
    {
        return "channel:" + std::to_string(topic);
    }

    static topic_kind Kind(int topic)
    {
        return topic < kTopics ? TOPIC_CHANNEL : TOPIC_PATTERN;
    }

    void Change(int client, int topic)
    {
        std::string name = Name(topic % kTopics);
        auto change =
            is_in_.count({client, topic}) > 0 ? hub_unsubscribe : hub_subscribe;
        EXPECT_EQ(change(hub_, &clients_[client], Kind(topic),
                         {name.data(), name.size()}),
                  0);
        if (is_in_.erase({client, topic}) == 0) {
            is_in_.insert({client, topic});
        }
    }

    void ExpectTold(int topic)
    {
        std::string name = Name(topic);
        long count = 0;
        for (const auto &[client, subscribed] : is_in_) {
            count += subscribed % kTopics == topic;
        }
        EXPECT_EQ(hub_publish(hub_, {name.data(), name.size()}, bytes_of("x")),
                  count);
    }

    hub *hub_;
    subscriber clients_[kClients] = {};
    std::set<std::pair<int, int>> is_in_;
};

TEST_F(KvHubTest, EachIsToldOfWhatItSubscribedToAndOfNothingElse)
{
    RunTasks(1, [this] {
        std::mt19937 random(1);
        for (subscriber &client : clients_) {
            outbox_open(&client.outbox, 1 << 20);
        }
        for (int i = 0; i < 1000; i++) {
            int client = static_cast<int>(random() % kClients);
            Change(client, static_cast<int>(random() % (2 * kTopics)));
            for (int topic = 0; topic < kTopics; topic++) {
                ExpectTold(topic);
            }
            size_t count = 0;
            for (const auto &pair : is_in_) {
                count += pair.first == client;
            }
            EXPECT_EQ(clients_[client].count, count);
            for (subscriber &each : clients_) {
                buffer_clear(&each.outbox.text);
            }
        }
        for (subscriber &client : clients_) {
            hub_leave(hub_, &client);
            outbox_fini(&client.outbox);
        }
        is_in_.clear();
        ExpectTold(0);
        EXPECT_EQ(hub_->patterns, nullptr);
    });
}

} // namespace
