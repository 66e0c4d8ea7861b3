// Servers of Debian for the tests of adapters, each started by its test and
// stopped by it, with all it writes below one directory:
//
//     TempDir dir;
//     Server redis({"/usr/bin/redis-server", "--port", "0", "--unixsocket",
//                   dir.Path("redis.sock")},
//                  "ready to accept connections");
#ifndef TESTS_SUPPORT_SERVER_H
#define TESTS_SUPPORT_SERVER_H

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

// A directory for the life of a test. In /tmp, since the path of a Unix socket
// holds 107 bytes at most.
class TempDir
{
  public:
    TempDir()
    {
        char name[] = "/tmp/rove-test-XXXXXX";
        EXPECT_NE(mkdtemp(name), nullptr);
        path_ = name;
    }

    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;

    ~TempDir()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string &Path() const
    {
        return path_;
    }

    std::string Path(const std::string &name) const
    {
        return path_ + "/" + name;
    }

  private:
    std::string path_;
};

// A running process, what it prints kept. It dies with the thread that has
// started it, so that is the test's own and no worker.
class Server
{
  public:
    // Returns when it has printed `ready`, or has failed the test. With a user
    // it runs as that one when the test is root.
    Server(std::vector<std::string> command, const std::string &ready,
           const char *user = nullptr)
        : command_(std::move(command)), user_(user)
    {
        Start(ready);
    }

    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    ~Server()
    {
        Stop();
    }

    void Start(const std::string &ready)
    {
        const std::string &path = command_.front();
        if (access(path.c_str(), X_OK) != 0) {
            ADD_FAILURE() << path << " is not installed: run the tests by "
                          << "./bazelw test, which installs it";
            return;
        }
        int fds[2];
        ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
        (void)fcntl(fds[1], F_SETPIPE_SZ, 1 << 20); // nobody reads on
        output_ = fds[0];
        Spawn(fds[1]);
        close(fds[1]);
        EXPECT_TRUE(ReadUntil(ready)) << path << " printed:\n" << printed_;
    }

    // Asks it to end, again and again: nginx looks whether it was asked before
    // it waits, and misses what comes in between. Its exit status.
    int Stop(int signal = SIGTERM)
    {
        return Wait(signal);
    }

    // Waits until it ends, which it is made to after 30 s; its exit status. A
    // signal is sent at once, and every 100 ms.
    int Wait(int signal = 0)
    {
        if (pid_ <= 0) {
            return -1;
        }
        int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
        struct pollfd end = {handle, POLLIN, 0};
        int tries = 0;
        do {
            kill(pid_, signal);
        } while (poll(&end, 1, 100) != 1 && ++tries < 300);
        if (tries == 300) {
            ADD_FAILURE() << command_.front() << " did not end:\n" << Printed();
            kill(pid_, SIGKILL);
        }
        (void)Printed();
        close(handle);
        close(output_);
        int status = -1;
        EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
        pid_ = -1;
        return status;
    }

    pid_t pid() const
    {
        return pid_;
    }

    // All that it has printed until now.
    const std::string &Printed()
    {
        if (pid_ > 0) {
            (void)fcntl(output_, F_SETFL, O_NONBLOCK);
            while (ReadMore()) {
            }
        }
        return printed_;
    }

  private:
    void Spawn(int output)
    {
        std::vector<std::string> words = {"/usr/bin/setpriv", "--pdeathsig",
                                          "KILL"};
        const struct passwd *user =
            user_ != nullptr && getuid() == 0 ? getpwnam(user_) : nullptr;
        if (user != nullptr) {
            words.insert(words.end(),
                         {"--clear-groups",
                          "--reuid=" + std::to_string(user->pw_uid),
                          "--regid=" + std::to_string(user->pw_gid)});
        }
        words.push_back("--");
        words.insert(words.end(), command_.begin(), command_.end());
        std::vector<char *> argv;
        for (std::string &word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, output, 1);
        posix_spawn_file_actions_adddup2(&actions, output, 2);
        EXPECT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(),
                              environ),
                  0);
        posix_spawn_file_actions_destroy(&actions);
    }

    bool ReadMore()
    {
        char text[4096];
        ssize_t n = read(output_, text, sizeof text);
        printed_.append(text, n > 0 ? static_cast<size_t>(n) : 0);
        return n > 0;
    }

    bool ReadUntil(const std::string &wanted)
    {
        struct pollfd more = {output_, POLLIN, 0};
        size_t from = printed_.size();
        while (printed_.find(wanted, from) == std::string::npos) {
            if (poll(&more, 1, 30000) != 1 || !ReadMore()) {
                return false;
            }
        }
        return true;
    }

    std::vector<std::string> command_;
    const char *user_;
    std::string printed_;
    int output_ = -1;
    pid_t pid_ = -1;
};

#endif
