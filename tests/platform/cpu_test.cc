// What is at stake: a container with half a CPU must not get 64 workers. Shown
// with the kernel's texts, with trees of groups in a directory, and with a
// smaller affinity mask.
#include <fstream>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <thread>

extern "C" {
#include "src/platform/cpu.h"
}

namespace
{

TEST(CpuTest, MaxIsRoundedUp)
{
    EXPECT_EQ(rv_cpu_parse_max("200000 100000\n"), 2u);
    EXPECT_EQ(rv_cpu_parse_max("200001 100000\n"), 3u);
    EXPECT_EQ(rv_cpu_parse_max("50000 100000\n"), 1u);
    EXPECT_EQ(rv_cpu_parse_max("1000 1000000"), 1u);
}

TEST(CpuTest, NoMaxIsNoLimit)
{
    EXPECT_EQ(rv_cpu_parse_max("max 100000\n"), RV_CPU_UNLIMITED);
    EXPECT_EQ(rv_cpu_parse_max("max\n"), RV_CPU_UNLIMITED);
}

TEST(CpuTest, TextThatIsNotUnderstoodIsNoLimit)
{
    const char *texts[] = {
        "",         "\n",       "many cpus", "100000", "100 0",
        "-100 100", "100 -100", "0 100000",  "\xff\n", "9223372036854775807 1"};

    for (const char *text : texts) {
        EXPECT_EQ(rv_cpu_parse_max(text), RV_CPU_UNLIMITED) << text;
    }
}

TEST(CpuTest, Version1QuotaIsRoundedUp)
{
    EXPECT_EQ(rv_cpu_parse_quota("150000\n", "100000\n"), 2u);
    EXPECT_EQ(rv_cpu_parse_quota("100000\n", "100000\n"), 1u);
    EXPECT_EQ(rv_cpu_parse_quota("-1\n", "100000\n"), RV_CPU_UNLIMITED);
    EXPECT_EQ(rv_cpu_parse_quota("", ""), RV_CPU_UNLIMITED);
}

std::string GroupOf(const char *text, const char *controller)
{
    char path[32];

    return rv_cpu_parse_cgroup(text, controller, path, sizeof(path))
               ? std::string(path)
               : "(none)";
}

TEST(CpuTest, GroupIsFoundByController)
{
    const char *text = "5:cpuset:/set\n"
                       "4:cpuacct,cpu:/both\n"
                       "3:name=systemd:/with:colon\n"
                       "0::/unified\n";

    EXPECT_EQ(GroupOf(text, "cpu"), "/both");
    EXPECT_EQ(GroupOf(text, "cpuset"), "/set");
    EXPECT_EQ(GroupOf(text, "name=systemd"), "/with:colon");
    EXPECT_EQ(GroupOf(text, ""), "/unified");
    EXPECT_EQ(GroupOf(text, "memory"), "(none)");
    EXPECT_EQ(GroupOf("0::/", ""), "/");
}

TEST(CpuTest, DamagedGroupTextIsNoGroup)
{
    const char *texts[] = {"", "\n\n", "0", "0:", "0::", ":\n:", "cpu"};

    for (const char *text : texts) {
        EXPECT_EQ(GroupOf(text, ""), "(none)") << text;
        EXPECT_EQ(GroupOf(text, "cpu"), "(none)") << text;
    }
    EXPECT_EQ(GroupOf("0::/longer/than/the/buffer/of/the/test", ""), "(none)");
}

class CpuQuotaTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        std::string name = ::testing::TempDir() + "/cpu_test_XXXXXX";

        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
    }

    void Write(const std::string &path, const std::string &text)
    {
        for (size_t i = root_.size() + 1;
             (i = (root_ + path).find('/', i)) != std::string::npos; i++) {
            mkdir((root_ + path).substr(0, i).c_str(), 0700);
        }
        std::ofstream(root_ + path) << text;
    }

    unsigned Quota()
    {
        return rv_cpu_quota((root_ + "/cgroup").c_str(), root_.c_str());
    }

    std::string root_;
};

TEST_F(CpuQuotaTest, NoFilesAreNoLimit)
{
    EXPECT_EQ(Quota(), RV_CPU_UNLIMITED);
    Write("/cgroup", "0::/a/b\n4:cpu:/c\n");
    EXPECT_EQ(Quota(), RV_CPU_UNLIMITED);
}

TEST_F(CpuQuotaTest, TightestGroupOnTheWayUpHolds)
{
    Write("/cgroup", "0::/a/b\n");
    Write("/a/b/cpu.max", "800000 100000\n");
    EXPECT_EQ(Quota(), 8u);
    Write("/a/cpu.max", "300000 100000\n");
    EXPECT_EQ(Quota(), 3u);
    Write("/cpu.max", "max 100000\n");
    EXPECT_EQ(Quota(), 3u);
}

TEST_F(CpuQuotaTest, GroupOutsideTheContainerIsTheRoot)
{
    Write("/cgroup", "0::/seen/only/from/outside\n");
    Write("/cpu.max", "150000 100000\n");
    EXPECT_EQ(Quota(), 2u);
}

TEST_F(CpuQuotaTest, Version1IsUnderstood)
{
    Write("/cgroup", "0::/\n4:cpu,cpuacct:/pod\n");
    Write("/cpu/pod/cpu.cfs_quota_us", "250000\n");
    Write("/cpu/pod/cpu.cfs_period_us", "100000\n");
    Write("/cpu/cpu.cfs_quota_us", "-1\n");
    Write("/cpu/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(Quota(), 3u);
}

TEST_F(CpuQuotaTest, HugeTextsAreSurvived)
{
    Write("/cgroup", "0::/" + std::string(5000, 'a') + "\n");
    EXPECT_EQ(Quota(), RV_CPU_UNLIMITED);
    Write("/cgroup", std::string(100000, 'b'));
    EXPECT_EQ(Quota(), RV_CPU_UNLIMITED);
}

unsigned CpusOfThisThread()
{
    cpu_set_t mask;

    EXPECT_EQ(sched_getaffinity(0, sizeof(mask), &mask), 0);
    return static_cast<unsigned>(CPU_COUNT(&mask));
}

TEST(CpuTest, CountIsWithinTheAffinityMask)
{
    EXPECT_GE(rv_cpu_count(), 1u);
    EXPECT_LE(rv_cpu_count(), CpusOfThisThread());
}

TEST(CpuTest, ThreadBoundToOneCpuCountsOne)
{
    std::thread([] {
        cpu_set_t mask;

        CPU_ZERO(&mask);
        CPU_SET(static_cast<size_t>(sched_getcpu()), &mask);
        ASSERT_EQ(sched_setaffinity(0, sizeof(mask), &mask), 0);
        EXPECT_EQ(rv_cpu_count(), 1u);
    }).join();
}

TEST(CpuTest, RelaxReturns)
{
    rv_cpu_relax();
}

} // namespace
