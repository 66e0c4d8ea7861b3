/* The comparison's answer: each design's figures as multiples of another's, as
 * a small table of plain text. */
#ifndef BENCHMARKS_COMPARE_DRIVER_RATIOS_H
#define BENCHMARKS_COMPARE_DRIVER_RATIOS_H

#include <stdio.h>

#include "benchmarks/compare/driver/campaign.h"

/* Requests/s and p99 relative to design single, or to the first design when
 * single was not run; then the p99 of stealing against sharded in the mixed
 * shape, when both were run. Writes nothing when there is one design only. */
void ratios_write(FILE *out, const struct campaign *campaign);

#endif
