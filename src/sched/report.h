/* Where lines about the runtime go: to the sink of its options, else to stderr.
 */
#ifndef SRC_SCHED_REPORT_H
#define SRC_SCHED_REPORT_H

#include "rove/runtime.h"

typedef struct rv_report {
    rove_report_fn *send; /* NULL: stderr */
    void *context;
} rv_report;

/* One line, without its end. Any thread. */
void rv_report_line(const rv_report *report, const char *line);

#endif
