/* Watching files and directories for changes: inotify(7), for tasks. (The
 * channel that keeps the latest value is rove_watch, in rove/channel.h.)
 *
 *     rove_path_watch *watch;
 *     int error = rove_path_watch_new(&watch);
 *     int id = rove_path_watch_add(watch, "/etc/app", IN_CLOSE_WRITE);
 *     rove_path_event event;
 *     while (rove_path_watch_next(watch, &event) == 0) {
 *         … event.id, event.mask, event.name …
 *     }
 *
 * What changes and how is said by the IN_… masks of <sys/inotify.h>, whose
 * meanings and limits are the kernel's: a directory is watched without what is
 * below its entries, and not across a network.
 */
#ifndef ROVE_PATH_WATCH_H
#define ROVE_PATH_WATCH_H

#include <sys/inotify.h>

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_path_watch rove_path_watch;

#define ROVE_PATH_NAME_SIZE 256

typedef struct rove_path_event {
    int id;          /* of the watch; -1: IN_Q_OVERFLOW */
    uint32_t mask;   /* IN_…. IN_Q_OVERFLOW: events were lost, look at all.
                        IN_IGNORED: the watch is over */
    uint32_t cookie; /* the same for the two halves of a move; else 0 */
    char name[ROVE_PATH_NAME_SIZE]; /* the entry of a watched directory, else
                                       empty */
} rove_path_event;

/* 0 and *out, or -EMFILE, -ENFILE or -ENOMEM.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_path_watch_new(rove_path_watch **out);

/* Gives it back. Nobody waits any more. NULL is ignored.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS void rove_path_watch_free(rove_path_watch *watch);

/* Watches a path for the changes of a mask (IN_…, flags too); a path that is
 * watched already has its mask changed. The id of the watch, positive; or
 * -errno, such as -ENOENT, -EACCES, or -ENOSPC (too many watches).
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int
rove_path_watch_add(rove_path_watch *watch, const char *path, uint32_t mask);

/* Ends the watch of that id; an IN_IGNORED follows. 0, or -EINVAL when there is
 * none. Context  any thread; never suspends */
ROVE_API int rove_path_watch_remove(rove_path_watch *watch, int id);

/* Waits for the next event and takes it: 0; -EPIPE when it is closed;
 * -ECANCELED, and nothing was taken. Of several waiters each gets events of its
 * own, in the order in which they came.
 * Context  a task; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_path_watch_next(rove_path_watch *watch, rove_path_event *event);

/* Whoever waits, now or later, gets -EPIPE. Closing twice is harmless.
 * Context  any thread; never suspends */
ROVE_API void rove_path_watch_close(rove_path_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
