// What is at stake: without cheap guards a process comes to the end of its
// mappings, and that must be an error at the guard and not a crash elsewhere.
// Shown by going there. Not for the sanitizers, which map memory themselves.
#include <cerrno>
#include <cstdio>
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

size_t MappingsMax()
{
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    size_t max = 0;

    if (file != nullptr) {
        EXPECT_EQ(fscanf(file, "%zu", &max), 1);
        fclose(file);
    }
    return max;
}

// No allocation and no assertion while the process cannot map anything.
TEST(PagesLimitTest, LastMappingEndsInEnomemNotInACrash)
{
    size_t max = MappingsMax();
    size_t guards = max / 2 + 16;
    size_t size = 2 * guards * kPage;
    char *pages;
    int fds[2];
    size_t made = 0;
    int result = 0;
    bool first_is_guarded;

    if (max == 0 || max > 1000000) {
        GTEST_SKIP() << "the limit of mappings is out of reach: " << max;
    }
    pages = static_cast<char *>(rv_pages_reserve(size, kPage));
    ASSERT_NE(pages, nullptr);
    ASSERT_EQ(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    rv_fault_arm("madvise", 1, EINVAL);
    while (made < guards &&
           (result = rv_pages_guard(pages + 2 * made * kPage, kPage)) == 0) {
        made++;
    }
    first_is_guarded = write(fds[1], pages, 1) < 0 && errno == EFAULT;
    rv_pages_release(pages, size);

    EXPECT_EQ(rv_fd_close(fds[0]), 0);
    EXPECT_EQ(rv_fd_close(fds[1]), 0);
    EXPECT_EQ(result, -ENOMEM);
    EXPECT_GT(made, guards / 2);
    EXPECT_TRUE(first_is_guarded);
}

} // namespace
