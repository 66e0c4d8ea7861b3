#include "src/task/wait_node.h"

#include <stddef.h>

#include "src/base/mem.h"
#include "src/platform/lock.h"

#define CHUNK_NODES 255

static rv_lock lock;
static rv_wait_node *free_nodes; /* under lock; linked through rest */

static void put_locked(rv_wait_node *node)
{
    node->rest = (uint64_t)(uintptr_t)free_nodes;
    free_nodes = node;
}

static void grow(void)
{
    rv_wait_node *chunk = rv_mem_alloc(CHUNK_NODES * sizeof *chunk);
    for (unsigned i = 0; chunk != NULL && i < CHUNK_NODES; i++) {
        put_locked(&chunk[i]);
    }
}

rv_wait_node *rv_wait_node_get(rv_ref ref)
{
    rv_lock_acquire(&lock);
    if (free_nodes == NULL) {
        grow();
    }
    rv_wait_node *node = free_nodes;
    if (node != NULL) {
        free_nodes = (rv_wait_node *)(uintptr_t)node->rest;
        node->ref = ref;
    }
    rv_lock_release(&lock);
    return node;
}

void rv_wait_node_put(rv_wait_node *node)
{
    rv_lock_acquire(&lock);
    put_locked(node);
    rv_lock_release(&lock);
}
