// What is at stake: a file of the kernel that is longer than expected, or not
// there, must not overrun a buffer or leave a descriptor open.
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>

extern "C" {
#include "src/platform/small_file.h"
}

namespace
{

class SmallFileTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        std::string name = ::testing::TempDir() + "/small_file_XXXXXX";

        ASSERT_NE(mkdtemp(name.data()), nullptr);
        path_ = name + "/file";
    }

    void Write(const std::string &text)
    {
        std::ofstream(path_) << text;
    }

    std::string path_;
    char text_[8];
};

TEST_F(SmallFileTest, TheWholeTextIsReadAndEnded)
{
    Write("0-3\n");
    ASSERT_TRUE(rv_small_file_read(path_.c_str(), text_, sizeof(text_)));
    EXPECT_STREQ(text_, "0-3\n");
    Write("");
    ASSERT_TRUE(rv_small_file_read(path_.c_str(), text_, sizeof(text_)));
    EXPECT_STREQ(text_, "");
}

TEST_F(SmallFileTest, OfALongTextTheBeginningIsRead)
{
    Write("0123456789");
    ASSERT_TRUE(rv_small_file_read(path_.c_str(), text_, sizeof(text_)));
    EXPECT_STREQ(text_, "0123456");
}

TEST_F(SmallFileTest, WhatIsNoFileIsNotRead)
{
    EXPECT_FALSE(rv_small_file_read(path_.c_str(), text_, sizeof(text_)));
    EXPECT_FALSE(rv_small_file_read("/", text_, sizeof(text_)));
    EXPECT_FALSE(rv_small_file_read("", text_, sizeof(text_)));
}

} // namespace
