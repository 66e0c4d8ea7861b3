// At stake: records are given to one user at a time and used again.

#include <set>
#include <vector>

extern "C" {
#include "src/task/wait_node.h"
}

#include "gtest/gtest.h"

namespace
{

TEST(WaitNodeTest, RecordsAreGivenOnceAndUsedAgain)
{
    std::set<rv_wait_node *> seen;
    std::vector<rv_wait_node *> nodes;
    for (rv_ref ref = 0; ref < 1000; ref++) {
        rv_wait_node *node = rv_wait_node_get(ref);
        ASSERT_NE(node, nullptr);
        EXPECT_EQ(node->ref, ref);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(node) & RV_REF_TAG_MASK, 0U);
        EXPECT_TRUE(seen.insert(node).second);
        nodes.push_back(node);
    }
    for (rv_wait_node *node : nodes) {
        rv_wait_node_put(node);
    }
    for (rv_ref ref = 0; ref < 1000; ref++) {
        EXPECT_EQ(seen.count(rv_wait_node_get(ref)), 1U);
    }
    for (rv_wait_node *node : nodes) {
        rv_wait_node_put(node);
    }
}

} // namespace
