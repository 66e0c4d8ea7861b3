#include "src/io/adopt.h"

#include "src/platform/fd_io.h"
#include "src/sched/pollable.h"

int rv_adopt_file(int fd, uint32_t flags)
{
    if (fd < 0) {
        return fd;
    }
    rv_pollable *file;
    int error = rv_pollable_of(fd, &file);
    if (error != 0) {
        (void)rv_fd_close(fd);
        return error;
    }
    rv_pollable_adopt(file, RV_CALLS_FILE | flags);
    return fd;
}
