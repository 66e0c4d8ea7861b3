// Runs the micro benchmarks under google-benchmark. Each line is one run of
// `ops` operations inside a runtime and a process of its own.
//   --workers=N  the workloads that peers have too, each with N workers
//   --ops=N      so many operations, or the largest tree with no more nodes
//   --jumps=N    raw jumps of each measurement of F (4 million); few, when F is
//                not wanted
// Counters:
//   ns_per_op  nanoseconds for each operation
//   per_F      the same in units of F, the raw jump, measured before the run
//              and after it: machines are noisy, ratios less so

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "benchmark/benchmark.h"
#include "benchmarks/micro/micro.h"

namespace
{

uint64_t jumps = 4000000; // set once, before the first run

struct Call {
    const micro_bench *bench;
    micro_result result;
};

// Takes --flag=N out of the arguments; 0 when it is not there.
uint64_t TakeNumber(const char *flag, std::vector<char *> *args)
{
    size_t length = std::strlen(flag);
    uint64_t number = 0;
    auto is_flag = [&](const char *arg) {
        bool is = std::strncmp(arg, flag, length) == 0 && arg[length] == '=';
        if (is) {
            number = std::strtoull(arg + length + 1, nullptr, 10);
        }
        return is;
    };
    args->erase(std::remove_if(args->begin() + 1, args->end(), is_flag),
                args->end());
    return number;
}

// The table; or each workload of it once, with so many workers.
std::vector<micro_bench> ListBenches(unsigned workers)
{
    std::vector<micro_bench> benches;
    for (size_t i = 0; i < micro_bench_count; i++) {
        micro_bench bench = micro_benches[i];
        if (workers > 0) {
            auto is_listed = [&bench](const micro_bench &other) {
                return std::strcmp(other.name, bench.workload) == 0;
            };
            if (bench.workload == nullptr ||
                std::any_of(benches.begin(), benches.end(), is_listed)) {
                continue;
            }
            bench.name = bench.workload;
            bench.workers = workers;
        }
        benches.push_back(bench);
    }
    return benches;
}

int64_t RunInTask(void *arg)
{
    auto *call = static_cast<Call *>(arg);
    call->bench->run(call->bench->ops, &call->result);
    return 0;
}

// The result travels through a pipe: each run has a process of its own, so that
// none finds the stacks and descriptors of the one before.
void RunChild(const micro_bench *bench, int out)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = bench->workers;
    options.design = bench->workers == 1 ? ROVE_SINGLE : ROVE_STEALING;
    Call call = {bench, {}};
    bool is_ok = rove_run(&options, RunInTask, &call) == 0 &&
                 write(out, &call.result, sizeof call.result) ==
                     static_cast<ssize_t>(sizeof call.result);
    _exit(is_ok ? 0 : 1);
}

bool RunApart(const micro_bench *bench, micro_result *result)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        RunChild(bench, ends[1]);
    }
    close(ends[1]);
    ssize_t size = read(ends[0], result, sizeof *result);
    close(ends[0]);
    int status = 1;
    waitpid(child, &status, 0);
    return size == static_cast<ssize_t>(sizeof *result) && status == 0;
}

void Run(benchmark::State &state, const micro_bench *bench)
{
    micro_result result = {};
    double floor_ns = micro_raw_jump(jumps);
    for (auto _ : state) {
        if (!RunApart(bench, &result)) {
            state.SkipWithError("the run failed");
            return;
        }
    }
    floor_ns = std::min(floor_ns, micro_raw_jump(jumps));
    uint64_t ops = result.ops > 0 ? result.ops : bench->ops;
    double ns_per_op = result.ns / static_cast<double>(ops);
    state.counters["ns_per_op"] = ns_per_op;
    state.counters["per_F"] = ns_per_op / floor_ns;
    if (result.p99_ns > 0) {
        state.counters["p99_ns"] = result.p99_ns;
    }
    if (result.cpu_seconds > 0) {
        state.counters["wall_seconds"] = result.ns * 1e-9;
        state.counters["cpu_seconds"] = result.cpu_seconds;
    }
    if (result.bytes_per_task > 0) {
        state.counters["bytes_per_task"] = result.bytes_per_task;
    }
}

void RunRawJump(benchmark::State &state)
{
    double ns_per_op = 0;
    for (auto _ : state) {
        ns_per_op = micro_raw_jump(jumps);
    }
    state.counters["ns_per_op"] = ns_per_op;
}

} // namespace

// One iteration is a whole run, so the library's own calibration is off: any
// run lasts long enough. Flags given by the user come later and win.
int main(int argc, char **argv)
{
    std::vector<char *> args(argv, argv + argc);
    uint64_t ops = TakeNumber("--ops", &args);
    uint64_t wanted_jumps = TakeNumber("--jumps", &args);
    jumps = wanted_jumps != 0 ? wanted_jumps : jumps;
    auto workers = static_cast<unsigned>(TakeNumber("--workers", &args));
    std::vector<micro_bench> benches = ListBenches(workers);
    char once[] = "--benchmark_min_time=0.000000001";
    char thrice[] = "--benchmark_repetitions=3";
    args.insert(args.begin() + 1, {once, thrice});
    int count = static_cast<int>(args.size());

    benchmark::RegisterBenchmark("raw_jump", RunRawJump);
    for (micro_bench &bench : benches) {
        bench.ops = ops != 0 ? ops : bench.ops;
        benchmark::RegisterBenchmark(
            bench.name,
            [&bench](benchmark::State &state) { Run(state, &bench); });
    }
    benchmark::Initialize(&count, args.data());
    if (benchmark::ReportUnrecognizedArguments(count, args.data())) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
