// The Boost.Fiber program: its threads and its table.

#include "boost_fiber.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace fibers = boost::fibers;

// The threads beside the main one. They steal fibers while they wait for what
// never comes: the process ends without them.
class Crew
{
  public:
    explicit Crew(unsigned workers) : workers_(workers)
    {
        if (workers > 1) {
            for (unsigned i = 1; i < workers; i++) {
                threads_.emplace_back([this] { Work(); });
            }
            Join();
        }
    }

  private:
    // Nobody may steal before all are there.
    void Join()
    {
        fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(workers_);
        joined_++;
        while (joined_ < workers_) {
            std::this_thread::yield();
        }
    }
    void Work()
    {
        Join();
        fibers::mutex mutex;
        fibers::condition_variable never;
        std::unique_lock<fibers::mutex> lock(mutex);
        never.wait(lock, [] { return false; });
    }

    const unsigned workers_;
    std::atomic<unsigned> joined_ = 0;
    std::vector<std::thread> threads_;
};

void InFiber(unsigned workers, const std::function<void()> &body)
{
    static auto *crew = new Crew(workers);
    (void)crew;
    Post(body).join();
}

int main(int argc, char **argv)
{
    int status = RunMain(argc, argv,
                         {{"yield", Yield, false},
                          {"yield_100", Yield100, false},
                          {"spawn_join", SpawnJoin, false},
                          {"spawn_join_wait", SpawnJoinWait, false},
                          {"spawn_batch", SpawnBatch, false},
                          {"gather", Gather, false},
                          {"fib", FibTree, false},
                          {"skynet", SkynetTree, false},
                          {"nqueens", NqueensTree, false},
                          {"chan_buffered", ChanBuffered, false},
                          {"chan_mpmc", ChanMpmc, false},
                          {"chan_rendezvous", ChanRendezvous, false},
                          {"chan_pingpong", ChanPingpong, false},
                          {"mutex_uncontended", MutexUncontended, false},
                          {"mutex_contended", MutexContended, false},
                          {"mutex_brief", MutexBrief, false},
                          {"foreign_wake", ForeignWake, false},
                          {"parked_task", ParkedTask, true},
                          {"unstarted_task", UnstartedTask, true}});
    std::fflush(stdout);
    std::_Exit(status);
}
