/* The report of a stack overflow, for runtimes that asked for it.
 */
#ifndef SRC_API_CRASH_REPORT_H
#define SRC_API_CRASH_REPORT_H

/* Installs the handler for one more runtime; 0 or -errno. */
int rv_crash_report_begin(void);
void rv_crash_report_end(void);

#endif
