// At stake: runtimes with nothing to do cost nothing, in whichever design. Each
// thread's voluntary context switches are the wake-ups it had.

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

long SwitchesOf(const std::string &thread)
{
    long switches = -1;
    FILE *file = fopen(("/proc/self/task/" + thread + "/status").c_str(), "re");
    char line[256];
    while (file != nullptr && fgets(line, sizeof line, file) != nullptr) {
        (void)sscanf(line, "voluntary_ctxt_switches: %ld", &switches);
    }
    if (file != nullptr) {
        fclose(file);
    }
    return switches;
}

// Of all threads but the calling one.
std::map<std::string, long> SwitchesOfOthers()
{
    std::map<std::string, long> switches;
    DIR *dir = opendir("/proc/self/task");
    while (const struct dirent *entry = readdir(dir)) {
        std::string thread = entry->d_name;
        if (thread[0] != '.' && thread != std::to_string(gettid())) {
            switches[thread] = SwitchesOf(thread);
        }
    }
    closedir(dir);
    return switches;
}

// A runtime that has worked and has tasks that wait for long.
class Idler
{
  public:
    explicit Idler(const Setup &setup) : runtime_(OptionsFor(setup))
    {
        for (int i = 0; i < 100; i++) {
            rove_detach(
                SpawnIn(runtime_.get(), [] { return rove_sleep(ROVE_MS); }));
        }
        sleeper_ =
            SpawnIn(runtime_.get(), [] { return rove_sleep(3600 * ROVE_SEC); });
        rove_task *sleeper = sleeper_;
        waiter_ = SpawnIn(runtime_.get(),
                          [sleeper] { return rove_task_wait(sleeper); });
    }

    Idler(const Idler &) = delete;
    Idler &operator=(const Idler &) = delete;

    ~Idler()
    {
        rove_cancel(sleeper_);
        EXPECT_EQ(rove_join(waiter_), 0);
        EXPECT_EQ(rove_join(sleeper_), -ECANCELED);
    }

    // How often a worker went to sleep.
    uint64_t Parks() const
    {
        rove_stats stats;
        stats.size = sizeof stats;
        EXPECT_EQ(rove_stats_get(runtime_.get(), &stats), 0);
        return stats.parks;
    }

  private:
    Runtime runtime_;
    rove_task *sleeper_;
    rove_task *waiter_;
};

using Idlers = std::vector<std::unique_ptr<Idler>>;

std::vector<uint64_t> ParksOf(const Idlers &idlers)
{
    std::vector<uint64_t> parks;
    for (const auto &idler : idlers) {
        parks.push_back(idler->Parks());
    }
    return parks;
}

TEST(IdleTest, IdleRuntimesHaveNoWakeUpsInFiveSeconds)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "a sanitizer has threads of its own that wake up";
    }
    Idlers idlers;
    size_t workers = 0;
    for (const auto &setup : kDesigns) {
        idlers.push_back(std::make_unique<Idler>(setup));
        workers += setup.workers;
    }
    /* The watches tick for a while; they are off when a while passes without a
     * worker going to sleep anew. */
    auto parks = ParksOf(idlers);
    bool quiet = false;
    for (int i = 0; i < 40 && !quiet; i++) {
        (void)rove_sleep(ROVE_SEC / 4);
        auto now = ParksOf(idlers);
        quiet = now == parks;
        parks = now;
    }
    ASSERT_TRUE(quiet);
    auto before = SwitchesOfOthers();
    EXPECT_EQ(before.size(), workers);
    (void)rove_sleep(5 * ROVE_SEC);
    EXPECT_EQ(SwitchesOfOthers(), before);
    EXPECT_EQ(ParksOf(idlers), parks);
}

// What the test above counts by: a wake-up is seen.
TEST(IdleTest, AWakeUpIsCounted)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "a sanitizer has threads of its own that wake up";
    }
    for (const auto &setup : kDesigns) {
        Runtime runtime(OptionsFor(setup));
        auto before = SwitchesOfOthers();
        EXPECT_EQ(before.size(), setup.workers);
        EXPECT_EQ(rove_join(SpawnIn(runtime.get(),
                                    [] { return rove_sleep(2 * ROVE_MS); })),
                  0);
        EXPECT_NE(SwitchesOfOthers(), before);
    }
}

} // namespace
