/* What a task leaves to be done when it ends; run by sched/extra.h.
 */
#include <errno.h>

#include "rove/scope.h"

#include "src/base/assert.h"
#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/sched/worker.h"

int rove_defer(rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    const rv_worker *w = rv_current_worker();
    return w != NULL ? rv_extra_defer(w->current, fn, arg) : -EPERM;
}
