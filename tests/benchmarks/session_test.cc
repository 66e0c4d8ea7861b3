/* Both services, driven as a server drives them, with their input split in
 * every way. */
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "benchmarks/compare/service/session.h"
}

namespace
{

struct Talk {
    std::string output;
    bool closed = false;
    bool failed = false;
};

/* Feeds the parts as reads of a socket would bring them. */
class Server
{
  public:
    explicit Server(const service *which)
        : session_(std::make_unique<session>())
    {
        session_open(session_.get(), which, 7);
    }

    void Receive(const char *bytes, size_t size)
    {
        while (size > 0 && !talk_.closed) {
            size_t room = 0;
            char *space = session_space(session_.get(), &room);
            ASSERT_GT(room, 0u);
            size_t part = size < room ? size : room;
            memcpy(space, bytes, part);
            session_received(session_.get(), part);
            AnswerAll();
            bytes += part;
            size -= part;
        }
    }

    const Talk &talk() const
    {
        return talk_;
    }

  private:
    void Flush()
    {
        size_t size = 0;
        const char *bytes = session_output(session_.get(), &size);
        talk_.output.append(bytes, size);
        session_sent(session_.get(), size);
    }

    void AnswerAll()
    {
        for (int steps = 0; steps < 100000; steps++) {
            switch (session_next(session_.get())) {
            case SESSION_READ:
                Flush();
                return;
            case SESSION_REQUEST:
                session_answer(session_.get());
                break;
            case SESSION_FLUSH:
                Flush();
                break;
            case SESSION_CLOSE:
                Flush();
                talk_.closed = true;
                talk_.failed = session_->failed;
                return;
            }
        }
        FAIL() << "the session does not come to an end";
    }

    std::unique_ptr<session> session_;
    Talk talk_;
};

Talk Feed(const service *which, const std::vector<std::string> &parts)
{
    Server server(which);
    for (const std::string &part : parts) {
        server.Receive(part.data(), part.size());
    }
    return server.talk();
}

/* The same talk whole, byte by byte, and split in two at every byte. */
Talk FeedInEveryWay(const service *which, const std::string &input)
{
    Talk whole = Feed(which, {input});
    std::vector<std::string> bytes;
    for (char byte : input) {
        bytes.emplace_back(1, byte);
    }
    std::vector<Talk> others = {Feed(which, bytes)};
    for (size_t at = 1; at < input.size(); at++) {
        others.push_back(Feed(which, {input.substr(0, at), input.substr(at)}));
    }
    for (const Talk &other : others) {
        EXPECT_EQ(other.output, whole.output);
        EXPECT_EQ(other.closed, whole.closed);
        EXPECT_EQ(other.failed, whole.failed);
    }
    return whole;
}

std::string MakeFrame(request_kind kind, uint64_t tag, size_t payload)
{
    std::string bytes(FRAME_HEADER + payload, '\0');
    frame header = {static_cast<uint32_t>(payload), kind, tag};
    frame_encode(&header, bytes.data());
    frame_fill(bytes.data() + FRAME_HEADER, payload, tag);
    return bytes;
}

const char kHello[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                      "Content-Length: 13\r\n\r\nHello, world\n";
const char kGet[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

/* The status of the only answer, which must also close. */
int RefusedStatus(const std::string &input)
{
    Talk talk = Feed(&service_http, {input});
    EXPECT_TRUE(talk.closed) << input.substr(0, 80);
    EXPECT_NE(talk.output.find("Connection: close\r\n"), std::string::npos);
    return talk.output.size() < 12 ? 0 : std::stoi(talk.output.substr(9, 3));
}

TEST(SessionTest, ServicesAreFoundByName)
{
    EXPECT_EQ(service_find("echo"), &service_echo);
    EXPECT_EQ(service_find("http"), &service_http);
    EXPECT_EQ(service_find("gopher"), nullptr);
}

TEST(SessionTest, EchoAnswersEveryFrameInOrderHoweverItIsSplit)
{
    std::string input = MakeFrame(REQUEST_PLAIN, 1, 40) +
                        MakeFrame(REQUEST_PLAIN, 2, 0) +
                        MakeFrame(REQUEST_PLAIN, 3, 17);
    Talk talk = FeedInEveryWay(&service_echo, input);
    EXPECT_EQ(talk.output, input);
    EXPECT_FALSE(talk.closed);
}

TEST(SessionTest, EchoOfLargestFramesFillsAndFlushesTheBuffers)
{
    std::string input;
    for (uint64_t tag = 0; tag < 9; tag++) {
        input += MakeFrame(REQUEST_PLAIN, tag, FRAME_PAYLOAD_MAX);
    }
    EXPECT_EQ(Feed(&service_echo, {input}).output, input);
    std::vector<std::string> parts;
    for (size_t at = 0; at < input.size(); at += 1001) {
        parts.push_back(input.substr(at, 1001));
    }
    EXPECT_EQ(Feed(&service_echo, parts).output, input);
}

TEST(SessionTest, EchoTellsTheLoop)
{
    std::string answer =
        Feed(&service_echo, {MakeFrame(REQUEST_WHERE, 1, 8)}).output;
    ASSERT_EQ(answer.size(), FRAME_HEADER + 8u);
    EXPECT_EQ(frame_where(answer.data() + FRAME_HEADER), 7u);
}

TEST(SessionTest, EchoClosesOnABadFrameAfterAnsweringTheGoodOnes)
{
    std::string good = MakeFrame(REQUEST_PLAIN, 1, 40);
    Talk talk = FeedInEveryWay(&service_echo, good + std::string(20, '\xff'));
    EXPECT_EQ(talk.output, good);
    EXPECT_TRUE(talk.closed);
    EXPECT_TRUE(talk.failed);
}

TEST(SessionTest, HttpAnswersHoweverItIsSplit)
{
    Talk talk = FeedInEveryWay(&service_http, kGet);
    EXPECT_EQ(talk.output, kHello);
    EXPECT_FALSE(talk.closed);
}

TEST(SessionTest, HttpAnswersPipelinedRequestsInOrder)
{
    std::string input = std::string(kGet) +
                        "GET /where HTTP/1.1\r\nHost: x\r\n\r\n" +
                        "GET /none HTTP/1.1\r\nHost: x\r\n\r\n" + kGet;
    Talk talk = FeedInEveryWay(&service_http, input);
    size_t where = talk.output.find("loop 0007\n");
    size_t none = talk.output.find("HTTP/1.1 404 Not Found\r\n");
    EXPECT_EQ(talk.output.find(kHello), 0u);
    EXPECT_NE(where, std::string::npos);
    EXPECT_NE(none, std::string::npos);
    EXPECT_LT(where, none);
    EXPECT_EQ(talk.output.rfind(kHello), talk.output.size() - strlen(kHello));
    EXPECT_FALSE(talk.closed);
}

TEST(SessionTest, HttpAnswersMoreThanItsBuffersHold)
{
    std::string input;
    std::string expected;
    for (int i = 0; i < 500; i++) {
        input += kGet;
        expected += kHello;
    }
    EXPECT_EQ(Feed(&service_http, {input}).output, expected);
}

TEST(SessionTest, HttpSkipsBodies)
{
    std::string fixed = "GET /hello HTTP/1.1\r\nHost: x\r\n"
                        "Content-Length: 5\r\n\r\nGET /";
    std::string chunked = "GET /hello HTTP/1.1\r\nHost: x\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n0\r\n\r\n";
    Talk talk = FeedInEveryWay(&service_http, fixed + chunked);
    EXPECT_EQ(talk.output, std::string(kHello) + kHello);
}

TEST(SessionTest, HttpTakesQueriesAbsoluteTargetsAndUpgrades)
{
    const char *const requests[] = {
        "GET /hello?a=b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://x/hello HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHOST:x\r\n\r\n",
        ("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n"
         "Upgrade: h2c\r\n\r\n"),
    };
    for (const char *request : requests) {
        Talk talk = FeedInEveryWay(&service_http, request);
        EXPECT_EQ(talk.output, kHello) << request;
    }
}

TEST(SessionTest, HttpHeadHasNoBody)
{
    Talk talk = FeedInEveryWay(&service_http,
                               "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(talk.output, std::string(kHello, strlen(kHello) - 13));
}

TEST(SessionTest, HttpClosesWhenAskedTo)
{
    Talk talk = FeedInEveryWay(&service_http,
                               std::string("GET /hello HTTP/1.1\r\nHost: x\r\n"
                                           "Connection: close\r\n\r\n") +
                                   kGet);
    EXPECT_TRUE(talk.closed);
    EXPECT_FALSE(talk.failed);
    EXPECT_EQ(talk.output.find("HTTP/1.1", 1), std::string::npos);
    EXPECT_NE(talk.output.find("Connection: close\r\n"), std::string::npos);
}

TEST(SessionTest, HttpOldVersionKeepsAliveOnlyWhenAskedTo)
{
    Talk closing = FeedInEveryWay(&service_http, "GET /hello HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(closing.closed);
    Talk kept = FeedInEveryWay(&service_http, "GET /hello HTTP/1.0\r\n"
                                              "Connection: keep-alive\r\n\r\n");
    EXPECT_FALSE(kept.closed);
    EXPECT_NE(kept.output.find("Connection: keep-alive\r\n"),
              std::string::npos);
}

TEST(SessionTest, HttpRefusesOtherMethods)
{
    Talk talk =
        FeedInEveryWay(&service_http, "POST /hello HTTP/1.1\r\nHost: x\r\n"
                                      "Content-Length: 2\r\n\r\nhi");
    EXPECT_EQ(talk.output.find("HTTP/1.1 405 "), 0u);
    EXPECT_NE(talk.output.find("Allow: GET, HEAD\r\n"), std::string::npos);
}

TEST(SessionTest, HttpRefusesNonsenseOnceAndCloses)
{
    const char *const requests[] = {
        "\x16\x03\x01\r\n",
        "GET\r\n\r\n",
        "GET /hello HTTP/x\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
         "Content-Length: 2\r\n\r\n"),
    };
    for (const char *request : requests) {
        Talk talk = FeedInEveryWay(&service_http, request);
        EXPECT_EQ(talk.output.find("HTTP/1.1 400 "), 0u) << request;
        EXPECT_TRUE(talk.closed) << request;
        EXPECT_TRUE(talk.failed) << request;
        EXPECT_EQ(talk.output.find("HTTP/1.1", 1), std::string::npos);
    }
}

TEST(SessionTest, HttpAnswersTheGoodRequestsBeforeABadOne)
{
    Talk talk = FeedInEveryWay(&service_http, std::string(kGet) + "???\r\n");
    EXPECT_EQ(talk.output.find(kHello), 0u);
    EXPECT_NE(talk.output.find("HTTP/1.1 400 "), std::string::npos);
    EXPECT_TRUE(talk.closed);
}

TEST(SessionTest, HttpLimitsWhatItReads)
{
    std::string host = " HTTP/1.1\r\nHost: x\r\n";
    std::string url = "/" + std::string(HTTP_URL_MAX, 'a');
    EXPECT_EQ(RefusedStatus("GET " + url + host + "\r\n"), 414);
    std::string value(HTTP_HEAD_MAX, 'v');
    EXPECT_EQ(RefusedStatus("GET /hello" + host + "A: " + value + "\r\n\r\n"),
              431);
    EXPECT_EQ(RefusedStatus("GET /hello" + host + value + ": a\r\n\r\n"), 431);
    std::string many;
    for (int i = 0; i < 100000; i++) {
        many += "a:\r\n";
    }
    EXPECT_EQ(RefusedStatus("GET /hello" + host + many + "\r\n"), 431);
    EXPECT_EQ(
        RefusedStatus("GET /hello" + host + "Content-Length: 65537\r\n\r\n"),
        413);
    std::string chunk = "1000\r\n" + std::string(4096, 'c') + "\r\n";
    std::string chunks;
    for (int i = 0; i < 17; i++) {
        chunks += chunk;
    }
    EXPECT_EQ(RefusedStatus("GET /hello" + host +
                            "Transfer-Encoding: chunked\r\n\r\n" + chunks),
              413);
    EXPECT_EQ(RefusedStatus("GET /hello HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
}

} // namespace
