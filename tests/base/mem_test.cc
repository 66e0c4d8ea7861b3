// What is at stake: a failed allocation must come back as NULL and not kill the
// process. Shown with the C library's functions failing underneath.
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>

extern "C" {
#include "src/base/mem.h"
#include "tests/support/fault.h"
}

namespace
{

bool IsZero(const void *block, size_t size)
{
    const char *bytes = static_cast<const char *>(block);

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

class MemTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }
};

TEST_F(MemTest, BlocksCanBeWritten)
{
    void *block = rv_mem_alloc(100);

    ASSERT_NE(block, nullptr);
    memset(block, 0xff, 100);
    rv_mem_free(block);
}

// The size is one that malloc hands out again at once.
TEST_F(MemTest, ZallocZeroesReusedMemory)
{
    for (int round = 0; round < 3; round++) {
        void *block = rv_mem_zalloc(100);

        ASSERT_NE(block, nullptr);
        EXPECT_TRUE(IsZero(block, 100));
        memset(block, 0xff, 100);
        rv_mem_free(block);
    }
}

TEST_F(MemTest, AlignedBlocksAreAlignedAndZero)
{
    for (size_t align = sizeof(void *); align <= 65536; align *= 2) {
        for (int round = 0; round < 2; round++) {
            void *block = rv_mem_alloc_aligned(align, 100);

            ASSERT_NE(block, nullptr);
            EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % align, 0u);
            EXPECT_TRUE(IsZero(block, 100));
            memset(block, 0xff, 100);
            rv_mem_free(block);
        }
    }
}

TEST_F(MemTest, FreeIgnoresNull)
{
    rv_mem_free(nullptr);
}

TEST_F(MemTest, NoMemoryIsNull)
{
    rv_fault_arm("malloc", 1, ENOMEM);
    EXPECT_EQ(rv_mem_alloc(16), nullptr);

    rv_fault_arm("calloc", 1, ENOMEM);
    EXPECT_EQ(rv_mem_zalloc(16), nullptr);

    rv_fault_arm("posix_memalign", 1, ENOMEM);
    EXPECT_EQ(rv_mem_alloc_aligned(64, 16), nullptr);
}

} // namespace
