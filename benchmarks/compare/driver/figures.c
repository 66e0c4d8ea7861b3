#include "benchmarks/compare/driver/figures.h"

#include <stdlib.h>
#include <string.h>

static int compare_values(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void sort(const double *values, unsigned count, double *sorted)
{
    memcpy(sorted, values, count * sizeof values[0]);
    qsort(sorted, count, sizeof sorted[0], compare_values);
}

double figures_median(const double *values, unsigned count)
{
    double sorted[ROUNDS_MAX];
    if (count == 0) {
        return 0;
    }
    sort(values, count, sorted);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static void find_extremes(const double *values, unsigned count, double *low,
                          double *high)
{
    double sorted[ROUNDS_MAX];
    sort(values, count, sorted);
    *low = count > 0 ? sorted[0] : 0;
    *high = count > 0 ? sorted[count - 1] : 0;
}

void figures_compute(const struct cell *cell, struct figures *figures)
{
    unsigned n = cell->rounds;
    *figures = (struct figures){
        .requests_per_second = figures_median(cell->requests_per_second, n),
        .cpu_per_million = figures_median(cell->cpu_per_million, n),
        .generator_cpu = figures_median(cell->generator_cpu, n),
        .requests = figures_median(cell->requests, n),
        .p50_us = figures_median(cell->p50_us, n),
        .p99_us = figures_median(cell->p99_us, n),
        .p999_us = (double)histogram_quantile(&cell->plain, 0.999) / 1e3,
        .computing_p99_us =
            (double)histogram_quantile(&cell->computing, 0.99) / 1e3,
        .samples = cell->plain.total,
        .computing_samples = cell->computing.total,
    };
    find_extremes(cell->requests_per_second, n, &figures->requests_low,
                  &figures->requests_high);
    find_extremes(cell->p99_us, n, &figures->p99_low, &figures->p99_high);
}
