"""The results as tables for a Markdown page, and as plots."""

import os

from runner import marked, plot
from points import BASE, EVERY_DESIGN, EVERY_SHAPE, MANY
from results import Axis

RATE, P99, CPU = "requests_per_second", "p99_us", "cpu_seconds_per_million"
ONE_OR_MANY = ("single",) + MANY
CURES = ("single", "offload") + MANY  # for requests that compute


def number(value):
    """Three digits."""
    if value >= 9995:
        return f"{value / 1000:.0f}k" if value >= 99950 else \
            f"{value / 1000:.1f}k"
    return f"{value:.0f}" if value >= 99.95 else \
        f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def cell(value, base):
    """The value, and how many times the base it is; without samples there is
    none."""
    if not value:
        return ""
    return f"{number(value)} ({value / base:.2f})" if base else number(value)


def base_rows(results, counter):
    """A row for each design, a column for each shape."""
    base = Axis(results, BASE.axis).base
    yield ["design"] + list(EVERY_SHAPE)
    for design in EVERY_DESIGN:
        yield [design] + [
            cell(base[shape, design][counter],
                 base[shape, "single"][counter] if design != "single"
                 else None)
            for shape in EVERY_SHAPE]


def axis_rows(results, axis_name, heading, counter, shapes, designs):
    """A row for each value on the axis, a column for each shape and design."""
    axis = Axis(results, axis_name)
    yield [heading] + [f"{shape}, {design}" for shape in shapes
                       for design in designs]
    for value in axis.values:
        row = [f"{value:g}"]
        for shape in shapes:
            base = axis.find(value, shape, "single", counter)
            row += [cell(axis.find(value, shape, design, counter),
                         base if design != "single" else None)
                    for design in designs]
        yield row


def machine_lines(results):
    context = results["context"]
    yield (f"{context['cpu_model']}, {context['num_cpus']} CPUs, "
           f"{context['kernel']}, {context['compiler']}, "
           f"{context['library_build_type']} build, {context['date'][:10]}; "
           f"medians of {context['rounds']} "
           f"round{'s' * (context['rounds'] > 1)} of "
           f"{context['duration']:g} s; open loop at "
           f"{context['open_loop_rate']} requests/s; load average before the "
           f"start {context['load_avg'][0]:.2f}.")
    if "warning" in context:
        yield ""
        yield f"**Warning: {context['warning']}.**"
    errors = sum(one["errors"] for point in results["points"]
                 for one in point["cells"])
    if errors:
        yield f"**Warning: {errors:.0f} errors.**"


def parts(results):
    """The generated parts of the page, lines by name."""
    def along(*arguments):
        return list(marked.table(list(axis_rows(results, *arguments))))

    def at_base(counter):
        return list(marked.table(list(base_rows(results, counter))))

    return {
        "machine": list(machine_lines(results)),
        "base requests": at_base(RATE),
        "base p99": at_base(P99),
        "base cpu": at_base(CPU),
        "connections": along("connections", "connections", RATE,
                             ("uniform", "skewed"), ONE_OR_MANY),
        "work": along("work", "work us", RATE, ("uniform", "skewed"), CURES),
        "work p99": along("work", "work us", P99, ("uniform", "skewed"),
                          CURES),
        "workers": along("workers", "workers", RATE, ("uniform", "skewed"),
                         ONE_OR_MANY),
        "workers p99": along("workers", "workers", P99, EVERY_SHAPE,
                             ONE_OR_MANY),
        "compute p99": along("compute", "compute %", P99, ("mixed",), CURES),
        "compute own": along("compute", "compute %", "computing_p99_us",
                             ("mixed",), CURES),
        "compute requests": along("compute", "compute %", RATE, ("mixed",),
                                  CURES),
    }


def axis_groups(results, axis_name, counter, shapes, designs, words):
    """For plot.script: a group for each value in each shape."""
    axis = Axis(results, axis_name)
    return [(words.format(shape=shape, value=f"{value:g}"),
             {design: axis.find(value, shape, design, counter)
              for design in designs})
            for shape in shapes for value in axis.values]


def plots(results):
    """Each as (file name, script)."""
    def draw(name, axis, title, unit, counter, shapes, designs, words):
        groups = axis_groups(results, axis, counter, shapes, designs, words)
        is_log = counter.endswith("_us")
        return name + ".svg", plot.script(
            name, title, unit + (" (log)" if is_log else ""), groups, designs,
            is_log)

    per_second, micros = "requests per second", "microseconds"
    two = ("uniform", "skewed")
    yield draw("base_requests", "base", "Throughput (more is better)",
               per_second, RATE, EVERY_SHAPE, EVERY_DESIGN, "{shape}")
    yield draw("base_p99", "base", "p99 of requests that do not compute "
               "(less is better)", micros, P99, EVERY_SHAPE, EVERY_DESIGN,
               "{shape}")
    yield draw("base_cpu", "base", "CPU time of the server (less is better)",
               "seconds per million requests", CPU, EVERY_SHAPE, EVERY_DESIGN,
               "{shape}")
    yield draw("work", "work", "Throughput by what each request computes",
               per_second, RATE, two, CURES, "{shape}, {value} us")
    yield draw("workers", "workers", "Throughput by number of workers",
               per_second, RATE, two, ONE_OR_MANY, "{shape}, {value}")
    yield draw("connections", "connections",
               "Throughput by number of connections", per_second, RATE, two,
               ONE_OR_MANY, "{shape}, {value}")
    yield draw("compute_p99", "compute", "p99 of the others, by the part of "
               "worker time that requests compute", micros, P99,
               ("mixed",), CURES, "{value} %")
    yield draw("compute_requests", "compute", "Throughput, by the part of "
               "worker time that requests compute", per_second, RATE,
               ("mixed",), CURES, "{value} %")


def write_plots(folder, results):
    """False when gnuplot cannot draw."""
    os.makedirs(folder, exist_ok=True)
    for name, script in plots(results):
        svg = plot.draw(script)
        if svg is None:
            return False
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(svg)
    return True
