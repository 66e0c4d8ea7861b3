// At stake: a write that fails kills nobody, now or later, and a caller's own
// mask stays as it was.
extern "C" {
#include "src/platform/sigpipe.h"
}

#include <cerrno>
#include <unistd.h>

#include "gtest/gtest.h"

namespace
{

bool IsBlocked()
{
    sigset_t set;
    pthread_sigmask(SIG_BLOCK, nullptr, &set);
    return sigismember(&set, SIGPIPE) == 1;
}

bool IsPending()
{
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, SIGPIPE) == 1;
}

void FailAWrite()
{
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    close(fds[0]);
    EXPECT_EQ(write(fds[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
    close(fds[1]);
}

TEST(SigpipeTest, FailedWriteLeavesNoSignal)
{
    signal(SIGPIPE, SIG_DFL);
    for (bool was_blocked : {false, true}) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGPIPE);
        pthread_sigmask(was_blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, nullptr);
        sigset_t before = rv_sigpipe_hold();
        EXPECT_TRUE(IsBlocked());
        FailAWrite();
        EXPECT_TRUE(IsPending());
        rv_sigpipe_drop(true, &before);
        EXPECT_FALSE(IsPending());
        EXPECT_EQ(IsBlocked(), was_blocked);
    }
}

} // namespace
