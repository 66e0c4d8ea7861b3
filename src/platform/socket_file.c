#include "src/platform/socket_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int rv_socket_file_limit_mode(int fd, unsigned mode)
{
    return fchmod(fd, (mode_t)mode) == 0 ? 0 : -errno;
}

int rv_socket_file_set_mode(const char *path, unsigned mode)
{
    return chmod(path, (mode_t)mode) == 0 ? 0 : -errno;
}

int rv_socket_file_remove(const char *path)
{
    struct stat file;
    if (lstat(path, &file) != 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (!S_ISSOCK(file.st_mode)) {
        return -ENOTSOCK;
    }
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}
