// At stake: a runtime with nothing to do costs nothing. Each thread's voluntary
// context switches are the wake-ups it had.

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <map>
#include <string>
#include <unistd.h>

#include "tests/support/with_runtime.h"

namespace
{

class IdleTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, IdleTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

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

uint64_t Parks(rove_runtime *rt)
{
    rove_stats stats;
    stats.size = sizeof stats;
    EXPECT_EQ(rove_stats_get(rt, &stats), 0);
    return stats.parks;
}

TEST_P(IdleTest, A17AnIdleRuntimeHasNoWakeUps)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "a sanitizer has threads of its own that wake up";
    }
    Runtime runtime(options_);
    for (int i = 0; i < 100; i++) {
        rove_detach(SpawnIn(runtime.get(), [] { return rove_sleep(ROVE_MS); }));
    }
    /* A task that waits for long is no reason to wake up either. */
    rove_task *sleeper =
        SpawnIn(runtime.get(), [] { return rove_sleep(3600 * ROVE_SEC); });
    rove_task *waiter =
        SpawnIn(runtime.get(), [sleeper] { return rove_task_wait(sleeper); });
    /* The watch ticks for a while; it is off when a second passes without a
     * worker going to sleep anew. */
    uint64_t parks = Parks(runtime.get());
    bool quiet = false;
    for (int i = 0; i < 20 && !quiet; i++) {
        (void)rove_sleep(ROVE_SEC / 4);
        uint64_t now = Parks(runtime.get());
        quiet = now == parks;
        parks = now;
    }
    ASSERT_TRUE(quiet);
    auto before = SwitchesOfOthers();
    EXPECT_EQ(before.size(), Workers());
    (void)rove_sleep(5 * ROVE_SEC / 6);
    EXPECT_EQ(SwitchesOfOthers(), before);
    EXPECT_EQ(Parks(runtime.get()), parks);
    rove_cancel(sleeper);
    EXPECT_EQ(rove_join(waiter), 0);
    EXPECT_EQ(rove_join(sleeper), -ECANCELED);
}

} // namespace
