// What examples/kv takes for a command: the same however the bytes arrive, and
// nothing beyond its limits. A server that keeps what it will refuse in the end
// is one to be filled up.

#include <string>
#include <vector>

#include "tests/support/resp_talk.h"

#include "gtest/gtest.h"

namespace
{

using Commands = std::vector<RespTalk::Command>;

constexpr limits kLimits = {16, 40, 32, 64, 4};

RespTalk::Result Read(const std::string &input, size_t piece = SIZE_MAX)
{
    return RespTalk::Read(input, kLimits, [piece] { return piece; });
}

// In pieces of any size.
void ExpectCommands(const std::string &input, const Commands &commands)
{
    for (size_t piece = 1; piece <= input.size(); piece++) {
        RespTalk::Result result = Read(input, piece);
        EXPECT_EQ(result.commands, commands) << piece;
        EXPECT_EQ(result.problem, "");
        EXPECT_TRUE(result.is_between);
    }
}

// When its last byte has come, and no earlier.
void ExpectRefused(const std::string &input, const std::string &problem)
{
    for (size_t piece = 1; piece <= input.size(); piece++) {
        EXPECT_EQ(Read(input, piece).problem, problem) << input;
        EXPECT_EQ(Read(input, piece).commands, Commands()) << input;
    }
    std::string before = input.substr(0, input.size() - 1);
    EXPECT_EQ(Read(before).problem, "") << input;
    EXPECT_FALSE(Read(before).is_between);
}

TEST(KvRequestTest, ArraysAndLinesMayFollowEachOther)
{
    ExpectCommands("*2\r\n$3\r\nGET\r\n$3\r\n\r\n$\r\nget k\r\nget\tk\n"
                   "*1\r\n$4\r\nPING\r\n",
                   {{"GET", "\r\n$"}, {"get", "k"}, {"get", "k"}, {"PING"}});
}

TEST(KvRequestTest, NothingAskedForIsNoCommand)
{
    ExpectCommands("\r\n*0\r\n  \n*-1\r\n\n", {});
}

TEST(KvRequestTest, ArgumentsMayBeEmpty)
{
    ExpectCommands("*2\r\n$0\r\n\r\n$0\r\n\r\n\"\" ''\n", {{"", ""}, {"", ""}});
}

TEST(KvRequestTest, QuotedWordsHoldAnyByte)
{
    ExpectCommands("a\"b c\" '\\'\\n' \"\\x41\\x4\\n\\\"\\q\"\r\n",
                   {{"ab c", "'\\n", "Ax4\n\"q"}});
    ExpectCommands(std::string("a\0b \"\\x00\"\n", 11),
                   {{std::string("a\0b", 3), std::string("\0", 1)}});
}

TEST(KvRequestTest, WhatIsAsLargeAsAllowedIsRead)
{
    std::string most(16, 'x');
    ExpectCommands(RespTalk::Encode({most, most, "12345678"}),
                   {{most, most, "12345678"}});
    ExpectCommands("a b c " + most + "          \n", {{"a", "b", "c", most}});
}

TEST(KvRequestTest, WhatIsNoNumberIsRefused)
{
    for (const char *number : {"x\r\n", "01\r\n", "+1\r\n", "1\n", "\r\n",
                               "-\r\n", "1111111111111111111111"}) {
        ExpectRefused(std::string("*") + number, "invalid multibulk length");
        ExpectRefused(std::string("*1\r\n$") + number, "invalid bulk length");
    }
    ExpectRefused("*1\r\n$-1\r\n", "invalid bulk length");
}

TEST(KvRequestTest, WhatIsNoStringIsRefused)
{
    ExpectRefused("*1\r\n:", "expected '$', got ':'");
    ExpectRefused("*1\r\n\a", "expected '$', got ' '");
}

TEST(KvRequestTest, TooMuchIsRefusedBeforeItComes)
{
    ExpectRefused("*5\r\n", "invalid multibulk length");
    ExpectRefused("*1\r\n$17\r\n", "invalid bulk length");
    ExpectRefused("*3\r\n$16\r\nxxxxxxxxxxxxxxxx\r\n$16\r\nxxxxxxxxxxxxxxxx\r\n"
                  "$9\r\n",
                  "too big request");
    ExpectRefused(std::string(33, 'x'), "too big inline request");
    ExpectRefused(std::string(17, 'x') + "\n", "too big inline request");
    ExpectRefused("a b c d e\n", "too big inline request");
}

TEST(KvRequestTest, QuotesThatDoNotEndAreRefused)
{
    for (const char *line : {"\"a\n", "'a\n", "\"a\"b\n", "'a'b\n", "\"\\\n"}) {
        ExpectRefused(line, "unbalanced quotes in request");
    }
}

} // namespace
