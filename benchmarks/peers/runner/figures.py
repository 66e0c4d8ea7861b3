"""What the runs of one series found, and how series compare."""

import statistics


class Series:
    """The runs of one workload by one runtime with so many workers."""

    def __init__(self, runtime, workload, workers, counters=()):
        self.runtime = runtime
        self.workload = workload
        self.workers = workers
        self.counters = ("ns_per_op",) + tuple(counters)
        self.ops = 0
        self.rounds = {}  # by number: counters by name

    @property
    def name(self):
        return f"{self.runtime.name}/{self.workload}/{self.workers}"

    @property
    def is_rove(self):
        return self.runtime.name == "rove"

    def values(self, counter):
        return [found[counter] for found in self.rounds.values()
                if counter in found]

    def median(self, counter):
        """None when no run found one."""
        values = self.values(counter)
        return statistics.median(values) if values else None

    def spread(self, counter):
        """Half the distance between the quartiles, as a part of the median."""
        values = self.values(counter)
        if len(values) < 2 or statistics.median(values) == 0:
            return 0.0
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return (high - low) / 2 / statistics.median(values)

    def all_counters(self):
        names = {name for found in self.rounds.values() for name in found}
        return sorted(names)


def ratio(series, other, counter):
    """How much of the other's `counter` the series needs: the median over the
    rounds that both have, since what else the machine does meets both."""
    ratios = [found[counter] / other.rounds[number][counter]
              for number, found in series.rounds.items()
              if counter in found and
              other.rounds.get(number, {}).get(counter)]
    return statistics.median(ratios) if ratios else None


def best(others, counter):
    """The one of them with the least, or None."""
    found = [(other.median(counter), other.name, other) for other in others
             if other.median(counter) is not None]
    return min(found)[2] if found else None


def lookup(series):
    """By workload and workers: the series of each runtime by its name, in the
    order in which they came."""
    groups = {}
    for one in series:
        group = groups.setdefault((one.workload, one.workers), {})
        group[one.runtime.name] = one
    return groups
