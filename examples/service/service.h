/* What the services of examples/ have in common: they listen, say so, and drain
 * when they are told to end.
 */
#ifndef EXAMPLES_SERVICE_SERVICE_H
#define EXAMPLES_SERVICE_SERVICE_H

#include "rove/rove.h"

/* Takes all the descriptors this process may have: each connection is one. */
void service_raise_limit(void);

/* Runs a server at `where` until SIGTERM or SIGINT comes, and then drains it
 * for drain_time at most; another signal ends the drain at once. It listens to
 * them before it says that it is there, and ignores them afterwards, when the
 * process is to end. A Unix socket's file that nobody listens on is replaced.
 * Returns what rove_server_run() does, or why it cannot listen. In a task. */
int64_t service_run(rove_server *server, const char *where,
                    rove_time drain_time);

/* The exit code of a service whose end was `result`; says on stderr what went
 * wrong. Who did not end in time was cancelled: that is no failure. */
int service_exit(const char *name, const char *where, int64_t result);

#endif
