/* Each connection is an open file, in the server and in the generator: whether
 * this process's children may have so many is known before anything starts. */
#ifndef BENCHMARKS_COMPARE_DRIVER_FILE_LIMIT_H
#define BENCHMARKS_COMPARE_DRIVER_FILE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "benchmarks/compare/driver/driver_options.h"

/* Files that either program has open at most. */
uint64_t file_limit_needed(const struct driver_options *options);

/* The most connections that so many files are enough for; 0: none. */
unsigned file_limit_connections(const struct driver_options *options,
                                uint64_t files);

/* True when the hard limit of open files, to which both programs raise their
 * own, is enough; else says on stderr what is missing and what helps. */
bool file_limit_check(const struct driver_options *options);

#endif
