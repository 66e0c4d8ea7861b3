#include "src/platform/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/base/assert.h"

#define NS_PER_SEC INT64_C(1000000000)

int rv_futex_wait(rv_atomic_u32 *word, uint32_t expected, int64_t deadline)
{
    /* The kernel refuses times before 0; they have passed as surely as 0. */
    int64_t until = deadline < 0 ? 0 : deadline;
    struct timespec limit = {.tv_sec = until / NS_PER_SEC,
                             .tv_nsec = until % NS_PER_SEC};
    long result;
    int error;

    /* WAIT_BITSET and not WAIT, because its timeout is absolute: a waiter that
     * was interrupted a thousand times is still not late. With a limit, even
     * one that never comes, because without one a handler with SA_RESTART does
     * not end the wait; and ThreadSanitizer runs handlers between waits. */
    result =
        syscall(SYS_futex, &word->raw, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
                expected, &limit, NULL, FUTEX_BITSET_MATCH_ANY);
    error = result == 0 ? 0 : errno;
    if (error == ETIMEDOUT) {
        return -ETIMEDOUT;
    }
    RV_CHECK(error == 0 || error == EAGAIN || error == EINTR,
             "the word to wait on is not in memory");
    return 0;
}

void rv_futex_wake(rv_atomic_u32 *word, int count)
{
    long result =
        syscall(SYS_futex, &word->raw, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count);

    RV_CHECK(result >= 0 || errno == EFAULT,
             "the word to wake on is not aligned");
}
