/* Where the programs are that the driver starts: in Bazel's runfiles, or in
 * the build's output beside the driver's own. */
#ifndef BENCHMARKS_COMPARE_DRIVER_LOCATE_H
#define BENCHMARKS_COMPARE_DRIVER_LOCATE_H

#include <stddef.h>

/* Finds a program by its path from the directory of benchmarks/compare, as
 * "server/compare_server". 0, or -ENOENT. */
int locate_program(const char *argv0, const char *path, char *found,
                   size_t room);

/* A path the user gave, seen from where they called `bazel run`. */
void locate_for_user(const char *path, char *found, size_t room);

/* Makes a directory with its parents, and sees that files can be made in it.
 * 0 or -errno. */
int locate_make_directory(const char *path);

#endif
