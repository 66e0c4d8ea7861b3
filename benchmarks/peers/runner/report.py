"""The results as JSON, in google-benchmark's layout."""

import collections
import json
import os
import platform
import time

from runner import figures, workloads

Runtime = collections.namedtuple("Runtime", "name")

BUSY = 0.5  # load for each CPU from which on figures are doubtful


def context(choice, failures):
    load = list(choice.load)
    cpus = os.cpu_count() or 1
    found = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "host_name": platform.node(),
        "executable": "peers",
        "kernel": platform.release(),
        "num_cpus": cpus,
        "load_avg": load,
        "seed": choice.seed,
        "runs": choice.runs,
        "failures": failures,
    }
    if load[0] > BUSY * cpus:
        found["warning"] = (f"the load average was {load[0]:.2f} on {cpus} "
                            "CPUs before the start")
    return found


def entry(series):
    """One benchmark: the medians of a series, and their spread."""
    ns_per_op = series.median("ns_per_op")
    found = {
        "name": series.name,
        "run_name": series.name,
        "run_type": "iteration",
        "repetitions": len(series.rounds),
        "threads": series.workers,
        "iterations": series.ops,
        "real_time": ns_per_op,
        "cpu_time": ns_per_op,
        "time_unit": "ns",
    }
    for counter in series.all_counters():
        found[counter] = series.median(counter)
    found["spread"] = series.spread("ns_per_op")
    found["values"] = series.values("ns_per_op")
    found["rounds"] = list(series.rounds.values())
    return found


def layout(found, series):
    return {"context": found,
            "benchmarks": [entry(one) for one in series if one.rounds]}


def write(path, found, series):
    """Never leaves a part of a file at path."""
    scratch = f"{path}.{os.getpid()}"
    with open(scratch, "w", encoding="utf-8") as file:
        json.dump(layout(found, series), file, indent=1)
        file.write("\n")
    os.replace(scratch, path)


def series_of(entry_found):
    """An entry as a series again."""
    runtime, workload, workers = entry_found["name"].split("/")
    one = figures.Series(Runtime(runtime), workload, int(workers),
                         workloads.counters(workload))
    one.rounds = dict(enumerate(entry_found["rounds"]))
    return one


def read(path):
    """The context and the series of a report."""
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    return found["context"], [series_of(row) for row in found["benchmarks"]]
