/* What the comparison asks of a service, in either protocol. */
#ifndef BENCHMARKS_COMPARE_SERVICE_REQUEST_H
#define BENCHMARKS_COMPARE_SERVICE_REQUEST_H

enum request_kind {
    REQUEST_PLAIN = 1,   /* answer at once: an echo, a hello */
    REQUEST_COMPUTE = 2, /* compute for WORK_NS, then answer */
    REQUEST_WHERE = 3,   /* answer the loop that serves this connection */
};

#endif
