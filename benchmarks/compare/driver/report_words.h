/* The words of compare.html, in HTML. */
#ifndef BENCHMARKS_COMPARE_DRIVER_REPORT_WORDS_H
#define BENCHMARKS_COMPARE_DRIVER_REPORT_WORDS_H

#include "benchmarks/compare/driver/driver_options.h"

extern const char *const report_words_head; /* up to the first heading */
extern const char *const report_words_throughput;
extern const char *const report_words_latency;
extern const char *const report_words_shapes[SHAPES];
extern const char *const report_words_designs;

#endif
