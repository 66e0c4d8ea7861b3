// What the C++ programs share: the command line, the figures of the process.

#include "common.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

double Stopwatch::Seconds() const
{
    auto spent = std::chrono::steady_clock::now() - start_;
    return std::chrono::duration<double>(spent).count();
}

Outcome Stopwatch::PerOp(size_t ops) const
{
    Outcome outcome;
    outcome.ns_per_op = Seconds() * 1e9 / static_cast<double>(ops);
    return outcome;
}

void Require(bool is_right)
{
    if (!is_right) {
        std::fputs("wrong answer\n", stderr);
        std::abort();
    }
}

static double ReadStatus(const char *key)
{
    std::FILE *file = std::fopen("/proc/self/status", "r");
    char line[256];
    double kib = 0;
    size_t length = std::strlen(key);
    Require(file != nullptr);
    while (std::fgets(line, sizeof line, file) != nullptr) {
        if (std::strncmp(line, key, length) == 0 && line[length] == ':') {
            kib = std::strtod(line + length + 1, nullptr);
        }
    }
    std::fclose(file);
    return kib * 1024;
}

double ResidentBytes()
{
    return ReadStatus("VmRSS") + ReadStatus("VmPTE");
}

Fib ChooseFib(size_t ops)
{
    Fib last = {0, 0, 1};
    Fib fib = {1, 1, 1};
    while (fib.n < 32 && fib.calls + last.calls + 1 <= ops) {
        Fib next = {fib.n + 1, fib.value + last.value,
                    fib.calls + last.calls + 1};
        last = fib;
        fib = next;
    }
    return fib;
}

size_t ChooseLeaves(size_t ops)
{
    size_t leaves = 1;
    while (leaves * 10 <= ops) {
        leaves *= 10;
    }
    return leaves;
}

Queens ChooseQueens(size_t ops)
{
    static const Queens sizes[] = {
        {4, 2, 17},       {5, 10, 54},        {6, 4, 153},
        {7, 40, 552},     {8, 92, 2057},      {9, 352, 8394},
        {10, 724, 35539}, {11, 2680, 166926}, {12, 14200, 856189}};
    size_t i = sizeof sizes / sizeof sizes[0] - 1;
    while (i > 0 && sizes[i].boards > ops) {
        i--;
    }
    return sizes[i];
}

int64_t SumBelow(int64_t n)
{
    return n * (n - 1) / 2;
}

static void Print(const Outcome &outcome)
{
    const struct {
        const char *name;
        double value;
    } rest[] = {{"bytes_per_task", outcome.bytes_per_task},
                {"p99_ns", outcome.p99_ns}};
    std::printf("{\"ns_per_op\": %.6g", outcome.ns_per_op);
    for (const auto &counter : rest) {
        if (counter.value > 0) {
            std::printf(", \"%s\": %.6g", counter.name, counter.value);
        }
    }
    std::puts("}");
    std::fflush(stdout);
}

static size_t ParseNumber(int argc, char **argv, int index)
{
    return index < argc ? std::strtoul(argv[index], nullptr, 10) : 0;
}

int RunMain(int argc, char **argv, const std::vector<Workload> &workloads)
{
    const char *wanted = argc > 1 ? argv[1] : "";
    bool is_list = std::strcmp(wanted, "--list") == 0;
    auto workers = static_cast<unsigned>(ParseNumber(argc, argv, 2));
    size_t ops = ParseNumber(argc, argv, 3);
    for (const Workload &workload : workloads) {
        if (is_list) {
            std::puts(workload.name);
        } else if (std::strcmp(workload.name, wanted) == 0 && workers > 0 &&
                   ops > 0) {
            if (!workload.is_cold) {
                workload.run(workers, ops / 100 + 100);
            }
            Print(workload.run(workers, ops));
            return 0;
        }
    }
    if (!is_list) {
        std::fputs("usage: --list | WORKLOAD WORKERS OPS\n", stderr);
    }
    return is_list ? 0 : 2;
}
