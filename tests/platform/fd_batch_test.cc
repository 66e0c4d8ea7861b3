// At stake: a batch is counted in messages, never waits, and raises no signal.
extern "C" {
#include "src/platform/fd_batch.h"
}

#include <cerrno>
#include <csignal>
#include <unistd.h>

#include "gtest/gtest.h"

namespace
{

TEST(FdBatchTest, MessagesAreCountedAndKeptApart)
{
    signal(SIGPIPE, SIG_DFL);
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    char text[] = "abcdef";
    struct iovec parts[3] = {{text, 1}, {text + 1, 2}, {text + 3, 3}};
    struct mmsghdr messages[3] = {};
    for (int i = 0; i < 3; i++) {
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    EXPECT_EQ(rv_fd_recvmmsg(pair[1], messages, 3, MSG_DONTWAIT), -EAGAIN);
    EXPECT_EQ(rv_fd_sendmmsg(pair[0], messages, 2, MSG_DONTWAIT), 2);
    EXPECT_EQ(rv_fd_recvmmsg(pair[1], messages, 3, MSG_DONTWAIT), 2);
    EXPECT_EQ(messages[0].msg_len, 1u);
    EXPECT_EQ(messages[1].msg_len, 2u);
    close(pair[1]);
    EXPECT_EQ(rv_fd_sendmmsg(pair[0], messages, 2, MSG_DONTWAIT), -EPIPE);
    close(pair[0]);
}

} // namespace
