// What the C++ programs of benchmarks/peers share.
//
//     PROGRAM --list                the workloads, one a line
//     PROGRAM WORKLOAD WORKERS OPS  one run: a line of JSON with ns_per_op
//
// A workload checks its answer and stops the program when it is wrong; a short
// run does so before the one that is timed.
#ifndef BENCHMARKS_PEERS_CXX_COMMON_H
#define BENCHMARKS_PEERS_CXX_COMMON_H

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

constexpr size_t kBatch = 1000;

// What a run found; a field that is 0 is not reported.
struct Outcome {
    double ns_per_op = 0;
    double bytes_per_task = 0;
    double p99_ns = 0;
};

class Stopwatch
{
  public:
    double Seconds() const;
    Outcome PerOp(size_t ops) const;

  private:
    std::chrono::steady_clock::time_point start_ =
        std::chrono::steady_clock::now();
};

struct Workload {
    const char *name;
    Outcome (*run)(unsigned workers, size_t ops);
    bool is_cold; // takes a second however short, or memory that stays
};

void Require(bool is_right);

// The whole of a main function.
int RunMain(int argc, char **argv, const std::vector<Workload> &workloads);

// Memory now, page tables included.
double ResidentBytes();

// The largest tree with at most so many nodes.
struct Fib {
    int n;
    int64_t value;
    size_t calls;
};
Fib ChooseFib(size_t ops);
size_t ChooseLeaves(size_t ops);
struct Queens {
    int size;
    int64_t ways;
    size_t boards;
};
Queens ChooseQueens(size_t ops);

int64_t SumBelow(int64_t n);

// The first row() rows have a queen each.
class Board
{
  public:
    static constexpr int kMax = 12;

    explicit Board(int size = 0) : size_(size)
    {
    }
    int size() const
    {
        return size_;
    }
    bool IsFull() const
    {
        return row_ == size_;
    }
    bool IsFree(int column) const
    {
        for (int i = 0; i < row_; i++) {
            int apart = columns_[i] - column;
            if (apart == 0 || apart == row_ - i || apart == i - row_) {
                return false;
            }
        }
        return true;
    }
    // With a queen at that column of the next row.
    Board With(int column) const
    {
        Board next = *this;
        next.columns_[row_] = static_cast<char>(column);
        next.row_++;
        return next;
    }

  private:
    int size_;
    int row_ = 0;
    std::array<char, kMax> columns_ = {};
};

#endif
