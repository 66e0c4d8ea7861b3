// At stake: a line of the runtime's reaches the sink that the options name, as
// it is and once, and else stderr, where it ends.

#include <string>
#include <vector>

extern "C" {
#include "src/sched/report.h"
}

#include "gtest/gtest.h"

namespace
{

using Lines = std::vector<std::string>;

void Note(void *lines, const char *line)
{
    static_cast<Lines *>(lines)->emplace_back(line);
}

TEST(ReportTest, TheSinkGetsTheLineWithoutAnEndAndStderrNothing)
{
    Lines lines;
    rv_report report = {Note, &lines};
    ::testing::internal::CaptureStderr();
    rv_report_line(&report, "rove: 100 % is no format: %s");
    rv_report_line(&report, "");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(lines, (Lines{"rove: 100 % is no format: %s", ""}));
}

TEST(ReportTest, WithoutASinkItGoesToStderrAndEndsThere)
{
    rv_report report = {nullptr, nullptr};
    ::testing::internal::CaptureStderr();
    rv_report_line(&report, "rove: 100 % is no format: %s");
    rv_report_line(&report, "next");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(),
              "rove: 100 % is no format: %s\nnext\n");
}

} // namespace
