"""The results as one HTML page."""

import html

from runner import figures, plot, table

HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>rove and its peers</title>
<style>
body { font: 14px sans-serif; margin: 2em; max-width: 1100px; }
table { border-collapse: collapse; }
td, th { padding: 2px 8px; text-align: right; border-bottom: 1px solid #ddd; }
td:first-child, th:first-child { text-align: left; }
svg { max-width: 100%; height: auto; }
.warning { color: #b00020; }
</style></head><body><h1>rove and its peers</h1>
"""

# Each plot: its title, and what the names of its workloads begin with.
PLOTS = (
    ("Switches and tasks", ("yield", "spawn", "gather", "fib", "skynet",
                            "nqueens")),
    ("Channels and locks", ("chan", "select", "mutex", "future")),
    ("Timers, threads and crowds", ("timer", "scope", "foreign", "offload",
                                    "sleepers", "delayed", "parked",
                                    "unstarted")),
    ("TCP echo, connections x requests in flight on each", ("tcp",)),
    ("HTTP hello, connections x requests in flight on each", ("http",)),
)


def plots(series):
    """Each as (title, script), without those that would be empty."""
    groups = figures.lookup(series)
    widths = sorted({workers for _, workers in groups})
    for title, starts in PLOTS:
        for workers in widths:
            chosen = [(name, group) for (name, wide), group in groups.items()
                      if wide == workers and name.startswith(starts)]
            bars = [bar for bar in ["rove"] + table.peers_of(series)
                    if any(bar in group for _, group in chosen)]
            values = [(name, {bar: group[bar].median("ns_per_op")
                              for bar in group}) for name, group in chosen]
            if values:
                name = f"{title}, {workers} worker{'s' * (workers > 1)}"
                plot_id = f"plot_{starts[0]}_{workers}"
                yield name, plot.script(plot_id, name, "ns for each operation",
                                        values, bars)


def html_table(series):
    rows = table.rows(series)
    yield "<table>"
    for number, cells in enumerate(rows):
        tag = "td" if number else "th"
        yield "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>"
                               for cell in cells) + "</tr>"
    yield "</table>"


def body(context, series):
    yield HEAD
    words = (f"{context['date']}, {context['num_cpus']} CPUs, kernel "
             f"{context['kernel']}, seed {context['seed']}, "
             f"{context['runs']} runs of each")
    yield f"<p>{html.escape(words)}</p>"
    if "warning" in context:
        yield f"<p class='warning'>{html.escape(context['warning'])}</p>"
    for failure in context["failures"]:
        yield f"<p class='warning'>{html.escape(failure)}</p>"
    for title, text in plots(series):
        drawn = plot.draw(text)
        yield drawn or f"<p>{html.escape(title)}: gnuplot drew nothing</p>"
    yield from html_table(series)
    yield f"<p>{html.escape(' '.join(table.LEGEND))}</p></body></html>"


def write(path, context, series):
    with open(path, "w", encoding="utf-8") as file:
        for part in body(context, series):
            file.write(part + "\n")
