// Switches, fibers that are made and end, and recursive computing.

#include <algorithm>
#include <atomic>
#include <vector>

#include "boost_fiber.h"

namespace fibers = boost::fibers;

static Outcome YieldAmong(unsigned workers, size_t tasks, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        std::vector<fibers::fiber> all;
        Stopwatch watch;
        for (size_t i = 0; i < tasks; i++) {
            all.push_back(Post([each = ops / tasks] {
                for (size_t i = 0; i < each; i++) {
                    boost::this_fiber::yield();
                }
            }));
        }
        for (fibers::fiber &one : all) {
            one.join();
        }
        outcome = watch.PerOp(ops);
    });
    return outcome;
}

Outcome Yield(unsigned workers, size_t ops)
{
    return YieldAmong(workers, 2 * workers, ops);
}

Outcome Yield100(unsigned workers, size_t ops)
{
    return YieldAmong(workers, 100, ops);
}

Outcome SpawnJoin(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        Stopwatch watch;
        for (size_t i = 0; i < ops; i++) {
            Start(fibers::launch::dispatch, [] {}).join();
        }
        outcome = watch.PerOp(ops);
    });
    return outcome;
}

// The child waits; another fiber is ready, so that the wait is one.
Outcome SpawnJoinWait(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        std::atomic<bool> stop = false;
        fibers::fiber other = Post([&stop] {
            while (!stop.load(std::memory_order_relaxed)) {
                boost::this_fiber::yield();
            }
        });
        Stopwatch watch;
        for (size_t i = 0; i < ops; i++) {
            Post([] { boost::this_fiber::yield(); }).join();
        }
        outcome = watch.PerOp(ops);
        stop = true;
        other.join();
    });
    return outcome;
}

Outcome SpawnBatch(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        std::vector<fibers::fiber> all;
        all.reserve(kBatch);
        Stopwatch watch;
        for (size_t left = ops; left > 0;) {
            size_t size = std::min(left, kBatch);
            all.clear();
            for (size_t i = 0; i < size; i++) {
                all.push_back(Post([] {}));
            }
            for (fibers::fiber &one : all) {
                one.join();
            }
            left -= size;
        }
        outcome = watch.PerOp(ops);
    });
    return outcome;
}

Outcome Gather(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        std::vector<fibers::fiber> all;
        std::vector<size_t> results(kBatch);
        all.reserve(kBatch);
        Stopwatch watch;
        for (size_t left = ops; left > 0;) {
            size_t size = std::min(left, kBatch);
            all.clear();
            for (size_t i = 0; i < size; i++) {
                all.push_back(Post([&results, i] { results[i] = i; }));
            }
            for (fibers::fiber &one : all) {
                one.join();
            }
            Require(results[0] == 0 && results[size - 1] == size - 1);
            left -= size;
        }
        outcome = watch.PerOp(ops);
    });
    return outcome;
}

static int64_t Calculate(int n)
{
    if (n < 2) {
        return n;
    }
    int64_t left;
    fibers::fiber child = Start(fibers::launch::dispatch,
                                [&left, n] { left = Calculate(n - 1); });
    int64_t right = Calculate(n - 2);
    child.join();
    return left + right;
}

Outcome FibTree(unsigned workers, size_t ops)
{
    Outcome outcome;
    Fib fib = ChooseFib(ops);
    InFiber(workers, [&] {
        Stopwatch watch;
        int64_t found = Calculate(fib.n);
        outcome = watch.PerOp(fib.calls);
        Require(found == fib.value);
    });
    return outcome;
}

static int64_t Skynet(int64_t first, int64_t leaves)
{
    if (leaves == 1) {
        return first;
    }
    int64_t part = leaves / 10;
    std::array<int64_t, 10> sums;
    std::array<fibers::fiber, 10> children;
    for (int i = 0; i < 10; i++) {
        children[i] = Start(fibers::launch::dispatch, [&sums, first, part, i] {
            sums[i] = Skynet(first + i * part, part);
        });
    }
    int64_t all = 0;
    for (int i = 0; i < 10; i++) {
        children[i].join();
        all += sums[i];
    }
    return all;
}

Outcome SkynetTree(unsigned workers, size_t ops)
{
    Outcome outcome;
    size_t leaves = ChooseLeaves(ops);
    InFiber(workers, [&] {
        Stopwatch watch;
        int64_t sum = Skynet(0, static_cast<int64_t>(leaves));
        outcome = watch.PerOp(leaves);
        Require(sum == SumBelow(static_cast<int64_t>(leaves)));
    });
    return outcome;
}

static int64_t Nqueens(const Board &board)
{
    if (board.IsFull()) {
        return 1;
    }
    std::array<int64_t, Board::kMax> ways = {};
    std::array<fibers::fiber, Board::kMax> children;
    for (int column = 0; column < board.size(); column++) {
        if (board.IsFree(column)) {
            children[column] =
                Start(fibers::launch::dispatch,
                      [next = board.With(column), way = &ways[column]] {
                          *way = Nqueens(next);
                      });
        }
    }
    int64_t all = 0;
    for (int column = 0; column < board.size(); column++) {
        if (children[column].joinable()) {
            children[column].join();
        }
        all += ways[column];
    }
    return all;
}

Outcome NqueensTree(unsigned workers, size_t ops)
{
    Outcome outcome;
    Queens queens = ChooseQueens(ops);
    InFiber(workers, [&] {
        Stopwatch watch;
        int64_t ways = Nqueens(Board(queens.size));
        outcome = watch.PerOp(queens.boards);
        Require(ways == queens.ways);
    });
    return outcome;
}
