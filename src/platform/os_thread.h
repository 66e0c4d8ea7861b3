/* Threads of the operating system: a worker, a thread of the offload pool, the
 * monitor. A stopped start leaves nothing behind.
 *
 * Threads started here take no asynchronous signals: those are for the
 * program's own threads, whose handlers expect the program's own stacks. So
 * SIGPIPE cannot kill them either.
 */
#ifndef SRC_PLATFORM_OS_THREAD_H
#define SRC_PLATFORM_OS_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* What the kernel keeps of a thread's name, with the zero at the end. */
#define RV_THREAD_NAME_SIZE 16

typedef struct rv_thread {
    pthread_t handle;
    void (*fn)(void *);
    void *arg;
    char name[RV_THREAD_NAME_SIZE];
} rv_thread;

/* Starts a thread that runs fn(arg), named `name` (cut to 15 bytes), with all
 * signals blocked but SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP and
 * SIGSYS. What the caller wrote before is visible to it. `*thread` stays where
 * it is until rv_thread_join.
 *
 * Returns 0, or -EAGAIN or -ENOMEM when the system has no room for another
 * thread; then nothing has been started and there is nothing to join. */
int rv_thread_start(rv_thread *thread, const char *name, void (*fn)(void *),
                    void *arg);

/* Waits until the thread's function has returned. Exactly once per started
 * thread, and not by that thread. What the thread wrote is visible after. */
void rv_thread_join(rv_thread *thread);

/* The kernel's number of the calling thread; positive. */
int rv_thread_id(void);

/* Asks the kernel to give the calling thread short time slices (ns, from
 * 100 us): where threads share a CPU it waits less for the others, and they
 * for it; its share stays the same. Kept as they are: the niceness, and a
 * policy other than SCHED_OTHER. Without effect before Linux 6.12. */
void rv_thread_set_slice(uint64_t span);

/* Lets another thread that is ready run on this CPU first. */
void rv_thread_yield(void);

#endif
