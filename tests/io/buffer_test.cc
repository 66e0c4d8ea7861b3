// At stake: bytes keep their order and values while the buffer moves and grows,
// moving costs no more than was consumed, and an empty one can go.
extern "C" {
#include "src/io/buffer.h"

#include "tests/support/fault.h"
}

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace
{

class BufferTest : public ::testing::Test
{
  protected:
    ~BufferTest() override
    {
        rv_fault_disarm();
        rv_buffer_fini(&buffer_);
    }

    void Put(const std::string &bytes)
    {
        ASSERT_TRUE(rv_buffer_reserve(&buffer_, bytes.size()));
        memcpy(buffer_.end, bytes.data(), bytes.size());
        rv_buffer_fill(&buffer_, bytes.size());
    }

    std::string Content() const
    {
        return std::string(buffer_.begin, rv_buffer_size(&buffer_));
    }

    rv_buffer buffer_ = {};
};

TEST_F(BufferTest, FirstBytesGetJustTheirRoom)
{
    Put("abcd");
    EXPECT_EQ(Content(), "abcd");
    EXPECT_EQ(rv_buffer_capacity(&buffer_), 4u);
    EXPECT_EQ(rv_buffer_room(&buffer_), 0u);
}

TEST_F(BufferTest, GrowsByDoublingAndKeepsTheBytes)
{
    Put("abcd");
    Put("e");
    EXPECT_EQ(Content(), "abcde");
    EXPECT_EQ(rv_buffer_capacity(&buffer_), 8u);
}

TEST_F(BufferTest, MovesRatherThanGrowsWhenHalfIsConsumed)
{
    Put("abcd");
    rv_buffer_consume(&buffer_, 2);
    Put("ef");
    EXPECT_EQ(Content(), "cdef");
    EXPECT_EQ(rv_buffer_capacity(&buffer_), 4u);
}

TEST_F(BufferTest, GrowsRatherThanMovesMuchForLittle)
{
    Put("abcd");
    rv_buffer_consume(&buffer_, 1);
    Put("e");
    EXPECT_EQ(Content(), "bcde");
    EXPECT_EQ(rv_buffer_capacity(&buffer_), 8u);
}

TEST_F(BufferTest, PackedOneHasAllItsRoomAtTheEnd)
{
    Put("abcd");
    rv_buffer_consume(&buffer_, 1);
    rv_buffer_pack(&buffer_);
    EXPECT_EQ(Content(), "bcd");
    EXPECT_EQ(rv_buffer_room(&buffer_), 1u);
}

TEST_F(BufferTest, ConsumedBytesStayWhereTheyAre)
{
    Put("abcd");
    const char *front = buffer_.begin;
    rv_buffer_consume(&buffer_, 4);
    EXPECT_EQ(std::string(front, 4), "abcd");
    EXPECT_EQ(rv_buffer_room(&buffer_), 4u);
}

TEST_F(BufferTest, OnlyAnEmptyOneGivesItsMemoryBack)
{
    Put("ab");
    rv_buffer_rest(&buffer_);
    EXPECT_EQ(Content(), "ab");
    rv_buffer_consume(&buffer_, 2);
    rv_buffer_rest(&buffer_);
    EXPECT_EQ(buffer_.base, nullptr);
    rv_buffer_rest(&buffer_);
    Put("cd");
    EXPECT_EQ(Content(), "cd");
}

TEST_F(BufferTest, IsAsBeforeWhenThereIsNoMemory)
{
    Put("abcd");
    rv_buffer_consume(&buffer_, 1);
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    EXPECT_FALSE(rv_buffer_reserve(&buffer_, 100));
    EXPECT_EQ(Content(), "bcd");
    EXPECT_FALSE(rv_buffer_reserve(&buffer_, SIZE_MAX));
    EXPECT_FALSE(rv_buffer_reserve(&buffer_, PTRDIFF_MAX));
    EXPECT_EQ(Content(), "bcd");
}

} // namespace
