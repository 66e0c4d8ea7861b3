// The HTTP path of examples/http_server: any bytes get the same answers,
// however they are split, and never more than these deserve.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/support/http_talk.h"

namespace
{

// Small enough for the limits to be met by short inputs.
site Small()
{
    site small = {};
    limits_init(&small.limits);
    small.limits.line_max = 64;
    small.limits.head_max = 160;
    small.limits.fields_max = 4;
    small.limits.body_max = 48;
    small.limits.requests_max = 8;
    small.root = -1;
    return small;
}

// Sizes from 1 to 16, by the first byte of the input.
HttpTalk::Piece Pieces(uint8_t seed)
{
    return [state = static_cast<uint32_t>(seed)]() mutable {
        state = state * 1664525 + 1013904223;
        return static_cast<size_t>(1 + (state >> 28));
    };
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const site kSite = Small();
    if (size == 0) {
        return 0;
    }
    std::string_view input(reinterpret_cast<const char *>(data) + 1, size - 1);
    std::string whole =
        HttpTalk::Answers(input, kSite, [] { return SIZE_MAX; });
    std::string split = HttpTalk::Answers(input, kSite, Pieces(data[0]));
    // Whether the client waits to be told to send its body, shows in how it
    // arrives.
    const std::string told = "HTTP/1.1 100 Continue\r\n\r\n";
    for (std::string *answers : {&whole, &split}) {
        for (size_t at; (at = answers->find(told)) != std::string::npos;) {
            answers->erase(at, told.size());
        }
    }
    if (whole != split) {
        std::fprintf(stderr, "at once:\n%s\nin pieces:\n%s\n", whole.c_str(),
                     split.c_str());
        std::abort();
    }
    return 0;
}
