// What is at stake: a stack without its guard corrupts its neighbour in
// silence. Shown by handing guarded addresses to the kernel, which says EFAULT
// where a program would be killed, and by counting mappings.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

extern "C" {
#include "src/platform/fd_io.h"
#include "src/platform/pages.h"
#include "tests/support/fault.h"
}

namespace
{

constexpr int kGuardInstall = 102;

const size_t kPage = rv_pages_size();

class PagesTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(pipe2(pipe_, O_NONBLOCK | O_CLOEXEC), 0);
    }

    void TearDown() override
    {
        rv_fault_disarm();
        EXPECT_EQ(rv_fd_close(pipe_[0]), 0);
        EXPECT_EQ(rv_fd_close(pipe_[1]), 0);
    }

    // Lets the kernel read the byte at `address`.
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

    static char *Reserve(size_t pages, size_t align = kPage)
    {
        return static_cast<char *>(rv_pages_reserve(pages * kPage, align));
    }

    int pipe_[2] = {-1, -1};
};

size_t LinesInMaps()
{
    FILE *maps = fopen("/proc/self/maps", "re");
    size_t lines = 0;
    int c;

    while ((c = getc(maps)) != EOF) {
        lines += c == '\n';
    }
    fclose(maps);
    return lines;
}

size_t BytesOfAddressSpace()
{
    char text[128] = "";
    unsigned long pages = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

    EXPECT_GT(read(fd, text, sizeof(text) - 1), 0);
    EXPECT_EQ(sscanf(text, "%lu", &pages), 1);
    EXPECT_EQ(close(fd), 0);
    return pages * kPage;
}

bool KernelHasGuards()
{
    void *page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool has = madvise(page, kPage, kGuardInstall) == 0;

    munmap(page, kPage);
    return has;
}

TEST_F(PagesTest, ReservationIsAlignedWritableAndZero)
{
    for (size_t align = kPage; align <= size_t{64} << 20; align *= 4) {
        char *pages = Reserve(3, align);

        ASSERT_NE(pages, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(pages) % align, 0u);
        for (size_t i = 0; i < 3 * kPage; i += kPage / 2) {
            EXPECT_EQ(pages[i], 0);
            pages[i] = 1;
        }
        rv_pages_release(pages, 3 * kPage);
    }
}

TEST_F(PagesTest, AlignmentCostsNoAddressSpace)
{
    constexpr int kCount = 16;
    constexpr size_t kAlign = size_t{1} << 30;
    char *pages[kCount];
    size_t before = BytesOfAddressSpace();

    for (char *&page : pages) {
        page = Reserve(1, kAlign);
        ASSERT_NE(page, nullptr);
    }
    EXPECT_LT(BytesOfAddressSpace(), before + kAlign / 64);
    for (char *page : pages) {
        rv_pages_release(page, kPage);
    }
}

TEST_F(PagesTest, ImpossibleSizesAreNull)
{
    EXPECT_EQ(rv_pages_reserve(SIZE_MAX - kPage + 1, 2 * kPage), nullptr);
    EXPECT_EQ(rv_pages_reserve(size_t{1} << 62, kPage), nullptr);
}

TEST_F(PagesTest, RefusedReservationIsNull)
{
    rv_fault_arm("mmap", 1, ENOMEM);
    EXPECT_EQ(rv_pages_reserve(kPage, kPage), nullptr);
}

TEST_F(PagesTest, DiscardedPagesAreZero)
{
    char *pages = Reserve(2);

    ASSERT_NE(pages, nullptr);
    memset(pages, 1, 2 * kPage);
    rv_pages_discard(pages, kPage);
    EXPECT_EQ(pages[0], 0);
    EXPECT_EQ(pages[kPage], 1);
    rv_pages_release(pages, 2 * kPage);
}

TEST_F(PagesTest, ReleasedPagesAreGone)
{
    char *pages = Reserve(2);

    ASSERT_EQ(rv_pages_guard(pages, kPage), 0);
    rv_pages_release(pages, 2 * kPage);
    EXPECT_FALSE(IsReadable(pages));
    EXPECT_FALSE(IsReadable(pages + kPage));
}

TEST_F(PagesTest, RefusedReleaseStillFreesTheMemory)
{
    char *pages = Reserve(1);

    ASSERT_NE(pages, nullptr);
    pages[0] = 1;
    rv_fault_arm("munmap", 1, ENOMEM);
    rv_pages_release(pages, kPage);
    EXPECT_EQ(pages[0], 0);
    rv_pages_release(pages, kPage);
}

TEST_F(PagesTest, GuardStopsSystemCallsAtItsEdges)
{
    char *pages = Reserve(3);

    ASSERT_NE(pages, nullptr);
    ASSERT_EQ(rv_pages_guard(pages + kPage, kPage), 0);
    EXPECT_TRUE(IsReadable(pages + kPage - 1));
    EXPECT_FALSE(IsReadable(pages + kPage));
    EXPECT_FALSE(IsReadable(pages + 2 * kPage - 1));
    EXPECT_TRUE(IsReadable(pages + 2 * kPage));
    rv_pages_release(pages, 3 * kPage);
}

TEST_F(PagesTest, GuardSurvivesDiscard)
{
    char *pages = Reserve(2);

    ASSERT_EQ(rv_pages_guard(pages, kPage), 0);
    rv_pages_discard(pages, 2 * kPage);
    EXPECT_FALSE(IsReadable(pages));
    EXPECT_TRUE(IsReadable(pages + kPage));
    rv_pages_release(pages, 2 * kPage);
}

TEST_F(PagesTest, ManyGuardsDoNotExhaustTheMappings)
{
    constexpr size_t kGuards = 40000;
    size_t size = 2 * kGuards * kPage;
    char *pages = Reserve(2 * kGuards);
    size_t before = LinesInMaps();

    if (!KernelHasGuards()) {
        rv_pages_release(pages, size);
        GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
    }
    ASSERT_NE(pages, nullptr);
    for (size_t i = 0; i < kGuards; i++) {
        ASSERT_EQ(rv_pages_guard(pages + 2 * i * kPage, kPage), 0);
    }

    EXPECT_LT(LinesInMaps(), before + 100);
    EXPECT_FALSE(IsReadable(pages));
    EXPECT_TRUE(IsReadable(pages + kPage));
    EXPECT_FALSE(IsReadable(pages + 2 * (kGuards - 1) * kPage));
    rv_pages_release(pages, size);
}

TEST_F(PagesTest, RefusedGuardIsReportedAndMayBeTriedAgain)
{
    char *page = Reserve(1);

    ASSERT_NE(page, nullptr);
    rv_fault_arm("madvise", 1, ENOMEM);
    EXPECT_EQ(rv_pages_guard(page, kPage), -ENOMEM);
    EXPECT_TRUE(IsReadable(page));
    EXPECT_EQ(rv_pages_guard(page, kPage), 0);
    EXPECT_FALSE(IsReadable(page));
    rv_pages_release(page, kPage);
}

TEST(PagesDeathTest, TouchingAGuardKills)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    char *pages = static_cast<char *>(rv_pages_reserve(2 * kPage, kPage));

    ASSERT_EQ(rv_pages_guard(pages, kPage), 0);
    EXPECT_DEATH(*const_cast<volatile char *>(pages + kPage - 1) = 1, "");
    *const_cast<volatile char *>(pages + kPage) = 1;
    rv_pages_release(pages, 2 * kPage);
}

} // namespace
