/* Finds waits under a pthread mutex: a task that suspends, or may, while it
 * holds one. The owner of such a lock is a thread, on which other tasks run
 * meanwhile: who of them wants the lock blocks the thread that has to run its
 * owner.
 *
 * Linking //:rove_mutex_check is what asks for it. The linker then sends the
 * program's own calls of pthread_mutex_lock, trylock, timedlock and unlock here
 * (--wrap; those inside shared libraries go their way). What a task locks is
 * noted with the stack; and the loop's turn is made due at once, so that the
 * task's next wait, also one that would have completed without suspending,
 * passes through rv_worker_is_turn_due(), where a hook looks at the notes.
 * Programs that do not link it run the same instructions as without.
 *
 * The lines of a report: what, where it was locked, where it suspends. Each
 * pair of stacks is reported once.
 */
#ifndef SRC_INSPECT_MUTEX_CHECK_H
#define SRC_INSPECT_MUTEX_CHECK_H

#include <pthread.h>
#include <time.h>

/* Locks noted at once, frames of a stack, and different reports: what is more
 * than that is left out. */
#define RV_MUTEX_CHECK_LOCKS   256
#define RV_MUTEX_CHECK_FRAMES  16
#define RV_MUTEX_CHECK_REPORTS 64

/* Stand in the place of the pthread functions of these names. */
int rv_mutex_check_lock(pthread_mutex_t *mutex) __asm__(
    "__wrap_pthread_mutex_lock");
int rv_mutex_check_trylock(pthread_mutex_t *mutex) __asm__(
    "__wrap_pthread_mutex_trylock");
int rv_mutex_check_timedlock(
    pthread_mutex_t *mutex,
    const struct timespec *deadline) __asm__("__wrap_pthread_mutex_timedlock");
int rv_mutex_check_unlock(pthread_mutex_t *mutex) __asm__(
    "__wrap_pthread_mutex_unlock");

#endif
