#include "tests/sched/fake_wake.h"

#include <stdbool.h>

#include "src/base/assert.h"
#include "src/platform/lock.h"
#include "src/sched/wake.h"

static rv_lock lock;
static fake_wake wakes[FAKE_WAKES_MAX];
static unsigned count;

bool __wrap_rv_wake(struct rv_worker *by, rv_ref ref, unsigned cause);

bool __wrap_rv_wake(struct rv_worker *by, rv_ref ref, unsigned cause)
{
    (void)by;
    rv_lock_acquire(&lock);
    if (count < FAKE_WAKES_MAX) {
        wakes[count] = (fake_wake){ref, cause};
    }
    count++;
    rv_lock_release(&lock);
    return true;
}

void fake_wakes_clear(void)
{
    rv_lock_acquire(&lock);
    count = 0;
    rv_lock_release(&lock);
}

unsigned fake_wakes_count(void)
{
    rv_lock_acquire(&lock);
    unsigned n = count;
    rv_lock_release(&lock);
    return n;
}

fake_wake fake_wakes_at(unsigned i)
{
    rv_lock_acquire(&lock);
    RV_CHECK(i < count && i < FAKE_WAKES_MAX, "no such wake is noted");
    fake_wake wake = wakes[i];
    rv_lock_release(&lock);
    return wake;
}
