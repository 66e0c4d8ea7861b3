#include "benchmarks/compare/driver/campaign.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_cells(struct campaign *campaign)
{
    const struct driver_options *options = campaign->options;
    campaign->cells =
        calloc((size_t)DESIGNS * SHAPES, sizeof campaign->cells[0]);
    if (campaign->cells == NULL) {
        return -ENOMEM;
    }
    for (int shape = 0; shape < SHAPES; shape++) {
        for (int design = 0; design < DESIGNS; design++) {
            if (options->shapes[shape] && options->designs[design]) {
                struct cell *cell = &campaign->cells[campaign->count++];
                cell->design = (enum design)design;
                cell->shape = (enum shape)shape;
            }
        }
    }
    return 0;
}

static void show_progress(const struct campaign *campaign,
                          const struct cell *cell, unsigned round, bool open,
                          double requests_per_second)
{
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[Kround %u of %u, %s loop: %s/%s %.0f/s",
                round + 1, campaign->options->rounds, open ? "open" : "closed",
                design_names[cell->design], shape_names[cell->shape],
                requests_per_second);
    }
}

static void end_progress(const struct campaign *campaign, unsigned round,
                         bool open)
{
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K");
    } else {
        fprintf(stderr, "compare: round %u of %u, %s loop done\n", round + 1,
                campaign->options->rounds, open ? "open" : "closed");
    }
}

static void note(struct cell *cell, unsigned round, bool open,
                 const struct measurement *result)
{
    if (open) {
        cell->p50_us[round] = result->p50_us;
        cell->p99_us[round] = result->p99_us;
    } else {
        double requests = result->requests > 0 ? result->requests : 1;
        double seconds = result->seconds > 0 ? result->seconds : 1;
        /* Below 0 when every connection was lost before the window's end. */
        double server = fmax(result->server_cpu, 0);
        double generator = fmax(result->generator_cpu, 0);
        cell->requests[round] = result->requests;
        cell->requests_per_second[round] = result->requests_per_second;
        cell->cpu_per_million[round] = server / requests * 1e6;
        cell->generator_cpu[round] = generator / seconds;
    }
    cell->rounds = round + 1;
    cell->errors += result->errors;
    cell->misplaced += result->misplaced;
    cell->steals += result->steals;
    cell->parks += result->parks;
}

static int run_cell(struct campaign *campaign, struct cell *cell,
                    unsigned round, bool open)
{
    struct measurement result;
    struct measure_run run = {
        .design = cell->design,
        .shape = cell->shape,
        .rate = open ? campaign->rate : 0,
        .seed = round + 1,
    };
    struct histogram *unused = open ? NULL : calloc(2, sizeof *unused);
    if (!open && unused == NULL) {
        return -ENOMEM;
    }
    int status = measure(campaign->options, campaign->programs, &run, &result,
                         open ? &cell->plain : &unused[0],
                         open ? &cell->computing : &unused[1]);
    free(unused);
    if (status == 0) {
        note(cell, round, open, &result);
        show_progress(campaign, cell, round, open, result.requests_per_second);
    }
    return status;
}

static int run_pass(struct campaign *campaign, unsigned round, bool open)
{
    for (unsigned i = 0; i < campaign->count; i++) {
        struct cell *cell = &campaign->cells[(i + round) % campaign->count];
        int status = run_cell(campaign, cell, round, open);
        if (status < 0) {
            if (isatty(STDERR_FILENO)) {
                fputc('\n', stderr);
            }
            return status;
        }
    }
    end_progress(campaign, round, open);
    return 0;
}

/* The generator shares the machine with the server: while one worker computes,
 * the other and the generator share what is left. So only a tenth is safe to
 * be served by every design. */
double campaign_choose_rate(const struct campaign *campaign)
{
    double slowest = INFINITY;
    for (unsigned i = 0; i < campaign->count; i++) {
        double rate = campaign->cells[i].requests_per_second[0];
        slowest = rate > 0 && rate < slowest ? rate : slowest;
    }
    if (slowest == INFINITY || slowest < 20) {
        return 1;
    }
    double tenth = slowest / 10;
    double unit = fmax(pow(10, floor(log10(tenth)) - 1), 1);
    return floor(tenth / unit) * unit;
}

int campaign_run(struct campaign *campaign,
                 const struct driver_options *options,
                 const struct measure_programs *programs)
{
    *campaign = (struct campaign){
        .options = options,
        .programs = programs,
        .rate = options->rate,
    };
    int status = make_cells(campaign);
    for (unsigned round = 0; status == 0 && round < options->rounds; round++) {
        status = run_pass(campaign, round, false);
        if (status == 0 && campaign->rate <= 0) {
            campaign->rate = campaign_choose_rate(campaign);
            fprintf(stderr,
                    "compare: the open loop sends %.0f requests/s, a tenth of "
                    "the slowest closed loop\n",
                    campaign->rate);
        }
        if (status == 0) {
            status = run_pass(campaign, round, true);
        }
    }
    return status;
}

void campaign_free(struct campaign *campaign)
{
    free(campaign->cells);
    campaign->cells = NULL;
    campaign->count = 0;
}

const struct cell *campaign_find(const struct campaign *campaign,
                                 enum shape shape, enum design design)
{
    for (unsigned i = 0; i < campaign->count; i++) {
        const struct cell *cell = &campaign->cells[i];
        if (cell->shape == shape && cell->design == design) {
            return cell;
        }
    }
    return NULL;
}

double campaign_errors(const struct campaign *campaign)
{
    double errors = 0;
    for (unsigned i = 0; i < campaign->count; i++) {
        errors += campaign->cells[i].errors;
    }
    return errors;
}
