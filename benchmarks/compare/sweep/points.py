"""Where the sweep measures: one comparison each, along four axes that cross at
the base point."""

import collections

# compute: percent of each worker's time, in shape mixed
# work: microseconds that each other request computes for
Point = collections.namedtuple(
    "Point", "axis workers connections compute work designs shapes")

EVERY_DESIGN = ("epoll", "single", "offload", "sharded", "stealing")
EVERY_SHAPE = ("uniform", "skewed", "mixed")
MANY = ("sharded", "stealing")  # designs whose number of loops is a choice

BASE = Point("base", 2, 64, 5, 0, EVERY_DESIGN, EVERY_SHAPE)

WORKERS = (1, 4)
CONNECTIONS = (16, 1024)
WORK = (20, 100)
COMPUTE = (1, 20, 40)


def points():
    """The base first: its rate is that of all whose requests cost the same."""
    yield BASE
    for workers in WORKERS:
        # The same computing in all, however many workers there are.
        yield BASE._replace(axis="workers", workers=workers,
                            compute=BASE.compute * BASE.workers / workers,
                            designs=MANY)
    for work in WORK:
        yield BASE._replace(axis="work", work=work,
                            designs=("single", "offload") + MANY,
                            shapes=("uniform", "skewed"))
    for connections in CONNECTIONS:
        yield BASE._replace(axis="connections", connections=connections,
                            designs=("single",) + MANY,
                            shapes=("uniform", "skewed"))
    for compute in COMPUTE:
        yield BASE._replace(axis="compute", compute=compute,
                            designs=("single", "offload") + MANY,
                            shapes=("mixed",))


def arguments(point):
    """The options of //benchmarks:compare."""
    return [f"--workers={point.workers}",
            f"--connections={point.connections}",
            f"--compute={point.compute:g}",
            f"--work={point.work}us",
            f"--design={','.join(point.designs)}",
            f"--shape={','.join(point.shapes)}"]
