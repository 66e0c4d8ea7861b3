/* compare.json, in the layout of google-benchmark's reporter, so that its
 * tools read it. */
#ifndef BENCHMARKS_COMPARE_DRIVER_REPORT_JSON_H
#define BENCHMARKS_COMPARE_DRIVER_REPORT_JSON_H

#include <stdio.h>

#include "benchmarks/compare/driver/campaign.h"
#include "benchmarks/compare/driver/machine.h"

/* One entry for each cell, named DESIGN/SHAPE/SERVICE. An iteration is a
 * request of the closed loop: real_time is wall time, cpu_time the server's
 * CPU time for each, both medians. Every entry has every counter, except that
 * only the mixed shape has computing_p99_us and computing_samples. Quantiles
 * are written however few `samples` there are. The context has a "warning"
 * when the machine was busy. */
void report_json_write(FILE *out, const struct campaign *campaign,
                       const struct machine *machine);

#endif
