/* compare_load: the load generator of the comparison, a process of its own
 * with one thread. Prints one line of JSON about its run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "benchmarks/compare/load/load.h"

static void print_histogram(const char *name, const struct histogram *histogram)
{
    const char *comma = "";
    printf(", \"%s\": [", name);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->counts[i] > 0) {
            printf("%s[%u, %" PRIu64 "]", comma, i, histogram->counts[i]);
            comma = ", ";
        }
    }
    printf("]");
}

static double micros(const struct histogram *histogram, double q)
{
    return (double)histogram_quantile(histogram, q) / 1e3;
}

static void print_result(const struct load_result *result)
{
    double rate =
        result->seconds > 0 ? (double)result->requests / result->seconds : 0;
    printf("{\"seconds\": %.6f, \"requests\": %" PRIu64
           ", \"requests_per_second\": %.1f, \"errors\": %" PRIu64
           ", \"misplaced\": %u, \"server_cpu_seconds\": %.6f, "
           "\"generator_cpu_seconds\": %.6f",
           result->seconds, result->requests, rate, result->errors,
           result->misplaced, result->server_cpu, result->generator_cpu);
    printf(", \"p50_us\": %.3f, \"p99_us\": %.3f, \"p999_us\": %.3f"
           ", \"max_us\": %.3f, \"computing_p99_us\": %.3f"
           ", \"lag_p99_us\": %.3f",
           micros(&result->plain, 0.5), micros(&result->plain, 0.99),
           micros(&result->plain, 0.999), micros(&result->plain, 1),
           micros(&result->computing, 0.99), micros(&result->lag, 0.99));
    print_histogram("histogram", &result->plain);
    print_histogram("computing_histogram", &result->computing);
    puts("}");
}

/* Each connection is a descriptor: take all this process may have. */
static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    static struct load_result result;
    struct load_options options;
    load_options_parse(&options, argc, argv);
    raise_limit();
    if (load_run(&options, &result) < 0) {
        return 1;
    }
    print_result(&result);
    return 0;
}
