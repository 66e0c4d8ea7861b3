// Redis by hiredis, against Debian's redis-server on a Unix socket: every reply
// belongs to its command, also after a command that was given up, and a server
// that goes away is an error and not a wait.
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/server.h"
#include "tests/support/tasks.h"

#include "adapters/hiredis/rove_redis.h"

namespace
{

class RedisTest : public ::testing::Test
{
  protected:
    RedisTest()
        : server_({"/usr/bin/redis-server", "--port", "0", "--unixsocket",
                   dir_.Path("redis.sock"), "--dir", dir_.Path(), "--save", ""},
                  kReady)
    {
    }

    static constexpr char kReady[] = "ready to accept connections";

    TempDir dir_;
    Server server_;
};

// A connection for the life of the object.
class Redis
{
  public:
    explicit Redis(const std::string &path)
        : fd_(rove_unix_connect(path.c_str()))
    {
        EXPECT_GE(fd_, 0);
        EXPECT_EQ(rove_redis_new(fd_, &redis_), 0);
    }

    Redis(const Redis &) = delete;
    Redis &operator=(const Redis &) = delete;

    ~Redis()
    {
        rove_redis_free(redis_);
        EXPECT_EQ(rove_close(fd_), 0);
    }

    rove_redis *get() const
    {
        return redis_;
    }

  private:
    int fd_;
    rove_redis *redis_ = nullptr;
};

using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

// A reply as text, lists in brackets; an error is the number.
std::string Text(const redisReply *reply)
{
    std::string text;
    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        return std::to_string(reply->integer);
    case REDIS_REPLY_NIL:
        return "nil";
    case REDIS_REPLY_ARRAY:
        for (size_t i = 0; i < reply->elements; i++) {
            text += (i > 0 ? " " : "") + Text(reply->element[i]);
        }
        return "[" + text + "]";
    default:
        return std::string(reply->str, reply->len);
    }
}

std::string Next(const Redis &redis)
{
    redisReply *reply = nullptr;
    int error = rove_redis_reply(redis.get(), &reply);
    return error == 0 ? Text(Reply(reply, freeReplyObject).get())
                      : std::to_string(error);
}

template <class... Values>
std::string Do(const Redis &redis, const char *format, Values... values)
{
    redisReply *reply = nullptr;
    int error = rove_redis_command(redis.get(), &reply, format, values...);
    return error == 0 ? Text(Reply(reply, freeReplyObject).get())
                      : std::to_string(error);
}

TEST_F(RedisTest, RepliesBelongToTheirCommands)
{
    RunTasks(4, [&] {
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < 20; i++) {
            tasks.push_back(std::make_unique<Task>([&, i] {
                Redis redis(dir_.Path("redis.sock"));
                std::string value(10000, '\0');
                EXPECT_EQ(
                    Do(redis, "SET b%d %b", i, value.data(), value.size()),
                    "OK");
                EXPECT_EQ(Do(redis, "GET b%d", i), value);
                EXPECT_EQ(Do(redis, "INCR b%d", i),
                          "ERR value is not an integer or out of range");
                for (int j = 1; j <= 200; j++) {
                    EXPECT_EQ(rove_redis_append(redis.get(), "INCR i%d", i), 0);
                }
                EXPECT_EQ(Do(redis, "PING"), std::to_string(-EBUSY));
                for (int j = 1; j <= 200; j++) {
                    EXPECT_EQ(Next(redis), std::to_string(j));
                }
                EXPECT_EQ(Do(redis, "PING"), "PONG");
            }));
        }
    });
}

TEST_F(RedisTest, BlpopThatIsGivenUpLosesNoItem)
{
    RunTasks(2, [&] {
        Redis redis(dir_.Path("redis.sock"));
        Redis other(dir_.Path("redis.sock"));
        std::string got;
        int status = 0;
        EXPECT_EQ(rove_redis_append(redis.get(), "BLPOP list 0"), 0);
        ROVE_TIMEOUT(10 * ROVE_MS, &status)
        {
            got = Next(redis);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_EQ(got, std::to_string(-ECANCELED));
        EXPECT_EQ(Do(redis, "PING"), std::to_string(-EBUSY));
        EXPECT_EQ(Do(other, "RPUSH list item"), "1");
        EXPECT_EQ(Next(redis), "[list item]");
        EXPECT_EQ(Do(redis, "PING"), "PONG");
    });
}

TEST_F(RedisTest, CommandInACancelledScopeIsNotSent)
{
    RunTasks(1, [&] {
        Redis redis(dir_.Path("redis.sock"));
        rove_scope scope;
        rove_scope_open(&scope, ROVE_FOREVER);
        rove_scope_cancel(&scope);
        EXPECT_EQ(Do(redis, "INCR n"), std::to_string(-ECANCELED));
        EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
        EXPECT_EQ(Do(redis, "GET n"), "nil");
    });
}

TEST_F(RedisTest, SubscriberGetsEveryMessageInOrder)
{
    RunTasks(2, [&] {
        Redis subscriber(dir_.Path("redis.sock"));
        Redis publisher(dir_.Path("redis.sock"));
        EXPECT_EQ(Do(subscriber, "SUBSCRIBE news"), "[subscribe news 1]");
        Task publish([&] {
            for (int i = 0; i < 200; i++) {
                EXPECT_EQ(Do(publisher, "PUBLISH news %d", i), "1");
            }
        });
        for (int i = 0; i < 200; i++) {
            EXPECT_EQ(Next(subscriber),
                      "[message news " + std::to_string(i) + "]");
        }
    });
}

TEST_F(RedisTest, ServerThatStopsIsAnErrorAndCanBeReachedAgain)
{
    RunTasks(2, [&] {
        std::atomic<int> served{0};
        std::atomic<int> ended{0};
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < 20; i++) {
            tasks.push_back(std::make_unique<Task>([&] {
                Redis redis(dir_.Path("redis.sock"));
                std::string got;
                while ((got = Do(redis, "PING")) == "PONG") {
                    served++;
                }
                EXPECT_TRUE(got == std::to_string(-ECONNRESET) ||
                            got == std::to_string(-EPIPE))
                    << got;
                ended++;
            }));
        }
        EXPECT_TRUE(YieldUntil([&] { return served > 200; }));
        EXPECT_EQ(server_.Stop(), 0);
        tasks.clear();
        EXPECT_EQ(ended, 20);
        EXPECT_LT(rove_unix_connect(dir_.Path("redis.sock").c_str()), 0);
    });
    server_.Start(kReady);
    RunTasks(2, [&] {
        Redis redis(dir_.Path("redis.sock"));
        EXPECT_EQ(Do(redis, "PING"), "PONG");
    });
}

TEST(RedisProtocolTest, WhatIsNoReplyIsAnError)
{
    RunTasks(1, [&] {
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        rove_redis *redis = nullptr;
        EXPECT_EQ(rove_redis_new(fds[0], &redis), 0);
        EXPECT_EQ(rove_write_all(fds[1], "HTTP/1.1 400\r\n", 14, nullptr), 14);
        redisReply *reply = nullptr;
        EXPECT_EQ(rove_redis_reply(redis, &reply), -EPROTO);
        EXPECT_EQ(rove_redis_reply(redis, &reply), -EPROTO);
        rove_redis_free(redis);
        EXPECT_EQ(rove_close(fds[0]), 0);
        EXPECT_EQ(rove_close(fds[1]), 0);
    });
}

} // namespace
