// A body in a process of its own, forked before the test has a thread, so that
// nothing is cached yet.
#ifndef TESTS_SUPPORT_IN_CHILD_H
#define TESTS_SUPPORT_IN_CHILD_H

#include <cstdio>
#include <cstring>
#include <functional>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

// Runs the body, which fills in a report, in a child that must end well; what
// it reported. Report is plain data.
template <class Report>
Report InChild(const std::function<void(Report *)> &body)
{
    void *shared = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(shared, MAP_FAILED);
    fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        body(static_cast<Report *>(shared));
        fflush(nullptr);
        _exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    Report report;
    memcpy(&report, shared, sizeof report);
    munmap(shared, sizeof report);
    return report;
}

#endif
