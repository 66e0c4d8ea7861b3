/* Intrusive lists. The link lives in the item, so nothing here allocates or
 * fails; rv_container_of leads from the link back to its item.
 *
 *   rv_link   one pointer: chains, stacks, and rv_fifo
 *   rv_fifo   singly linked queue: push at the tail, pop at the head, O(1)
 *   rv_node   two pointers
 *   rv_list   ring of nodes: any node leaves in O(1) without its list
 *
 * Nothing here is atomic: the owner of a list, or the holder of the lock that
 * guards it, is the only one to touch it and the links in it.
 */
#ifndef SRC_BASE_LIST_H
#define SRC_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/assert.h"

/* The item of type `type` whose member `member` is at `ptr`. */
#define rv_container_of(ptr, type, member)                                     \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

typedef struct rv_link {
    struct rv_link *next;
} rv_link;

/* `tail` is where the next link's address goes. It points into the fifo itself
 * while the fifo is empty, so a fifo must not be copied or moved. */
typedef struct rv_fifo {
    rv_link *head;
    rv_link **tail;
} rv_fifo;

static inline void rv_fifo_init(rv_fifo *fifo)
{
    fifo->head = NULL;
    fifo->tail = &fifo->head;
}

static inline bool rv_fifo_is_empty(const rv_fifo *fifo)
{
    return fifo->head == NULL;
}

/* Appends the chain that starts at `first` and ends at `last`; last->next is
 * overwritten, the other links are kept. */
static inline void rv_fifo_push_chain(rv_fifo *fifo, rv_link *first,
                                      rv_link *last)
{
    last->next = NULL;
    *fifo->tail = first;
    fifo->tail = &last->next;
}

static inline void rv_fifo_push(rv_fifo *fifo, rv_link *link)
{
    rv_fifo_push_chain(fifo, link, link);
}

/* Removes and returns the link pushed first; NULL when the fifo is empty. */
static inline rv_link *rv_fifo_pop(rv_fifo *fifo)
{
    rv_link *first = fifo->head;

    if (first == NULL) {
        return NULL;
    }
    fifo->head = first->next;
    if (fifo->head == NULL) {
        fifo->tail = &fifo->head;
    }
    return first;
}

typedef struct rv_node {
    struct rv_node *next;
    struct rv_node *prev;
} rv_node;

/* `ring` closes the circle: its next is the front, its prev the back. A list
 * must not be copied or moved. */
typedef struct rv_list {
    rv_node ring;
} rv_list;

static inline void rv_list_init(rv_list *list)
{
    list->ring.next = &list->ring;
    list->ring.prev = &list->ring;
}

static inline bool rv_list_is_empty(const rv_list *list)
{
    return list->ring.next == &list->ring;
}

/* Appends `node`, which is in no list. */
static inline void rv_list_push_back(rv_list *list, rv_node *node)
{
    node->next = &list->ring;
    node->prev = list->ring.prev;
    node->prev->next = node;
    list->ring.prev = node;
}

/* Takes `node` out of the list it is in, and zeroes its pointers. */
static inline void rv_list_remove(rv_node *node)
{
    RV_ASSERT(node->next != NULL);
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = NULL;
    node->prev = NULL;
}

/* Whether `node`, zeroed before its first use, is in a list. */
static inline bool rv_node_is_linked(const rv_node *node)
{
    return node->next != NULL;
}

/* The node pushed first, left in place; NULL when the list is empty. */
static inline rv_node *rv_list_front(const rv_list *list)
{
    return rv_list_is_empty(list) ? NULL : list->ring.next;
}

/* Removes and returns the node pushed first; NULL when the list is empty. */
static inline rv_node *rv_list_pop_front(rv_list *list)
{
    rv_node *front = rv_list_front(list);

    if (front != NULL) {
        rv_list_remove(front);
    }
    return front;
}

#endif
