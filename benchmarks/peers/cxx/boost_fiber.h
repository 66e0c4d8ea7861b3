// The workloads of benchmarks/peers done with Boost.Fiber: its threads, and the
// workloads by noun.
#ifndef BENCHMARKS_PEERS_CXX_BOOST_FIBER_H
#define BENCHMARKS_PEERS_CXX_BOOST_FIBER_H

#include <boost/fiber/all.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "common.h"

// A fiber of its own that may move between the threads.
template <typename Function>
boost::fibers::fiber Start(boost::fibers::launch how, Function function)
{
    return boost::fibers::fiber(how, std::allocator_arg,
                                boost::fibers::fixedsize_stack(16 * 1024),
                                std::move(function));
}

template <typename Function> boost::fibers::fiber Post(Function function)
{
    return Start(boost::fibers::launch::post, std::move(function));
}

// Runs body in a fiber, with so many threads that share all fibers; these stay
// for the life of the process, and so does their number.
void InFiber(unsigned workers, const std::function<void()> &body);

Outcome Yield(unsigned workers, size_t ops);
Outcome Yield100(unsigned workers, size_t ops);
Outcome SpawnJoin(unsigned workers, size_t ops);
Outcome SpawnJoinWait(unsigned workers, size_t ops);
Outcome SpawnBatch(unsigned workers, size_t ops);
Outcome Gather(unsigned workers, size_t ops);

Outcome FibTree(unsigned workers, size_t ops);
Outcome SkynetTree(unsigned workers, size_t ops);
Outcome NqueensTree(unsigned workers, size_t ops);

Outcome ChanBuffered(unsigned workers, size_t ops);
Outcome ChanMpmc(unsigned workers, size_t ops);
Outcome ChanRendezvous(unsigned workers, size_t ops);
Outcome ChanPingpong(unsigned workers, size_t ops);
Outcome MutexUncontended(unsigned workers, size_t ops);
Outcome MutexContended(unsigned workers, size_t ops);
Outcome MutexBrief(unsigned workers, size_t ops);

Outcome ForeignWake(unsigned workers, size_t ops);
Outcome ParkedTask(unsigned workers, size_t ops);
Outcome UnstartedTask(unsigned workers, size_t ops);

#endif
