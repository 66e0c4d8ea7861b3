/* The comparison as a table of plain text, and what its columns mean. */
#ifndef BENCHMARKS_COMPARE_DRIVER_TABLE_H
#define BENCHMARKS_COMPARE_DRIVER_TABLE_H

#include <stdio.h>

#include "benchmarks/compare/driver/campaign.h"

void table_write(FILE *out, const struct campaign *campaign);

#endif
