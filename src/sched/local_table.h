/* The values of a task's locals: a small array in the order they were set,
 * looked through from its start, since few tasks have more than a handful.
 *
 * Law. A table is its task's alone. While the task waits for an offloaded call,
 * and only then, the pool's thread reads it. A table that a job carries itself
 * is the job's.
 *
 * A lent value came from the spawner: its destructor is not this task's to run.
 */
#ifndef SRC_SCHED_LOCAL_TABLE_H
#define SRC_SCHED_LOCAL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rove/local.h"

/* Variables are never freed. */
struct rove_local {
    void (*destructor)(void *value); /* or NULL */
    unsigned flags;                  /* ROVE_LOCAL_* */
};

typedef struct rv_local_entry {
    const rove_local *local;
    void *value; /* never NULL */
    bool is_lent;
} rv_local_entry;

/* The entries follow it. */
typedef struct rv_local_table {
    uint32_t count;
    uint32_t capacity;
} rv_local_table;

static inline rv_local_entry *rv_local_table_at(const rv_local_table *table,
                                                uint32_t i)
{
    return (rv_local_entry *)(table + 1) + i;
}

/* The entry of a variable, or NULL. There may be no table at all. */
static inline rv_local_entry *rv_local_table_find(rv_local_table *table,
                                                  const rove_local *local)
{
    for (uint32_t i = 0; table != NULL && i < table->count; i++) {
        if (rv_local_table_at(table, i)->local == local) {
            return rv_local_table_at(table, i);
        }
    }
    return NULL;
}

/* Adds an owned value of a variable that has no entry. 0, or -ENOMEM. *table,
 * NULL at first, may be moved. */
int rv_local_table_add(rv_local_table **table, const rove_local *local,
                       void *value);

/* Takes an entry of this table out; the later ones move. */
void rv_local_table_remove(rv_local_table *table, rv_local_entry *entry);

/* The bytes of a table of what `from` (or NULL) has to inherit; 0: nothing. */
size_t rv_local_table_heir_size(const rv_local_table *from);

/* Makes such a table in memory of that size (not 0): all is lent. */
rv_local_table *rv_local_table_make_heir(void *memory,
                                         const rv_local_table *from);

#endif
