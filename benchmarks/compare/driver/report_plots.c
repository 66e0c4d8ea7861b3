#include "benchmarks/compare/driver/report_plots.h"

#include <stdlib.h>

#include "benchmarks/compare/driver/figures.h"
#include "benchmarks/compare/driver/plot.h"
#include "benchmarks/compare/driver/report_words.h"

enum figure { FIGURE_REQUESTS, FIGURE_CPU };

/* Groups are the shapes, bars the designs. */
static void fill_by_shape(struct plot *plot, const struct campaign *campaign,
                          enum figure figure)
{
    const struct driver_options *options = campaign->options;
    for (int shape = 0; shape < SHAPES; shape++) {
        unsigned bar = 0;
        if (!options->shapes[shape]) {
            continue;
        }
        for (int design = 0; design < DESIGNS; design++) {
            const struct cell *cell =
                campaign_find(campaign, (enum shape)shape, (enum design)design);
            if (cell == NULL) {
                continue;
            }
            struct figures figures;
            figures_compute(cell, &figures);
            plot->bar_names[bar] = design_names[design];
            plot->values[plot->groups][bar++] =
                figure == FIGURE_REQUESTS ? figures.requests_per_second
                                          : figures.cpu_per_million;
        }
        plot->bars = bar;
        plot->group_names[plot->groups++] = shape_names[shape];
    }
}

/* Groups are the designs, bars the quantiles. */
static void fill_latency(struct plot *plot, const struct campaign *campaign,
                         int shape)
{
    plot->bars = 2;
    plot->bar_names[0] = "p50";
    plot->bar_names[1] = "p99";
    if (shape == SHAPE_MIXED) {
        plot->bars = 3;
        plot->bar_names[2] = "p99, computing";
    }
    for (int design = 0; design < DESIGNS; design++) {
        const struct cell *cell =
            campaign_find(campaign, (enum shape)shape, (enum design)design);
        if (cell == NULL) {
            continue;
        }
        struct figures figures;
        figures_compute(cell, &figures);
        double *values = plot->values[plot->groups];
        values[0] = figures.p50_us;
        values[1] = figures.p99_us;
        values[2] = figures.computing_p99_us;
        plot->group_names[plot->groups++] = design_names[design];
    }
}

/* Draws unless an earlier plot has failed. */
static void write_plot(FILE *out, const struct plot *plot, int *status)
{
    char *svg;
    if (*status == 0) {
        *status = plot_draw(plot, &svg);
        if (*status == 0) {
            fprintf(out, "<figure>\n%s</figure>\n", svg);
            free(svg);
        }
    }
}

static void write_latency(FILE *out, const struct campaign *campaign, int shape,
                          int *status)
{
    char id[32];
    char title[64];
    snprintf(id, sizeof id, "latency_%s", shape_names[shape]);
    snprintf(title, sizeof title, "Latency, %s", shape_names[shape]);
    struct plot plot = {
        .id = id,
        .title = title,
        .unit = "microseconds (log)",
        .is_log = 1,
    };
    fill_latency(&plot, campaign, shape);
    fprintf(out, "<h2>Shape: %s</h2>\n%s", shape_names[shape],
            report_words_shapes[shape]);
    write_plot(out, &plot, status);
}

int report_plots_write(FILE *out, const struct campaign *campaign)
{
    int status = 0;
    struct plot throughput = {
        .id = "throughput",
        .title = "Throughput, closed loop (more is better)",
        .unit = "requests per second",
    };
    struct plot cpu = {
        .id = "cpu",
        .title = "CPU time of the server (less is better)",
        .unit = "seconds per million requests",
    };
    fill_by_shape(&throughput, campaign, FIGURE_REQUESTS);
    fill_by_shape(&cpu, campaign, FIGURE_CPU);
    fputs(report_words_throughput, out);
    write_plot(out, &throughput, &status);
    write_plot(out, &cpu, &status);
    fputs(report_words_latency, out);
    for (int shape = 0; shape < SHAPES; shape++) {
        if (campaign->options->shapes[shape]) {
            write_latency(out, campaign, shape, &status);
        }
    }
    return status;
}
