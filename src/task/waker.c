/* Awaitables of the user's own. A waker is the reference of one wait: words[0],
 * and words[1] is 0. The claim by it decides only that the waiter asks again,
 * so a waker that comes late or twice loses by the epoch, and one that comes
 * for nothing costs a round.
 */
#include "rove/select.h"

#include "src/base/assert.h"
#include "src/sched/current.h"
#include "src/sched/wake.h"
#include "src/task/await.h"
#include "src/task/source.h"

static rove_waker make_waker(uint64_t ref)
{
    rove_waker waker = {{ref, 0}};
    return waker;
}

void rove_wake(rove_waker waker)
{
    rv_ref ref = waker.words[0];
    if (ref == 0) {
        return;
    }
    RV_CHECK(rv_ref_is(ref) && waker.words[1] == 0,
             "a waker is what arm was given");
    rv_wake(rv_current_worker(), ref, RV_CAUSE_SOURCE);
}

static bool is_source_ready(rove_case *self)
{
    rove_source *source = self->object;
    return source->ready(source, &self->result);
}

/* words[0]: the waker's. */
static int arm_source(rove_case *self, rv_ref ref, unsigned cause)
{
    (void)cause;
    rove_source *source = self->object;
    self->words[0] = ref;
    rove_waker waker = make_waker(ref);
    int error = source->arm(source, waker);
    RV_CHECK(error <= 0, "a source's arm returns 0 or -errno");
    /* The user's arm may have looked whether it is cancelled, and so have heard
     * in the place of the wait that is begun. */
    if (error == 0 && rv_wait_is_refused(rv_current_worker())) {
        source->disarm(source, waker);
        return RV_CASE_READY;
    }
    return error;
}

static void disarm_source(rove_case *self, bool named)
{
    (void)named;
    rove_source *source = self->object;
    source->disarm(source, make_waker(self->words[0]));
}

rove_case rove_on_source(rove_source *source)
{
    static const struct rove_case_ops ops = {is_source_ready, arm_source,
                                             disarm_source};
    RV_CHECK(source != NULL, "there is no source");
    return rv_case_make(&ops, source, NULL);
}

int rove_source_wait(rove_source *source, int64_t *result)
{
    rove_case one = rove_on_source(source);
    int error = rove_select(&one, 1, 0);
    if (error == 0 && result != NULL) {
        *result = one.result;
    }
    return error;
}
