"""Which runs there are, and their order: in rounds, each in an order of its
own, so that what else the machine does meets all alike."""

import os
import random
import sys
import time

from runner import process, serving, workloads
from runner.figures import Series


class Job:
    """A series and how a run of it is done: measure(ops) returns counters."""

    def __init__(self, series, measure, workload=None):
        self.series = series
        self.measure = measure
        self.workload = workload  # None: a run takes no number of operations


def is_wanted(choice, name, workers):
    text = f"{name}/{workers}"
    return not choice.filter or any(pattern.search(text)
                                    for pattern in choice.filter)


def task_jobs(runtimes, choice):
    for workload in workloads.TASKS:
        for workers in choice.workers:
            if workload.widths and workers not in workload.widths or \
                    not is_wanted(choice, workload.name, workers):
                continue
            for runtime in runtimes:
                if runtime.has(workload.name, workers):
                    yield task_job(runtime, workload, workers)


def task_job(runtime, workload, workers):
    def measure(ops):
        return runtime.run(workload.name, workers, ops)
    series = Series(runtime, workload.name, workers, workload.counters)
    return Job(series, measure, workload)


def shape_jobs(runtimes, choice):
    for shape in workloads.SHAPES:
        for workers in choice.workers:
            if not is_wanted(choice, shape.name, workers):
                continue
            for runtime in runtimes:
                if runtime.serves(shape.service):
                    yield shape_job(runtime, shape, workers, choice)


def shape_job(runtime, shape, workers, choice):
    def measure(_ops):
        return serving.run(runtime, shape, workers, choice)
    return Job(Series(runtime, shape.name, workers, workloads.SHAPE_COUNTERS),
               measure)


def plan(runtimes, choice):
    """The series to measure; each keeps its job."""
    choice.load = os.getloadavg()
    planned = []
    for job in list(task_jobs(runtimes, choice)) + \
            list(shape_jobs(runtimes, choice)):
        job.series.job = job
        planned.append(job.series)
    return planned


def choose_ops(job, choice):
    """As many as were asked for, or as fill the budget by a first short run;
    None when that fails."""
    workload = job.workload
    if workload is None or choice.ops:
        return choice.ops or 0
    if workload.fixed:
        return workload.fixed
    found = job.measure(workload.probe)
    return workloads.fill(found["ns_per_op"], choice.budget, workload.probe)


class Progress:
    """A line on stderr for each run: how far, what, and what came."""

    def __init__(self, total):
        self.total = total
        self.done = 0
        self.start = time.monotonic()

    def tell(self, series, text):
        self.done += 1
        spent = time.monotonic() - self.start
        left = spent / self.done * (self.total - self.done)
        print(f"[{self.done}/{self.total}, {left:.0f} s left] "
              f"{series.name}: {text}", file=sys.stderr, flush=True)


def probe(series, choice, failures):
    """Sets the operations of each series; those whose first run fails are left
    out, and named."""
    sound = []
    print(f"peers: a first short run of {len(series)} series",
          file=sys.stderr, flush=True)
    for one in series:
        try:
            one.ops = choose_ops(one.job, choice)
            sound.append(one)
        except process.Failed as failed:
            failures.append(f"{one.name}: {failed}")
            print(f"peers: {failures[-1]}", file=sys.stderr, flush=True)
    return sound


def run_once(one, number, progress, failures):
    try:
        found = one.job.measure(one.ops)
        one.rounds[number] = found
        progress.tell(one, f"{found['ns_per_op']:.1f} ns")
    except process.Failed as failed:
        failures.append(f"{one.name}, round {number + 1}: {failed}")
        progress.tell(one, f"FAILED: {failed}")


def run(series, choice):
    """All rounds. Returns what failed, a line each; a series that failed once
    is not run again."""
    failures = []
    rng = random.Random(choice.seed)
    print(f"peers: seed {choice.seed}", file=sys.stderr)
    sound = probe(series, choice, failures)
    progress = Progress(len(sound) * choice.runs)
    for number in range(choice.runs):
        rng.shuffle(sound)
        for one in sound:
            before = len(failures)
            run_once(one, number, progress, failures)
            one.is_broken = len(failures) > before
        sound = [one for one in sound if not one.is_broken]
    return failures
