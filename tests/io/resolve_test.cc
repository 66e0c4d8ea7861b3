// At stake: the right addresses or an error that says what to do next; a caller
// that gives up leaves at once and nothing leaks; name servers that hang leave
// the pool to others. The servers are the test's own.
extern "C" {
#include "tests/support/fault.h"
#include "tests/support/name_faulty.h"
}

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <string>
#include <vector>

#include "rove/rove.h"

#include "tests/io/pool_holder.h"

#include "gtest/gtest.h"

namespace
{

// What the server of the present test says.
std::vector<std::string> texts;
int server_code;
int server_error;
std::atomic<int> questions{0};
std::string last_name;
int last_family;

size_t Answer(const char *name, int family, struct sockaddr_storage found[],
              size_t max, int *code, int *error)
{
    questions++;
    last_name = name;
    last_family = family;
    *code = server_code;
    *error = server_error;
    size_t count = 0;
    for (const std::string &text : texts) {
        if (count == max) {
            break;
        }
        rove_address a;
        EXPECT_EQ(rove_address_ip(text.c_str(), 0, &a), 0);
        memcpy(&found[count++], &a.as, a.length);
    }
    return count;
}

// Holds every lookup until the gate is opened.
Gate *gate;
std::atomic<int> held{0};
std::atomic<int> held_max{0};

size_t Hang(const char *, int, struct sockaddr_storage[], size_t, int *code,
            int *)
{
    int now = ++held;
    if (now > held_max) {
        held_max = now;
    }
    gate->Pass();
    held--;
    *code = EAI_AGAIN;
    return 0;
}

class ResolveTest : public ::testing::Test
{
  protected:
    ResolveTest()
    {
        texts = {"192.0.2.1"};
        server_code = server_error = 0;
        questions = held = held_max = 0;
        gate = &gate_;
        rv_name_serve(Answer);
    }

    ~ResolveTest() override
    {
        rv_name_serve(nullptr);
        rv_fault_disarm();
    }

    Gate gate_;
};

std::string Resolve(const char *name, int family = AF_UNSPEC, size_t max = 8)
{
    std::vector<rove_address> found(max);
    int count = rove_resolve(name, 80, family, found.data(), max, nullptr);
    if (count < 0) {
        return std::to_string(count);
    }
    std::string all;
    for (int i = 0; i < count; i++) {
        char text[ROVE_ADDRESS_TEXT];
        EXPECT_GT(rove_address_format(&found[static_cast<size_t>(i)], text,
                                      sizeof text),
                  0);
        all += (i > 0 ? " " : "") + std::string(text);
    }
    return all;
}

void UseResolver()
{
    texts = {"192.0.2.1", "2001:db8::2", "192.0.2.3"};
    EXPECT_EQ(Resolve("host.example"),
              "192.0.2.1:80 [2001:db8::2]:80 192.0.2.3:80");
    EXPECT_EQ(last_name, "host.example");
    EXPECT_EQ(last_family, AF_UNSPEC);
    EXPECT_EQ(Resolve("Host-1_a.example.", AF_INET6, 2),
              "192.0.2.1:80 [2001:db8::2]:80");
    EXPECT_EQ(last_family, AF_INET6);
}

TEST_F(ResolveTest, NamesHaveTheServersAddressesWithThePort)
{
    RunTasks(1, UseResolver);
    UseResolver(); // on this thread
    RunTasks(1, [] {
        EXPECT_EQ(rove_offload(
                      [](void *) -> int64_t {
                          UseResolver();
                          return 0;
                      },
                      nullptr),
                  0);
    });
}

TEST_F(ResolveTest, NumbersAreAnsweredWithoutAskingAnyone)
{
    RunTasks(1, [] {
        EXPECT_EQ(Resolve("127.0.0.2"), "127.0.0.2:80");
        EXPECT_EQ(Resolve("::1", AF_INET6), "[::1]:80");
        EXPECT_EQ(Resolve("fe80::1%3"), "[fe80::1%3]:80");
        EXPECT_EQ(Resolve(nullptr), "127.0.0.1:80");
        EXPECT_EQ(Resolve("::1", AF_INET), std::to_string(-ENOENT));
        EXPECT_EQ(Resolve("127.0.0.1", AF_UNIX), std::to_string(-EAFNOSUPPORT));
        rove_stats stats = {};
        stats.size = sizeof stats;
        EXPECT_EQ(rove_stats_get(rove_runtime_current(), &stats), 0);
        EXPECT_EQ(stats.offload_threads, 0u);
    });
    EXPECT_EQ(questions, 0);
}

TEST_F(ResolveTest, WhatCannotBeANameIsNotAsked)
{
    std::string label(63, 'a');
    std::string longest = label + "." + label + "." + label + "." + label;
    RunTasks(1, [&] {
        for (const char *name :
             {"", ".", "1.2.3", "1.2.3.4 ", "1.2.3.4.", "2130706433",
              "0x7f000001", "host.0X1", "a b", "host:80", "[::1]", "::g",
              "h\xc3\xb6st", "a/b", "%41"}) {
            EXPECT_EQ(Resolve(name), std::to_string(-EINVAL)) << name;
        }
        EXPECT_EQ(Resolve((longest + ".").c_str()), std::to_string(-EINVAL));
        EXPECT_EQ(questions, 0);
        for (const char *name : {"a", "1a", "0xg", "3com.x1", "localhost."}) {
            EXPECT_EQ(Resolve(name), "192.0.2.1:80") << name;
        }
        EXPECT_EQ(Resolve(longest.substr(2).c_str()), "192.0.2.1:80");
    });
}

TEST_F(ResolveTest, EachFailureHasItsError)
{
    struct {
        int code;
        int system;
        int error;
    } cases[] = {
        {EAI_NONAME, 0, -ENOENT},
        {EAI_NODATA, 0, -ENOENT},
        {EAI_ADDRFAMILY, 0, -ENOENT},
        {EAI_AGAIN, 0, -EAGAIN},
        {EAI_FAIL, 0, -EIO},
        {EAI_MEMORY, 0, -ENOMEM},
        {EAI_FAMILY, 0, -EAFNOSUPPORT},
        {EAI_SYSTEM, -EMFILE, -EMFILE},
        {EAI_SYSTEM, -ECANCELED, -EIO},
    };
    texts = {};
    RunTasks(1, [&] {
        for (const auto &c : cases) {
            server_code = c.code;
            server_error = c.system;
            rove_address found;
            int code = 1;
            EXPECT_EQ(rove_resolve("host", 1, AF_UNSPEC, &found, 1, &code),
                      c.error);
            EXPECT_EQ(code, c.code);
        }
        server_code = 0; // a name, and no address
        EXPECT_EQ(Resolve("host"), std::to_string(-ENOENT));
    });
}

TEST_F(ResolveTest, CancelledCallerLeavesAtOnce)
{
    rv_name_serve(Hang);
    uint64_t blocks = rv_fault_live_blocks();
    RunTasks(2, [&] {
        Task caller([] {
            int code = 1;
            rove_address found;
            EXPECT_EQ(rove_resolve("host", 1, AF_UNSPEC, &found, 1, &code),
                      -ECANCELED);
            EXPECT_EQ(code, 0);
        });
        EXPECT_TRUE(YieldUntil([] { return held == 1; }));
        caller.Cancel();
        caller.Join();
        EXPECT_EQ(held, 1); // the question is left behind
        gate_.Open();
    });
    EXPECT_EQ(held, 0);
    EXPECT_EQ(rv_fault_live_blocks(), blocks);
}

// Half of the threads are for lookups; the rest is for others.
TEST_F(ResolveTest, HangingServersLeaveHalfOfThePoolToOthers)
{
    rv_name_serve(Hang);
    RunWithPool(4, [&] {
        std::vector<std::unique_ptr<Task>> callers;
        std::atomic<int> failed{0};
        for (int i = 0; i < 10; i++) {
            callers.push_back(std::make_unique<Task>([&] {
                EXPECT_EQ(Resolve("host"), std::to_string(-EAGAIN));
                failed++;
            }));
        }
        EXPECT_TRUE(YieldUntil([] { return held == 2; }));
        for (int i = 0; i < 100; i++) {
            EXPECT_EQ(
                rove_offload([](void *) -> int64_t { return 5; }, nullptr), 5);
        }
        EXPECT_EQ(held, 2);
        // Who waits for its turn leaves at once, too.
        Task late(
            [] { EXPECT_EQ(Resolve("host"), std::to_string(-ECANCELED)); });
        (void)rove_yield();
        late.Cancel();
        late.Join();
        // A question left behind keeps its turn until it is answered.
        EXPECT_EQ(failed, 0);
        gate_.Open();
        callers.clear();
        EXPECT_EQ(failed, 10);
    });
    EXPECT_EQ(held_max, 2);
}

TEST_F(ResolveTest, AbandonedQuestionsKeepTheirTurns)
{
    rv_name_serve(Hang);
    RunWithPool(2, [&] { // one turn
        Task first([] { EXPECT_EQ(Resolve("a"), std::to_string(-ECANCELED)); });
        EXPECT_TRUE(YieldUntil([] { return held == 1; }));
        first.Cancel();
        first.Join();
        std::atomic<bool> calls{false};
        Task second([&] {
            calls = true;
            EXPECT_EQ(Resolve("b"), std::to_string(-EAGAIN));
        });
        EXPECT_TRUE(YieldUntil([&] { return calls.load(); }));
        EXPECT_EQ(rove_offload([](void *) -> int64_t { return 1; }, nullptr),
                  1);
        gate_.Open();
    });
    EXPECT_EQ(held_max, 1);
}

TEST_F(ResolveTest, MissingMemoryIsReported)
{
    RunTasks(1, [] {
        uint64_t blocks = rv_fault_live_blocks();
        for (uint64_t nth : {1, 2}) { // the question, and its job
            rv_fault_arm("rv_mem_alloc", nth, ENOMEM);
            EXPECT_EQ(Resolve("host"), std::to_string(-ENOMEM));
            EXPECT_EQ(rv_fault_live_blocks(), blocks);
        }
        rv_fault_disarm();
        // The turns came back: there are as many as ever.
        EXPECT_EQ(Resolve("host"), "192.0.2.1:80");
    });
}

} // namespace
