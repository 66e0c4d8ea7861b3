// At stake: every byte once, in order, and the end of the stream exactly when
// there is nothing left; whatever is read from, and however the bytes come in.
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <string>
#include <sys/eventfd.h>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

// A file with that content, without a name, at its beginning.
int FileWith(const std::string &content)
{
    char path[] = "/tmp/rove_read_XXXXXX";
    int fd = mkstemp(path);
    EXPECT_GE(fd, 0);
    unlink(path);
    EXPECT_EQ(write(fd, content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

TEST(ReadTest, ReadsWhatIsThere)
{
    RunTasks(1, [] {
        TcpPair pair;
        char buffer[16];
        EXPECT_EQ(rove_write(pair.far, "hello", 5), 5);
        EXPECT_EQ(rove_read(pair.near, buffer, sizeof(buffer)), 5);
        EXPECT_EQ(std::string(buffer, 5), "hello");
    });
}

TEST(ReadTest, ReadsOnAfterACountThatFilledTheBuffer)
{
    RunTasks(1, [] {
        TcpPair pair;
        char buffer[2];
        EXPECT_EQ(rove_write(pair.far, "abcde", 5), 5);
        EXPECT_EQ(rove_read(pair.near, buffer, 2), 2);
        EXPECT_EQ(rove_read(pair.near, buffer, 2), 2);
        EXPECT_EQ(rove_read(pair.near, buffer, 2), 1);
        EXPECT_EQ(buffer[0], 'e');
    });
}

// A short count makes the next read wait without asking. The end of the stream
// may have come before, with, or after the last bytes.
TEST(ReadTest, EndOfTheStreamIsNotLostAfterAShortCount)
{
    RunTasks(2, [] {
        for (int round = 0; round < 300; round++) {
            TcpPair pair;
            char buffer[64];
            if (round % 3 != 0) { // registered before the bytes come
                Task reader([&] {
                    EXPECT_EQ(rove_read(pair.near, buffer, sizeof(buffer)), 1);
                });
                EXPECT_EQ(rove_write(pair.far, "x", 1), 1);
            }
            Task sender([&] {
                EXPECT_EQ(rove_write(pair.far, "last", 4), 4);
                if (round % 2 == 0) {
                    (void)rove_yield();
                }
                pair.CloseFar();
            });
            ssize_t total = 0;
            ssize_t n;
            while ((n = rove_read(pair.near, buffer, sizeof(buffer))) > 0) {
                total += n;
            }
            EXPECT_EQ(n, 0);
            EXPECT_EQ(total, 4);
            EXPECT_EQ(rove_read(pair.near, buffer, sizeof(buffer)), 0);
        }
    });
}

TEST(ReadTest, PeerThatClosedOneHalfIsStillWrittenTo)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte;
        EXPECT_EQ(rove_shutdown(pair.far, SHUT_WR), 0);
        EXPECT_EQ(rove_read(pair.near, &byte, 1), 0);
        EXPECT_EQ(rove_write(pair.near, "x", 1), 1);
        EXPECT_EQ(rove_read(pair.far, &byte, 1), 1);
    });
}

TEST(ReadTest, ResetIsReported)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte;
        Task reader(
            [&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), -ECONNRESET); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        EXPECT_EQ(rove_write(pair.near, "unread", 6), 6);
        EXPECT_TRUE(YieldUntil([&] {
            return recv(pair.far, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
        }));
        pair.CloseFar(); // with bytes unread: a reset
    });
}

TEST(ReadTest, LookingAtBytesLeavesThem)
{
    RunTasks(1, [] {
        TcpPair pair;
        char buffer[16];
        EXPECT_EQ(rove_write(pair.far, "abc", 3), 3);
        for (int i = 0; i < 3; i++) {
            EXPECT_EQ(rove_recv(pair.near, buffer, sizeof(buffer), MSG_PEEK),
                      3);
        }
        EXPECT_EQ(rove_recv(pair.near, buffer, sizeof(buffer), 0), 3);
    });
}

TEST(ReadTest, AFlagNotToWaitHasNoEffect)
{
    RunTasks(1, [] {
        TcpPair pair;
        char text[8] = "";
        bool has_read = false;
        Task reading([&] {
            EXPECT_EQ(rove_recv(pair.near, text, 5, MSG_DONTWAIT), 5);
            has_read = true;
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        EXPECT_FALSE(has_read);
        EXPECT_EQ(rove_write(pair.far, "hello", 5), 5);
        reading.Join();
        EXPECT_STREQ(text, "hello");
    });
}

TEST(ReadTest, NothingIsReadForNothing)
{
    RunTasks(1, [] {
        TcpPair pair;
        EXPECT_EQ(rove_read(pair.near, nullptr, 0), 0);
        EXPECT_EQ(rove_readv(pair.near, nullptr, 0), 0);
    });
}

TEST(ReadTest, PartsAreFilledInTurn)
{
    RunTasks(1, [] {
        TcpPair pair;
        char first[2];
        char second[8];
        struct iovec parts[] = {{first, 2}, {nullptr, 0}, {second, 8}};
        EXPECT_EQ(rove_write(pair.far, "abcde", 5), 5);
        EXPECT_EQ(rove_readv(pair.near, parts, 3), 5);
        EXPECT_EQ(std::string(first, 2) + std::string(second, 3), "abcde");
        EXPECT_EQ(rove_readv(pair.near, parts, -1), -EINVAL);
        EXPECT_EQ(rove_readv(pair.near, parts, IOV_MAX + 1), -EINVAL);
    });
}

TEST(ReadTest, ExactReadCollectsWhatComesInPieces)
{
    RunTasks(2, [] {
        TcpPair pair;
        Task sender([&] {
            for (char c = 'a'; c <= 'z'; c++) {
                EXPECT_EQ(rove_write(pair.far, &c, 1), 1);
                (void)rove_yield();
            }
        });
        char buffer[26];
        size_t moved = 0;
        EXPECT_EQ(rove_read_exact(pair.near, buffer, 26, &moved), 26);
        EXPECT_EQ(moved, 26u);
        EXPECT_EQ(std::string(buffer, 26), "abcdefghijklmnopqrstuvwxyz");
    });
}

TEST(ReadTest, ExactReadReportsHowFarItGot)
{
    RunTasks(2, [] {
        TcpPair pair;
        char buffer[8];
        size_t moved = 0;
        EXPECT_EQ(rove_write(pair.far, "abc", 3), 3);
        Task reader([&] {
            EXPECT_EQ(rove_read_exact(pair.near, buffer, 8, &moved), 3);
            EXPECT_EQ(moved, 3u);
            EXPECT_EQ(rove_read_exact(pair.near, buffer, 8, nullptr),
                      -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        reader.Cancel();
        reader.Join();
        pair.CloseFar();
        EXPECT_EQ(rove_read_exact(pair.near, buffer, 8, &moved), 0);
        EXPECT_EQ(moved, 0u);
    });
}

TEST(ReadTest, DatagramsComeWithTheirSender)
{
    RunTasks(1, [] {
        int near = rove_socket(AF_INET, SOCK_DGRAM, 0);
        int far = rove_socket(AF_INET, SOCK_DGRAM, 0);
        struct sockaddr_in at = {};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(bind(near, reinterpret_cast<sockaddr *>(&at), sizeof(at)), 0);
        EXPECT_EQ(bind(far, reinterpret_cast<sockaddr *>(&at), sizeof(at)), 0);
        at.sin_port = htons(static_cast<uint16_t>(rove_local_port(near)));
        Task reader([&] {
            char buffer[8];
            struct sockaddr_in from = {};
            socklen_t length = sizeof(from);
            EXPECT_EQ(rove_recvfrom(near, buffer, 8, 0,
                                    reinterpret_cast<sockaddr *>(&from),
                                    &length),
                      3);
            EXPECT_EQ(ntohs(from.sin_port), rove_local_port(far));
            EXPECT_EQ(length, sizeof(from));
            // A short one among others: each is read by itself.
            EXPECT_EQ(rove_recv(near, buffer, 8, 0), 1);
            EXPECT_EQ(rove_recv(near, buffer, 8, 0), 2);
        });
        EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_READ));
        auto *to = reinterpret_cast<sockaddr *>(&at);
        EXPECT_EQ(rove_sendto(far, "abc", 3, 0, to, sizeof(at)), 3);
        EXPECT_EQ(rove_sendto(far, "d", 1, 0, to, sizeof(at)), 1);
        EXPECT_EQ(rove_sendto(far, "ef", 2, 0, to, sizeof(at)), 2);
        reader.Join();
        EXPECT_EQ(rove_close(near), 0);
        EXPECT_EQ(rove_close(far), 0);
    });
}

// Reading stops at a message that carries a descriptor, with a short count and
// more to read behind it.
TEST(ReadTest, MessagesWithDescriptorsAreAllReceived)
{
    RunTasks(1, [] {
        int listener = rove_unix_listen("@rove_read_test", nullptr);
        int near = rove_unix_connect("@rove_read_test");
        int far = rove_accept(listener, nullptr, nullptr);
        EXPECT_EQ(rove_close(listener), 0);
        char data[] = "fd";
        struct iovec part = {data, 2};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        struct msghdr message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &near, sizeof(int));
        Task reader([&] {
            char buffer[16];
            std::string all;
            for (ssize_t n = 1; n > 0 && all.size() < 8;) {
                n = rove_read(near, buffer, sizeof(buffer));
                EXPECT_GT(n, 0);
                all.append(buffer, static_cast<size_t>(n > 0 ? n : 0));
            }
            EXPECT_EQ(all, "fdmorefd");
        });
        EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_READ));
        EXPECT_EQ(rove_sendmsg(far, &message, 0), 2);
        EXPECT_EQ(rove_write(far, "more", 4), 4);
        EXPECT_EQ(rove_sendmsg(far, &message, 0), 2);
        reader.Join();
        EXPECT_EQ(rove_close(near), 0);
        EXPECT_EQ(rove_close(far), 0);
    });
}

TEST(ReadTest, ErrorQueueDoesNotStandInTheWayOfReaders)
{
    RunTasks(1, [] {
        TcpPair pair;
        Task errors([&] {
            char buffer[8];
            struct iovec part = {buffer, 8};
            struct msghdr message = {};
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            EXPECT_EQ(rove_recvmsg(pair.near, &message, MSG_ERRQUEUE),
                      -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_ALERT));
        char byte;
        EXPECT_EQ(rove_write(pair.far, "ab", 2), 2);
        EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
        EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
        errors.Cancel();
    });
}

TEST(ReadTest, BlockingSocketOfOthersIsWaitedForWithoutBlocking)
{
    RunTasks(1, [] {
        ForeignPair pair;
        int flags = fcntl(pair.near, F_GETFL);
        char byte = 0;
        Task reader([&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), 1); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        EXPECT_EQ(write(pair.far, "x", 1), 1);
        reader.Join();
        EXPECT_EQ(byte, 'x');
        EXPECT_EQ(fcntl(pair.near, F_GETFL), flags);
    });
}

TEST(ReadTest, BlockingPipeIsWaitedForWithoutBlocking)
{
    RunTasks(1, [] {
        Pipe pipe;
        char buffer[8];
        bool has_first = false;
        Task reader([&] {
            EXPECT_EQ(rove_read(pipe.out, buffer, sizeof(buffer)), 3);
            has_first = true;
            struct iovec parts[] = {{buffer, 2}, {buffer + 2, 6}};
            EXPECT_EQ(rove_readv(pipe.out, parts, 2), 4);
        });
        EXPECT_TRUE(AwaitWaiter(pipe.out, RV_SIDE_READ));
        EXPECT_EQ(write(pipe.in, "abc", 3), 3);
        EXPECT_TRUE(YieldUntil([&] { return has_first; }));
        EXPECT_TRUE(AwaitWaiter(pipe.out, RV_SIDE_READ));
        EXPECT_EQ(write(pipe.in, "defg", 4), 4);
        reader.Join();
        EXPECT_EQ(std::string(buffer, 4), "defg");
    });
}

TEST(ReadTest, EventDescriptorIsReadWhenItIsSignalled)
{
    RunTasks(1, [] {
        int fd = eventfd(0, EFD_CLOEXEC);
        uint64_t value = 0;
        Task reader([&] {
            EXPECT_EQ(rove_read(fd, &value, sizeof(value)),
                      static_cast<ssize_t>(sizeof(value)));
        });
        EXPECT_TRUE(AwaitWaiter(fd, RV_SIDE_READ));
        uint64_t three = 3;
        EXPECT_EQ(write(fd, &three, sizeof(three)),
                  static_cast<ssize_t>(sizeof(three)));
        reader.Join();
        EXPECT_EQ(value, 3u);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

TEST(ReadTest, RegularFileIsRead)
{
    RunTasks(1, [] {
        int fd = FileWith("some text");
        char buffer[32];
        EXPECT_EQ(rove_read(fd, buffer, 4), 4);
        EXPECT_EQ(rove_read(fd, buffer, sizeof(buffer)), 5);
        EXPECT_EQ(std::string(buffer, 5), " text");
        EXPECT_EQ(rove_read(fd, buffer, sizeof(buffer)), 0);
        struct iovec part = {buffer, sizeof(buffer)};
        EXPECT_EQ(lseek(fd, 5, SEEK_SET), 5);
        EXPECT_EQ(rove_readv(fd, &part, 1), 4);
        EXPECT_EQ(rove_recv(fd, buffer, 1, 0), -ENOTSOCK);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

// What is not in the page cache cannot be read without waiting: it is read
// after all, since nothing would ever tell that it is there.
TEST(ReadTest, RegularFileOutsideTheCacheIsRead)
{
    int fd = FileWith(std::string(1 << 20, 'f'));
    EXPECT_EQ(fsync(fd), 0);
    EXPECT_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    std::string content(1 << 20, ' ');
    RunTasks(1, [&] {
        EXPECT_EQ(rove_read_exact(fd, &content[0], content.size(), nullptr),
                  1 << 20);
    });
    EXPECT_EQ(content, std::string(1 << 20, 'f'));
    EXPECT_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    EXPECT_GT(rove_read(fd, &content[0], content.size()), 0); // plain thread
    EXPECT_EQ(rove_close(fd), 0);
}

TEST(ReadTest, FilesThatAreNoneSayWhy)
{
    RunTasks(1, [] {
        char byte = 'x';
        int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        EXPECT_EQ(rove_read(directory, &byte, 1), -EISDIR);
        EXPECT_EQ(rove_close(directory), 0);
        int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
        EXPECT_EQ(rove_read(zero, &byte, 1), 1);
        EXPECT_EQ(byte, 0);
        EXPECT_EQ(rove_write(zero, &byte, 1), -EBADF); // not open for it
        EXPECT_EQ(rove_close(zero), 0);
    });
}

} // namespace
