#include "benchmarks/compare/driver/locate.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM "rove/benchmarks/compare"

static bool is_there(const char *path, int size, size_t room)
{
    return size > 0 && (size_t)size < room && access(path, X_OK) == 0;
}

/* Cuts the last part off a path. */
static bool read_own_directory(char *path, size_t room)
{
    ssize_t size = readlink("/proc/self/exe", path, room - 1);
    if (size <= 0) {
        return false;
    }
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    return true;
}

int locate_program(const char *argv0, const char *path, char *found,
                   size_t room)
{
    char own[PATH_MAX];
    const char *runfiles = getenv("RUNFILES_DIR");
    int size = 0;
    if (runfiles != NULL) {
        size = snprintf(found, room, "%s/" ROOM "/%s", runfiles, path);
        if (is_there(found, size, room)) {
            return 0;
        }
    }
    size = snprintf(found, room, "%s.runfiles/" ROOM "/%s", argv0, path);
    if (is_there(found, size, room)) {
        return 0;
    }
    if (read_own_directory(own, sizeof own)) {
        size = snprintf(found, room, "%s/%s", own, path);
        if (is_there(found, size, room)) {
            return 0;
        }
    }
    return -ENOENT;
}

void locate_for_user(const char *path, char *found, size_t room)
{
    const char *caller = getenv("BUILD_WORKING_DIRECTORY");
    if (path[0] == '/' || caller == NULL) {
        snprintf(found, room, "%s", path);
    } else {
        snprintf(found, room, "%s/%s", caller, path);
    }
}

int locate_make_directory(const char *path)
{
    char part[PATH_MAX];
    int size = snprintf(part, sizeof part, "%s", path);
    if (size <= 0 || (size_t)size >= sizeof part) {
        return -ENAMETOOLONG;
    }
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        bool is_last = *at == '\0';
        *at = '\0';
        if (mkdir(part, 0777) < 0 && errno != EEXIST) {
            return -errno;
        }
        if (is_last) {
            break;
        }
        *at = '/';
    }
    struct stat found;
    if (stat(path, &found) < 0) {
        return -errno;
    }
    if (!S_ISDIR(found.st_mode)) {
        return -ENOTDIR;
    }
    return access(path, W_OK | X_OK) < 0 ? -errno : 0;
}
