#!/usr/bin/env python3
"""What many workers would make of what they share: a simulation.

usage: model.py [--costs FILE] [--svg FILE]

A cache line is a server: one core has it at a time, and it costs a transfer to
hand it to another, more when that one is in another group. A worker goes
round: its own work, then the steps of its workload (costs.json):

  write   a locked access to a line and so many ns with it held. Queues are
          first come, first served; but while the line is asked for, its owner
          goes on, so a fought-for transfer is shared by the rounds that fit
          into it.
  serial  so many ns of something that one can do at a time
  look    so many lines of every other worker are read, `overlap` at a time
  share   the step is part of so many of the rounds only

Prints a Markdown table of operations a microsecond for 1 to 256 workers.
The model knows neither memory bandwidth nor frequency nor SMT; it says where a
curve bends and which line bends it, not by how many per cent.
"""

import argparse
import heapq
import json
import pathlib
import random

HERE = pathlib.Path(__file__).resolve().parent
WORKERS = [1, 2, 4, 8, 16, 32, 64, 128, 256]
ROUNDS = 400


class Line:
    def __init__(self):
        self.free_at = 0.0
        self.owner = None


class Machine:
    """Costs of a line between workers of groups of `group` CPUs."""

    def __init__(self, costs):
        self.near = costs["line_transfer"]
        self.far = costs["line_transfer"] * costs["far_ratio"]
        self.locked = costs["line_locked"]
        self.group = costs["group"]
        self.overlap = costs["overlap"]

    def transfer(self, a, b):
        return self.near if a // self.group == b // self.group else self.far

    def write(self, line, worker, now, hold, own):
        """When `worker` is through with a locked access and `hold` ns."""
        cost = self.locked + hold
        if line.owner is not None and line.owner != worker:
            transfer = self.transfer(line.owner, worker)
            if line.free_at > now:
                transfer /= 1 + transfer / (own + cost)
            cost += transfer
        line.owner = worker
        line.free_at = max(now, line.free_at) + cost
        return line.free_at

    def look(self, workers, lines, within):
        """A search: lines of each other worker, which wrote them since."""
        near = min(workers, self.group) - 1
        far = 0 if within == "group" else workers - 1 - near
        return lines * (near * self.near + far * self.far) / self.overlap


def take_step(machine, workers, workload, step, lines, w, now):
    """When worker `w`, which begins the step now, is through with it."""
    if step["do"] == "look":
        return now + machine.look(workers, step["lines"], step.get("within"))
    name = step["line"]
    if step.get("per") == "group":
        name = (name, w // machine.group)
    line = lines.setdefault(name, Line())
    if step["do"] == "serial":
        line.free_at = max(now, line.free_at) + step["hold"]
        return line.free_at
    return machine.write(line, w, now, step.get("hold", 0), workload["own"])


def simulate(machine, workers, workload):
    """Operations a microsecond of all workers together."""
    rng = random.Random(1)
    lines = {}
    steps = workload["steps"]
    rounds = [ROUNDS] * workers
    end = 0.0
    # A step is taken when its time has come, so that a line sees the requests
    # in the order in which they are made.
    queue = [(rng.random() * workload["own"], w, 0) for w in range(workers)]
    heapq.heapify(queue)
    while queue:
        now, w, at = heapq.heappop(queue)
        if at < len(steps):
            if rng.random() < steps[at].get("share", 1):
                now = take_step(machine, workers, workload, steps[at], lines,
                                w, now)
            heapq.heappush(queue, (now, w, at + 1))
            continue
        now += workload["own"] * rng.uniform(0.8, 1.2)
        rounds[w] -= 1
        if rounds[w] > 0:
            heapq.heappush(queue, (now, w, 0))
        else:
            end = max(end, now)
    return workers * ROUNDS / end * 1000


def table(costs):
    machine = Machine(costs["lines"])
    rows = {}
    for workload in costs["workloads"]:
        rows[workload["name"]] = [simulate(machine, n, workload)
                                  for n in WORKERS]
    return rows


def print_table(rows):
    print("| workload | " + " | ".join(map(str, WORKERS)) + " | bends at |")
    print("|---|" + "---:|" * (len(WORKERS) + 1))
    for name, rates in rows.items():
        print(f"| {name} | " + " | ".join(f"{r:.3g}" for r in rates) +
              f" | {bend(rates)} |")


def bend(rates):
    """The first number of workers that is less than half as good as linear."""
    for n, rate in zip(WORKERS, rates):
        if rate < 0.5 * n * rates[0]:
            return n
    return "–"


COLOURS = ["#0b6e99", "#b8500d", "#2f7d32", "#8e3b8a", "#a08000", "#555555",
           "#c2185b", "#00695c", "#5d4037", "#303f9f", "#7cb342", "#f57c00"]


def svg(rows):
    """Efficiency over workers, both as it is read: 1 is linear."""
    width, height, left, top = 760, 420, 56, 20
    step = (width - left - 250) / (len(WORKERS) - 1)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
             f'height="{height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{width}" height="{height}" fill="white"/>']
    for i in range(6):
        y = top + i * (height - 80) / 5
        parts.append(f'<line x1="{left}" x2="{width - 250}" y1="{y:.0f}" '
                     f'y2="{y:.0f}" stroke="#ddd"/><text x="{left - 8}" '
                     f'y="{y + 4:.0f}" text-anchor="end">{1 - i / 5:.1f}</text>')
    for i, n in enumerate(WORKERS):
        parts.append(f'<text x="{left + i * step:.0f}" y="{height - 40}" '
                     f'text-anchor="middle">{n}</text>')
    parts.append(f'<text x="{left}" y="{height - 16}">workers; throughput as '
                 'a share of linear (model)</text>')
    for k, (name, rates) in enumerate(rows.items()):
        colour = COLOURS[k % len(COLOURS)]
        points = " ".join(
            f"{left + i * step:.0f},"
            f"{top + (1 - min(1, r / (n * rates[0]))) * (height - 80):.0f}"
            for i, (n, r) in enumerate(zip(WORKERS, rates)))
        parts.append(f'<polyline points="{points}" fill="none" '
                     f'stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{width - 240}" y="{top + 12 + k * 20}" '
                     f'fill="{colour}">{name}</text>')
    return "\n".join(parts) + "\n</svg>\n"


def main():
    parser = argparse.ArgumentParser(description="see the top of the file")
    parser.add_argument("--costs", default=HERE / "costs.json")
    parser.add_argument("--svg")
    arguments = parser.parse_args()
    costs = json.loads(pathlib.Path(arguments.costs).read_text("utf-8"))
    rows = table(costs)
    print_table(rows)
    if arguments.svg:
        pathlib.Path(arguments.svg).write_text(svg(rows), "utf-8")


if __name__ == "__main__":
    main()
