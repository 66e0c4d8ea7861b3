#include "benchmarks/compare/driver/table.h"

#include "benchmarks/compare/driver/figures.h"

static void write_heading(FILE *out, const struct campaign *campaign)
{
    const struct driver_options *options = campaign->options;
    fprintf(out,
            "%s service, %u worker%s, %u connections, %g us of work in each "
            "request;\nmedians of %u round%s of %gs\n\n",
            options->service, options->workers,
            options->workers == 1 ? "" : "s", options->connections,
            options->work * 1e6, options->rounds,
            options->rounds == 1 ? "" : "s", options->duration);
    fprintf(out, "%-9s %-8s %10s %8s %8s %8s %9s %8s %5s\n", "", "", "", "p50",
            "p99", "p99.9", "computing", "server", "gen.");
    fprintf(out, "%-9s %-8s %10s %8s %8s %8s %9s %8s %5s %8s %8s %6s\n",
            "design", "shape", "requests/s", "us", "us", "us", "p99 us",
            "CPU s/M", "CPU", "steals", "parks", "errors");
}

static void write_optional(FILE *out, int width, bool is_known, double value)
{
    if (is_known) {
        fprintf(out, " %*.0f", width, value);
    } else {
        fprintf(out, " %*s", width, "-");
    }
}

static void write_row(FILE *out, const struct cell *cell)
{
    struct figures figures;
    figures_compute(cell, &figures);
    fprintf(out, "%-9s %-8s %10.0f %8.0f %8.0f", design_names[cell->design],
            shape_names[cell->shape], figures.requests_per_second,
            figures.p50_us, figures.p99_us);
    write_optional(out, 8, figures.samples > FIGURES_P999_SAMPLES,
                   figures.p999_us);
    write_optional(out, 9, figures.computing_samples > 0,
                   figures.computing_p99_us);
    fprintf(out, " %8.2f %4.0f%%", figures.cpu_per_million,
            figures.generator_cpu * 100);
    bool has_workers = cell->design != DESIGN_EPOLL;
    write_optional(out, 8, has_workers, cell->steals);
    write_optional(out, 8, has_workers, cell->parks);
    fprintf(out, " %6.0f\n", cell->errors);
}

static void write_legend(FILE *out, const struct campaign *campaign)
{
    fprintf(out,
            "\n"
            "requests/s     closed loop: one request in flight on a "
            "connection\n"
            "p50 p99 p99.9  open loop at %.0f requests/s in all (%s), from\n"
            "               the planned send time; of requests that do not "
            "compute\n"
            "p99.9          over all rounds; \"-\" unless there are over %d "
            "samples\n",
            campaign->rate,
            campaign->options->rate > 0 ? "--rate"
                                        : "a tenth of the slowest closed loop",
            FIGURES_P999_SAMPLES);
    fprintf(out,
            "computing      p99 of requests that compute for 5 ms, %g %% of "
            "each worker's time,\n"
            "               over all rounds; mixed only\n",
            campaign->options->compute);
    fputs("CPU s/M        the server's CPU seconds for a million requests of "
          "the closed loop,\n"
          "               with those that compute\n"
          "gen. CPU       of the load generator in the closed loop, 100% is "
          "one core; it runs\n"
          "               on the same cores as the server\n"
          "steals         times a worker took work from another; all runs "
          "together\n"
          "parks          times a worker found nothing to do and slept; all "
          "runs together\n"
          "errors         wrong or missing answers, lost connections; all "
          "runs together\n",
          out);
}

void table_write(FILE *out, const struct campaign *campaign)
{
    double misplaced = 0;
    write_heading(out, campaign);
    for (unsigned i = 0; i < campaign->count; i++) {
        const struct cell *cell = &campaign->cells[i];
        if (i > 0 && cell->shape != campaign->cells[i - 1].shape) {
            fputc('\n', out);
        }
        write_row(out, cell);
        misplaced += cell->misplaced;
    }
    write_legend(out, campaign);
    if (misplaced > 0) {
        fprintf(out,
                "\n%.0f connections ended on another loop than their shape "
                "wants.\n",
                misplaced);
    }
}
