// A look at the line of an object of rove/sync.h, so that a test knows who
// waits, and in what order.
#ifndef TESTS_SYNC_IN_LINE_H
#define TESTS_SYNC_IN_LINE_H

#include "rove/sync.h"

extern "C" {
#include "src/platform/lock.h"
#include "src/sync/waitq.h"
}

#include "tests/support/with_runtime.h"

// How many stand in line.
template <class Object> int InLine(Object &object)
{
    auto *lock = reinterpret_cast<rv_lock *>(&object.lock);
    auto *line = reinterpret_cast<rv_waitq *>(&object.waiters);
    int n = 0;
    rv_lock_acquire(lock);
    for (const rv_waiter *w = line->head; w != nullptr; w = w->next) {
        n++;
    }
    rv_lock_release(lock);
    return n;
}

// Lets others run until so many stand in line.
template <class Object>
::testing::AssertionResult ComesToBeInLine(Object &object, int n)
{
    if (Eventually([&] { return InLine(object) == n; })) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << InLine(object) << " in line";
}

// Cancels a task that waits, and joins it.
inline int64_t CancelAndJoin(rove_task *task)
{
    rove_cancel(task);
    return rove_join(task);
}

#endif
