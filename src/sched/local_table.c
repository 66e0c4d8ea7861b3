#include "src/sched/local_table.h"

#include <errno.h>
#include <string.h>

#include "src/base/mem.h"

#define CAPACITY_MIN 4

static size_t size_of(uint32_t capacity)
{
    return sizeof(rv_local_table) + capacity * sizeof(rv_local_entry);
}

static int grow(rv_local_table **table)
{
    rv_local_table *small = *table;
    uint32_t count = small != NULL ? small->count : 0;
    uint32_t capacity = count < CAPACITY_MIN ? CAPACITY_MIN : 2 * count;
    rv_local_table *large = rv_mem_alloc(size_of(capacity));
    if (large == NULL) {
        return -ENOMEM;
    }
    large->count = count;
    large->capacity = capacity;
    if (small != NULL) {
        memcpy(rv_local_table_at(large, 0), rv_local_table_at(small, 0),
               count * sizeof(rv_local_entry));
    }
    rv_mem_free(small);
    *table = large;
    return 0;
}

int rv_local_table_add(rv_local_table **table, const rove_local *local,
                       void *value)
{
    if (*table == NULL || (*table)->count == (*table)->capacity) {
        int error = grow(table);
        if (error != 0) {
            return error;
        }
    }
    rv_local_entry entry = {local, value, false};
    *rv_local_table_at(*table, (*table)->count++) = entry;
    return 0;
}

void rv_local_table_remove(rv_local_table *table, rv_local_entry *entry)
{
    const rv_local_entry *last = rv_local_table_at(table, --table->count);
    memmove(entry, entry + 1, (size_t)(last - entry) * sizeof *entry);
}

static bool is_inherited(const rv_local_entry *entry)
{
    return (entry->local->flags & ROVE_LOCAL_INHERIT) != 0;
}

static uint32_t count_heirs(const rv_local_table *from)
{
    uint32_t count = 0;
    for (uint32_t i = 0; from != NULL && i < from->count; i++) {
        count += is_inherited(rv_local_table_at(from, i));
    }
    return count;
}

size_t rv_local_table_heir_size(const rv_local_table *from)
{
    uint32_t count = count_heirs(from);
    return count != 0 ? size_of(count) : 0;
}

rv_local_table *rv_local_table_make_heir(void *memory,
                                         const rv_local_table *from)
{
    rv_local_table *heir = memory;
    heir->count = 0;
    heir->capacity = count_heirs(from);
    for (uint32_t i = 0; i < from->count; i++) {
        const rv_local_entry *entry = rv_local_table_at(from, i);
        if (is_inherited(entry)) {
            rv_local_entry lent = {entry->local, entry->value, true};
            *rv_local_table_at(heir, heir->count++) = lent;
        }
    }
    return heir;
}
