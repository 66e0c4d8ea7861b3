/* compare: runs every design in every shape, prints the table, and writes
 * compare.json and compare.html. Exit status: 0; 1 when something failed or a
 * request did; 2 for bad options or too few open files; 130 when interrupted.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "benchmarks/compare/driver/campaign.h"
#include "benchmarks/compare/driver/child.h"
#include "benchmarks/compare/driver/file_limit.h"
#include "benchmarks/compare/driver/locate.h"
#include "benchmarks/compare/driver/machine.h"
#include "benchmarks/compare/driver/ratios.h"
#include "benchmarks/compare/driver/report_html.h"
#include "benchmarks/compare/driver/report_json.h"
#include "benchmarks/compare/driver/table.h"

#define EXIT_INTERRUPTED 130

static int find_programs(const char *argv0, char *server, char *load,
                         size_t room)
{
    if (locate_program(argv0, "server/compare_server", server, room) < 0 ||
        locate_program(argv0, "load/compare_load", load, room) < 0) {
        fputs("compare: its programs are missing; start it by "
              "`bazel run //benchmarks:compare`\n",
              stderr);
        return -ENOENT;
    }
    return 0;
}

static FILE *open_report(const char *directory, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fprintf(stderr, "compare: %s: %s\n", path, strerror(errno));
    }
    return file;
}

/* True when all of it is on its way to the disk. */
static bool close_report(FILE *file, const char *name)
{
    bool is_bad = ferror(file) != 0;
    is_bad = fclose(file) != 0 || is_bad;
    if (is_bad) {
        fprintf(stderr, "compare: %s could not be written\n", name);
    }
    return !is_bad;
}

static bool write_reports(const struct campaign *campaign,
                          const struct machine *machine, const char *directory)
{
    FILE *json = open_report(directory, "compare.json");
    if (json == NULL) {
        return false;
    }
    report_json_write(json, campaign, machine);
    bool is_good = close_report(json, "compare.json");
    FILE *html = open_report(directory, "compare.html");
    if (html == NULL) {
        return false;
    }
    int plots = report_html_write(html, campaign, machine);
    if (plots == -ENOENT) {
        fputs("compare: no plots in compare.html: gnuplot is not installed "
              "(Debian: gnuplot-nox)\n",
              stderr);
    } else if (plots < 0) {
        fprintf(stderr, "compare: no plots in compare.html: gnuplot: %s\n",
                strerror(-plots));
    }
    return close_report(html, "compare.html") && is_good && plots == 0;
}

static int run(const struct driver_options *options,
               const struct measure_programs *programs, const char *directory)
{
    struct machine machine;
    struct campaign campaign;
    machine_look(&machine); /* before the load is our own */
    if (machine_is_busy(&machine)) {
        fprintf(stderr,
                "compare: %s (load average %.2f on %u CPUs; a build that has "
                "just ended counts)\n",
                MACHINE_WARNING, machine.load[0], machine.cpus);
    }
    int status = campaign_run(&campaign, options, programs);
    if (status < 0) {
        campaign_free(&campaign);
        if (status == -EINTR) {
            fputs("compare: interrupted\n", stderr);
        }
        return status == -EINTR ? EXIT_INTERRUPTED : 1;
    }
    table_write(stdout, &campaign);
    putchar('\n');
    ratios_write(stdout, &campaign);
    bool is_good = write_reports(&campaign, &machine, directory);
    double errors = campaign_errors(&campaign);
    campaign_free(&campaign);
    printf("\ncompare.json and compare.html are in %s\n", directory);
    if (errors > 0) {
        fprintf(stderr, "compare: %.0f errors\n", errors);
    }
    return is_good && errors <= 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct driver_options options;
    char server[PATH_MAX];
    char load[PATH_MAX];
    char directory[PATH_MAX];
    driver_options_parse(&options, argc, argv);
    if (!file_limit_check(&options)) {
        return 2;
    }
    locate_for_user(options.out, directory, sizeof directory);
    int status = locate_make_directory(directory);
    if (status < 0) {
        fprintf(stderr, "compare: --out %s: %s\n", directory,
                strerror(-status));
        return 1;
    }
    if (find_programs(argv[0], server, load, sizeof server) < 0) {
        return 1;
    }
    status = child_catch_signals();
    if (status < 0) {
        fprintf(stderr, "compare: signals: %s\n", strerror(-status));
        return 1;
    }
    struct measure_programs programs = {server, load};
    return run(&options, &programs, directory);
}
