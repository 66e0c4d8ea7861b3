// Child processes for tests: scripts for the shell, and a look at what is left
// of them.
#ifndef TESTS_IO_PROCESSES_H
#define TESTS_IO_PROCESSES_H

#include <cerrno>
#include <string>
#include <sys/wait.h>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

inline rove_process_options ProcessOptions()
{
    rove_process_options options;
    rove_process_options_init(&options);
    return options;
}

inline rove_process_options PipesFor(std::initializer_list<int> streams)
{
    rove_process_options options = ProcessOptions();
    for (int stream : streams) {
        options.stdio[stream].kind = ROVE_STDIO_PIPE;
    }
    return options;
}

// A child that is freed with the object.
class Child
{
  public:
    explicit Child(const std::string &script,
                   const rove_process_options &options = ProcessOptions())
    {
        const char *const argv[] = {"sh", "-c", script.c_str(), nullptr};
        EXPECT_EQ(rove_process_spawn(&options, argv, &process_), 0);
    }

    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;

    ~Child()
    {
        Free();
    }

    void Free()
    {
        rove_process_free(process_);
        process_ = nullptr;
    }

    rove_process *get() const
    {
        return process_;
    }

    // What it writes up to a line end.
    std::string Line() const
    {
        std::string line;
        char byte = 0;
        while (byte != '\n' &&
               rove_read(rove_process_fd(process_, 1), &byte, 1) == 1) {
            line += byte;
        }
        return line;
    }

    std::string Output()
    {
        rove_process_result result;
        int error =
            rove_process_communicate(process_, nullptr, 0, 1 << 20, &result);
        EXPECT_EQ(error, 0);
        return error == 0 ? std::string(result.out, result.out_size) : "";
    }

    rove_exit Exit() const
    {
        rove_exit exit = {-1, -1, false};
        EXPECT_EQ(rove_process_wait(process_, &exit), 0);
        return exit;
    }

  private:
    rove_process *process_ = nullptr;
};

// Each test ends without a child, dead or alive, and with as many descriptors
// as it began with.
class ProcessFixture : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        fds_ = CountFds();
    }

    void TearDown() override
    {
        EXPECT_EQ(CountFds(), fds_);
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
        EXPECT_EQ(errno, ECHILD);
    }

  private:
    int fds_ = 0;
};

#endif
