#include "benchmarks/compare/driver/report_html.h"

#include <errno.h>
#include <stdlib.h>

#include "benchmarks/compare/driver/ratios.h"
#include "benchmarks/compare/driver/report_plots.h"
#include "benchmarks/compare/driver/report_words.h"
#include "benchmarks/compare/driver/table.h"

static void write_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static void write_head(FILE *out, const struct campaign *campaign,
                       const struct machine *machine)
{
    const struct driver_options *options = campaign->options;
    fputs(report_words_head, out);
    fprintf(out,
            "<p>Service: %s. Workers: %u. Connections: %u. Work in each "
            "request: %g us. Computing, in "
            "shape mixed: %g %% of each worker's time. Rounds: %u of %gs. "
            "Open loop: %.0f requests/s.<br>",
            options->service, options->workers, options->connections,
            options->work * 1e6, options->compute, options->rounds,
            options->duration, campaign->rate);
    write_escaped(out, machine->date);
    fputs(", ", out);
    write_escaped(out, machine->cpu);
    fprintf(out, ", %u CPUs, ", machine->cpus);
    write_escaped(out, machine->kernel);
    fputs(", ", out);
    write_escaped(out, machine->compiler);
    fprintf(out,
            ", %s build, load average before the start "
            "%.2f.</p>\n",
            machine->build, machine->load[0]);
    if (machine_is_busy(machine)) {
        fputs("<p><strong>Warning: " MACHINE_WARNING ".</strong></p>\n", out);
    }
    fputs(
        "<p>The load generator is a second process and runs on the same cores "
        "as the server: what one of them uses, the other does not "
        "have.</p>\n",
        out);
}

/* What `write` writes, as it is; nothing, without a heading, if it writes
 * nothing. */
static int write_text(FILE *out, const struct campaign *campaign,
                      const char *heading,
                      void (*write)(FILE *, const struct campaign *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL) {
        return -errno;
    }
    write(memory, campaign);
    if (fclose(memory) != 0) {
        free(text);
        return -ENOMEM;
    }
    if (size > 0) {
        fprintf(out, "<h2>%s</h2>\n<pre>", heading);
        write_escaped(out, text);
        fputs("</pre>\n", out);
    }
    free(text);
    return 0;
}

int report_html_write(FILE *out, const struct campaign *campaign,
                      const struct machine *machine)
{
    write_head(out, campaign, machine);
    int ratios = write_text(out, campaign, "In short", ratios_write);
    int plots = report_plots_write(out, campaign);
    if (plots < 0) {
        fputs("<p><em>The plots are missing: gnuplot could not draw "
              "them.</em></p>\n",
              out);
    }
    int table = write_text(out, campaign, "Figures", table_write);
    fputs(report_words_designs, out);
    fputs("</body>\n</html>\n", out);
    return ratios < 0 ? ratios : table < 0 ? table : plots;
}
