#include "src/platform/signal_hook.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "src/base/bits.h"
#include "src/base/mem.h"
#include "src/platform/event_fd.h"
#include "src/platform/lock.h"
#include "src/platform/os_thread.h"

enum { LIVE = 1, ONE = 2 };

/* What cannot be left to a handler that returns, or to nobody's wait. */
static const int refused[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE,
                              SIGILL,  SIGABRT, SIGTRAP, SIGSYS};

static rv_atomic_ptr list; /* of rv_signal_listener; written under the lock */

/* Under the lock. Index: the signal. */
static struct {
    rv_lock lock;
    unsigned listeners[RV_SIGNALS + 1];
    struct sigaction before[RV_SIGNALS + 1];
} hooks;

static uint64_t bit_of(int number)
{
    return UINT64_C(1) << (number - 1);
}

static int first_of(uint64_t mask)
{
    return (int)rv_bits_ctz64(mask) + 1;
}

static void offer(rv_signal_listener *listener, int number)
{
    uint32_t before =
        rv_u32_fetch_add_acq_rel(&listener->calls, ONE); /* CALL */
    if ((before & LIVE) != 0 && (listener->wanted & bit_of(number)) != 0) {
        rv_u64_fetch_or_acq_rel(&listener->come, bit_of(number)); /* COME */
        rv_event_fd_signal(listener->bell);
    }
    rv_u32_fetch_sub_acq_rel(&listener->calls, ONE); /* CALL */
}

static void on_signal(int number)
{
    int saved = errno;
    rv_signal_listener *listener = rv_ptr_load_acquire(&list); /* LIST */

    for (; listener != NULL; listener = listener->next) {
        offer(listener, number);
    }
    errno = saved;
}

/* Under the lock. Cannot fail: is_refused() has asked. */
static void hook(int number)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = SA_RESTART | SA_ONSTACK};

    if (hooks.listeners[number]++ == 0) {
        sigemptyset(&action.sa_mask);
        (void)sigaction(number, &action, &hooks.before[number]);
    }
}

/* Under the lock. */
static void unhook(int number)
{
    struct sigaction now;

    if (--hooks.listeners[number] == 0 && sigaction(number, NULL, &now) == 0 &&
        now.sa_handler == on_signal) {
        (void)sigaction(number, &hooks.before[number], NULL);
    }
}

static bool is_refused(uint64_t wanted)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if ((wanted & bit_of(refused[i])) != 0) {
            return true;
        }
    }
    for (uint64_t left = wanted; left != 0; left &= left - 1) {
        if (sigaction(first_of(left), NULL, NULL) != 0) {
            return true;
        }
    }
    return wanted == 0;
}

/* Under the lock: one that is not used, or a new one; NULL: no memory. */
static rv_signal_listener *get_listener(void)
{
    /* relaxed: written under the lock */
    rv_signal_listener *head = rv_ptr_load_relaxed(&list);
    rv_signal_listener *listener = head;

    while (listener != NULL && listener->is_used) {
        listener = listener->next;
    }
    if (listener == NULL) {
        listener = rv_mem_zalloc(sizeof *listener);
        if (listener != NULL) {
            listener->next = head;
            rv_ptr_store_release(&list, listener); /* LIST */
        }
    }
    return listener;
}

int rv_signal_listen(uint64_t wanted, int bell, rv_signal_listener **out)
{
    if (is_refused(wanted)) {
        return -EINVAL;
    }
    rv_lock_acquire(&hooks.lock);
    rv_signal_listener *listener = get_listener();
    if (listener != NULL) {
        listener->is_used = true;
        listener->wanted = wanted;
        listener->bell = bell;
        rv_u32_store_relaxed(&listener->last, 0);        /* a hint */
        rv_u64_fetch_and_acq_rel(&listener->come, 0);    /* COME */
        rv_u32_fetch_or_acq_rel(&listener->calls, LIVE); /* CALL */
        for (uint64_t left = wanted; left != 0; left &= left - 1) {
            hook(first_of(left));
        }
    }
    rv_lock_release(&hooks.lock);
    *out = listener;
    return listener != NULL ? 0 : -ENOMEM;
}

/* Unhooked first, so that none is caught for nobody. */
void rv_signal_unlisten(rv_signal_listener *listener)
{
    rv_lock_acquire(&hooks.lock);
    for (uint64_t left = listener->wanted; left != 0; left &= left - 1) {
        unhook(first_of(left));
    }
    rv_lock_release(&hooks.lock);
    rv_u32_fetch_and_acq_rel(&listener->calls, ~(uint32_t)LIVE); /* CALL */
    while (rv_u32_load_acquire(&listener->calls) != 0) {         /* CALL */
        rv_thread_yield();
    }
    rv_lock_acquire(&hooks.lock);
    listener->is_used = false;
    rv_lock_release(&hooks.lock);
}

/* The bits above the last one's first. */
static int choose(uint64_t come, uint32_t last)
{
    uint64_t later = last < RV_SIGNALS ? come >> last << last : 0;

    return first_of(later != 0 ? later : come);
}

int rv_signal_take(rv_signal_listener *listener, bool *more)
{
    uint64_t come;

    /* relaxed: a stale mask or hint costs a round or a turn */
    while ((come = rv_u64_load_relaxed(&listener->come)) != 0) {
        int number = choose(come, rv_u32_load_relaxed(&listener->last));
        uint64_t bit = bit_of(number);
        uint64_t before =
            rv_u64_fetch_and_acq_rel(&listener->come, ~bit); /* COME */
        if ((before & bit) != 0) {
            rv_u32_store_relaxed(&listener->last, (uint32_t)number); /* hint */
            *more = (before & ~bit) != 0;
            return number;
        }
    }
    *more = false;
    return 0;
}
