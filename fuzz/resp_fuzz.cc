// The RESP path of examples/kv: any bytes are the same commands, however they
// are split, and within the limits; each command gets one well-formed answer;
// the keyspace stays sound; and all memory comes back.

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <string>
#include <string_view>

#include "tests/support/resp_talk.h"

// Arrays at the end of structs, which C++ has as an extension only.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
extern "C" {
#include "examples/kv/command.h"
#include "examples/kv/waiter.h"
}
#pragma GCC diagnostic pop

namespace
{

#define REQUIRE(what)                                                          \
    do {                                                                       \
        if (!(what)) {                                                         \
            std::fprintf(stderr, "line %d: not so: %s\n", __LINE__, #what);    \
            std::abort();                                                      \
        }                                                                      \
    } while (0)

// Small enough for the limits to be met by short inputs.
constexpr limits kLimits = {48, 120, 64, 64, 6};

// Sizes from 1 to 16, by the first byte of the input.
RespTalk::Piece Pieces(uint8_t seed)
{
    return [state = static_cast<uint32_t>(seed)]() mutable {
        state = state * 1664525 + 1013904223;
        return static_cast<size_t>(1 + (state >> 28));
    };
}

// The size of the answer that the text begins with; 0: of none.
size_t AnswerSize(std::string_view text)
{
    size_t line = text.find("\r\n");
    if (line == std::string_view::npos || line == 0) {
        return 0;
    }
    size_t size = line + 2;
    if (text[0] == '+' || text[0] == '-') {
        return text.find_first_of("\r\n") == line ? size : 0;
    }
    long long number;
    if (!bytes_number({text.data() + 1, line - 1}, &number) || number < -1) {
        return text[0] == ':' && number < -1 ? size : 0;
    }
    if (text[0] == ':' || number == -1) {
        return text[0] != ':' && text[0] != '$' && text[0] != '*' ? 0 : size;
    }
    if (text[0] == '$') {
        size += static_cast<size_t>(number) + 2;
        return size <= text.size() && text.substr(size - 2, 2) == "\r\n" ? size
                                                                         : 0;
    }
    for (; text[0] == '*' && number > 0; number--) {
        size_t more = AnswerSize(text.substr(size));
        if (more == 0) {
            return 0;
        }
        size += more;
    }
    return text[0] == '*' ? size : 0;
}

// A client without a connection. Its session stays where it is.
class Client
{
  public:
    explicit Client(service *service)
    {
        session_.service = service;
        request_init(&session_.request, &service->limits);
    }

    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    ~Client()
    {
        if (session_.waiting != nullptr) {
            waiting_end(session_.waiting);
            waiting_free(session_.waiting);
        }
        request_fini(&session_.request);
        buffer_free(&session_.reply.text);
    }

    void Run(const RespTalk::Command &command)
    {
        std::string text = RespTalk::Encode(command);
        size_t taken;
        REQUIRE(request_read(&session_.request, text.data(), text.size(),
                             &taken) == 1);
        REQUIRE(taken == text.size());
        REQUIRE(RespTalk::Args(&session_.request) == command);
        REQUIRE(command_run(&session_) == 0);
        const buffer &answer = session_.reply.text;
        REQUIRE(!session_.reply.is_lost);
        if (IsWaiting()) {
            REQUIRE(answer.size == 0);
        } else {
            REQUIRE(AnswerSize({answer.data, answer.size}) == answer.size);
        }
        buffer_clear(&session_.reply.text);
    }

    bool IsWaiting() const
    {
        return session_.waiting != nullptr;
    }

    // Ends the wait if it got an item.
    bool EndWaitIfServed()
    {
        int64_t index;
        waiting *waiting = session_.waiting;
        if (rove_future_try(waiting->served, &index) != 0) {
            return false;
        }
        const waiter *served = waiting_end(waiting);
        REQUIRE(served == &waiting->waiters[index]);
        REQUIRE(served->item->size <= kLimits.bulk_max);
        waiting_free(waiting);
        session_.waiting = nullptr;
        return true;
    }

  private:
    session session_ = {};
};

class Server
{
  public:
    Server()
    {
        service_.keys = keyspace_new();
        service_.hub = hub_new();
        service_.limits = kLimits;
        REQUIRE(service_.keys != nullptr && service_.hub != nullptr);
        service_.keys->seed = {};
    }

    ~Server()
    {
        waiting_.clear();
        REQUIRE(keyspace_lock(service_.keys, KEYSPACE_ALL) == 0);
        REQUIRE(waiters_count(service_.keys) == 0);
        CheckKeys();
        keyspace_clear(service_.keys);
        REQUIRE(keyspace_size(service_.keys) == 0);
        keyspace_unlock(service_.keys, KEYSPACE_ALL);
        keyspace_free(service_.keys);
        std::free(service_.hub);
    }

    // Who waits keeps waiting, and another client goes on. Those who subscribe
    // would need a task.
    void Run(const RespTalk::Command &args)
    {
        const command *command = command_find({args[0].data(), args[0].size()});
        if (command != nullptr && command->first == 0 &&
            (command->flags & COMMAND_WAITS) != 0) {
            return;
        }
        if (waiting_.empty() || waiting_.front().IsWaiting()) {
            waiting_.emplace_front(&service_);
        }
        waiting_.front().Run(args);
        for (auto client = waiting_.begin(); client != waiting_.end();) {
            bool is_served = client->IsWaiting() && client->EndWaitIfServed();
            client = is_served ? waiting_.erase(client) : std::next(client);
        }
        if (!waiting_.empty() && waiting_.back().IsWaiting()) {
            CheckWaiters();
        }
    }

  private:
    // Nobody waits for what there is.
    void CheckWaiters()
    {
        REQUIRE(keyspace_lock(service_.keys, KEYSPACE_ALL) == 0);
        for (const shard &shard : service_.keys->shards) {
            const waiter *waiter = shard.first;
            for (; waiter != nullptr; waiter = waiter->next) {
                REQUIRE(waiter->is_queued);
                const entry *entry = keyspace_find(service_.keys, waiter->key);
                REQUIRE(entry == nullptr || entry->list == nullptr);
            }
        }
        keyspace_unlock(service_.keys, KEYSPACE_ALL);
    }

    void CheckKeys()
    {
        for (const shard &shard : service_.keys->shards) {
            size_t size = 0, expiring = 0;
            for (size_t i = 0; i < shard.bucket_count; i++) {
                const entry *entry = shard.buckets[i];
                for (; entry != nullptr; entry = entry->next) {
                    REQUIRE((entry->text == nullptr) !=
                            (entry->list == nullptr));
                    REQUIRE(entry->list == nullptr || entry->list->size > 0);
                    size++;
                    expiring += entry->expires != ROVE_FOREVER;
                }
            }
            REQUIRE(size == shard.size && expiring == shard.expiring);
        }
    }

    service service_ = {};
    std::list<Client> waiting_; // but for the first one, perhaps
};

void CheckLimits(const RespTalk::Command &command)
{
    size_t size = 0;
    for (const std::string &arg : command) {
        REQUIRE(arg.size() <= kLimits.bulk_max);
        size += arg.size();
    }
    REQUIRE(size <= kLimits.request_max);
    REQUIRE(!command.empty() && command.size() <= kLimits.args_max);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    std::string_view input(reinterpret_cast<const char *>(data) + 1, size - 1);
    RespTalk::Result whole =
        RespTalk::Read(input, kLimits, [] { return SIZE_MAX; });
    REQUIRE(RespTalk::Read(input, kLimits, Pieces(data[0])) == whole);
    Server server;
    for (const RespTalk::Command &command : whole.commands) {
        CheckLimits(command);
        server.Run(command);
    }
    return 0;
}
