#include "benchmarks/compare/driver/report_words.h"

const char *const report_words_head =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<title>rove: one loop against many</title>\n"
    "<style>\n"
    "body { font: 16px/1.5 sans-serif; max-width: 54em; margin: 2em auto;\n"
    "       padding: 0 1em; color: #222; background: #fff; }\n"
    "pre { font-size: 12px; overflow-x: auto; background: #f6f6f6;\n"
    "      padding: 1em; }\n"
    "figure { margin: 1em 0; overflow-x: auto; }\n"
    "dt { font-weight: bold; }\n"
    "</style>\n</head>\n<body>\n"
    "<h1>One loop against many</h1>\n"
    "<p>The same service is run by one event loop, by one loop for each\n"
    "worker, and by loops that steal from each other, under the same real\n"
    "load over real sockets. Every byte of every answer was checked.</p>\n";

const char *const report_words_throughput =
    "<h2>Throughput and its price</h2>\n"
    "<p>Closed loop: each connection sends its next request as soon as the\n"
    "last one is answered, so this is how much a design can do. The second\n"
    "plot is what the server's process paid for it.</p>\n";

const char *const report_words_latency =
    "<h2>Latency</h2>\n"
    "<p>Open loop: requests are sent at planned times whether or not earlier\n"
    "ones were answered, at the same low rate for every design, because the\n"
    "generator shares the machine with the server: while one worker computes,\n"
    "the other and the generator share what is left. The clock of each\n"
    "request starts at its planned time. So a server that stands still for "
    "five\n"
    "milliseconds is charged for every request that should have been served\n"
    "meanwhile. Half of all requests were faster than p50, 99 of 100 faster\n"
    "than p99. Mind the logarithmic scale.</p>\n";

const char *const report_words_shapes[SHAPES] = {
    "<p>Every connection carries the same load, and every loop has the same\n"
    "number of connections. The easy case: loops that share nothing do well\n"
    "here, and the question is what stealing costs when there is nothing\n"
    "to win.</p>\n",
    "<p>A tenth of the connections carries nine tenths of the load, and all\n"
    "of them happen to be on the sockets of one loop. Loops that share\n"
    "nothing have one busy and many idle workers; loops that steal spread\n"
    "the work.</p>\n",
    "<p>Some requests compute for five milliseconds, so many that computing\n"
    "fills a fixed part of each worker's time (--compute). Whoever shares a "
    "loop with\n"
    "such a request waits for it, unless another worker takes over the\n"
    "loop's sockets. The first two bars are of the other requests only.</p>\n",
};

const char *const report_words_designs =
    "<h2>Designs</h2>\n<dl>\n"
    "<dt>epoll</dt><dd>The baseline: one epoll loop written by hand, without\n"
    "rove. What the machine gives to a program that does nothing else.</dd>\n"
    "<dt>single</dt><dd>One loop of rove; each connection is a task on it.\n"
    "The difference from epoll is the price of writing straight-line\n"
    "code.</dd>\n"
    "<dt>offload</dt><dd>One loop that only reads and writes; each request is\n"
    "answered on a pool of as many threads as there are workers. The usual\n"
    "cure for requests that compute; every request pays for two thread\n"
    "changes.</dd>\n"
    "<dt>sharded</dt><dd>A loop for each worker, each with its own listener;\n"
    "a connection stays where it was accepted.</dd>\n"
    "<dt>stealing</dt><dd>The same loops, but a worker with nothing to do\n"
    "takes tasks, sockets and timers over from one that is behind.</dd>\n"
    "</dl>\n";
