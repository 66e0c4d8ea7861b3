#include "benchmarks/compare/driver/table.h"

#include "benchmarks/compare/driver/figures.h"

static void write_heading(FILE *out, const struct campaign *campaign)
{
    const struct driver_options *options = campaign->options;
    fprintf(out,
            "%s service, %u worker%s, %u connections, %u x %gs a figure\n"
            "requests/s and CPU: closed loop, one request in flight on a "
            "connection, medians\n"
            "latencies: open loop at %.0f requests/s, from the planned send "
            "time, without the\n"
            "requests that compute; p50 and p99 medians, p99.9 over all "
            "rounds\n\n",
            options->service, options->workers,
            options->workers == 1 ? "" : "s", options->connections,
            options->rounds, options->duration, campaign->rate);
    fprintf(out, "%-9s %-8s %10s %8s %8s %8s %9s %9s %6s %8s %8s %6s\n", "", "",
            "", "p50", "p99", "p99.9", "computing", "server", "gen.", "", "",
            "");
    fprintf(out, "%-9s %-8s %10s %8s %8s %8s %9s %9s %6s %8s %8s %6s\n",
            "design", "shape", "requests/s", "us", "us", "us", "p99 us",
            "CPU s/M", "CPU", "steals", "parks", "errors");
}

static void write_optional(FILE *out, int width, double value)
{
    if (value < 0) {
        fprintf(out, " %*s", width, "-");
    } else {
        fprintf(out, " %*.0f", width, value);
    }
}

static void write_row(FILE *out, const struct cell *cell)
{
    struct figures figures;
    figures_compute(cell, &figures);
    fprintf(out, "%-9s %-8s %10.0f %8.0f %8.0f", design_names[cell->design],
            shape_names[cell->shape], figures.requests_per_second,
            figures.p50_us, figures.p99_us);
    write_optional(out, 8, figures.p999_us);
    write_optional(out, 9, figures.computing_p99_us);
    fprintf(out, " %9.2f %5.0f%%", figures.cpu_per_million,
            figures.generator_cpu * 100);
    bool has_workers = cell->design != DESIGN_EPOLL;
    write_optional(out, 8, has_workers ? cell->steals : -1);
    write_optional(out, 8, has_workers ? cell->parks : -1);
    fprintf(out, " %6.0f\n", cell->errors);
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
    if (misplaced > 0) {
        fprintf(out,
                "\n%.0f connections ended on another loop than their shape "
                "wants.\n",
                misplaced);
    }
}
