// What is at stake: kernels before 6.13 have no cheap guards; there must be
// guards all the same, or an error, never a stack without one. Shown with a
// kernel that refuses the advice. A binary of its own, since the refusal is
// remembered.
#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

extern "C" {
#include "src/platform/fd_io.h"
#include "src/platform/pages.h"
#include "tests/support/fault.h"
}

namespace
{

const size_t kPage = rv_pages_size();

class PagesFallbackTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        char *page = static_cast<char *>(rv_pages_reserve(kPage, kPage));

        ASSERT_EQ(pipe2(pipe_, O_NONBLOCK | O_CLOEXEC), 0);
        ASSERT_NE(page, nullptr);
        rv_fault_arm("madvise", 1, EINVAL);
        ASSERT_EQ(rv_pages_guard(page, kPage), 0);
        rv_pages_release(page, kPage);
    }

    void TearDown() override
    {
        rv_fault_disarm();
        EXPECT_EQ(rv_fd_close(pipe_[0]), 0);
        EXPECT_EQ(rv_fd_close(pipe_[1]), 0);
    }

    bool IsReadable(const char *address)
    {
        char byte;

        if (write(pipe_[1], address, 1) != 1) {
            EXPECT_EQ(errno, EFAULT);
            return false;
        }
        EXPECT_EQ(rv_fd_read(pipe_[0], &byte, 1), 1);
        return true;
    }

    int pipe_[2] = {-1, -1};
};

TEST_F(PagesFallbackTest, GuardIsMadeByMprotect)
{
    char *pages = static_cast<char *>(rv_pages_reserve(3 * kPage, kPage));

    ASSERT_NE(pages, nullptr);
    rv_fault_arm("mprotect", 2, ENOMEM);
    ASSERT_EQ(rv_pages_guard(pages + kPage, kPage), 0);
    EXPECT_EQ(rv_fault_calls("mprotect"), 1u);
    EXPECT_TRUE(IsReadable(pages + kPage - 1));
    EXPECT_FALSE(IsReadable(pages + kPage));
    EXPECT_TRUE(IsReadable(pages + 2 * kPage));

    rv_pages_discard(pages, 3 * kPage);
    EXPECT_FALSE(IsReadable(pages + kPage));
    rv_pages_release(pages, 3 * kPage);
}

TEST_F(PagesFallbackTest, RefusalIsMetOnce)
{
    char *pages = static_cast<char *>(rv_pages_reserve(kPage, kPage));

    ASSERT_NE(pages, nullptr);
    rv_fault_arm("madvise", 1, EINVAL);
    EXPECT_EQ(rv_pages_guard(pages, kPage), 0);
    EXPECT_EQ(rv_fault_calls("madvise"), 0u);
    rv_pages_release(pages, kPage);
}

TEST_F(PagesFallbackTest, RefusedMprotectIsReported)
{
    char *page = static_cast<char *>(rv_pages_reserve(kPage, kPage));

    ASSERT_NE(page, nullptr);
    rv_fault_arm("mprotect", 1, ENOMEM);
    EXPECT_EQ(rv_pages_guard(page, kPage), -ENOMEM);
    EXPECT_TRUE(IsReadable(page));
    rv_pages_release(page, kPage);
}

} // namespace
