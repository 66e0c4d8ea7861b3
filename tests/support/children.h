// For tests of groups: children from lambdas, and a gate to hold them back.
#ifndef TESTS_SUPPORT_CHILDREN_H
#define TESTS_SUPPORT_CHILDREN_H

#include <memory>
#include <utility>

#include "tests/support/with_runtime.h"

// Spawns a child that owns its body; rove_group_spawn()'s result.
inline int SpawnChild(rove_group *group, Body body)
{
    auto own = std::make_unique<Body>(std::move(body));
    int error = rove_group_spawn(group, CallOwnBody, own.get());
    if (error == 0) {
        (void)own.release();
    }
    return error;
}

// The same where nothing refuses it.
inline void AddChild(rove_group *group, Body body)
{
    EXPECT_EQ(SpawnChild(group, std::move(body)), 0);
}

inline const Setup kFewSetups[] = {{1, ROVE_STEALING},
                                   {2, ROVE_STEALING},
                                   {8, ROVE_STEALING},
                                   {2, ROVE_SHARDED},
                                   {1, ROVE_SINGLE}};

// A future for the life of a test.
class Gate
{
  public:
    Gate() : future_(rove_future_new())
    {
    }

    Gate(const Gate &) = delete;
    Gate &operator=(const Gate &) = delete;

    ~Gate()
    {
        rove_future_unref(future_);
    }

    int64_t Wait() const
    {
        return rove_future_wait(future_, nullptr);
    }

    void Open() const
    {
        EXPECT_EQ(rove_future_set(future_, 0), 0);
    }

  private:
    rove_future *future_;
};

#endif
