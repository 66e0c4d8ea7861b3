// What examples/kv reads from a client's bytes, which come in pieces of given
// sizes.
#ifndef TESTS_SUPPORT_RESP_TALK_H
#define TESTS_SUPPORT_RESP_TALK_H

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
#include "examples/kv/request.h"
}

class RespTalk
{
  public:
    using Command = std::vector<std::string>;

    // The size of the next piece, at least 1.
    using Piece = std::function<size_t()>;

    struct Result {
        std::vector<Command> commands;
        std::string problem; // which ended it
        bool is_between;     // no command has begun

        bool operator==(const Result &other) const
        {
            return commands == other.commands && problem == other.problem &&
                   is_between == other.is_between;
        }
    };

    // Reads all of the input, or up to what is no command. Each piece lies in
    // a block of its own, of which nothing is left when the next one comes.
    static Result Read(std::string_view input, const limits &limits,
                       const Piece &piece)
    {
        Result result = {};
        request request;
        request_init(&request, &limits);
        while (!input.empty() && result.problem.empty()) {
            size_t size = std::min(piece(), input.size());
            std::vector<char> block(input.begin(), input.begin() + size);
            ReadPiece(&request, block, &result);
            input.remove_prefix(size);
        }
        result.is_between = request_is_between(&request);
        request_fini(&request);
        return result;
    }

    // A command as an array.
    static std::string Encode(const Command &command)
    {
        std::string text = "*" + std::to_string(command.size()) + "\r\n";
        for (const std::string &arg : command) {
            text += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
        }
        return text;
    }

    static Command Args(const request *request)
    {
        Command command;
        for (size_t i = 0; i < request_count(request); i++) {
            bytes arg = request_arg(request, i);
            command.emplace_back(arg.data, arg.size);
        }
        return command;
    }

  private:
    static void ReadPiece(request *request, const std::vector<char> &block,
                          Result *result)
    {
        size_t at = 0, taken;
        int code;
        while ((code = request_read(request, block.data() + at,
                                    block.size() - at, &taken)) == 1) {
            result->commands.push_back(Args(request));
            at += taken;
        }
        if (code < 0) {
            result->problem = request_problem(request);
        }
    }
};

#endif
