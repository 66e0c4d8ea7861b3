/* compare.html: the figures with plots and what they mean, in one page that
 * needs nothing else. */
#ifndef BENCHMARKS_COMPARE_DRIVER_REPORT_HTML_H
#define BENCHMARKS_COMPARE_DRIVER_REPORT_HTML_H

#include <stdio.h>

#include "benchmarks/compare/driver/campaign.h"
#include "benchmarks/compare/driver/machine.h"

/* 0; or the -errno of the plots (see plot.h), which are then left out. */
int report_html_write(FILE *out, const struct campaign *campaign,
                      const struct machine *machine);

#endif
