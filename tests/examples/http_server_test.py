#!/usr/bin/env python3
"""examples/http_server as a service: what clients do to it, and that the other
clients do not notice, and that memory and descriptors come back.

Whatever has to happen is waited for by what shows it; limits of time are made
so small that they pass at once, or so large that they cannot.
"""

import os
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import unittest

SERVER = sys.argv.pop()
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HELLO = b"Hello, world\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
LONG = 60_000  # ms: no test takes so long
MOST = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
with open(SERVER, "rb") as program:  # what sanitizers keep is not the server's
    HAS_SANITIZER = b"__sanitizer" in program.read()
IDLE = 200 if HAS_SANITIZER else min(2000, MOST - 100)  # connections


class Server:
    """A server with the options given; its files are in `root`."""

    def __init__(self, *options, limit=None, root=None):
        def set_limit():
            if limit:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        listen = [] if any(o.startswith("--listen") for o in options) else \
            ["--listen=127.0.0.1:0"]
        root = ["--root=" + root] if root else []
        self.process = subprocess.Popen(
            [SERVER, "--workers=2", *listen, *root, *options],
            stdout=subprocess.PIPE, text=True, preexec_fn=set_limit)
        self.clients = []
        line = self.process.stdout.readline()
        self.where = re.fullmatch(r"listening on (.*)\n", line)[1]

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        for client in self.clients:
            client.close()

    @property
    def address(self):
        host, port = self.where.rsplit(":", 1)
        return host, int(port)

    def connect(self, **sizes):
        client = socket.socket()
        self.clients.append(client)
        for name, size in sizes.items():
            client.setsockopt(socket.SOL_SOCKET, getattr(socket, name), size)
        client.settimeout(LONG / 1000)
        client.connect(self.address)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def ask(self, request):
        """All that is answered to a request, and an end."""
        with self.connect() as client:
            client.sendall(request)
            return read_all(client)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) << 10

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def drain(self):
        self.process.send_signal(signal.SIGTERM)

    def end(self):
        return self.process.wait(LONG / 1000)


def read_all(client):
    data = b""
    while part := client.recv(65536):
        data += part
    return data


def read_answer(client):
    """One answer that says how long it is: its head and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(1)
        if not part:
            raise EOFError(data)
        data += part
    size = int(re.search(rb"Content-Length: (\d+)", data)[1])
    body = b""
    while len(body) < size:
        part = client.recv(size - len(body))
        if not part:
            raise EOFError(body)
        body += part
    return data, body


def reset(client):
    """Closes with a reset instead of an end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    client.close()


class HttpServerTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = os.path.join(self.directory.name, "www")
        os.mkdir(self.root)

    def serve(self, *options, **named):
        server = Server(*options, **named)
        self.addCleanup(server.__exit__)
        return server

    def write(self, name, data):
        with open(os.path.join(self.root, name), "wb") as file:
            file.write(data)

    def assert_serves(self, server):
        self.assertTrue(server.ask(LAST).endswith(HELLO))

    def assert_no_fds_left(self, server, before):
        """Clients that are gone may take the server a moment."""
        for _ in range(1000):
            self.assert_serves(server)
            if server.fds() <= before:
                return
        self.fail(f"{server.fds()} descriptors, {before} before")

    def test_keep_alive_pipelined_and_half_closed(self):
        server = self.serve()
        with server.connect() as client:
            for _ in range(3):
                client.sendall(GET)
                self.assertEqual(read_answer(client)[1], HELLO)
            client.sendall(GET * 500)
            client.shutdown(socket.SHUT_WR)
            for _ in range(500):
                self.assertEqual(read_answer(client)[1], HELLO)
            self.assertEqual(client.recv(1), b"")

    def test_curl_is_served(self):
        curl = shutil.which("curl")
        if not curl:
            self.skipTest("there is no curl")
        self.write("page.html", b"<p>page")
        data = os.urandom(1 << 20)
        self.write("data", data)
        server = self.serve(root=self.root)
        url = f"http://{server.where}/"

        def fetch(*arguments):
            return subprocess.run([curl, "-sS", *arguments], check=True,
                                  stdout=subprocess.PIPE).stdout
        self.assertEqual(fetch(url, url), HELLO * 2)
        self.assertIn(b"Content-Type: text/html", fetch("-i", url + "page.html"))
        path = os.path.join(self.root, "data")
        self.assertEqual(fetch(url + "data"), data)
        # Beyond 1 MiB curl waits to be told to send: so does the limit.
        self.assertEqual(fetch("--data-binary", "@" + path, url + "echo"), data)
        self.assertEqual(fetch("--data-binary", "@" + path, "-H",
                               "Transfer-Encoding: chunked", url + "echo"),
                         data)

    def test_files_outside_the_root_are_not_found(self):
        self.write("inside.txt", b"inside")
        secret = os.path.join(self.directory.name, "secret")
        with open(secret, "wb") as file:
            file.write(b"secret")
        os.symlink(secret, os.path.join(self.root, "absolute"))
        os.symlink("../secret", os.path.join(self.root, "relative"))
        os.symlink("inside.txt", os.path.join(self.root, "good"))
        os.mkfifo(os.path.join(self.root, "fifo"))
        server = self.serve(root=self.root)
        for path, status in {
                "/inside.txt": 200, "/good": 200, "/inside%2Etxt": 200,
                "/./inside.txt?q": 200, "/../secret": 404, "/%2e%2e/secret":
                404, "/x/../../secret": 404, "//inside.txt": 404,
                "/absolute": 404, "/relative": 404, "/fifo": 404, "/": 200,
                "/inside.txt%00": 404, "/inside.tx%7": 404, "/none": 404,
                "/" + "a" * 2000: 404, secret: 404}.items():
            answer = server.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n"
                                "Connection: close\r\n\r\n".encode())
            self.assertEqual(int(answer.split()[1]), status, path)
            self.assertNotIn(b"secret", answer)
        head = server.ask(b"HEAD /inside.txt HTTP/1.0\r\n\r\n")
        self.assertIn(b"Content-Length: 6\r\n", head)
        self.assertTrue(head.endswith(b"\r\n\r\n"))

    def make_certificate(self):
        """The options of a server that has it, and a context for clients."""
        cert = os.path.join(self.directory.name, "cert.pem")
        key = os.path.join(self.directory.name, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x",
             "-days", "2", "-keyout", key, "-out", cert],
            check=True, stderr=subprocess.DEVNULL)
        context = ssl.create_default_context(cafile=cert)
        context.check_hostname = False
        return ["--tls-cert=" + cert, "--tls-key=" + key], context

    def test_a_request_may_come_with_the_end_of_the_handshake(self):
        """OpenSSL has then read it already."""
        options, context = self.make_certificate()
        server = self.serve(*options, f"--idle-time={LONG}")
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(arrived, leaving)
        with server.connect() as client:
            def until_done(call):
                while True:
                    try:
                        return call()
                    except ssl.SSLWantReadError:
                        client.sendall(leaving.read())
                        part = client.recv(65536)
                        if not part:
                            raise EOFError
                        arrived.write(part)
            until_done(tls.do_handshake)
            tls.write(GET)  # and what ends the handshake, at once
            self.assertIn(b" 200 ", until_done(lambda: tls.read(65536)))

    def test_tls(self):
        data = os.urandom(100_000)
        self.write("data", data)
        options, context = self.make_certificate()
        server = self.serve(*options, f"--head-time={10 * LONG}",
                            f"--drain-time={10 * LONG}", root=self.root)
        with context.wrap_socket(server.connect()) as client:
            client.sendall(GET * 2)
            self.assertEqual(read_answer(client)[1], HELLO)
            self.assertEqual(read_answer(client)[1], HELLO)
            client.sendall(b"GET /data HTTP/1.1\r\nHost: x\r\n"
                           b"Connection: close\r\n\r\n")
            self.assertEqual(read_answer(client)[1], data)
            self.assertEqual(client.recv(1), b"")
        with server.connect() as plain:
            plain.sendall(GET)
            self.assertNotIn(HELLO, read_all(plain))
        silent = server.connect()  # no handshake: nobody waits for it
        with context.wrap_socket(server.connect()) as client:
            client.sendall(LAST)
            self.assertEqual(read_answer(client)[1], HELLO)
        server.drain()
        self.assertEqual(silent.recv(1), b"")
        self.assertEqual(server.end(), 0)

    def test_unix_socket(self):
        path = os.path.join(self.directory.name, "socket")
        self.serve("--listen=unix:" + path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(LAST)
            self.assertTrue(read_all(client).endswith(HELLO))

    def test_slow_clients_are_told_and_others_served(self):
        server = self.serve("--head-time=50", "--body-time=50",
                            f"--idle-time={LONG}")
        slow_head = server.connect()
        slow_body = server.connect()
        idle = server.connect()
        slow_head.sendall(b"GET / HT")
        slow_body.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n"
                          b"Content-Length: 9\r\n\r\nhal")
        self.assert_serves(server)
        for client in slow_head, slow_body:
            answer = read_all(client)
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)
            self.assertIn(b"\r\nConnection: close\r\n", answer)
        with idle:
            idle.sendall(LAST)
            self.assertTrue(read_all(idle).endswith(HELLO))

    def test_time_runs_from_the_first_byte(self):
        """A byte now and then does not prolong it."""
        server = self.serve("--head-time=200")
        with server.connect() as client:
            client.settimeout(0.01)
            client.sendall(b"GET /")
            answer = b""
            for _ in range(8000):
                try:
                    client.sendall(b"a")
                    answer = client.recv(100)
                    break
                except TimeoutError:
                    pass
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_idle_clients_are_closed(self):
        """Those that rest, and those that do not yet."""
        for rest in 0, LONG:
            server = self.serve("--idle-time=50", f"--rest-time={rest}")
            with server.connect() as client:
                self.assertEqual(client.recv(1), b"")
            with server.connect() as client:
                client.sendall(GET)
                self.assertEqual(read_answer(client)[1], HELLO)
                self.assertEqual(client.recv(1), b"")

    def test_idle_clients_cost_no_stack_and_are_served_again(self):
        """A stack has two pages at least, one of them in memory, and what
        was a client's memory serves the next one."""
        server = self.serve("--rest-time=0", f"--idle-time={LONG}",
                            f"--drain-time={LONG}")
        with server.connect() as client:
            client.sendall(GET)
            size = len(b"".join(read_answer(client)))

        def ask(client):
            client.sendall(GET)
            return client.recv(size, socket.MSG_WAITALL)

        def assert_is_small():
            if not HAS_SANITIZER:
                self.assertLess(server.memory() - empty, IDLE * 3072)
        before = server.fds()
        empty = server.memory()
        for _ in range(2):
            clients = []
            for _ in range(IDLE):  # one by one: nothing but idle ones is many
                clients.append(server.connect())
                self.assertTrue(ask(clients[-1]).endswith(HELLO))
            for client in clients:
                self.assertTrue(ask(client).endswith(HELLO))
            assert_is_small()
            self.assertGreaterEqual(server.fds(), IDLE)
            for client in clients:
                client.close()
            self.assert_no_fds_left(server, before)
        assert_is_small()
        clients = [server.connect() for _ in range(100)]
        for client in clients:
            client.sendall(GET)
            read_answer(client)
        server.drain()
        for client in clients:
            self.assertEqual(client.recv(1), b"")
        self.assertEqual(server.end(), 0)

    def test_clients_that_never_read_are_given_up(self):
        self.write("large", bytes(8 << 20))
        server = self.serve("--write-time=50", "--linger-time=50",
                            root=self.root)
        before = server.fds()
        deaf = [server.connect(SO_RCVBUF=4096) for _ in range(4)]
        for client in deaf[:2]:
            client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        for client in deaf[2:]:
            body = b"a" * (1 << 20)
            try:
                for _ in range(40):
                    client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n"
                                   b"Content-Length: %d\r\n\r\n%b"
                                   % (len(body), body))
                self.fail("it took all, and its answers were not read")
            except OSError:
                pass
        self.assert_no_fds_left(server, before)

    def test_clients_that_reset_concern_nobody_else(self):
        self.write("large", bytes(8 << 20))
        server = self.serve("--linger-time=50", root=self.root)
        with server.connect() as witness:
            witness.sendall(GET)
            read_answer(witness)
            before = server.fds()
            for request in (b"", b"GET / HT", GET * 100,
                            b"POST /echo HTTP/1.1\r\nHost: x\r\n"
                            b"Content-Length: 9\r\n\r\nhal",
                            b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"):
                for wait in False, True:
                    client = server.connect(SO_RCVBUF=4096)
                    client.sendall(request)
                    if wait and request.endswith(b"\r\n\r\n"):
                        client.recv(1)  # it is being answered
                    reset(client)
            witness.sendall(GET)
            self.assertEqual(read_answer(witness)[1], HELLO)
            self.assert_no_fds_left(server, before)
        self.assertIsNone(server.process.poll())

    def test_out_of_descriptors(self):
        """Who does not fit waits outside, and who is inside is served."""
        server = self.serve("--workers=1", limit=40)  # in order, so
        before = server.fds()
        clients = [server.connect() for _ in range(60)]
        for client in clients[:10]:
            client.sendall(GET)
            self.assertEqual(read_answer(client)[1], HELLO)
        self.assertLessEqual(server.fds(), 40)
        for client in clients[10:40]:
            client.close()
        for client in clients[40:]:
            client.sendall(LAST)
            self.assertTrue(read_all(client).endswith(HELLO))
            client.close()
        for client in clients[:10]:
            client.close()
        self.assert_no_fds_left(server, before)

    def test_so_many_connections_at_once(self):
        server = self.serve("--workers=1", "--connections=2")
        first, second, third = (server.connect() for _ in range(3))
        for client in first, second:
            client.sendall(GET)
        self.assertEqual(read_answer(first)[1], HELLO)
        third.sendall(GET)
        self.assertEqual(read_answer(second)[1], HELLO)
        first.close()
        self.assertEqual(read_answer(third)[1], HELLO)

    def test_drains(self):
        """Idle connections end at once; a request under way is answered, as
        the last one."""
        server = self.serve(f"--drain-time={LONG}")
        idle = server.connect()
        idle.sendall(GET)
        read_answer(idle)
        body = server.connect()
        body.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue"
                     b"\r\nContent-Length: 4\r\n\r\n")
        self.assertEqual(body.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
        body.sendall(b"ha")
        server.drain()
        self.assertEqual(idle.recv(1), b"")
        with self.assertRaises(OSError):  # as soon as both listeners are gone
            for _ in range(1000):
                self.assertEqual(server.connect().recv(1), b"")
        body.sendall(b"lf")
        self.assertTrue(read_all(body).endswith(b"half"))
        body.close()
        self.assertEqual(server.end(), 0)

    def test_drains_no_longer_than_it_may(self):
        server = self.serve("--drain-time=50", f"--body-time={LONG}")
        with server.connect() as client:
            client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: "
                           b"100-continue\r\nContent-Length: 4\r\n\r\n")
            client.recv(100)
            server.drain()
            self.assertEqual(server.end(), 0)

    def test_another_signal_ends_the_drain(self):
        """And so many as like to come do not kill it."""
        server = self.serve(f"--drain-time={LONG}", f"--body-time={LONG}")
        idle = server.connect()
        idle.sendall(GET)
        read_answer(idle)
        with server.connect() as client:
            client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: "
                           b"100-continue\r\nContent-Length: 4\r\n\r\n")
            client.recv(100)
            server.drain()
            self.assertEqual(idle.recv(1), b"")  # it is draining
            while server.process.poll() is None:
                server.drain()
            self.assertEqual(client.recv(1), b"")
        self.assertEqual(server.end(), 0)

    def test_options_that_are_none(self):
        for options in (["--nothing"], ["--workers=x"], ["--workers=999"],
                        ["more"], ["--tls-cert=x"]):
            self.assertEqual(subprocess.run(
                [SERVER, *options], stderr=subprocess.DEVNULL,
                check=False).returncode, 2, options)
        with self.serve() as server:
            self.assertEqual(subprocess.run(
                [SERVER, "--listen=" + server.where, "--workers=1"],
                stderr=subprocess.DEVNULL, check=False).returncode, 1)
        self.assertIn("--listen", subprocess.run(
            [SERVER, "--help"], stdout=subprocess.PIPE, text=True,
            check=True).stdout)


class RestingTest(HttpServerTest):
    """Once more, with connections that rest whenever they can."""

    test_clients_that_never_read_are_given_up = None
    test_curl_is_served = None
    test_drains_no_longer_than_it_may = None
    test_files_outside_the_root_are_not_found = None
    test_idle_clients_are_closed = None
    test_idle_clients_cost_no_stack_and_are_served_again = None
    test_options_that_are_none = None
    test_unix_socket = None

    def serve(self, *options, **named):
        return super().serve("--rest-time=0", *options, **named)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST, MOST))
    unittest.main()
