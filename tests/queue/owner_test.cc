// At stake: a second thread at the owner's end of a queue corrupts it without a
// trace. Shown by asking from two threads, with the threads really different.
extern "C" {
#include "src/queue/owner.h"
}

#include <thread>

#include "gtest/gtest.h"

namespace
{

bool AskFromAnotherThread(rv_owner *owner)
{
    bool is_me = false;
    std::thread([&] { is_me = rv_owner_is_me(owner); }).join();
    return is_me;
}

TEST(OwnerTest, FirstToAskBecomesTheOwner)
{
    rv_owner owner{};

    EXPECT_TRUE(rv_owner_is_me(&owner));
    EXPECT_TRUE(rv_owner_is_me(&owner));
}

TEST(OwnerTest, AnotherThreadIsNotTheOwner)
{
    rv_owner owner{};

    ASSERT_TRUE(rv_owner_is_me(&owner));
    EXPECT_FALSE(AskFromAnotherThread(&owner));
    EXPECT_TRUE(rv_owner_is_me(&owner));
}

TEST(OwnerTest, ResetLetsAnotherThreadTakeOver)
{
    rv_owner owner{};

    ASSERT_TRUE(rv_owner_is_me(&owner));
    rv_owner_reset(&owner);
    EXPECT_TRUE(AskFromAnotherThread(&owner));
    EXPECT_FALSE(rv_owner_is_me(&owner));
}

} // namespace
