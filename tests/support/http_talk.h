// A client of examples/http_server in memory: what it sends comes in pieces of
// given sizes, and what it is answered is the result.
#ifndef TESTS_SUPPORT_HTTP_TALK_H
#define TESTS_SUPPORT_HTTP_TALK_H

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <sys/uio.h>

extern "C" {
#include "examples/http_server/exchange.h"
}
#include "rove/rove.h"

class HttpTalk
{
  public:
    // The size of the next piece, at least 1.
    using Piece = std::function<size_t()>;

    // Sends `input` and then no more, until the server has had enough. The
    // answers, without their dates, which alone depend on when they are given.
    static std::string Answers(std::string_view input, const site &site,
                               Piece piece)
    {
        HttpTalk talk(input, std::move(piece));
        talk.Serve(site);
        return WithoutDates(std::move(talk.output_));
    }

  private:
    HttpTalk(std::string_view input, Piece piece)
        : input_(input), piece_(std::move(piece))
    {
    }

    static ssize_t Read(void *self, void *buffer, size_t size)
    {
        auto *talk = static_cast<HttpTalk *>(self);
        size = std::min({size, talk->piece_(), talk->input_.size()});
        std::memcpy(buffer, talk->input_.data(), size);
        talk->input_.remove_prefix(size);
        return static_cast<ssize_t>(size);
    }

    static ssize_t Write(void *self, const iovec *parts, int count)
    {
        auto *talk = static_cast<HttpTalk *>(self);
        size_t before = talk->output_.size();
        for (int i = 0; i < count; i++) {
            talk->output_.append(static_cast<const char *>(parts[i].iov_base),
                                 parts[i].iov_len);
        }
        return static_cast<ssize_t>(talk->output_.size() - before);
    }

    void Serve(const site &site)
    {
        rove_transport transport = {};
        transport.read = Read;
        transport.write = Write;
        client client = {};
        client.site = &site;
        client.stream = rove_stream_new_on(&transport, this, nullptr);
        const char *data;
        while (rove_stream_peek(client.stream, 1, &data) > 0 &&
               exchange(&client)) {
        }
        client_flush(&client);
        rove_stream_free(client.stream);
    }

    static std::string WithoutDates(std::string text)
    {
        size_t begin = 0;
        while ((begin = text.find("Date: ", begin)) != std::string::npos) {
            text.erase(begin, text.find('\n', begin) + 1 - begin);
        }
        return text;
    }

    std::string_view input_;
    Piece piece_;
    std::string output_;
};

#endif
