#include "src/platform/os_thread.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/base/assert.h"

/* The signals that a thread's own instructions raise. Blocking them would not
 * hold them back: the kernel kills the process instead of calling a handler. */
static const int synchronous[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                  SIGABRT, SIGTRAP, SIGSYS};

/* The kernel's struct sched_attr in its first version; its header and glibc's
 * <sched.h> exclude each other. */
struct scheduling {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime;
    uint64_t deadline;
    uint64_t period;
};

static sigset_t asynchronous_signals(void)
{
    sigset_t set;

    sigfillset(&set);
    for (size_t i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++) {
        sigdelset(&set, synchronous[i]);
    }
    return set;
}

static void *run_thread(void *arg)
{
    rv_thread *thread = arg;

    /* A thread without its name still works. */
    (void)pthread_setname_np(pthread_self(), thread->name);
    thread->fn(thread->arg);
    return NULL;
}

/* The new thread inherits the mask, so that no signal can find it in the moment
 * before it has blocked them itself. */
int rv_thread_start(rv_thread *thread, const char *name, void (*fn)(void *),
                    void *arg)
{
    sigset_t blocked = asynchronous_signals();
    sigset_t before;
    int error;

    (void)snprintf(thread->name, sizeof(thread->name), "%s", name);
    thread->fn = fn;
    thread->arg = arg;
    (void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
    error = pthread_create(&thread->handle, NULL, run_thread, thread);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

void rv_thread_join(rv_thread *thread)
{
    int error = pthread_join(thread->handle, NULL);

    RV_CHECK(error == 0, "a thread cannot join itself");
}

int rv_thread_id(void)
{
    return (int)gettid();
}

void rv_thread_set_slice(uint64_t span)
{
    struct scheduling attr = {.size = sizeof attr};

    if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) == 0 &&
        attr.policy == SCHED_OTHER) {
        attr.runtime = span;
        /* A wish: a kernel that refuses it schedules as always. */
        (void)syscall(SYS_sched_setattr, 0, &attr, 0);
    }
}

void rv_thread_yield(void)
{
    (void)sched_yield();
}
