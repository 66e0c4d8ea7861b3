// The keys of examples/kv, whose bodies of commands hold entries by pointer:
// what a command has found stays until it has unlocked the shard.

#include <string>

#include "gtest/gtest.h"

// An array at the end of a struct, which C++ has as an extension only.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
extern "C" {
#include "examples/kv/command.h"
#include "examples/kv/keyspace.h"
}
#pragma GCC diagnostic pop

namespace
{

class KvKeyspaceTest : public testing::Test
{
  protected:
    KvKeyspaceTest()
        : keys_(keyspace_new()), key_(keyspace_key(keys_, bytes_of("key")))
    {
    }

    ~KvKeyspaceTest() override
    {
        keyspace_free(keys_);
    }

    void Lock()
    {
        ASSERT_EQ(keyspace_lock(keys_, KEYSPACE_ALL), 0);
    }

    void Unlock()
    {
        keyspace_unlock(keys_, KEYSPACE_ALL);
    }

    entry *AddExpiringAt(rove_time when)
    {
        entry *entry = keyspace_add(keys_, key_);
        EXPECT_TRUE(text_set(&entry->text, bytes_of("value")));
        keyspace_expire(keys_, entry, when);
        return entry;
    }

    keyspace *keys_;
    key key_;
};

TEST_F(KvKeyspaceTest, WhatWasFoundDoesNotExpireBeforeItIsUnlocked)
{
    rove_time soon = rove_now() + 20 * ROVE_MS;
    Lock();
    entry *entry = AddExpiringAt(soon);
    if (keyspace_find(keys_, key_) != entry) {
        GTEST_SKIP() << "20 ms have passed already";
    }
    while (rove_now() <= soon) {
    }
    EXPECT_EQ(keyspace_find(keys_, key_), entry);
    Unlock();
    Lock();
    EXPECT_EQ(keyspace_find(keys_, key_), nullptr);
    EXPECT_EQ(keyspace_size(keys_), 0U);
    Unlock();
}

TEST(KvCommandTest, ItsNameEndsWhereItEnds)
{
    EXPECT_NE(command_find(bytes_of("get")), nullptr);
    EXPECT_EQ(command_find({"get\0x", 5}), nullptr);
    EXPECT_EQ(command_find({"get\0", 4}), nullptr);
}

} // namespace
