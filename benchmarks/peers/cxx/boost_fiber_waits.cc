// Channels, locks, a plain thread that wakes, and very many fibers at once.

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "boost_fiber.h"

namespace fibers = boost::fibers;
using std::chrono::steady_clock;

using Buffered = fibers::buffered_channel<uint64_t>;
using Unbuffered = fibers::unbuffered_channel<uint64_t>;

constexpr size_t kCapacity = 128;
constexpr size_t kParties = 4;
constexpr size_t kTasks = 8;

static void JoinAll(std::vector<fibers::fiber> *all)
{
    for (fibers::fiber &one : *all) {
        one.join();
    }
}

static Outcome PassItems(unsigned workers, size_t pairs, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        Buffered channel(kCapacity);
        std::vector<fibers::fiber> producers, consumers;
        std::atomic<uint64_t> sum = 0;
        uint64_t each = ops / pairs;
        Stopwatch watch;
        for (size_t i = 0; i < pairs; i++) {
            producers.push_back(Post([&channel, each, first = i * each] {
                for (uint64_t item = first; item < first + each; item++) {
                    channel.push(item);
                }
            }));
            consumers.push_back(Post([&channel, &sum] {
                uint64_t mine = 0;
                for (uint64_t item : channel) {
                    mine += item;
                }
                sum += mine;
            }));
        }
        JoinAll(&producers);
        channel.close();
        JoinAll(&consumers);
        outcome = watch.PerOp(ops);
        auto all = static_cast<int64_t>(each * pairs);
        Require(static_cast<int64_t>(sum) == SumBelow(all));
    });
    return outcome;
}

Outcome ChanBuffered(unsigned workers, size_t ops)
{
    return PassItems(workers, 1, ops);
}

Outcome ChanMpmc(unsigned workers, size_t ops)
{
    return PassItems(workers, kParties, ops);
}

// An item goes to another fiber and comes back before the next one goes.
template <typename Channel>
static void PlayAgainstWall(Channel *there, Channel *back, size_t ops,
                            Outcome *outcome)
{
    fibers::fiber wall = Post([there, back] {
        uint64_t item;
        while (there->pop(item) == fibers::channel_op_status::success) {
            back->push(item);
        }
    });
    Stopwatch watch;
    for (uint64_t i = 0; i < ops; i++) {
        there->push(i);
        Require(back->value_pop() == i);
    }
    *outcome = watch.PerOp(ops);
    there->close();
    wall.join();
}

Outcome ChanRendezvous(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        Unbuffered there, back;
        PlayAgainstWall(&there, &back, ops, &outcome);
    });
    return outcome;
}

// The smallest channel that there is holds one item.
Outcome ChanPingpong(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        Buffered there(2), back(2);
        PlayAgainstWall(&there, &back, ops, &outcome);
    });
    return outcome;
}

static Outcome AddTogether(unsigned workers, size_t tasks, bool is_held,
                           size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        fibers::mutex mutex;
        size_t count = 0;
        std::vector<fibers::fiber> all;
        Stopwatch watch;
        for (size_t i = 0; i < tasks; i++) {
            all.push_back(Post([&, each = ops / tasks] {
                for (size_t i = 0; i < each; i++) {
                    std::lock_guard<fibers::mutex> lock(mutex);
                    count++;
                    if (is_held) {
                        boost::this_fiber::yield();
                    }
                }
            }));
        }
        JoinAll(&all);
        outcome = watch.PerOp(ops);
        Require(count == ops / tasks * tasks);
    });
    return outcome;
}

Outcome MutexUncontended(unsigned workers, size_t ops)
{
    return AddTogether(workers, 1, false, ops);
}

// The owner yields, so that the others find the mutex locked even on one
// thread.
Outcome MutexContended(unsigned workers, size_t ops)
{
    return AddTogether(workers, kTasks, true, ops);
}

Outcome MutexBrief(unsigned workers, size_t ops)
{
    return AddTogether(workers, kTasks, false, ops);
}

// Ends each wait a while after it began, and notes when.
static void Ring(std::vector<fibers::promise<steady_clock::time_point>> *bells,
                 const std::atomic<size_t> *begun)
{
    for (size_t i = 0; i < bells->size(); i++) {
        while (begun->load() <= i) {
        }
        auto from = steady_clock::now();
        while (steady_clock::now() - from < std::chrono::microseconds(30)) {
        }
        (*bells)[i].set_value(steady_clock::now());
    }
}

Outcome ForeignWake(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        std::vector<fibers::promise<steady_clock::time_point>> bells(ops);
        std::vector<double> latency(ops);
        std::atomic<size_t> begun = 0;
        std::thread thread(Ring, &bells, &begun);
        for (size_t i = 0; i < ops; i++) {
            auto ringing = bells[i].get_future();
            begun = i + 1;
            auto set_at = ringing.get();
            latency[i] = std::chrono::duration<double, std::nano>(
                             steady_clock::now() - set_at)
                             .count();
        }
        thread.join();
        std::sort(latency.begin(), latency.end());
        outcome.ns_per_op = latency[ops / 2];
        outcome.p99_ns = latency[ops * 99 / 100];
    });
    return outcome;
}

Outcome ParkedTask(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        std::vector<fibers::fiber> all(ops);
        std::atomic<size_t> parked = 0;
        fibers::mutex mutex;
        fibers::condition_variable end;
        bool is_over = false;
        double before = ResidentBytes();
        Stopwatch watch;
        for (size_t i = 0; i < ops; i++) {
            all[i] = Post([&] {
                std::unique_lock<fibers::mutex> lock(mutex);
                parked++;
                end.wait(lock, [&is_over] { return is_over; });
            });
            if (i % kBatch == 0) {
                boost::this_fiber::yield();
            }
        }
        while (parked < ops) {
            boost::this_fiber::yield();
        }
        outcome = watch.PerOp(ops);
        outcome.bytes_per_task =
            (ResidentBytes() - before) / static_cast<double>(ops);
        std::unique_lock<fibers::mutex> lock(mutex);
        is_over = true;
        lock.unlock();
        end.notify_all();
        JoinAll(&all);
    });
    return outcome;
}

// None starts before the one thread's fiber waits.
Outcome UnstartedTask(unsigned workers, size_t ops)
{
    Outcome outcome;
    InFiber(workers, [&] {
        std::vector<fibers::fiber> all(ops);
        std::atomic<size_t> ran = 0;
        double before = ResidentBytes();
        Stopwatch watch;
        for (size_t i = 0; i < ops; i++) {
            all[i] = Post([&ran] { ran++; });
        }
        outcome = watch.PerOp(ops);
        outcome.bytes_per_task =
            (ResidentBytes() - before) / static_cast<double>(ops);
        Require(ran == 0 || workers > 1);
        JoinAll(&all);
    });
    return outcome;
}
