#include "benchmarks/compare/driver/plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/compare/driver/child.h"

#define SVG_ROOM  (1 << 20)
#define DRAW_TIME 30.0

static const char *const colours[PLOT_BARS] = {
    "#9aa0a6", "#4c78a8", "#f2a541", "#72b7b2",
    "#d1495b", "#59713d", "#8e6c8a", "#333333",
};

static void write_head(FILE *out, const struct plot *plot)
{
    fprintf(out,
            "set terminal svg size 820,340 font 'sans-serif,13' name '%s' "
            "background rgb 'white'\n"
            "set title '%s'\n"
            "set ylabel '%s'\n"
            "set style data histograms\n"
            "set style histogram clustered gap 1\n"
            "set style fill solid 1 noborder\n"
            "set boxwidth 0.9\n"
            "set border 3\n"
            "set tics nomirror\n"
            "set grid ytics lc rgb '#dddddd'\n"
            "set key outside right top\n"
            "set format y '%%.0s%%c'\n",
            plot->id, plot->title, plot->unit);
    fputs(plot->is_log ? "set logscale y\nset yrange [1:*]\n"
                       : "set yrange [0:*]\n",
          out);
}

static void write_data(FILE *out, const struct plot *plot)
{
    fputs("$data << EOD\nname", out);
    for (unsigned bar = 0; bar < plot->bars; bar++) {
        fprintf(out, " \"%s\"", plot->bar_names[bar]);
    }
    fputc('\n', out);
    for (unsigned group = 0; group < plot->groups; group++) {
        fprintf(out, "\"%s\"", plot->group_names[group]);
        for (unsigned bar = 0; bar < plot->bars; bar++) {
            double value = plot->values[group][bar];
            fprintf(out, " %.10g", plot->is_log && value < 1 ? 1 : value);
        }
        fputc('\n', out);
    }
    fputs("EOD\nplot", out);
    for (unsigned bar = 0; bar < plot->bars; bar++) {
        fprintf(out, "%s $data using %u:xtic(1) title columnheader lc rgb '%s'",
                bar > 0 ? "," : "", bar + 2, colours[bar]);
    }
    fputc('\n', out);
}

static int write_script(const struct plot *plot, char **script, size_t *size)
{
    FILE *out = open_memstream(script, size);
    if (out == NULL) {
        return -errno;
    }
    write_head(out, plot);
    write_data(out, plot);
    return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* Runs gnuplot over the script. */
static int run_gnuplot(const char *script, size_t size, char *text)
{
    char *argv[] = {"gnuplot", "-", NULL};
    struct child gnuplot;
    int status = 0;
    int result = child_start(&gnuplot, argv);
    if (result < 0) {
        return result;
    }
    int64_t deadline = child_deadline(DRAW_TIME);
    result = child_finish_input(&gnuplot, script, size);
    if (result == 0) {
        ssize_t got = child_read_all(&gnuplot, text, SVG_ROOM, deadline);
        result = got < 0 ? (int)got : child_wait(&gnuplot, deadline, &status);
    }
    child_end(&gnuplot);
    return result == 0 && status != 0 ? -EIO : result;
}

int plot_draw(const struct plot *plot, char **svg)
{
    char *script = NULL;
    size_t size = 0;
    char *text = malloc(SVG_ROOM);
    int result = text == NULL ? -ENOMEM : write_script(plot, &script, &size);
    if (result == 0) {
        result = run_gnuplot(script, size, text);
    }
    free(script);
    char *start = result == 0 ? strstr(text, "<svg") : NULL;
    if (start != NULL) {
        memmove(text, start, strlen(start) + 1);
        *svg = text;
        return 0;
    }
    free(text);
    return result == 0 ? -EIO : result;
}
