/* One attempt to read, for those who wait in a way of their own. */
#ifndef SRC_IO_READ_H
#define SRC_IO_READ_H

#include <stddef.h>
#include <sys/types.h>

#include "src/io/call.h"

/* As rove_read() of size >= 1 bytes, but -EAGAIN when it must wait. In a call
 * on the reading side. */
ssize_t rv_read_try(rv_io_call *call, void *buffer, size_t size);

#endif
