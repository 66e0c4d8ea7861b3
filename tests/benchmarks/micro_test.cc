// A micro benchmark that breaks is found when somebody needs its figure. Each
// runs here with few operations, in the runtime that the program gives it; it
// checks its own answer and must return a time.

#include "benchmarks/micro/micro.h"

#include <cctype>
#include <cmath>
#include <string>

#include "rove/runtime.h"

#include "gtest/gtest.h"

namespace
{

constexpr uint64_t kOps = 1000;

struct Call {
    const micro_bench *bench;
    micro_result result;
};

int64_t RunInTask(void *arg)
{
    auto *call = static_cast<Call *>(arg);
    call->bench->run(kOps, &call->result);
    return 0;
}

class MicroTest : public testing::TestWithParam<micro_bench>
{
};

TEST_P(MicroTest, BenchReturnsATime)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = GetParam().workers;
    options.design = options.workers == 1 ? ROVE_SINGLE : ROVE_STEALING;
    Call call = {&GetParam(), {}};
    ASSERT_EQ(rove_run(&options, RunInTask, &call), 0);
    EXPECT_GT(call.result.ns, 0);
    EXPECT_TRUE(std::isfinite(call.result.ns));
}

std::string TestName(const testing::TestParamInfo<micro_bench> &info)
{
    std::string name = info.param.name;
    for (char &c : name) {
        c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(All, MicroTest,
                         testing::ValuesIn(micro_benches,
                                           micro_benches + micro_bench_count),
                         TestName);

TEST(RawJumpTest, JumpsTakeTime)
{
    EXPECT_GT(micro_raw_jump(kOps), 0);
}

} // namespace
