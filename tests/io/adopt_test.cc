// At stake: a descriptor that is adopted is closed by rove_close alone, and one
// that cannot be is closed at once.
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "rove/rove.h"

extern "C" {
#include "src/io/adopt.h"
#include "src/sched/pollable.h"
#include "tests/support/fault.h"
}

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

uint32_t FlagsOf(int fd)
{
    rv_pollable *file;
    EXPECT_EQ(rv_pollable_of(fd, &file), 0);
    uint32_t flags = rv_pollable_enter(file);
    rv_pollable_leave(file);
    return flags;
}

TEST(AdoptTest, AdoptedFileIsManagedUntilItIsClosed)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    EXPECT_EQ(rv_adopt_file(fd, RV_CALLS_STREAM), fd);
    EXPECT_EQ(FlagsOf(fd),
              static_cast<uint32_t>(RV_CALLS_MANAGED | RV_CALLS_FILE |
                                    RV_CALLS_STREAM));
    EXPECT_EQ(rove_close(fd), 0);
    EXPECT_EQ(FlagsOf(fd), 0u);
}

TEST(AdoptTest, AnErrorIsPassedOn)
{
    EXPECT_EQ(rv_adopt_file(-EMFILE, 0), -EMFILE);
}

TEST(AdoptTest, WhatCannotBeAdoptedIsClosed)
{
    int before = CountFds();
    // A number of a page that nobody has used yet.
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, RV_POLLABLE_PAGE * 3);
    ASSERT_GE(fd, 0);
    rv_fault_arm("rv_mem_alloc_aligned", 1, ENOMEM);
    EXPECT_EQ(rv_adopt_file(fd, 0), -ENOMEM);
    rv_fault_disarm();
    EXPECT_EQ(CountFds(), before);
}

} // namespace
