#include "src/sched/refusal.h"

#include <inttypes.h>
#include <stdio.h>

#include "src/sched/extra.h"
#include "src/sched/scheduler.h"
#include "src/sched/worker.h"

static void report(const rv_worker *w)
{
    char line[160];
    snprintf(line, sizeof line,
             "rove: task %" PRIu64 " '%s' is cancelled, but goes on waiting: "
             "%d waits in a row were refused",
             rv_u64_load_relaxed(&w->current->id), /* its own */
             rv_task_name(w->current), RV_REFUSALS_REPORTED);
    rv_report_line(&w->scheduler->report, line);
}

void rv_refusal_count(rv_worker *w)
{
    const rv_task *task = w->current;
    uint64_t id = rv_u64_load_relaxed(&task->id); /* its own */
    uint64_t epoch =
        rv_claim_epoch(rv_u64_load_relaxed(&task->claim)); /* its own */
    rv_refusal *seen = &w->refusals[rv_task_index(task) % RV_REFUSALS];
    if (seen->id != id || seen->epoch != epoch) {
        *seen = (rv_refusal){id, epoch, 0};
    }
    if (++seen->count == RV_REFUSALS_REPORTED) {
        report(w);
    }
}
