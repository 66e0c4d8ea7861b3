/* The load generator's view of the services against the services. */
#include <cerrno>
#include <gtest/gtest.h>
#include <memory>
#include <string>

extern "C" {
#include "benchmarks/compare/load/wire.h"
#include "benchmarks/compare/service/session.h"
}

namespace
{

constexpr size_t kPayload = 64;

std::string AnswerOf(const char *name, request_kind kind, uint64_t tag)
{
    auto server = std::make_unique<session>();
    session_open(server.get(), service_find(name), 42);
    size_t room = 0;
    char *space = session_space(server.get(), &room);
    session_received(server.get(),
                     wire_find(name)->write(space, kind, tag, kPayload));
    EXPECT_EQ(session_next(server.get()), SESSION_REQUEST);
    session_answer(server.get());
    EXPECT_EQ(session_next(server.get()), SESSION_READ);
    size_t size = 0;
    const char *bytes = session_output(server.get(), &size);
    return std::string(bytes, size);
}

class WireTest : public testing::TestWithParam<const char *>
{
};

TEST_P(WireTest, TheServicesAnswersAreRight)
{
    const wire *wire = wire_find(GetParam());
    for (request_kind kind : {REQUEST_PLAIN, REQUEST_COMPUTE, REQUEST_WHERE}) {
        unsigned where = 0;
        std::string answer = AnswerOf(GetParam(), kind, 9);
        for (size_t size = 0; size < answer.size(); size++) {
            ASSERT_EQ(
                wire->check(answer.data(), size, kind, 9, kPayload, &where), 0);
        }
        EXPECT_EQ(wire->check(answer.data(), answer.size(), kind, 9, kPayload,
                              &where),
                  static_cast<int>(answer.size()));
        EXPECT_EQ(where, kind == REQUEST_WHERE ? 42u : 0u);
    }
}

TEST_P(WireTest, EveryWrongByteIsSeen)
{
    const wire *wire = wire_find(GetParam());
    std::string answer = AnswerOf(GetParam(), REQUEST_PLAIN, 9);
    for (char &byte : answer) {
        byte = static_cast<char>(byte ^ 4);
        EXPECT_EQ(wire->check(answer.data(), answer.size(), REQUEST_PLAIN, 9,
                              kPayload, nullptr),
                  -EPROTO);
        byte = static_cast<char>(byte ^ 4);
    }
}

INSTANTIATE_TEST_SUITE_P(Services, WireTest, testing::Values("echo", "http"));

TEST(WireFindTest, UnknownServiceHasNone)
{
    EXPECT_EQ(wire_find("gopher"), nullptr);
}

TEST(WireEchoTest, EchoOfAnotherRequestIsWrong)
{
    std::string answer = AnswerOf("echo", REQUEST_PLAIN, 9);
    EXPECT_EQ(wire_find("echo")->check(answer.data(), answer.size(),
                                       REQUEST_PLAIN, 10, kPayload, nullptr),
              -EPROTO);
}

} // namespace
