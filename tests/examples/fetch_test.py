#!/usr/bin/env python3
"""examples/fetch against a server of the test's own, which answers, fails,
hangs and resets as the path says: every page's fate is told, none holds up
the others.

What has to happen is waited for by what shows it.
"""

import http.server
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

FETCH = sys.argv.pop()
BIG = bytes(range(256)) * 32768
LONG = 60  # seconds: no test takes so long
ENVIRONMENT = {"PATH": os.environ["PATH"], "no_proxy": "*"}


def failures(errors):
    """The lines of fetch itself: a build with delays names its seed, too."""
    return [line for line in errors.splitlines()
            if not line.startswith("rove: RV_SHAKE_SEED=")]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with self.server.lock:
            hits = self.server.hits
            hits[self.path] = hits.get(self.path, 0) + 1
            count = hits[self.path]
        name = self.path.strip("/").split("/")[0]
        getattr(self, "answer_" + name)(count)

    def answer(self, status, body, size=None):
        self.send_response(status)
        self.send_header("Content-Length", str(size or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_ok(self, _count):
        self.answer(200, b"ok\n")

    def answer_big(self, _count):
        self.answer(200, BIG)

    def answer_missing(self, _count):
        self.answer(404, b"no such page\n")

    def answer_flaky(self, count):
        self.answer(503 if count < 3 else 200, b"busy, or not\n")

    def answer_half(self, _count):
        self.answer(200, b"half", size=8)
        self.close_connection = True

    def answer_reset(self, _count):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def answer_hang(self, _count):
        self.server.hanging.release()
        self.server.over.wait(LONG)
        self.close_connection = True

    def answer_meet(self, _count):
        """Goes on when three are here; counts how many ever were."""
        server = self.server
        with server.lock:
            server.here += 1
            server.most = max(server.most, server.here)
        server.meeting.wait()
        with server.lock:
            server.here -= 1
        server.meeting.wait()
        self.answer(200, b"met\n")

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass  # the connection that was reset

    def log_message(self, *_message):
        pass


class Upstream(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.hits = {}
        self.hanging = threading.Semaphore(0)
        self.over = threading.Event()
        self.meeting = threading.Barrier(3, timeout=LONG)
        self.here = self.most = 0

    def handle_error(self, request, client_address):
        pass  # a client that has gone


class FetchTest(unittest.TestCase):
    def setUp(self):
        self.upstream = Upstream()
        self.thread = threading.Thread(target=self.upstream.serve_forever,
                                       args=(0.02,))
        self.thread.start()

    def tearDown(self):
        self.upstream.over.set()
        self.upstream.shutdown()
        self.thread.join()
        self.upstream.server_close()

    def url(self, path):
        return "http://127.0.0.1:%d/%s" % (self.upstream.server_port, path)

    def urls(self, *paths):
        return [self.url(path) for path in paths]

    def fetch(self, *arguments, lines=""):
        return subprocess.run([FETCH, *arguments], input=lines, text=True,
                              capture_output=True, timeout=LONG,
                              env=ENVIRONMENT)

    def start(self, *arguments, stderr):
        return subprocess.Popen([FETCH, *arguments], stdout=subprocess.PIPE,
                                stderr=stderr, text=True, env=ENVIRONMENT)

    def check_summary(self, output, fetched, failed, given_up):
        match = re.fullmatch(r"(\d+) fetched, (\d+) failed, (\d+) given up; "
                             r"\d+ bytes, [\d.]+ s\n", output)
        self.assertIsNotNone(match, output)
        self.assertEqual([int(group) for group in match.groups()],
                         [fetched, failed, given_up])

    def test_each_failure_is_told_with_its_reason_and_holds_up_nobody(self):
        urls = self.urls("ok", "missing", "reset", "half", "big")
        done = self.fetch("--retries=0", *urls)
        self.assertEqual(done.returncode, 1)
        self.check_summary(done.stdout, 2, 3, 0)
        lines = failures(done.stderr)
        self.assertEqual([line.split(": ")[0] for line in lines], urls[1:4])
        self.assertIn("404", lines[0])

    def test_page_that_hangs_is_given_up_after_each_timeout(self):
        done = self.fetch("--timeout=0.1", "--retries=1", self.url("hang"))
        self.check_summary(done.stdout, 0, 1, 0)
        self.assertIn("hang: not done within 0.1 s\n", done.stderr)

    def test_pages_that_are_whole_are_kept_and_no_others(self):
        urls = self.urls("big", "half", "ok/a%20b?c=/d", "missing", "ok/")
        with tempfile.TemporaryDirectory() as directory:
            done = self.fetch("--retries=0", "--output", directory, *urls)
            self.check_summary(done.stdout, 3, 2, 0)
            self.assertEqual(sorted(os.listdir(directory)),
                             ["1-big", "3-a_20b", "5-index.html"])
            with open(os.path.join(directory, "1-big"), "rb") as file:
                self.assertEqual(file.read(), BIG)

    def test_file_that_cannot_be_written_is_a_failure_of_its_page(self):
        done = self.fetch("--output", "/dev/null", self.url("ok"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("its file: Not a directory", done.stderr)

    def test_what_may_pass_is_tried_again_and_nothing_else(self):
        done = self.fetch("--retries=2", *self.urls("flaky", "missing"))
        self.check_summary(done.stdout, 1, 1, 0)
        self.assertEqual(self.upstream.hits, {"/flaky": 3, "/missing": 1})

    def test_urls_come_from_standard_input(self):
        lines = "\n".join(["# three pages", "", *self.urls("ok/1", "ok/2")])
        done = self.fetch("-", self.url("ok/3"), lines=lines)
        self.assertEqual((done.returncode, failures(done.stderr)), (0, []))
        self.check_summary(done.stdout, 3, 0, 0)
        self.assertEqual(self.upstream.hits,
                         {"/ok/1": 1, "/ok/2": 1, "/ok/3": 1})

    def test_as_many_run_at_once_as_may(self):
        urls = self.urls(*["meet/%d" % i for i in range(12)])
        done = self.fetch("--concurrency=3", *urls)
        self.check_summary(done.stdout, 12, 0, 0)
        self.assertEqual(self.upstream.most, 3)

    def test_first_failure_ends_the_rest_when_asked_to(self):
        urls = self.urls("hang/1", "missing", "hang/2")
        done = self.fetch("--fail-fast", "--timeout=%d" % LONG, *urls)
        self.assertEqual(done.returncode, 1)
        self.check_summary(done.stdout, 0, 1, 2)

    def test_interrupt_ends_what_runs_and_the_summary_comes(self):
        with tempfile.TemporaryDirectory() as directory:
            process = self.start("--timeout=%d" % LONG, "--output", directory,
                                 "--concurrency=2",
                                 *self.urls("hang/1", "hang/2", "hang/3"),
                                 stderr=subprocess.PIPE)
            for _ in range(2):
                self.assertTrue(self.upstream.hanging.acquire(timeout=LONG))
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=LONG)
            self.assertEqual((process.returncode, failures(errors)), (1, []))
            self.check_summary(output, 0, 0, 3)
            self.assertEqual(os.listdir(directory), [])

    def test_who_looks_is_shown_the_progress(self):
        ours, theirs = pty.openpty()
        process = self.start("--timeout=%d" % LONG, "--retries=0",
                             *self.urls("missing", "hang"), stderr=theirs)
        os.close(theirs)
        shown = b""
        while b"1 of 2, 1 failed" not in shown:
            self.assertTrue(select.select([ours], [], [], LONG)[0], shown)
            shown += os.read(ours, 4096)
        self.upstream.over.set()
        self.check_summary(process.communicate(timeout=LONG)[0], 0, 2, 0)
        os.close(ours)

    def test_help_and_bad_usage(self):
        done = self.fetch("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("concurrency", "timeout", "retries", "output",
                       "fail-fast"):
            self.assertIn("--" + option, done.stdout)
        for bad in ([], ["--concurrency=0", "x"], ["--timeout=nan", "x"],
                    ["--retries=1.5", "x"], ["--no-such", "x"]):
            self.assertEqual(self.fetch(*bad).returncode, 2, bad)


if __name__ == "__main__":
    unittest.main()
