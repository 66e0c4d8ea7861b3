"""The workloads: how much of each is a run, and how wide it may be."""

import collections

# probe    operations of the first run, which finds how many fill the budget
# fixed    operations of every run; 0: as many as fill the budget
# widths   numbers of workers it makes sense for; None: any
# counters what is compared beside ns_per_op
Workload = collections.namedtuple(
    "Workload", "name probe fixed widths counters", defaults=(0, None, ()))

CROWD = 1000000  # sleepers, parked tasks and the like

TASKS = [
    Workload("yield", 20000),
    Workload("yield_100", 20000),
    Workload("spawn_join", 5000),
    Workload("spawn_join_wait", 5000),
    Workload("spawn_batch", 10000),
    Workload("gather", 10000),
    Workload("fib", 30000),
    Workload("skynet", 0, 1000000),
    Workload("skynet_spawn", 0, 1000000),
    Workload("nqueens", 0, 856189),
    Workload("chan_buffered", 10000),
    Workload("chan_mpmc", 10000),
    Workload("chan_rendezvous", 5000),
    Workload("chan_pingpong", 5000),
    Workload("select_ready", 10000),
    Workload("mutex_uncontended", 50000),
    Workload("mutex_contended", 10000),
    Workload("mutex_brief", 50000),
    Workload("scope_unused", 10000),
    Workload("timer_add_cancel", 10000),
    Workload("future_pingpong", 10000),
    Workload("foreign_wake", 0, 2000, None, ("p99_ns",)),
    Workload("offload_roundtrip", 1000),
    Workload("sleepers", 0, CROWD, None, ("cpu_seconds", "bytes_per_task")),
    Workload("delayed", 0, CROWD, None, ("cpu_seconds", "bytes_per_task")),
    Workload("parked_task", 0, CROWD, None, ("bytes_per_task",)),
    Workload("unstarted_task", 0, CROWD, (1,), ("bytes_per_task",)),
]

# A service under load: connections, and requests in flight on each.
Shape = collections.namedtuple("Shape", "name service connections depth")

SHAPES = [
    Shape(f"{name}_{connections}x{depth}", service, connections, depth)
    for name, service in (("tcp_echo", "echo"), ("http_hello", "http"))
    for connections in (64, 1000, 10000)
    for depth in (1, 16)
]

SHAPE_COUNTERS = ("p99_ns", "server_cpu_ns")

ORDER = [workload.name for workload in TASKS] + [s.name for s in SHAPES]


def counters(name):
    """What is compared of a workload beside ns_per_op."""
    for workload in TASKS:
        if workload.name == name:
            return workload.counters
    return SHAPE_COUNTERS


def names(widths):
    """What filters see: each workload with each number of workers."""
    for workload in TASKS:
        for workers in widths:
            if not workload.widths or workers in workload.widths:
                yield f"{workload.name}/{workers}"
    for shape in SHAPES:
        for workers in widths:
            yield f"{shape.name}/{workers}"


def fill(ns_per_op, budget, probe):
    """Operations that take about so many seconds: 1, 2 or 5 times a power of
    ten, and at least as many as were tried."""
    wanted = budget * 1e9 / max(ns_per_op, 0.1)
    power = 1
    while power * 10 <= wanted:
        power *= 10
    for factor in (5, 2, 1):
        if factor * power <= wanted:
            return max(factor * power, probe)
    return probe
