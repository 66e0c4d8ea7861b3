// At stake: each thread has a record of its own, and a caller gets the one of
// the thread it is on now, and not of one it was on before.

#include <thread>

extern "C" {
#include "src/sched/current.h"
}

#include "gtest/gtest.h"

namespace
{

TEST(CurrentTest, APlainThreadHasAnEmptyRecord)
{
    EXPECT_EQ(rv_current_worker(), nullptr);
    EXPECT_EQ(rv_current_get()->scheduler, nullptr);
    EXPECT_EQ(rv_current_get()->spawn_error, 0);
}

TEST(CurrentTest, EachThreadHasItsOwn)
{
    rv_current *here = rv_current_get();
    EXPECT_EQ(rv_current_get(), here);
    here->spawn_error = -1;
    std::thread([here] {
        EXPECT_NE(rv_current_get(), here);
        EXPECT_EQ(rv_current_get()->spawn_error, 0);
        auto *worker = reinterpret_cast<struct rv_worker *>(here);
        rv_current_get()->worker = worker;
        EXPECT_EQ(rv_current_worker(), worker);
    }).join();
    EXPECT_EQ(rv_current_worker(), nullptr);
    here->spawn_error = 0;
}

} // namespace
