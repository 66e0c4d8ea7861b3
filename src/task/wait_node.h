/* Records of waiters that cannot live on the waiter's stack, because a list
 * that is pushed without a lock cannot be left: 16 bytes each, from memory that
 * is never given back, so that a stale look always meets a record.
 */
#ifndef SRC_TASK_WAIT_NODE_H
#define SRC_TASK_WAIT_NODE_H

#include "src/sched/task.h"

typedef struct rv_wait_node {
    uint64_t rest; /* the word of the object before this node was pushed */
    rv_ref ref;
} rv_wait_node;

/* NULL: no memory. Any thread. */
rv_wait_node *rv_wait_node_get(rv_ref ref);
void rv_wait_node_put(rv_wait_node *node);

#endif
