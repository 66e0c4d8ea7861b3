#include "src/platform/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool rv_small_file_read(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got;

    if (fd < 0) {
        return false;
    }
    do {
        got = read(fd, text + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    (void)close(fd);
    text[length] = '\0';
    return got == 0;
}
