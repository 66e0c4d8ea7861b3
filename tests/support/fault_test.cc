// What is at stake: a fault test that injects nothing passes and proves
// nothing. Shown by arming every twin and seeing its function fail, and by
// seeing the real function work when it is not armed.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/uio.h>
#include <thread>
#include <vector>

extern "C" {
#include "src/base/atomic.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/platform/epoll.h"
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "src/platform/futex.h"
#include "src/platform/os_thread.h"
#include "src/platform/pages.h"
#include "tests/support/fault.h"
}

namespace
{

class FaultTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }
};

bool AllocationWorks()
{
    void *block = rv_mem_alloc(16);

    rv_mem_free(block);
    return block != nullptr;
}

TEST_F(FaultTest, OnlyTheNthCallFails)
{
    rv_fault_arm("rv_mem_alloc", 2, ENOMEM);

    EXPECT_TRUE(AllocationWorks());
    EXPECT_FALSE(AllocationWorks());
    EXPECT_TRUE(AllocationWorks());
    EXPECT_EQ(rv_fault_calls("rv_mem_alloc"), 3u);
}

TEST_F(FaultTest, EveryCallFromTheNthFails)
{
    rv_fault_arm_every("rv_mem_alloc", 2, ENOMEM);

    EXPECT_TRUE(AllocationWorks());
    EXPECT_FALSE(AllocationWorks());
    EXPECT_FALSE(AllocationWorks());

    rv_fault_disarm();
    EXPECT_TRUE(AllocationWorks());
}

TEST_F(FaultTest, ArmingAnotherFunctionDisarmsTheFirst)
{
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);

    EXPECT_TRUE(AllocationWorks());
    EXPECT_EQ(rv_mem_zalloc(16), nullptr);
}

TEST_F(FaultTest, OneOfManyThreadsMeetsTheFault)
{
    constexpr int kThreads = 4;
    constexpr int kCalls = 1000;
    std::vector<int> failures(kThreads);
    std::vector<std::thread> threads;

    rv_fault_arm("rv_mem_alloc", kThreads * kCalls / 2, ENOMEM);
    for (int t = 0; t < kThreads; t++) {
        threads.emplace_back([&failures, t] {
            for (int i = 0; i < kCalls; i++) {
                failures[t] += !AllocationWorks();
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }

    EXPECT_EQ(failures[0] + failures[1] + failures[2] + failures[3], 1);
    EXPECT_EQ(rv_fault_calls("rv_mem_alloc"), uint64_t{kThreads * kCalls});
}

TEST_F(FaultTest, AllocatorsReturnNull)
{
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rv_mem_zalloc(16), nullptr);

    rv_fault_arm("rv_mem_alloc_aligned", 1, ENOMEM);
    EXPECT_EQ(rv_mem_alloc_aligned(64, 64), nullptr);

    rv_fault_arm("rv_pages_reserve", 1, ENOMEM);
    EXPECT_EQ(rv_pages_reserve(rv_pages_size(), rv_pages_size()), nullptr);
}

TEST_F(FaultTest, ClockJumpsAhead)
{
    int64_t before = rv_clock_now();

    rv_fault_arm("rv_clock_now", 1, 3600);
    EXPECT_GE(rv_clock_now(), before + INT64_C(3600) * 1000000000);
    EXPECT_LT(rv_clock_now(), before + INT64_C(3600) * 1000000000);
}

TEST_F(FaultTest, GuardsAndThreadsReturnTheError)
{
    rv_thread thread;
    void *page = rv_pages_reserve(rv_pages_size(), rv_pages_size());

    ASSERT_NE(page, nullptr);
    rv_fault_arm("rv_pages_guard", 1, ENOMEM);
    EXPECT_EQ(rv_pages_guard(page, rv_pages_size()), -ENOMEM);
    EXPECT_EQ(rv_pages_guard(page, rv_pages_size()), 0);
    rv_pages_release(page, rv_pages_size());

    rv_fault_arm("rv_thread_start", 1, EAGAIN);
    EXPECT_EQ(rv_thread_start(
                  &thread, "never", [](void *) {}, nullptr),
              -EAGAIN);
}

TEST_F(FaultTest, EpollReturnsTheError)
{
    int epoll = rv_epoll_open();
    int fd = rv_event_fd_open();
    struct epoll_event event;

    ASSERT_GE(epoll, 0);
    ASSERT_GE(fd, 0);
    rv_fault_arm("rv_epoll_open", 1, EMFILE);
    EXPECT_EQ(rv_epoll_open(), -EMFILE);
    rv_fault_arm("rv_event_fd_open", 1, EMFILE);
    EXPECT_EQ(rv_event_fd_open(), -EMFILE);
    rv_fault_arm("rv_epoll_add", 1, ENOSPC);
    EXPECT_EQ(rv_epoll_add(epoll, fd, EPOLLIN, 1), -ENOSPC);
    EXPECT_EQ(rv_epoll_add(epoll, fd, EPOLLIN, 1), 0);
    rv_fault_arm("rv_epoll_mod", 1, ENOMEM);
    EXPECT_EQ(rv_epoll_mod(epoll, fd, EPOLLIN, 2), -ENOMEM);
    rv_fault_arm("rv_epoll_del", 1, ENOENT);
    EXPECT_EQ(rv_epoll_del(epoll, fd), -ENOENT);
    rv_fault_arm("rv_epoll_wait", 1, EINTR);
    EXPECT_EQ(rv_epoll_wait(epoll, &event, 1, -1), 0);

    EXPECT_EQ(rv_fd_close(fd), 0);
    EXPECT_EQ(rv_fd_close(epoll), 0);
}

TEST_F(FaultTest, SignalsAndWakesCanBeLost)
{
    int epoll = rv_epoll_open();
    int fd = rv_event_fd_open();
    struct epoll_event event;
    rv_atomic_u32 word = {0};

    ASSERT_EQ(rv_epoll_add(epoll, fd, EPOLLIN, 0), 0);
    rv_fault_arm("rv_event_fd_signal", 1, EIO);
    rv_event_fd_signal(fd);
    EXPECT_EQ(rv_epoll_wait(epoll, &event, 1, 0), 0);
    rv_event_fd_signal(fd);
    EXPECT_EQ(rv_epoll_wait(epoll, &event, 1, 0), 1);

    rv_fault_arm("rv_futex_wait", 1, EINTR);
    EXPECT_EQ(rv_futex_wait(&word, 0, INT64_MAX), 0);
    rv_fault_arm("rv_futex_wait", 1, ETIMEDOUT);
    EXPECT_EQ(rv_futex_wait(&word, 0, INT64_MAX), -ETIMEDOUT);
    rv_fault_arm("rv_futex_wake", 1, EIO);
    rv_futex_wake(&word, 1);
    EXPECT_EQ(rv_fault_calls("rv_futex_wake"), 1u);

    EXPECT_EQ(rv_fd_close(fd), 0);
    EXPECT_EQ(rv_fd_close(epoll), 0);
}

TEST_F(FaultTest, EveryCallOnAnFdReturnsTheError)
{
    char byte = 0;
    struct iovec piece = {&byte, 1};
    struct msghdr message = {};
    struct sockaddr address = {};
    socklen_t size = sizeof(address);
    struct pollfd poll = {-1, 0, 0};
    const struct {
        const char *name;
        ssize_t result;
    } calls[] = {
#define CALL(name, ...)                                                        \
    {#name, (rv_fault_arm(#name, 1, ENOTTY), name(__VA_ARGS__))}
        CALL(rv_fd_read, -1, &byte, 1),
        CALL(rv_fd_readv, -1, &piece, 1),
        CALL(rv_fd_read_nowait, -1, &byte, 1),
        CALL(rv_fd_write, -1, &byte, 1),
        CALL(rv_fd_writev, -1, &piece, 1),
        CALL(rv_fd_pwrite, -1, &byte, 1, 0),
        CALL(rv_fd_write_nowait, -1, &byte, 1),
        CALL(rv_fd_recv, -1, &byte, 1, 0),
        CALL(rv_fd_recvfrom, -1, &byte, 1, 0, &address, &size),
        CALL(rv_fd_recvmsg, -1, &message, 0),
        CALL(rv_fd_send, -1, &byte, 1, 0),
        CALL(rv_fd_sendto, -1, &byte, 1, 0, &address, size),
        CALL(rv_fd_sendmsg, -1, &message, 0),
        CALL(rv_fd_socket, AF_UNIX, SOCK_STREAM, 0),
        CALL(rv_fd_accept, -1, &address, &size),
        CALL(rv_fd_connect, -1, &address, size),
        CALL(rv_fd_bind, -1, &address, size),
        CALL(rv_fd_listen, -1, 1),
        CALL(rv_fd_shutdown, -1, SHUT_RD),
        CALL(rv_fd_setsockopt, -1, SOL_SOCKET, SO_REUSEADDR, &byte, 1),
        CALL(rv_fd_getsockname, -1, &address, &size),
        CALL(rv_fd_poll, &poll, 1, 0),
        CALL(rv_fd_close, -1),
#undef CALL
    };

    for (const auto &call : calls) {
        EXPECT_EQ(call.result, -ENOTTY) << call.name;
    }
}

TEST_F(FaultTest, ShortFaultMovesOneByte)
{
    int fds[2];
    char text[8] = "";
    struct iovec pieces[2] = {{text, 0}, {text, sizeof(text)}};

    ASSERT_EQ(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    rv_fault_arm("rv_fd_write", 1, RV_FAULT_SHORT);
    EXPECT_EQ(rv_fd_write(fds[1], "abcd", 4), 1);
    EXPECT_EQ(rv_fd_write(fds[1], "bcd", 3), 3);
    rv_fault_arm("rv_fd_read", 1, RV_FAULT_SHORT);
    EXPECT_EQ(rv_fd_read(fds[0], text, sizeof(text)), 1);
    rv_fault_arm("rv_fd_readv", 1, RV_FAULT_SHORT);
    EXPECT_EQ(rv_fd_readv(fds[0], pieces, 2), 1);
    EXPECT_EQ(text[0], 'b');
    EXPECT_EQ(rv_fd_read(fds[0], text, sizeof(text)), 2);

    EXPECT_EQ(rv_fd_close(fds[0]), 0);
    EXPECT_EQ(rv_fd_close(fds[1]), 0);
}

} // namespace
