#include "benchmarks/compare/driver/ratios.h"

#include "benchmarks/compare/driver/figures.h"

enum ratio { RATIO_REQUESTS, RATIO_P99 };

static enum design choose_base(const struct driver_options *options)
{
    int design = DESIGN_SINGLE;
    if (!options->designs[design]) {
        for (design = 0; !options->designs[design];) {
            design++;
        }
    }
    return (enum design)design;
}

static unsigned count_designs(const struct driver_options *options)
{
    unsigned count = 0;
    for (int design = 0; design < DESIGNS; design++) {
        count += options->designs[design];
    }
    return count;
}

static double read_figure(const struct cell *cell, enum ratio ratio)
{
    struct figures figures;
    figures_compute(cell, &figures);
    return ratio == RATIO_REQUESTS ? figures.requests_per_second
                                   : figures.p99_us;
}

static void write_ratio(FILE *out, int width, double value, double base)
{
    double ratio = base > 0 ? value / base : 0;
    if (ratio <= 0) {
        fprintf(out, " %*s", width, "-");
    } else {
        fprintf(out, " %*.*fx", width - 1, ratio < 10 ? 2 : 0, ratio);
    }
}

static void write_heading(FILE *out, const struct driver_options *options,
                          enum design base)
{
    int shapes = 0;
    for (int shape = 0; shape < SHAPES; shape++) {
        shapes += options->shapes[shape];
    }
    fprintf(out,
            "relative to %s (requests/s: more is better; p99: less is "
            "better)\n\n%-9s",
            design_names[base], "");
    fprintf(out, " %*s  %*s\n%-9s", 9 * shapes - 1, "requests/s", 9 * shapes,
            "p99", "design");
    for (int pass = 0; pass < 2; pass++) {
        for (int shape = 0; shape < SHAPES; shape++) {
            if (options->shapes[shape]) {
                fprintf(out, " %8s", shape_names[shape]);
            }
        }
        fputs(pass == 0 ? "  " : "\n", out);
    }
}

static void write_group(FILE *out, const struct campaign *campaign,
                        enum design design, enum design base, enum ratio ratio)
{
    for (int i = 0; i < SHAPES; i++) {
        enum shape shape = (enum shape)i;
        const struct cell *cell = campaign_find(campaign, shape, design);
        const struct cell *other = campaign_find(campaign, shape, base);
        if (cell != NULL && other != NULL) {
            write_ratio(out, 8, read_figure(cell, ratio),
                        read_figure(other, ratio));
        }
    }
}

/* What stealing is for. */
static void write_stealing(FILE *out, const struct campaign *campaign)
{
    const struct cell *stealing =
        campaign_find(campaign, SHAPE_MIXED, DESIGN_STEALING);
    const struct cell *sharded =
        campaign_find(campaign, SHAPE_MIXED, DESIGN_SHARDED);
    if (stealing == NULL || sharded == NULL) {
        return;
    }
    double ours = read_figure(stealing, RATIO_P99);
    double theirs = read_figure(sharded, RATIO_P99);
    fputs("\nstealing against sharded, mixed: p99", out);
    write_ratio(out, 1, ours, theirs);
    fprintf(out, " (%.0f us against %.0f us)\n", ours, theirs);
}

void ratios_write(FILE *out, const struct campaign *campaign)
{
    const struct driver_options *options = campaign->options;
    if (count_designs(options) < 2) {
        return;
    }
    enum design base = choose_base(options);
    write_heading(out, options, base);
    for (int i = 0; i < DESIGNS; i++) {
        if (options->designs[i] && i != (int)base) {
            fprintf(out, "%-9s", design_names[i]);
            write_group(out, campaign, (enum design)i, base, RATIO_REQUESTS);
            fputs("  ", out);
            write_group(out, campaign, (enum design)i, base, RATIO_P99);
            fputc('\n', out);
        }
    }
    write_stealing(out, campaign);
}
