#include "src/api/crash_report.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "src/context/overflow.h"
#include "src/context/stack.h"
#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/sched/task.h"
#include "src/sched/worker.h"
#include "src/task/spawn.h"

typedef struct text {
    char *at;
    char *end; /* room for the terminator is kept */
} text;

static void add(text *t, const char *part)
{
    while (*part != '\0' && t->at < t->end) {
        *t->at++ = *part++;
    }
    *t->at = '\0';
}

static void add_hex(text *t, uintptr_t value)
{
    char digits[2 + 2 * sizeof value + 1];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    do {
        *--at = "0123456789abcdef"[value % 16];
        value /= 16;
    } while (value != 0);
    *--at = 'x';
    *--at = '0';
    add(t, at);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The symbol, where the dynamic linker knows it, and what addr2line takes: the
 * module and the address in its file. */
static void add_function(text *t, rove_fn *fn)
{
    uintptr_t address = (uintptr_t)fn;
    Dl_info info;
    struct link_map *map = NULL;
    if (dladdr1((void *)address, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 ||
        map == NULL) {
        add_hex(t, address);
        return;
    }
    if (info.dli_sname != NULL) {
        add(t, info.dli_sname);
        add(t, " ");
    }
    add(t, "(");
    add(t, base_name(info.dli_fname));
    add(t, "+");
    add_hex(t, address - map->l_addr);
    add(t, ")");
}

/* Runs in the signal handler: no allocation, no stdio. */
static void describe(const rv_stack *stack, char *line, size_t size)
{
    text t = {line, line + size - 1};
    const rv_worker *w = rv_current_worker();
    bool is_running = w != NULL && w->current != NULL;
    const rv_task *task = is_running ? w->current : stack->owner;
    if (task == NULL) {
        add(&t, "a stack without a task");
        return;
    }
    add(&t, "task '");
    add(&t, rv_task_name(task));
    add(&t, "', function ");
    /* Of a task that does not run, all but the descriptor may be gone. */
    add_function(&t,
                 is_running ? rv_spawn_function(task) : rv_task_function(task));
}

int rv_crash_report_begin(void)
{
    return rv_overflow_install(describe);
}

void rv_crash_report_end(void)
{
    rv_overflow_uninstall();
}
