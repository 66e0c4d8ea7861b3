/* The plots of compare.html with their explanations. */
#ifndef BENCHMARKS_COMPARE_DRIVER_REPORT_PLOTS_H
#define BENCHMARKS_COMPARE_DRIVER_REPORT_PLOTS_H

#include <stdio.h>

#include "benchmarks/compare/driver/campaign.h"

/* Writes throughput and server CPU by shape, then the latencies of each shape.
 * 0, or the first -errno of plot_draw(), after which only words follow. */
int report_plots_write(FILE *out, const struct campaign *campaign);

#endif
