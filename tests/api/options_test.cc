// At stake: each public option lands in the part it is for, with its default.

#include <cerrno>
#include <string>

extern "C" {
#include "src/api/options.h"
}

#include "gtest/gtest.h"

namespace
{

class OptionsTest : public ::testing::Test
{
  protected:
    OptionsTest()
    {
        rove_options_init(&options_);
    }

    rove_options options_;
    rv_scheduler_options chosen_;
    rv_pool_options pool_;
};

TEST_F(OptionsTest, ZeroMeansDefault)
{
    ASSERT_EQ(rv_options_check(&options_, &chosen_), 0);
    EXPECT_GE(chosen_.workers, 1U);
    EXPECT_LE(chosen_.workers, 256U);
    EXPECT_EQ(chosen_.design, ROVE_STEALING);
    EXPECT_EQ(chosen_.stack_class, RV_STACK_64K);
    EXPECT_EQ(chosen_.tasks_max, 0U);
    EXPECT_NE(chosen_.seed, 0U);
    EXPECT_STREQ(chosen_.name, "rove");
    EXPECT_FALSE(chosen_.reports_crashes);
    rv_options_pool(&options_, &pool_);
    EXPECT_EQ(pool_.threads_max, 64U);
    EXPECT_EQ(pool_.queue_max, 1024U);
    EXPECT_EQ(pool_.keep_alive, 10 * ROVE_SEC);
    EXPECT_STREQ(pool_.name, "rove");
}

TEST_F(OptionsTest, GivenValuesAreTaken)
{
    options_.workers = 256;
    options_.design = ROVE_SHARDED;
    options_.stack_size = 16 * 1024;
    options_.tasks_max = 7;
    options_.seed = 9;
    options_.name = "net";
    options_.report_crash = 1;
    options_.offload_threads_max = 4096;
    options_.offload_queue_max = 3;
    options_.offload_keep_alive = 1;
    ASSERT_EQ(rv_options_check(&options_, &chosen_), 0);
    EXPECT_EQ(chosen_.workers, 256U);
    EXPECT_EQ(chosen_.design, ROVE_SHARDED);
    EXPECT_EQ(chosen_.stack_class, RV_STACK_16K);
    EXPECT_EQ(chosen_.tasks_max, 7U);
    EXPECT_EQ(chosen_.seed, 9U);
    EXPECT_STREQ(chosen_.name, "net");
    EXPECT_TRUE(chosen_.reports_crashes);
    rv_options_pool(&options_, &pool_);
    EXPECT_EQ(pool_.threads_max, 4096U);
    EXPECT_EQ(pool_.queue_max, 3U);
    EXPECT_EQ(pool_.keep_alive, 1);
    EXPECT_STREQ(pool_.name, "net");
}

TEST_F(OptionsTest, TheSingleDesignHasOneWorker)
{
    options_.design = ROVE_SINGLE;
    ASSERT_EQ(rv_options_check(&options_, &chosen_), 0);
    EXPECT_EQ(chosen_.workers, 1U);
    options_.workers = 1;
    EXPECT_EQ(rv_options_check(&options_, &chosen_), 0);
}

TEST_F(OptionsTest, AFaultIsReportedInOneLine)
{
    std::string seen;
    options_.report = [](void *context, const char *line) {
        *static_cast<std::string *>(context) += line;
    };
    options_.report_context = &seen;
    options_.workers = 257;
    EXPECT_EQ(rv_options_check(&options_, &chosen_), -EINVAL);
    EXPECT_EQ(seen, "rove: options: workers is more than 256");
}

} // namespace
