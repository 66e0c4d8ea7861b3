/* The computing that a REQUEST_COMPUTE asks for. */
#ifndef BENCHMARKS_COMPARE_SERVICE_WORK_H
#define BENCHMARKS_COMPARE_SERVICE_WORK_H

#include <stdint.h>

#define WORK_NS INT64_C(5000000)

/* Computes until the calling thread has used ns of CPU time. Never waits. */
void work_burn(int64_t ns);

#endif
