#include "src/api/crash_report.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "src/context/overflow.h"
#include "src/context/stack.h"
#include "src/sched/current.h"
#include "src/sched/task.h"
#include "src/sched/worker.h"

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

/* Runs in the signal handler: no allocation, no stdio. */
static void describe(const rv_stack *stack, char *line, size_t size)
{
    text t = {line, line + size - 1};
    const rv_worker *w = rv_current_worker();
    const rv_task *task =
        w != NULL && w->current != NULL ? w->current : stack->owner;
    if (task == NULL) {
        add(&t, "a stack without a task");
        return;
    }
    add(&t, "task '");
    add(&t, rv_task_name(task));
    add(&t, "', function ");
    uintptr_t function = (uintptr_t)task->fn;
    Dl_info info;
    if (dladdr((void *)function, &info) != 0 && info.dli_sname != NULL) {
        add(&t, info.dli_sname);
        add(&t, " ");
    }
    add_hex(&t, function);
}

int rv_crash_report_begin(void)
{
    return rv_overflow_install(describe);
}

void rv_crash_report_end(void)
{
    rv_overflow_uninstall();
}
