// Descriptors for tests, and a look at who waits for them.
#ifndef TESTS_IO_FDS_H
#define TESTS_IO_FDS_H

extern "C" {
#include "src/sched/pollable.h"
}

#include <dirent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "rove/rove.h"

#include "tests/support/tasks.h"

#include "gtest/gtest.h"

// Two ends of a TCP connection, made by rove; in a task or on a plain thread.
struct TcpPair {
    TcpPair()
    {
        int listener = rove_tcp_listen(nullptr, 0, nullptr);
        EXPECT_GE(listener, 0);
        near = rove_tcp_connect(
            nullptr, static_cast<uint16_t>(rove_local_port(listener)));
        EXPECT_GE(near, 0);
        far = rove_accept(listener, nullptr, nullptr);
        EXPECT_GE(far, 0);
        EXPECT_EQ(rove_close(listener), 0);
    }

    TcpPair(const TcpPair &) = delete;
    TcpPair &operator=(const TcpPair &) = delete;

    ~TcpPair()
    {
        CloseNear();
        CloseFar();
    }

    void CloseNear()
    {
        if (near >= 0) {
            EXPECT_EQ(rove_close(near), 0);
        }
        near = -1;
    }

    void CloseFar()
    {
        if (far >= 0) {
            EXPECT_EQ(rove_close(far), 0);
        }
        far = -1;
    }

    // So that the next bytes from near cannot be sent before the far end reads.
    // An acknowledgement on its way would make room again: none is to come when
    // all that near still holds has not been sent.
    void Fill() const
    {
        std::string block(65536, 'f');
        EXPECT_TRUE(YieldUntil([&] {
            int held = 0;
            int unsent = 0;
            EXPECT_EQ(ioctl(near, SIOCOUTQ, &held), 0);
            EXPECT_EQ(ioctl(near, SIOCOUTQNSD, &unsent), 0);
            return send(near, block.data(), block.size(),
                        MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
                   held > 0 && held == unsent;
        }));
    }

    int near;
    int far;
};

// Two ends that rove did not make: blocking, and closed by close(2).
struct ForeignPair {
    explicit ForeignPair(int type = SOCK_STREAM)
    {
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, type, 0, fds), 0);
        near = fds[0];
        far = fds[1];
    }

    ForeignPair(const ForeignPair &) = delete;
    ForeignPair &operator=(const ForeignPair &) = delete;

    ~ForeignPair()
    {
        close(near);
        close(far);
    }

    // So that no byte from near can be sent before the far end reads. Of a TCP
    // connection that is not certain: the kernel makes more room in its time.
    void Fill() const
    {
        std::string block(65536, 'f');
        while (send(near, block.data(), block.size(),
                    MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        }
    }

    int near;
    int far;
};

struct Pipe {
    Pipe()
    {
        int fds[2];
        EXPECT_EQ(pipe(fds), 0);
        out = fds[0];
        in = fds[1];
    }

    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;

    ~Pipe()
    {
        close(out);
        close(in);
    }

    int out; // for reading
    int in;  // for writing
};

// Takes all numbers below one of which rove knows nothing yet, so that the next
// descriptor gets that: with rv_pollable_open() failing it stands for one that
// is not served.
class NumbersTaken
{
  public:
    NumbersTaken()
    {
        struct rlimit limit;
        EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur = limit.rlim_max;
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
        int fd;
        do {
            fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
            taken_.push_back(fd);
        } while (fd >= 0 && fd < 8 * RV_POLLABLE_PAGE - 1);
        EXPECT_GE(fd, 0);
    }

    NumbersTaken(const NumbersTaken &) = delete;
    NumbersTaken &operator=(const NumbersTaken &) = delete;

    ~NumbersTaken()
    {
        for (int fd : taken_) {
            close(fd);
        }
    }

    // The next descriptor is an ordinary one, once.
    void GiveOneBack()
    {
        close(taken_.front());
        taken_.erase(taken_.begin());
    }

  private:
    std::vector<int> taken_;
};

inline bool HasWaiters(int fd, rv_side side)
{
    rv_pollable *file;
    return rv_pollable_of(fd, &file) == 0 &&
           rv_poll_side_has_waiters(&file->side[side]);
}

// Lets other tasks run until somebody waits for the descriptor.
inline bool AwaitWaiter(int fd, rv_side side)
{
    return YieldUntil([=] { return HasWaiters(fd, side); });
}

inline int CountFds()
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir) != nullptr) {
        count++;
    }
    closedir(dir);
    return count;
}

#endif
