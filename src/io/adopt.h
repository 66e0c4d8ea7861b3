/* Descriptors that are no sockets, and rove's own: pipes, and what the kernel
 * hands out as a file to wait for.
 */
#ifndef SRC_IO_ADOPT_H
#define SRC_IO_ADOPT_H

#include <stdint.h>

/* Makes a nonblocking descriptor that nobody else knows yet a managed one, with
 * RV_CALLS_FILE. flags: 0 or RV_CALLS_STREAM. The descriptor, or -EMFILE or
 * -ENOMEM: it is closed then. A negative one is returned as it is. */
int rv_adopt_file(int fd, uint32_t flags);

#endif
