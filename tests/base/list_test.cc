// What is at stake: run queues and wait lists are made of these links; one lost
// link is one task that never runs again. Shown on small lists, and by random
// operations beside a std::deque.
#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <random>
#include <vector>

extern "C" {
#include "src/base/list.h"
}

namespace
{

struct Item {
    int number;
    rv_link link;
    rv_node node;
};

Item *FromLink(rv_link *link)
{
    return link == nullptr ? nullptr : rv_container_of(link, Item, link);
}

Item *FromNode(rv_node *node)
{
    return node == nullptr ? nullptr : rv_container_of(node, Item, node);
}

TEST(ListTest, ContainerIsFoundFromItsMember)
{
    Item item = {};

    EXPECT_EQ(FromLink(&item.link), &item);
    EXPECT_EQ(FromNode(&item.node), &item);
}

TEST(FifoTest, FirstInIsFirstOut)
{
    Item items[3] = {};
    rv_fifo fifo;

    rv_fifo_init(&fifo);
    EXPECT_TRUE(rv_fifo_is_empty(&fifo));
    for (Item &item : items) {
        rv_fifo_push(&fifo, &item.link);
    }
    EXPECT_FALSE(rv_fifo_is_empty(&fifo));

    for (Item &item : items) {
        EXPECT_EQ(FromLink(rv_fifo_pop(&fifo)), &item);
    }
    EXPECT_EQ(rv_fifo_pop(&fifo), nullptr);
}

TEST(FifoTest, EmptiedFifoTakesMore)
{
    Item items[2] = {};
    rv_fifo fifo;

    rv_fifo_init(&fifo);
    for (int round = 0; round < 3; round++) {
        rv_fifo_push(&fifo, &items[0].link);
        rv_fifo_push(&fifo, &items[1].link);
        EXPECT_EQ(FromLink(rv_fifo_pop(&fifo)), &items[0]);
        EXPECT_EQ(FromLink(rv_fifo_pop(&fifo)), &items[1]);
        EXPECT_TRUE(rv_fifo_is_empty(&fifo));
    }
}

TEST(FifoTest, ChainIsAppendedInOrder)
{
    Item items[4] = {};
    rv_fifo fifo;

    rv_fifo_init(&fifo);
    rv_fifo_push(&fifo, &items[0].link);
    items[1].link.next = &items[2].link;
    items[2].link.next = &items[0].link;
    rv_fifo_push_chain(&fifo, &items[1].link, &items[2].link);
    rv_fifo_push(&fifo, &items[3].link);

    for (Item &item : items) {
        EXPECT_EQ(FromLink(rv_fifo_pop(&fifo)), &item);
    }
    EXPECT_TRUE(rv_fifo_is_empty(&fifo));
}

TEST(ListTest, FirstPushedIsFirstPopped)
{
    Item items[3] = {};
    rv_list list;

    rv_list_init(&list);
    EXPECT_EQ(rv_list_front(&list), nullptr);
    for (Item &item : items) {
        rv_list_push_back(&list, &item.node);
    }
    EXPECT_EQ(FromNode(rv_list_front(&list)), &items[0]);

    for (Item &item : items) {
        EXPECT_EQ(FromNode(rv_list_pop_front(&list)), &item);
    }
    EXPECT_EQ(rv_list_pop_front(&list), nullptr);
}

TEST(ListTest, NodesLeaveFromAnywhere)
{
    for (int leaver = 0; leaver < 3; leaver++) {
        Item items[3] = {};
        rv_list list;

        rv_list_init(&list);
        for (Item &item : items) {
            rv_list_push_back(&list, &item.node);
        }
        rv_list_remove(&items[leaver].node);

        for (int i = 0; i < 3; i++) {
            EXPECT_EQ(rv_node_is_linked(&items[i].node), i != leaver);
            if (i != leaver) {
                EXPECT_EQ(FromNode(rv_list_pop_front(&list)), &items[i]);
            }
        }
        EXPECT_TRUE(rv_list_is_empty(&list));
    }
}

TEST(ListTest, RandomOperationsKeepTheOrder)
{
    constexpr unsigned kSeed = 20240229;
    std::mt19937 random(kSeed);
    std::vector<Item> items(16);
    std::deque<Item *> model;
    rv_list list;

    SCOPED_TRACE(::testing::Message() << "seed " << kSeed);
    rv_list_init(&list);
    for (int i = 0; i < 20000; i++) {
        Item *item = &items[random() % items.size()];

        if (!rv_node_is_linked(&item->node)) {
            rv_list_push_back(&list, &item->node);
            model.push_back(item);
        } else if (random() % 2 == 0) {
            rv_list_remove(&item->node);
            model.erase(std::find(model.begin(), model.end(), item));
        } else {
            ASSERT_EQ(FromNode(rv_list_pop_front(&list)), model.front());
            model.pop_front();
        }
        ASSERT_EQ(rv_list_is_empty(&list), model.empty());
    }
}

} // namespace
