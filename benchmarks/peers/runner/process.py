"""Child processes that end: in time, and with their children."""

import json
import os
import signal
import subprocess
import tempfile
import threading


class Failed(Exception):
    """A run that gave no result; the text says why, in a line."""


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "no output"


def kill(child):
    """The child's whole group, which it leads, unless it has ended."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def output(command, timeout, **options):
    """The standard output of a command that succeeds."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True,
                                 start_new_session=True, **options)
    except OSError as error:
        raise Failed(str(error)) from error
    try:
        out, errors = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"no end within {timeout:.0f} s") from error
    finally:
        kill(child)
        for pipe in (child.stdout, child.stderr):
            pipe.close()
    if child.returncode != 0:
        how = f"signal {-child.returncode}" if child.returncode < 0 else \
            f"exit status {child.returncode}"
        raise Failed(f"{how}: {last_line(errors)}")
    return out


def parsed(text):
    """The JSON in an output."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failed(f"no JSON: {last_line(text)}") from error


def family(pid):
    """The process and its children, as far as there are any now."""
    found = [pid]
    for parent in found:
        path = f"/proc/{parent}/task/{parent}/children"
        try:
            with open(path, encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return found


class Server:
    """A program that says its port in a line of JSON and serves until its
    standard input ends."""

    def __init__(self, command, timeout=20):
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")
        try:
            self.child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self.errors, text=True, start_new_session=True)
        except OSError as error:
            raise Failed(str(error)) from error
        alarm = threading.Timer(timeout, kill, [self.child])
        alarm.start()
        line = self.child.stdout.readline()
        alarm.cancel()
        if not line:
            self.errors.seek(0)
            why = last_line(self.errors.read())
            self.stop()
            raise Failed(f"no server: {why}")
        self.port = parsed(line)["port"]

    def pids(self):
        return family(self.child.pid)

    def stop(self):
        kill(self.child)
        for file in (self.child.stdin, self.child.stdout, self.errors):
            file.close()
