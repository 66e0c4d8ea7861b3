/* Bar charts as SVG, drawn by gnuplot. */
#ifndef BENCHMARKS_COMPARE_DRIVER_PLOT_H
#define BENCHMARKS_COMPARE_DRIVER_PLOT_H

#include <stddef.h>

#define PLOT_GROUPS 16
#define PLOT_BARS   8

/* Groups of bars; each bar's place in its group has a name and a colour. */
struct plot {
    const char *id; /* unique within a page */
    const char *title;
    const char *unit;
    int is_log;
    unsigned groups, bars;
    const char *group_names[PLOT_GROUPS];
    const char *bar_names[PLOT_BARS];
    double values[PLOT_GROUPS][PLOT_BARS];
};

/* Draws into *svg, which begins at the <svg tag and is the caller's to free.
 * 0; -ENOENT when there is no gnuplot; -EINTR; or another -errno. */
int plot_draw(const struct plot *plot, char **svg);

#endif
