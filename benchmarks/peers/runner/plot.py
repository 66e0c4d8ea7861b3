"""Bar charts as SVG, drawn by gnuplot."""

import subprocess

COLOURS = {
    "rove": "#d1495b", "go": "#4c78a8", "tokio": "#f2a541", "rayon": "#72b7b2",
    "boost_fiber": "#59713d", "onetbb": "#8e6c8a", "libuv": "#9c755f",
    "epoll": "#9aa0a6", "pthreads": "#333333", "asyncio": "#b5a642",
    "uvloop": "#6b8e9e",
    # of //benchmarks/compare/sweep
    "single": "#4c78a8", "offload": "#f2a541", "sharded": "#72b7b2",
    "stealing": "#d1495b",
}

HEAD = """set terminal svg size 1000,360 font 'sans-serif,12' name '{id}' \
background rgb 'white'
set title '{title}' noenhanced
set ylabel '{unit}'
set style data histograms
set style histogram clustered gap 1
set style fill solid 1 noborder
set boxwidth 0.9
set border 3
set tics nomirror
set xtics noenhanced rotate by -25
set grid ytics lc rgb '#dddddd'
set key outside right top noenhanced
set format y '%.0s%c'
"""


def script(plot_id, title, unit, groups, bars, is_log=True):
    """groups: a name and its values by bar; what a group has not is left
    empty."""
    lines = [HEAD.format(id=plot_id, title=title, unit=unit) +
             ("set logscale y" if is_log else "set yrange [0:*]")]
    lines.append("$data << EOD")
    lines.append("name " + " ".join(f'"{bar}"' for bar in bars))
    for name, values in groups:
        cells = [f"{values[bar]:.6g}" if values.get(bar) else "NaN"
                 for bar in bars]
        lines.append(f'"{name}" ' + " ".join(cells))
    lines.append("EOD")
    columns = [f"$data using {number}:xtic(1) title columnheader "
               f"lc rgb '{COLOURS.get(bar, '#000000')}'"
               for number, bar in enumerate(bars, 2)]
    lines.append("plot " + ", ".join(columns))
    return "\n".join(lines) + "\n"


def draw(text):
    """The SVG element of a script, or None where gnuplot cannot."""
    try:
        done = subprocess.run(["gnuplot", "-"], input=text, text=True,
                              capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    start = done.stdout.find("<svg")
    return done.stdout[start:] if start >= 0 else None
