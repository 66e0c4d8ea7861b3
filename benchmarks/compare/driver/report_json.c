#include "benchmarks/compare/driver/report_json.h"

#include "benchmarks/compare/driver/figures.h"
#include "benchmarks/compare/driver/json.h"

static void write_text(FILE *out, const char *key, const char *value)
{
    fprintf(out, "    \"%s\": ", key);
    json_write_string(out, value);
    fputs(",\n", out);
}

static void write_context(FILE *out, const struct campaign *campaign,
                          const struct machine *machine)
{
    const struct driver_options *options = campaign->options;
    fputs("  \"context\": {\n", out);
    write_text(out, "date", machine->date);
    write_text(out, "host_name", machine->host);
    write_text(out, "executable", "//benchmarks:compare");
    fprintf(out, "    \"num_cpus\": %u,\n", machine->cpus);
    fprintf(out, "    \"mhz_per_cpu\": %.0f,\n", machine->mhz);
    fprintf(out, "    \"cpu_scaling_enabled\": %s,\n",
            machine->is_scaling ? "true" : "false");
    fputs("    \"caches\": [],\n", out);
    fprintf(out, "    \"load_avg\": [%.2f, %.2f, %.2f],\n", machine->load[0],
            machine->load[1], machine->load[2]);
    if (machine_is_busy(machine)) {
        write_text(out, "warning", MACHINE_WARNING);
    }
    write_text(out, "library_build_type", machine->build);
    write_text(out, "cpu_model", machine->cpu);
    write_text(out, "kernel", machine->kernel);
    write_text(out, "compiler", machine->compiler);
    fprintf(out, "    \"workers\": %u,\n", options->workers);
    fprintf(out, "    \"connections\": %u,\n", options->connections);
    fprintf(out, "    \"compute_percent\": %g,\n", options->compute);
    fprintf(out, "    \"work_us\": %g,\n", options->work * 1e6);
    fprintf(out, "    \"rounds\": %u,\n", options->rounds);
    fprintf(out, "    \"duration\": %g,\n", options->duration);
    fprintf(out, "    \"open_loop_rate\": %.0f,\n", campaign->rate);
    fputs("    \"json_schema_version\": 1\n  },\n", out);
}

static void write_counter(FILE *out, const char *key, double value)
{
    fprintf(out, ",\n      \"%s\": %.10g", key, value);
}

static void write_cell(FILE *out, const struct campaign *campaign,
                       const struct cell *cell, unsigned index)
{
    struct figures figures;
    char name[64];
    figures_compute(cell, &figures);
    double rate = figures.requests_per_second;
    snprintf(name, sizeof name, "%s/%s/%s", design_names[cell->design],
             shape_names[cell->shape], campaign->options->service);
    fputs(index > 0 ? ",\n    {\n" : "\n    {\n", out);
    fprintf(out,
            "      \"name\": \"%s\",\n"
            "      \"family_index\": %u,\n"
            "      \"per_family_instance_index\": 0,\n"
            "      \"run_name\": \"%s\",\n"
            "      \"run_type\": \"iteration\",\n"
            "      \"repetitions\": 1,\n"
            "      \"repetition_index\": 0,\n"
            "      \"threads\": 1,\n"
            "      \"iterations\": %.0f,\n"
            "      \"real_time\": %.6f,\n"
            "      \"cpu_time\": %.6f,\n"
            "      \"time_unit\": \"us\"",
            name, index, name, figures.requests, rate > 0 ? 1e6 / rate : 0,
            figures.cpu_per_million);
    write_counter(out, "requests_per_second", rate);
    write_counter(out, "requests_per_second_min", figures.requests_low);
    write_counter(out, "requests_per_second_max", figures.requests_high);
    write_counter(out, "p50_us", figures.p50_us);
    write_counter(out, "p99_us", figures.p99_us);
    write_counter(out, "p99_us_min", figures.p99_low);
    write_counter(out, "p99_us_max", figures.p99_high);
    write_counter(out, "p999_us", figures.p999_us);
    write_counter(out, "samples", (double)figures.samples);
    if (cell->shape == SHAPE_MIXED) {
        write_counter(out, "computing_p99_us", figures.computing_p99_us);
        write_counter(out, "computing_samples",
                      (double)figures.computing_samples);
    }
    write_counter(out, "cpu_seconds_per_million", figures.cpu_per_million);
    write_counter(out, "generator_cpus", figures.generator_cpu);
    write_counter(out, "steals", cell->steals);
    write_counter(out, "parks", cell->parks);
    write_counter(out, "errors", cell->errors);
    fputs("\n    }", out);
}

void report_json_write(FILE *out, const struct campaign *campaign,
                       const struct machine *machine)
{
    fputs("{\n", out);
    write_context(out, campaign, machine);
    fputs("  \"benchmarks\": [", out);
    for (unsigned i = 0; i < campaign->count; i++) {
        write_cell(out, campaign, &campaign->cells[i], i);
    }
    fputs("\n  ]\n}\n", out);
}
