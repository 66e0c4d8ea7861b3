#include "src/sched/report.h"

#include <stdio.h>

void rv_report_line(const rv_report *report, const char *line)
{
    if (report->send != NULL) {
        report->send(report->context, line);
    } else {
        fprintf(stderr, "%s\n", line);
    }
}
