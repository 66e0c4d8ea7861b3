#include "src/io/race.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "rove/io.h"
#include "rove/select.h"

#include "src/base/bits.h"
#include "src/base/clock.h"
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "src/sched/current.h"
#include "src/sched/scope.h"

#define STAGGER (250 * ROVE_MS)

typedef struct race {
    const rove_address *order[RV_RACE_MAX];
    size_t count;
    size_t next;    /* in order: the address to try next */
    rove_time due;  /* when it is its turn */
    size_t running; /* attempts under way */
    int fds[RV_RACE_MAX];
    const rove_address *to[RV_RACE_MAX]; /* where each fd goes */
    int error;                           /* what to tell when all have failed */
} race;

/* The place of the next address of the family, or of another one; count when
 * none is left. */
static size_t find(const rove_address list[], size_t count, size_t from,
                   int family, bool is_other)
{
    while (from < count &&
           (list[from].as.any.sa_family != family) != is_other) {
        from++;
    }
    return from;
}

void rv_race_order(const rove_address list[], size_t count,
                   const rove_address *order[])
{
    int family = list[0].as.any.sa_family;
    size_t from[2] = {0, 0}; /* of the family, of others */

    for (size_t i = 0; i < count; i++) {
        bool is_other = i % 2 != 0;
        size_t at = find(list, count, from[is_other], family, is_other);
        if (at == count) {
            is_other = !is_other;
            at = find(list, count, from[is_other], family, is_other);
        }
        order[i] = &list[at];
        from[is_other] = at + 1;
    }
}

/* An error that only says that there is no way to one address. */
static bool is_of_route(int error)
{
    switch (error) {
    case -ENETUNREACH:
    case -EHOSTUNREACH:
    case -ENETDOWN:
    case -EADDRNOTAVAIL:
    case -EAFNOSUPPORT:
        return true;
    default:
        return false;
    }
}

/* An attempt has failed: the next one need not wait. */
static void note_failure(race *r, int error)
{
    if (r->error == 0 || (is_of_route(r->error) && !is_of_route(error))) {
        r->error = error;
    }
    r->due = INT64_MIN;
}

/* What became of an attempt: its fd, taken out of the race, when it stands; -1
 * when it goes on or has failed. */
static int judge(race *r, size_t i, int result)
{
    int fd = r->fds[i];

    if (result == -EINPROGRESS || result == -EALREADY) {
        return -1;
    }
    r->running--;
    r->fds[i] = r->fds[r->running];
    r->to[i] = r->to[r->running];
    if (result == 0 || result == -EISCONN) {
        return fd;
    }
    note_failure(r, result);
    (void)rove_close(fd);
    return -1;
}

static int ask(const race *r, size_t i)
{
    return rv_fd_connect(r->fds[i], &r->to[i]->as.any, r->to[i]->length);
}

static int start_next(race *r)
{
    const rove_address *to = r->order[r->next++];
    int fd = rove_socket(to->as.any.sa_family, SOCK_STREAM, 0);

    if (fd < 0) {
        note_failure(r, fd);
        return -1;
    }
    size_t i = r->running++;
    r->fds[i] = fd;
    r->to[i] = to;
    r->due = rv_time_add(rv_clock_now(), STAGGER);
    return judge(r, i, ask(r, i));
}

/* When nothing happens: the next attempt's turn, if there is one. */
static rove_time time_of_next(const race *r)
{
    return r->next < r->count ? r->due : ROVE_FOREVER;
}

/* As await_any(). */
static int await_as_task(const race *r)
{
    rove_case cases[RV_RACE_MAX + 1];

    for (size_t i = 0; i < r->running; i++) {
        cases[i] = rove_on_fd(r->fds[i], POLLOUT);
    }
    cases[r->running] = rove_on_time(time_of_next(r));
    return rove_select(cases, r->running + 1, 0);
}

static int64_t time_left(const race *r)
{
    rove_time until = time_of_next(r);
    rove_time deadline = rv_scope_nearest(NULL);

    until = until < deadline ? until : deadline;
    if (until == ROVE_FOREVER) {
        return -1;
    }
    rove_time left = rv_time_sub(until, rv_clock_now());
    return left > 0 ? left : 0;
}

/* The doorbell, rung by who ends a scope, is shown to the scopes. */
static int poll_with_bell(const race *r, int doorbell)
{
    struct pollfd fds[RV_RACE_MAX + 1];

    if (rv_scope_thread_cause(true) != 0) {
        return -ECANCELED;
    }
    for (size_t i = 0; i < r->running; i++) {
        fds[i] = (struct pollfd){.fd = r->fds[i], .events = POLLOUT};
    }
    fds[r->running] = (struct pollfd){.fd = doorbell, .events = POLLIN};
    int result = rv_fd_poll(fds, (unsigned)r->running + 1, time_left(r));
    if (result < 0) {
        return result;
    }
    for (size_t i = 0; i < r->running; i++) {
        if (fds[i].revents != 0) {
            return (int)i;
        }
    }
    return rv_scope_thread_cause(true) != 0 ? -ECANCELED : (int)r->running;
}

/* As await_any(). */
static int await_as_thread(const race *r)
{
    int doorbell = rv_event_fd_open();

    if (doorbell < 0) {
        return doorbell;
    }
    rv_scope_thread_show_bell(doorbell);
    int result = poll_with_bell(r, doorbell);
    rv_scope_thread_show_bell(-1);
    (void)rv_fd_close(doorbell);
    return result;
}

/* Waits for news: the index of an attempt to ask about; `running` when it may
 * be the next attempt's turn; or -errno. */
static int await_any(const race *r)
{
    return rv_current_worker() != NULL ? await_as_task(r) : await_as_thread(r);
}

/* The winner; -1 when all have failed; or why the race was given up. */
static int run(race *r, int *reason)
{
    int fd = -1;

    while (fd < 0 && (r->running > 0 || r->next < r->count)) {
        if (r->next < r->count &&
            (r->running == 0 || rv_clock_now() >= r->due)) {
            fd = start_next(r);
            continue;
        }
        int i = await_any(r);
        if (i < 0) {
            *reason = i;
            return -1;
        }
        if ((size_t)i < r->running) {
            fd = judge(r, (size_t)i, ask(r, (size_t)i));
        }
    }
    *reason = r->error;
    return fd;
}

int rv_race_connect(const rove_address list[], size_t count)
{
    race r = {.count = count < RV_RACE_MAX ? count : RV_RACE_MAX};
    int reason = 0;

    rv_race_order(list, r.count, r.order);
    int fd = run(&r, &reason);
    while (r.running > 0) {
        (void)rove_close(r.fds[--r.running]);
    }
    return fd >= 0 ? fd : reason;
}
