// What is at stake: a machine described wrongly, or in a way nobody thought of,
// must give groups all the same, with every CPU in one of them. Shown with
// trees of files as the kernel writes them, and damaged ones.
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <vector>

extern "C" {
#include "src/platform/topology.h"
}

namespace
{

using Groups = std::vector<unsigned>;

class TopologyTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        std::string name = ::testing::TempDir() + "/topology_test_XXXXXX";

        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
    }

    void Allow(unsigned first, unsigned last)
    {
        for (unsigned cpu = first; cpu <= last; cpu++) {
            rv_cpu_set_add(&allowed_, cpu);
        }
    }

    // CPUs [first, last] have a file that says `text`.
    void Describe(unsigned first, unsigned last, const std::string &text)
    {
        for (unsigned cpu = first; cpu <= last; cpu++) {
            std::string path = root_ + "/cpu" + std::to_string(cpu);

            for (const char *part : {"", "/cache", "/index3"}) {
                path += part;
                mkdir(path.c_str(), 0700);
            }
            std::ofstream(path + "/shared_cpu_list") << text;
        }
    }

    // The groups of the CPUs up to `last`.
    Groups Read(unsigned last)
    {
        Groups groups;

        rv_topology_read(&topology_, &allowed_, root_.c_str());
        for (unsigned cpu = 0; cpu <= last; cpu++) {
            groups.push_back(rv_topology_group(&topology_, cpu));
            EXPECT_LT(groups.back(), topology_.groups);
        }
        return groups;
    }

    std::string root_;
    rv_cpu_set allowed_ = {};
    rv_topology topology_;
};

TEST_F(TopologyTest, CpusThatShareACacheAreAGroup)
{
    Allow(0, 7);
    Describe(0, 3, "0-3\n");
    Describe(4, 7, "4-7\n");
    EXPECT_EQ(Read(7), (Groups{0, 0, 0, 0, 1, 1, 1, 1}));
    EXPECT_EQ(topology_.groups, 2u);
}

TEST_F(TopologyTest, SiblingsFarAwayInNumberAreInTheirGroup)
{
    Allow(0, 7);
    Describe(0, 1, "0-1,4-5\n");
    Describe(4, 5, "0-1,4-5\n");
    Describe(2, 3, "2-3,6-7\n");
    Describe(6, 7, "2-3,6-7\n");
    EXPECT_EQ(Read(7), (Groups{0, 0, 1, 1, 0, 0, 1, 1}));
}

TEST_F(TopologyTest, UnevenGroupsAreTakenAsTheyAre)
{
    Allow(0, 7);
    Describe(0, 0, "0\n");
    Describe(1, 6, "1-6\n");
    Describe(7, 7, "7\n");
    EXPECT_EQ(Read(7), (Groups{0, 1, 1, 1, 1, 1, 1, 2}));
}

TEST_F(TopologyTest, OneCacheForAllIsOneGroup)
{
    Allow(0, 7);
    Describe(0, 7, "0-7\n");
    EXPECT_EQ(Read(7), Groups(8, 0));
    EXPECT_EQ(topology_.groups, 1u);
}

TEST_F(TopologyTest, CpusThatMayNotBeUsedMakeNoGroups)
{
    Allow(4, 7);
    Describe(0, 3, "0-3\n");
    Describe(4, 7, "4-7\n");
    EXPECT_EQ(Read(7), Groups(8, 0));
    EXPECT_EQ(topology_.groups, 1u);
}

TEST_F(TopologyTest, CpusThatAreOfflineAreLeftOut)
{
    Allow(0, 1);
    Allow(6, 7);
    Describe(0, 1, "0-1\n"); // 2-5 have no files, as when they are offline
    Describe(6, 7, "6-7\n");
    EXPECT_EQ(Read(7), (Groups{0, 0, 0, 0, 0, 0, 1, 1}));
    EXPECT_EQ(topology_.groups, 2u);
}

TEST_F(TopologyTest, WithoutFilesThereIsOneGroup)
{
    Allow(0, 7);
    EXPECT_EQ(Read(7), Groups(8, 0));
    EXPECT_EQ(topology_.groups, 1u);
    root_ = std::string(5000, 'a');
    EXPECT_EQ(Read(7), Groups(8, 0));
}

TEST_F(TopologyTest, CpusWithDamagedFilesCountToTheFirstGroup)
{
    const char *texts[] = {"",      "\n",     "-",
                           "4-",    "-7",     "4-7,",
                           "4,,5",  "4-7 ",   " 4-7",
                           "7-4",   "4-7x",   "four",
                           "\xff",  "4--7",   "+4-7",
                           "4-7-8", "0x4",    "4;5",
                           "0-3",   "4-8192", "4-99999999999999999999"};

    for (const char *text : texts) {
        Allow(0, 7);
        Describe(0, 3, "0-3\n");
        Describe(4, 7, text);
        EXPECT_EQ(Read(7), Groups(8, 0)) << text;
        EXPECT_EQ(topology_.groups, 1u) << text;
    }
}

TEST_F(TopologyTest, FilesThatContradictEachOtherSplitAGroup)
{
    Allow(0, 3);
    Describe(0, 1, "0-1\n");
    Describe(2, 3, "0-3\n");
    EXPECT_EQ(Read(3), (Groups{0, 0, 1, 1}));
}

TEST_F(TopologyTest, GroupsBeyondTheLimitCountToTheFirst)
{
    const unsigned last = RV_TOPOLOGY_GROUPS_MAX + 1;

    Allow(0, last);
    for (unsigned cpu = 0; cpu <= last; cpu++) {
        Describe(cpu, cpu, std::to_string(cpu) + "\n");
    }
    Groups groups = Read(last);
    EXPECT_EQ(topology_.groups, static_cast<unsigned>(RV_TOPOLOGY_GROUPS_MAX));
    EXPECT_EQ(groups[last - 2], last - 2);
    EXPECT_EQ(groups[last - 1], 0u);
    EXPECT_EQ(groups[last], 0u);
}

TEST_F(TopologyTest, ACpuNeverHeardOfHasAGroup)
{
    Allow(0, 1);
    Read(1);
    EXPECT_EQ(rv_topology_group(&topology_, RV_CPUS_MAX), 0u);
    EXPECT_EQ(rv_topology_group(&topology_, UINT32_MAX), 0u);
}

TEST_F(TopologyTest, ThisMachineHasAGroupForEveryCpu)
{
    ASSERT_TRUE(rv_cpu_allowed(&allowed_));
    root_ = "/sys/devices/system/cpu";
    Read(RV_CPUS_MAX - 1);
    EXPECT_GE(topology_.groups, 1u);
    EXPECT_TRUE(rv_cpu_set_has(&allowed_, rv_cpu_here()));
}

} // namespace
