"""The table of ratios: rove beside each peer."""

from runner import figures, recipes

LABELS = {"ns_per_op": "", "cpu_seconds": " CPU s", "p99_ns": " p99",
          "bytes_per_task": " bytes", "server_cpu_ns": " CPU ns"}

LEGEND = (
    "rove: its median, ± half the distance between the quartiles; ns for each "
    "operation,",
    "or what the row names. F: the same in raw context jumps. best: the peer "
    "with the least.",
    "Then rove's part of each peer's: below 1.00 rove is ahead.",
)


def number(value):
    if value is None:
        return ""
    if value >= 1e6:
        return f"{value / 1e6:.2f}M"
    if value >= 1e4:
        return f"{value / 1e3:.1f}k"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def share(value):
    if value is None:
        return ""
    return f"{value:.3f}" if value < 0.0995 else f"{value:.2f}"


def peers_of(series):
    """Their names, in the order of the recipes."""
    names = {one.runtime.name for one in series if not one.is_rove}
    return [name for name in recipes.RECIPES if name in names]


def row(key, group, counter, names):
    """The cells of a line, or None when rove has nothing here."""
    rove = group.get("rove")
    if rove is None or rove.median(counter) is None:
        return None
    others = [group[name] for name in names if name in group]
    best = figures.best(others, counter)
    floor = rove.median("per_F") if counter == "ns_per_op" else None
    return [f"{key[0]}/{key[1]}{LABELS[counter]}",
            number(rove.median(counter)), f"{rove.spread(counter):.0%}",
            number(floor), best.runtime.name if best else "",
            share(figures.ratio(rove, best, counter)) if best else ""] + [
                share(figures.ratio(rove, group[name], counter))
                if name in group else "" for name in names]


def alone(key, group, names):
    """A line for a workload that rove gave no figure for."""
    best = figures.best([group[name] for name in names if name in group],
                        "ns_per_op")
    if best is None:
        return None
    cells = [f"{key[0]}/{key[1]}", "", "", "", best.runtime.name, ""]
    return cells + [""] * len(names)


def rows(series):
    names = peers_of(series)
    found = []
    for key, group in figures.lookup(series).items():
        lead = group.get("rove") or next(iter(group.values()))
        cells = [row(key, group, counter, names) for counter in lead.counters]
        found += list(filter(None, cells)) or \
            list(filter(None, [alone(key, group, names)]))
    return [["", "rove", "±", "F", "best", "of best"] + names] + found


def lines(series):
    """The table as text, its legend last."""
    cells = rows(series)
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    for row_cells in cells:
        padded = [cell.ljust(width) if i in (0, 4) else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(row_cells, widths))]
        yield "  ".join(padded).rstrip()
    yield ""
    yield from LEGEND
