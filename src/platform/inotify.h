/* The kernel's reports of changes to files: an inotify instance, which is read
 * like a file. Results are -errno. Context: any thread.
 */
#ifndef SRC_PLATFORM_INOTIFY_H
#define SRC_PLATFORM_INOTIFY_H

#include <stdint.h>

/* An instance, non-blocking and close-on-exec; close it with rv_fd_close. */
int rv_inotify_open(void);

/* Watches a path; the number of the watch, positive. As inotify_add_watch(2).
 */
int rv_inotify_add(int fd, const char *path, uint32_t mask);

/* Ends a watch. 0, or -EINVAL when there is none of that number. */
int rv_inotify_remove(int fd, int watch);

#endif
