// What examples/http_server answers, without a network: to good requests, to
// bad ones, and that neither depends on how the bytes arrive. A proxy and a
// server that see different requests in the same bytes are an attack's means,
// so what is ambiguous is refused.

#include <string>
#include <vector>

#include "tests/support/http_talk.h"

#include "gtest/gtest.h"

namespace
{

const std::string kHost = "Host: x\r\n";
const std::string kGet = "GET / HTTP/1.1\r\n" + kHost + "\r\n";
const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                           "Content-Length: 13\r\n\r\nHello, world\n";
const std::string kPost = "POST /echo HTTP/1.1\r\n" + kHost;

site Small()
{
    site small = {};
    limits_init(&small.limits);
    small.limits.line_max = 100;
    small.limits.head_max = 200;
    small.limits.fields_max = 5;
    small.limits.body_max = 64;
    small.root = -1;
    return small;
}

std::string Answers(const std::string &input, size_t piece = SIZE_MAX,
                    const site &site = Small())
{
    return HttpTalk::Answers(input, site, [piece] { return piece; });
}

std::string Echoed(const std::string &body)
{
    return "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
           "Content-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The answers are one refusal with this status, the last word, and the same
// when every byte comes by itself.
void ExpectRefused(int status, const std::string &input)
{
    std::string answers = Answers(input);
    EXPECT_EQ(answers.find("HTTP/1.1 " + std::to_string(status) + " "), 0U)
        << input << "\n"
        << answers;
    EXPECT_NE(answers.find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_EQ(answers.find("HTTP/1.1 ", 1), std::string::npos) << answers;
    EXPECT_EQ(Answers(input, 1), answers);
}

std::string Get(const std::string &fields)
{
    return "GET / HTTP/1.1\r\n" + fields + "\r\n";
}

std::string Chunked(const std::string &body)
{
    return kPost + "Transfer-Encoding: chunked\r\n\r\n" + body;
}

TEST(HttpExchangeTest, GoodRequestsAreAnsweredHoweverTheyAreSplit)
{
    std::string input = kGet + kPost + "Content-Length: 5\r\n\r\nhello" +
                        Chunked("3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\n\r\n") +
                        "\r\n" + kGet;
    std::string expected = kHello + Echoed("hello") + Echoed("abcd") + kHello;
    EXPECT_EQ(Answers(input), expected);
    for (size_t piece = 1; piece < 20; piece++) {
        EXPECT_EQ(Answers(input, piece), expected) << piece;
    }
    for (size_t first = 1; first < input.size(); first++) {
        size_t next = first;
        EXPECT_EQ(HttpTalk::Answers(input, Small(),
                                    [&] { return std::exchange(next, 999); }),
                  expected)
            << first;
    }
}

TEST(HttpExchangeTest, PipelinedRequestsAreAnsweredInOrder)
{
    std::string input;
    std::string expected;
    for (int i = 0; i < 900; i++) {
        std::string body = std::to_string(i);
        input += kPost + "Content-Length: " + std::to_string(body.size()) +
                 "\r\n\r\n" + body;
        expected += Echoed(body);
    }
    EXPECT_EQ(Answers(input), expected);
}

TEST(HttpExchangeTest, EmptyBodiesAreBodies)
{
    EXPECT_EQ(Answers(kPost + "Content-Length: 0\r\n\r\n" +
                      Chunked("0\r\n\r\n") + kGet),
              Echoed("") + Echoed("") + kHello);
}

TEST(HttpExchangeTest, HeadHasNoBody)
{
    std::string head = "HEAD / HTTP/1.1\r\n" + kHost + "\r\n";
    EXPECT_EQ(Answers(head + kGet),
              kHello.substr(0, kHello.size() - 13) + kHello);
}

TEST(HttpExchangeTest, TargetsOfProxiesAndQueriesNameTheSamePath)
{
    for (const char *target :
         {"/?a=/b", "http://x", "http://x:80/", "http://x/?q"}) {
        EXPECT_EQ(Answers("GET " + std::string(target) + " HTTP/1.1\r\n" +
                          kHost + "\r\n"),
                  kHello)
            << target;
    }
}

TEST(HttpExchangeTest, TheConnectionEndsWhenTheClientSaysSo)
{
    std::string last = Get(kHost + "Connection: close\r\n");
    EXPECT_EQ(Answers(last + kGet).find("HTTP/1.1 ", 1), std::string::npos);
    EXPECT_EQ(Answers("GET / HTTP/1.0\r\n\r\n" + kGet).find("HTTP/1.1 ", 1),
              std::string::npos);
    std::string old =
        Answers("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + kGet);
    EXPECT_NE(old.find("\r\nConnection: keep-alive\r\n"), std::string::npos);
    EXPECT_NE(old.find(kHello), std::string::npos);
}

TEST(HttpExchangeTest, TheConnectionEndsAfterSoManyRequests)
{
    site site = Small();
    site.limits.requests_max = 2;
    std::string answers = Answers(kGet + kGet + kGet, SIZE_MAX, site);
    EXPECT_EQ(answers.find(kHello), 0U);
    EXPECT_NE(answers.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(answers.find("HTTP/1.1 ", kHello.size() + 1), std::string::npos);
}

TEST(HttpExchangeTest, ABodyThatNobodyReadsEndsTheConnection)
{
    std::string input = Get(kHost + "Content-Length: 39\r\n") +
                        "GET /x HTTP/1.1\r\n\r\n" + kGet;
    std::string answers = Answers(input);
    EXPECT_NE(answers.find("200 OK"), std::string::npos);
    EXPECT_NE(answers.find("Connection: close"), std::string::npos);
    EXPECT_EQ(answers.find("HTTP/1.1 ", 1), std::string::npos);
}

TEST(HttpExchangeTest, ContinueIsSaidToWhoWaitsForIt)
{
    std::string head =
        kPost + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    std::string input = head + "hi";
    size_t next = head.size();
    EXPECT_EQ(HttpTalk::Answers(input, Small(),
                                [&] { return std::exchange(next, 999); }),
              "HTTP/1.1 100 Continue\r\n\r\n" + Echoed("hi"));
    EXPECT_EQ(Answers(input), Echoed("hi")); // it did not wait
    ExpectRefused(413, kPost + "Expect: 100-continue\r\n"
                               "Content-Length: 65\r\n\r\n");
    ExpectRefused(417, kPost + "Expect: 200\r\nContent-Length: 2\r\n\r\nhi");
}

TEST(HttpExchangeTest, WhatIsNotThereIsNotFoundOrAllowed)
{
    ExpectRefused(404, "GET /nothing HTTP/1.1\r\n" + kHost + "\r\n" + kGet);
    ExpectRefused(404, "GET //echo HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(404, "OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(404, "CONNECT x:80 HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(405, "GET /echo HTTP/1.1\r\n" + kHost + "\r\n" + kGet);
    ExpectRefused(405, "POST / HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(411, kPost + "\r\n");
    EXPECT_NE(Answers("GET /echo HTTP/1.1\r\n" + kHost + "\r\n")
                  .find("\r\nAllow: POST\r\n"),
              std::string::npos);
}

TEST(HttpExchangeTest, WhatIsUnknownIsNotImplemented)
{
    ExpectRefused(501, "FOO / HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(501, "GETX / HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(501, kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n");
    ExpectRefused(501, kPost + "Transfer-Encoding: xchunked\r\n\r\n");
    ExpectRefused(505, "GET / HTTP/2.0\r\n" + kHost + "\r\n");
    ExpectRefused(505, "GET / HTTP/1.2\r\n" + kHost + "\r\n");
    ExpectRefused(505, "GET /\r\n\r\n");
    ExpectRefused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

TEST(HttpExchangeTest, WhatIsTooLargeIsRefused)
{
    std::string fields = kHost;
    for (int i = 0; i < 5; i++) {
        fields += "A: b\r\n";
    }
    ExpectRefused(414, "GET /" + std::string(100, 'a'));
    ExpectRefused(414, "GET /" + std::string(100, 'a') + " HTTP/1.1\r\n" +
                           kHost + "\r\n");
    ExpectRefused(431, "GET / HTTP/1.1\r\nA: " + std::string(200, 'a'));
    ExpectRefused(431, Get(kHost + "A: " + std::string(200, 'a') + "\r\n"));
    ExpectRefused(431, Get(fields));
    ExpectRefused(413, kPost + "Content-Length: 65\r\n\r\n");
    ExpectRefused(413, kPost + "Content-Length: 18446744073709551615\r\n\r\n");
    ExpectRefused(413, Chunked("41\r\n"));
    ExpectRefused(413, Chunked("3f\r\n" + std::string(63, 'a') +
                               "\r\n2\r\nab\r\n0\r\n\r\n"));
    ExpectRefused(413, Chunked("1;" + std::string(800, 'a')));
    ExpectRefused(431, Chunked("0\r\nA: " + std::string(200, 'a')));
}

TEST(HttpExchangeTest, AmbiguousHeadsAreRefused)
{
    ExpectRefused(400, "nonsense\r\n\r\n");
    ExpectRefused(400, "\r\n\r\n");
    ExpectRefused(400, "GET / HTTP/1.1\n");
    ExpectRefused(400, "GET / HTTP/1.1\r\nHost: x\n");
    ExpectRefused(400, Get(kHost + "A: b\rc\r\n"));
    ExpectRefused(400, Get(kHost + "A: b\r\r\n"));
    ExpectRefused(400, Get(kHost + "A: b\r\n c\r\n"));
    ExpectRefused(400, Get(" " + kHost));
    ExpectRefused(400, Get(kHost + std::string("A: b\0c\r\n", 8)));
    ExpectRefused(400, Get(kHost + "A: b\001c\r\n"));
    ExpectRefused(400, Get(kHost + "A : b\r\n"));
    ExpectRefused(400, Get(kHost + "A b: c\r\n"));
    ExpectRefused(400, Get(kHost + ": b\r\n"));
    ExpectRefused(400, Get(kHost + "A\r\n"));
    ExpectRefused(400, Get(""));
    ExpectRefused(400, Get(kHost + kHost));
    ExpectRefused(400, "GET  / HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(400, "GET /  HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(400, "GET / x HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(400, "GET / RTSP/1.0\r\n" + kHost + "\r\n");
    ExpectRefused(400, "GET /\t HTTP/1.1\r\n" + kHost + "\r\n");
    ExpectRefused(400, "GET / HTTP/1.1"); // and no more
}

TEST(HttpExchangeTest, AmbiguousBodiesAreRefused)
{
    std::string length = "Content-Length: 5\r\n";
    std::string chunked = "Transfer-Encoding: chunked\r\n";
    ExpectRefused(400, kPost + length + chunked + "\r\n0\r\n\r\n");
    ExpectRefused(400, kPost + chunked + length + "\r\n0\r\n\r\n");
    ExpectRefused(400, kPost + length + length + "\r\nhello");
    ExpectRefused(400, kPost + "Content-Length: 5, 5\r\n\r\nhello");
    ExpectRefused(400, kPost + "Content-Length: +5\r\n\r\nhello");
    ExpectRefused(400, kPost + "Content-Length: 5a\r\n\r\nhello");
    ExpectRefused(400, kPost + "Content-Length:\r\n\r\nhello");
    ExpectRefused(400, kPost + chunked + chunked + "\r\n0\r\n\r\n");
    ExpectRefused(400, "POST /echo HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n");
    for (const char *body :
         {"5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
          "5\r\nhelloXX0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
          "0x5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "\r\n\r\n",
          "5;a\rb\r\nhello\r\n0\r\n\r\n", "0\r\n\n", "0\r\nA: b\n\r\n",
          "0\r\nA: b\r\n c\r\n\r\n", "5\r\nhel"}) {
        ExpectRefused(400, Chunked(body));
    }
    ExpectRefused(400, kPost + length + "\r\nhel"); // and no more
}

} // namespace
