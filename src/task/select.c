/* The order of the cases. Each round takes them by a Fisher-Yates shuffle that
 * goes only as far as it needs: every order is as likely as every other, so of
 * the ready cases, however they lie, each is the first with the same
 * probability. (A random start, or a random start and stride, is not fair when
 * some cases are ready and others not.) The permutation is kept in the cases,
 * whose memory the caller gave.
 *
 * Two selects that meet. While it has a wait begun a select cannot claim
 * another's: it would have to decide both at once. So if it finds, arming, that
 * a case has become ready, it gives its wait up and asks again, and a select
 * that is only asking claims whoever is armed, suspended or not. Two that keep
 * seeing each other armed, and both give up, could go on so for ever only by
 * staying in step. They do not: after the k-th time in a row each pauses for a
 * random while, of up to 2^k times what a round may take (k <= MOST_DOUBLINGS).
 * As soon as one pauses for longer than the other needs to ask and arm, that
 * one finds nobody armed and stays armed itself, and the first one finds it.
 * Each time this has a probability that grows to over one half, whatever the
 * other does; so it ends, with probability 1, after a few rounds. With more of
 * them it holds for any two that could meet. Each give-up for another reason
 * means that something else went on: an item came, an event, a close.
 */
#include "rove/select.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/base/rng.h"
#include "src/base/shake.h"
#include "src/platform/cpu.h"
#include "src/task/await.h"
#include "src/task/cases.h"
#include "src/task/source.h"

#define CASES_MAX      8000
#define FLAGS          (ROVE_TRY | ROVE_FIRST_LISTED)
#define NONE           (-1)
#define ASK_AGAIN      (-2048) /* no errno */
#define MOST_DOUBLINGS 6

static_assert(RV_CAUSE_SOURCE + CASES_MAX <= RV_CAUSE_MAX,
              "each case has a cause of its own");

static unsigned cause_of(size_t index)
{
    return RV_CAUSE_SOURCE + 1 + (unsigned)index;
}

static int case_of(unsigned cause)
{
    return cause > RV_CAUSE_SOURCE ? (int)cause - RV_CAUSE_SOURCE - 1 : NONE;
}

/* Random bits of the caller wherever it is; a thread without a worker has the
 * time. */
static uint64_t draw_bits(void)
{
    rv_worker *w = rv_current_worker();
    if (__builtin_expect(w != NULL, 1)) {
        return rv_rng_next(&w->rng);
    }
    rv_rng rng;
    rv_rng_seed(&rng, rv_clock_ticks());
    return rv_rng_next(&rng);
}

static bool is_ready(rove_case *one)
{
    return one->ops != NULL && one->ops->ready(one);
}

static int ask_in_order(rove_case cases[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_ready(&cases[i])) {
            return (int)i;
        }
    }
    return NONE;
}

/* The rest of the shuffle, whose first draw was in vain. */
static int ask_others(rove_case cases[], size_t n, size_t first, rv_rng *rng)
{
    for (size_t i = 0; i < n; i++) {
        cases[i].order = i;
    }
    cases[first].order = 0;
    for (size_t i = 1; i < n; i++) {
        size_t drawn = i + rv_rng_below(rng, (uint32_t)(n - i));
        uint64_t next = cases[drawn].order;
        cases[drawn].order = cases[i].order;
        if (is_ready(&cases[next])) {
            return (int)next;
        }
    }
    return NONE;
}

/* No case's ready may suspend, but a worker's generator is not kept for so
 * long: the first draw's bits are the seed of the others. */
static int ask_at_random(rove_case cases[], size_t n)
{
    rv_rng rng;
    rv_rng_seed(&rng, draw_bits());
    size_t first = rng.state >> 32;
    first = first * n >> 32;
    return is_ready(&cases[first]) ? (int)first
                                   : ask_others(cases, n, first, &rng);
}

/* Step 1: the case that was carried out, or NONE. */
static int ask(rove_case cases[], size_t n, unsigned flags)
{
    return n == 1 || (flags & ROVE_FIRST_LISTED) != 0 ? ask_in_order(cases, n)
                                                      : ask_at_random(cases, n);
}

/* Step 2: 0, RV_CASE_READY or -errno. *armed: how many have been gone through
 * and are to be disarmed. */
static int arm(rove_case cases[], size_t n, rv_ref ref, size_t *armed)
{
    int error = 0;
    size_t i = 0;
    for (; i < n; i++) {
        const struct rove_case_ops *ops = cases[i].ops;
        error = ops != NULL ? ops->arm(&cases[i], ref, cause_of(i)) : 0;
        if (error != 0) {
            break;
        }
        RV_SHAKE_POINT();
    }
    *armed = i;
    return error;
}

static void disarm(rove_case cases[], size_t armed, int named)
{
    for (size_t i = 0; i < armed; i++) {
        if (cases[i].ops != NULL) {
            cases[i].ops->disarm(&cases[i], (int)i == named);
        }
    }
}

static rove_time nearest_time(const rove_case cases[], size_t n)
{
    rove_time nearest = ROVE_FOREVER;
    for (size_t i = 0; i < n; i++) {
        rove_time when = rv_cases_time(&cases[i]);
        nearest = when < nearest ? when : nearest;
    }
    return nearest;
}

/* Between the rounds of one select. */
static void pause_at_random(size_t n, unsigned given_up)
{
    unsigned doublings = given_up < MOST_DOUBLINGS ? given_up : MOST_DOUBLINGS;
    rv_rng rng;
    rv_rng_seed(&rng, draw_bits());
    uint32_t left = rv_rng_below(&rng, (uint32_t)n << doublings);
    while (left-- > 0) {
        rv_cpu_relax();
    }
}

/* Steps 2 to 4: the case that was carried out by who woke us, ASK_AGAIN, or
 * -errno. */
static inline __attribute__((always_inline)) int
wait_once(rove_case cases[], size_t n, unsigned flags, unsigned *given_up)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    size_t armed;
    error = arm(cases, n, wait.ref, &armed);
    unsigned cause;
    if (error != 0) {
        cause = rv_wait_give_up(&wait);
    } else {
        rove_time deadline = nearest_time(cases, n);
        cause = deadline == ROVE_FOREVER
                    ? rv_wait_suspend(&wait)
                    : rv_wait_suspend_until(&wait, deadline);
    }
    int chosen = case_of(cause);
    disarm(cases, armed, chosen);
    if (error != 0) {
        (void)rv_wait_count(wait.worker);
    }
    if (chosen != NONE) {
        return chosen;
    }
    if (cause == RV_CAUSE_CANCEL) {
        chosen = ask(cases, n, flags);
        return chosen != NONE ? chosen : rv_wait_refused(&wait);
    }
    *given_up = error == RV_CASE_READY ? *given_up + 1 : 0;
    return error < 0 ? error : ASK_AGAIN;
}

int rove_select(rove_case cases[], size_t n, unsigned flags)
{
    if (n == 0 || n > CASES_MAX || (flags & ~FLAGS) != 0) {
        return -EINVAL;
    }
    RV_CHECK(cases != NULL, "there are no cases");
    for (size_t i = 0; i < n; i++) {
        cases[i].result = 0;
    }
    if ((flags & ROVE_TRY) != 0) {
        int chosen = ask(cases, n, flags);
        return chosen != NONE ? chosen : -EAGAIN;
    }
    rv_worker *w;
    int error = rv_wait_enter(&w);
    if (error != 0) {
        return error;
    }
    unsigned given_up = 0;
    for (;;) {
        int chosen = ask(cases, n, flags);
        if (chosen != NONE) {
            return chosen;
        }
        chosen = wait_once(cases, n, flags, &given_up);
        if (chosen != ASK_AGAIN) {
            return chosen;
        }
        if (given_up > 1) {
            pause_at_random(n, given_up - 1);
        }
    }
}
