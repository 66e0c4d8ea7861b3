#include "benchmarks/compare/driver/report_html.h"

#include <errno.h>
#include <stdlib.h>

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
            "<p>Service: %s. Workers: %u. Connections: %u. Rounds: %u of "
            "%gs. Open loop: %.0f requests/s.<br>",
            options->service, options->workers, options->connections,
            options->rounds, options->duration, campaign->rate);
    write_escaped(out, machine->date);
    fputs(", ", out);
    write_escaped(out, machine->cpu);
    fprintf(out, ", %u CPUs, ", machine->cpus);
    write_escaped(out, machine->kernel);
    fputs(", ", out);
    write_escaped(out, machine->compiler);
    fprintf(out, ", %s build, load average %.2f.</p>\n", machine->build,
            machine->load[0]);
    fputs("<p>The load generator is a second process on the same machine and "
          "needs a core of its own when it is busy.</p>\n",
          out);
}

static int write_table(FILE *out, const struct campaign *campaign)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL) {
        return -errno;
    }
    table_write(memory, campaign);
    if (fclose(memory) != 0) {
        free(text);
        return -ENOMEM;
    }
    fputs("<h2>Figures</h2>\n<pre>", out);
    write_escaped(out, text);
    fputs("</pre>\n", out);
    free(text);
    return 0;
}

int report_html_write(FILE *out, const struct campaign *campaign,
                      const struct machine *machine)
{
    write_head(out, campaign, machine);
    int plots = report_plots_write(out, campaign);
    if (plots < 0) {
        fputs("<p><em>The plots are missing: gnuplot could not draw "
              "them.</em></p>\n",
              out);
    }
    int table = write_table(out, campaign);
    fputs(report_words_designs, out);
    fputs("</body>\n</html>\n", out);
    return table < 0 ? table : plots;
}
