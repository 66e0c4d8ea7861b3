// A load generator that takes wrong answers for right ones would time broken
// servers. Right answers, wrong bytes and halves of answers are shown to it.

#include "benchmarks/peers/load/exchange.h"

#include <cerrno>
#include <string>

#include "gtest/gtest.h"

namespace
{

std::string Request(const exchange *e, uint64_t tag)
{
    std::string bytes(e->request_size, '\0');
    e->write(bytes.data(), tag);
    return bytes;
}

int Check(const exchange *e, const std::string &bytes, uint64_t tag)
{
    return e->check(bytes.data(), bytes.size(), tag);
}

TEST(ExchangeTest, UnknownServiceIsNotFound)
{
    EXPECT_EQ(exchange_find("gopher"), nullptr);
}

TEST(ExchangeTest, EchoIsTheRequestItself)
{
    const exchange *echo = exchange_find("echo");
    std::string bytes = Request(echo, 7);
    EXPECT_LE(bytes.size(), static_cast<size_t>(EXCHANGE_REQUEST_MAX));
    EXPECT_EQ(Check(echo, bytes, 7), static_cast<int>(bytes.size()));
    EXPECT_EQ(Check(echo, bytes + "more", 7), static_cast<int>(bytes.size()));
}

TEST(ExchangeTest, EchoOfAnotherRequestIsWrong)
{
    const exchange *echo = exchange_find("echo");
    EXPECT_EQ(Check(echo, Request(echo, 7), 8), -EPROTO);
    std::string bytes = Request(echo, 7);
    bytes.back()++;
    EXPECT_EQ(Check(echo, bytes, 7), -EPROTO);
}

TEST(ExchangeTest, HalfAnEchoIsWaitedFor)
{
    const exchange *echo = exchange_find("echo");
    EXPECT_EQ(Check(echo, Request(echo, 7).substr(0, 63), 7), 0);
}

class HttpTest : public testing::Test
{
  protected:
    std::string Answer(const std::string &status, const std::string &length,
                       const std::string &body)
    {
        return "HTTP/1.1 " + status + "\r\nServer: x\r\n" + length +
               "\r\n\r\n" + body;
    }

    const exchange *http_ = exchange_find("http");
    const std::string body_ = "Hello, world\n";
};

TEST_F(HttpTest, AnswerMayHaveOtherHeadersAndAnyCase)
{
    std::string bytes = Answer("200 OK", "content-length: 13", body_);
    EXPECT_EQ(Check(http_, bytes, 0), static_cast<int>(bytes.size()));
    EXPECT_EQ(Check(http_, bytes + bytes, 0), static_cast<int>(bytes.size()));
}

TEST_F(HttpTest, PartsOfAnAnswerAreWaitedFor)
{
    std::string bytes = Answer("200 OK", "Content-Length: 13", body_);
    for (size_t size = 0; size < bytes.size(); size++) {
        EXPECT_EQ(Check(http_, bytes.substr(0, size), 0), 0) << size;
    }
}

TEST_F(HttpTest, OtherStatusLengthOrBodyIsWrong)
{
    for (const std::string &bytes :
         {Answer("404 Not Found", "Content-Length: 13", body_),
          Answer("200 OK", "Content-Length: 12", body_),
          Answer("200 OK", "X: y", body_),
          Answer("200 OK", "Content-Length: 13", "Hello, World\n")}) {
        EXPECT_EQ(Check(http_, bytes, 0), -EPROTO) << bytes;
    }
}

TEST_F(HttpTest, EndlessHeadIsWrong)
{
    EXPECT_EQ(Check(http_, std::string(EXCHANGE_ANSWER_MAX, 'x'), 0), -EPROTO);
}

} // namespace
