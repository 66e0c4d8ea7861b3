/* One waiter at a time reads, in the order in which they came; the events that
 * one read brings are for those who follow as well. The descriptor stays open
 * until the watch is freed, so that nobody reads from a number that has become
 * another file's: closing is an event beside it.
 */
#include "rove/path_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>

#include "rove/io.h"
#include "rove/select.h"
#include "rove/sync.h"
#include "rove/task.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/io/adopt.h"
#include "src/platform/inotify.h"

/* Room for at least one event, which is all the kernel asks for. */
#define BUFFER_SIZE 4096

struct rove_path_watch {
    int fd;
    rove_event closed;
    rove_mutex turn;
    /* under the mutex: what was read and not taken */
    size_t at;
    size_t end;
    alignas(struct inotify_event) char buffer[BUFFER_SIZE];
};

int rove_path_watch_new(rove_path_watch **out)
{
    rove_path_watch *w = rv_mem_zalloc(sizeof *w);
    if (w == NULL) {
        return -ENOMEM;
    }
    w->fd = rv_adopt_file(rv_inotify_open(), 0);
    if (w->fd < 0) {
        int error = w->fd;
        rv_mem_free(w);
        return error;
    }
    *out = w;
    return 0;
}

void rove_path_watch_free(rove_path_watch *watch)
{
    if (watch != NULL) {
        (void)rove_close(watch->fd);
        rv_mem_free(watch);
    }
}

int rove_path_watch_add(rove_path_watch *watch, const char *path, uint32_t mask)
{
    return rv_inotify_add(watch->fd, path, mask);
}

int rove_path_watch_remove(rove_path_watch *watch, int id)
{
    return rv_inotify_remove(watch->fd, id);
}

void rove_path_watch_close(rove_path_watch *watch)
{
    rove_event_set(&watch->closed);
}

/* Holding the mutex. Nobody else reads, so the read does not wait. */
static int fill(rove_path_watch *w)
{
    rove_case cases[] = {rove_on_event(&w->closed), rove_on_fd(w->fd, POLLIN)};
    int chosen = rove_select(cases, 2, ROVE_FIRST_LISTED);
    if (chosen <= 0) {
        return chosen < 0 ? chosen : -EPIPE;
    }
    ssize_t count = rove_read(w->fd, w->buffer, sizeof w->buffer);
    if (count < 0) {
        return (int)count;
    }
    w->at = 0;
    w->end = (size_t)count;
    return 0;
}

/* Holding the mutex. */
static void take(rove_path_watch *w, rove_path_event *event)
{
    const struct inotify_event *found = (const void *)&w->buffer[w->at];
    event->id = found->wd;
    event->mask = found->mask;
    event->cookie = found->cookie;
    event->name[0] = '\0';
    if (found->len > 0) {
        strncpy(event->name, found->name, sizeof event->name - 1);
        event->name[sizeof event->name - 1] = '\0';
    }
    w->at += sizeof *found + found->len;
}

int rove_path_watch_next(rove_path_watch *watch, rove_path_event *event)
{
    RV_CHECK(rove_self() != NULL, "needs a task");
    int error = rove_mutex_lock(&watch->turn);
    if (error != 0) {
        return error;
    }
    if (rove_event_is_set(&watch->closed)) {
        error = -EPIPE;
    } else if (watch->at == watch->end) {
        error = fill(watch);
    }
    if (error == 0) {
        take(watch, event);
    }
    rove_mutex_unlock(&watch->turn);
    return error;
}
