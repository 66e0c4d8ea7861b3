"""The runtimes that are compared: rove's programs and its peers'.

A program obeys one contract:

    PROGRAM --list                  its workloads, one a line; a number behind
                                    one is the most workers it makes sense for
    PROGRAM WORKLOAD WORKERS OPS    one run: a line of JSON
    PROGRAM serve_SERVICE WORKERS   a server: see process.Server
"""

import os
import subprocess
import sys

from runner import process
from runner.recipes import HERE, RECIPES, Missing

NAMES = tuple(RECIPES)
TIMEOUT = 60
SERVE = "serve_"
WORKERS_MAX = 256


def abilities(text):
    """Of each listed workload the most workers."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words:
            found[words[0]] = int(words[1]) if len(words) > 1 else WORKERS_MAX
    return found


class Program:
    def __init__(self, name, command):
        self.name = name
        self.command = command
        self.abilities = abilities(self.listed())

    def listed(self):
        return process.output(self.command + ["--list"], TIMEOUT)

    def has(self, workload, workers):
        return workers <= self.abilities.get(workload, 0)

    def serves(self, service):
        return SERVE + service in self.abilities

    def run(self, workload, workers, ops):
        """The counters that one run found."""
        command = self.command + [workload, str(workers), str(ops)]
        return process.parsed(process.output(command, TIMEOUT))

    def server(self, service, workers):
        return process.Server(self.command + [SERVE + service, str(workers)])


class Rove(Program):
    """Two programs: the micro benchmarks and the server."""

    def __init__(self, micro, server):
        self.micro = micro
        super().__init__("rove", [server])

    def listed(self):
        names = process.output([self.micro, "--workers=1",
                                "--benchmark_list_tests"], TIMEOUT)
        return names + super().listed()

    def run(self, workload, workers, ops):
        output = process.output(
            [self.micro, f"--benchmark_filter=^{workload}$",
             f"--workers={workers}", f"--ops={ops}",
             "--benchmark_repetitions=1", "--benchmark_format=json"], TIMEOUT)
        found = process.parsed(output)["benchmarks"][0]
        if found.get("error_occurred"):
            raise process.Failed(found["error_message"])
        return {name: found[name] for name in
                ("ns_per_op", "per_F", "p99_ns", "wall_seconds", "cpu_seconds",
                 "bytes_per_task") if name in found}


def install():
    """Every peer, through apt."""
    root = HERE
    while not os.path.exists(os.path.join(root, "bazelw")):
        if root == os.path.dirname(root):
            print("peers: no bazelw above", HERE, file=sys.stderr)
            return 1
        root = os.path.dirname(root)
    return subprocess.run([os.path.join(root, "bazelw"), "--install", "peers"],
                          check=False).returncode


def build(name, cache):
    """The peer's program, or None with a line that says why there is none."""
    try:
        print(f"peers: building {name}", file=sys.stderr, flush=True)
        return Program(name, RECIPES[name](cache))
    except Missing as missing:
        print(f"peers: {name} is left out: {missing} is not installed "
              "(--install installs all peers)", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"peers: {name} is left out, it does not build:\n{error.stderr}",
              file=sys.stderr)
    except process.Failed as failed:
        print(f"peers: {name} is left out, it does not run: {failed}",
              file=sys.stderr)
    return None


def prepare(choice):
    cache = os.path.join(choice.out, "build")
    os.makedirs(cache, exist_ok=True)
    peers = [build(name, cache) for name in NAMES
             if not choice.peer or name in choice.peer]
    return [Rove(os.path.abspath(choice.rove_micro),
                 os.path.abspath(choice.rove_server))] + \
        [peer for peer in peers if peer]
