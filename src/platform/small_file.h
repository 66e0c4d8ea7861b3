/* Files of the kernel that are read whole, as text: /proc, /sys.
 */
#ifndef SRC_PLATFORM_SMALL_FILE_H
#define SRC_PLATFORM_SMALL_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the file at `path` into `text` and ends it with a zero byte; of a file
 * that is too long, what has room in `size` bytes. False if it cannot be read;
 * `text` is then undefined. */
bool rv_small_file_read(const char *path, char *text, size_t size);

#endif
