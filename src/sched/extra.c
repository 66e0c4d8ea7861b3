#include "src/sched/extra.h"

#include <errno.h>
#include <string.h>

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/sched/current.h"
#include "src/sched/scope.h"
#include "src/sched/worker.h"

/* The task's extra, made if need be; NULL: no memory. */
static rv_task_extra *need_extra(rv_task *task)
{
    if ((task->traits.flags & RV_TASK_OWNS_EXTRA) == 0) {
        rv_task_extra *extra = rv_mem_zalloc(sizeof *extra);
        if (extra == NULL) {
            return NULL;
        }
        task->extra = extra;
        task->traits.flags |= RV_TASK_OWNS_EXTRA;
    }
    return task->extra;
}

int rv_extra_set_name(rv_task *task, const char *name)
{
    rv_task_extra *extra = need_extra(task);
    if (extra == NULL) {
        return -ENOMEM;
    }
    size_t length = strnlen(name, RV_TASK_NAME_SIZE - 1);
    memcpy(extra->name, name, length);
    extra->name[length] = '\0';
    return 0;
}

int rv_extra_defer(rv_task *task, rove_fn *fn, void *arg)
{
    rv_task_extra *extra = need_extra(task);
    rv_defer *defer = extra != NULL ? rv_mem_alloc(sizeof *defer) : NULL;
    if (defer == NULL) {
        return -ENOMEM;
    }
    rv_defer made = {extra->defers, fn, arg};
    *defer = made;
    extra->defers = defer;
    task->traits.flags |= RV_TASK_CLEANS_UP;
    return 0;
}

rv_local_table *rv_extra_locals_here(void)
{
    const rv_worker *w = rv_current_worker();
    return w != NULL ? rv_extra_locals(w->current) : rv_current_get()->locals;
}

static void destroy(rv_task *task, rv_local_entry entry)
{
    if (entry.is_lent || entry.local->destructor == NULL) {
        return;
    }
    rv_scope shield;
    rv_scope_shield(&shield, task);
    task->extra->is_destroying = true;
    entry.local->destructor(entry.value);
    task->extra->is_destroying = false;
    (void)rv_scope_pop(&shield);
}

static int add_local(rv_task *task, const rove_local *local, void *value)
{
    rv_task_extra *extra = need_extra(task);
    if (extra == NULL ||
        rv_local_table_add(&extra->locals, local, value) != 0) {
        return -ENOMEM;
    }
    if (local->destructor != NULL) {
        task->traits.flags |= RV_TASK_CLEANS_UP;
    }
    if (local->flags & ROVE_LOCAL_INHERIT) {
        task->traits.flags |= RV_TASK_LENDS;
    }
    return 0;
}

/* The new value stands before the old one's destructor runs. To set the value
 * that is set already makes it the task's own. */
int rv_extra_set_local(rv_task *task, const rove_local *local, void *value)
{
    rv_local_table *table = rv_extra_locals(task);
    rv_local_entry *entry = rv_local_table_find(table, local);
    if (entry == NULL) {
        return value != NULL ? add_local(task, local, value) : 0;
    }
    rv_local_entry before = *entry;
    if (value == NULL) {
        rv_local_table_remove(table, entry);
    } else {
        rv_local_entry after = {local, value, false};
        *entry = after;
        task->traits.flags |= RV_TASK_CLEANS_UP;
    }
    if (before.value != value) {
        destroy(task, before);
    }
    return 0;
}

int rv_extra_inherit(rv_task *task, const rv_local_table *from)
{
    size_t size = rv_local_table_heir_size(from);
    if (size == 0) {
        return 0;
    }
    rv_task_extra *extra = need_extra(task);
    if (extra == NULL) {
        return -ENOMEM;
    }
    void *memory = rv_mem_alloc(size);
    if (memory == NULL) {
        rv_extra_drop(task);
        return -ENOMEM;
    }
    extra->locals = rv_local_table_make_heir(memory, from);
    task->traits.flags |= RV_TASK_LENDS;
    return 0;
}

static bool run_newest_defer(rv_task *task)
{
    rv_defer *defer = task->extra->defers;
    if (defer == NULL) {
        return false;
    }
    rv_defer taken = *defer;
    task->extra->defers = taken.older;
    rv_mem_free(defer);
    rv_scope shield;
    rv_scope_shield(&shield, task);
    (void)taken.fn(taken.arg);
    (void)rv_scope_pop(&shield);
    return true;
}

static bool destroy_newest_local(rv_task *task)
{
    rv_local_table *table = task->extra->locals;
    if (table == NULL || table->count == 0) {
        return false;
    }
    destroy(task, *rv_local_table_at(table, --table->count));
    return true;
}

void rv_extra_end(rv_task *task)
{
    while (run_newest_defer(task) || destroy_newest_local(task)) {
    }
}

void rv_extra_drop(rv_task *task)
{
    if (task->traits.flags & RV_TASK_OWNS_EXTRA) {
        RV_ASSERT(task->extra->defers == NULL);
        task->traits.flags &= (uint8_t)~RV_TASK_OWNS_EXTRA;
        rv_mem_free(task->extra->locals);
        rv_mem_free(task->extra);
    }
}
