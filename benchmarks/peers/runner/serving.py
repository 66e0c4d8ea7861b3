"""A service under the load of the common generator."""

from runner import process

PATIENCE = 60  # seconds for a run: 10,000 connections take a while
WARMUP = 0.1
WINDOW = 0.3


def load(choice, shape, server):
    command = [
        choice.rove_load, f"--service={shape.service}",
        f"--port={server.port}", f"--connections={shape.connections}",
        f"--depth={shape.depth}", f"--warmup={WARMUP}", f"--window={WINDOW}",
    ] + [f"--server={pid}" for pid in server.pids()]
    return process.parsed(process.output(command, PATIENCE))


def run(runtime, shape, workers, choice):
    """The counters of one run; the generator fails at the first wrong byte."""
    server = runtime.server(shape.service, workers)
    try:
        found = load(choice, shape, server)
    finally:
        server.stop()
    return {
        "ns_per_op": found["seconds"] * 1e9 / found["requests"],
        "requests_per_second": found["requests"] / found["seconds"],
        "p50_ns": found["p50_ns"],
        "p99_ns": found["p99_ns"],
        "server_cpu_ns":
            found["server_cpu_seconds"] * 1e9 / found["requests"],
    }
