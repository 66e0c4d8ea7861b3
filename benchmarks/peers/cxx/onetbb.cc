// The workloads of benchmarks/peers that compute, done with oneTBB.

#include <algorithm>
#include <atomic>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include "common.h"

using oneapi::tbb::global_control;
using oneapi::tbb::task_arena;
using oneapi::tbb::task_group;

template <typename Function>
static auto InArena(unsigned workers, const Function &function)
{
    global_control limit(global_control::max_allowed_parallelism, workers);
    task_arena arena(static_cast<int>(workers));
    return arena.execute(function);
}

static Outcome SpawnJoin(unsigned workers, size_t ops)
{
    return InArena(workers, [ops] {
        size_t ended = 0;
        Stopwatch watch;
        for (size_t i = 0; i < ops; i++) {
            task_group group;
            group.run([&ended] { ended++; });
            group.wait();
        }
        Outcome outcome = watch.PerOp(ops);
        Require(ended == ops);
        return outcome;
    });
}

static Outcome SpawnBatch(unsigned workers, size_t ops)
{
    return InArena(workers, [ops] {
        Stopwatch watch;
        for (size_t left = ops; left > 0;) {
            size_t size = std::min(left, kBatch);
            task_group group;
            for (size_t i = 0; i < size; i++) {
                group.run([] {});
            }
            group.wait();
            left -= size;
        }
        return watch.PerOp(ops);
    });
}

static int64_t Calculate(int n)
{
    if (n < 2) {
        return n;
    }
    int64_t left;
    task_group group;
    group.run([&left, n] { left = Calculate(n - 1); });
    int64_t right = Calculate(n - 2);
    group.wait();
    return left + right;
}

static Outcome FibTree(unsigned workers, size_t ops)
{
    Fib fib = ChooseFib(ops);
    return InArena(workers, [&fib] {
        Stopwatch watch;
        int64_t found = Calculate(fib.n);
        Outcome outcome = watch.PerOp(fib.calls);
        Require(found == fib.value);
        return outcome;
    });
}

static int64_t Skynet(int64_t first, int64_t leaves)
{
    if (leaves == 1) {
        return first;
    }
    int64_t part = leaves / 10;
    std::array<int64_t, 10> sums;
    task_group group;
    for (int i = 0; i < 10; i++) {
        group.run([&sums, first, part, i] {
            sums[i] = Skynet(first + i * part, part);
        });
    }
    group.wait();
    int64_t all = 0;
    for (int64_t sum : sums) {
        all += sum;
    }
    return all;
}

static Outcome SkynetTree(unsigned workers, size_t ops)
{
    size_t leaves = ChooseLeaves(ops);
    return InArena(workers, [leaves] {
        Stopwatch watch;
        int64_t sum = Skynet(0, static_cast<int64_t>(leaves));
        Outcome outcome = watch.PerOp(leaves);
        Require(sum == SumBelow(static_cast<int64_t>(leaves)));
        return outcome;
    });
}

static int64_t Nqueens(const Board &board)
{
    if (board.IsFull()) {
        return 1;
    }
    std::array<int64_t, Board::kMax> ways = {};
    task_group group;
    for (int column = 0; column < board.size(); column++) {
        if (board.IsFree(column)) {
            group.run([next = board.With(column), way = &ways[column]] {
                *way = Nqueens(next);
            });
        }
    }
    group.wait();
    int64_t all = 0;
    for (int64_t way : ways) {
        all += way;
    }
    return all;
}

static Outcome NqueensTree(unsigned workers, size_t ops)
{
    Queens queens = ChooseQueens(ops);
    return InArena(workers, [&queens] {
        Stopwatch watch;
        int64_t ways = Nqueens(Board(queens.size));
        Outcome outcome = watch.PerOp(queens.boards);
        Require(ways == queens.ways);
        return outcome;
    });
}

int main(int argc, char **argv)
{
    return RunMain(argc, argv,
                   {{"spawn_join", SpawnJoin, false},
                    {"spawn_batch", SpawnBatch, false},
                    {"fib", FibTree, false},
                    {"skynet", SkynetTree, false},
                    {"nqueens", NqueensTree, false}});
}
