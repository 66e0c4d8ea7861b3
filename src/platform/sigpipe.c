#include "src/platform/sigpipe.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static sigset_t sigpipe_alone(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

sigset_t rv_sigpipe_hold(void)
{
    sigset_t set = sigpipe_alone();
    sigset_t before;

    (void)pthread_sigmask(SIG_BLOCK, &set, &before);
    return before;
}

void rv_sigpipe_drop(bool is_raised, const sigset_t *before)
{
    sigset_t set = sigpipe_alone();

    if (is_raised) {
        const struct timespec at_once = {0};

        while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR) {
        }
    }
    if (sigismember(before, SIGPIPE) == 0) {
        (void)pthread_sigmask(SIG_SETMASK, before, NULL);
    }
}
