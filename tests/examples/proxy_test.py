#!/usr/bin/env python3
"""examples/proxy as a service: what it makes of clients and upstreams that do
what they may, and what they may not.

The upstreams are scripts in threads of this process. Whatever has to happen is
waited for by what shows it; limits of time are made so small that they pass at
once, or so large that they cannot.
"""

import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROXY = sys.argv.pop()
LONG = 60  # s: no test takes so long
MUCH = 1 << 14  # kB: more than buffers and a sanitizer's book-keeping
GET = b"GET /path?query HTTP/1.1\r\nHost: x\r\n\r\n"
# ThreadSanitizer's programs sleep a second before they end.
ENVIRONMENT = {**os.environ, "TSAN_OPTIONS": os.environ.get(
    "TSAN_OPTIONS", "") + ":atexit_sleep_ms=0"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Channel:
    """A connection, read by what is waited for."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(LONG)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)

    def more(self):
        part = self.socket.recv(65536)
        self.buffer += part
        return part

    def until(self, delimiter):
        while delimiter not in self.buffer:
            if not self.more():
                raise EOFError(self.buffer)
        data, self.buffer = self.buffer.split(delimiter, 1)
        return data + delimiter

    def exactly(self, size):
        while len(self.buffer) < size:
            if not self.more():
                raise EOFError(self.buffer)
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def rest(self):
        while self.more():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def head(self):
        return self.until(b"\r\n\r\n")

    def body(self, head):
        """The body behind a head, without its framing."""
        size = re.search(rb"(?i)content-length: (\d+)", head)
        if size:
            return self.exactly(int(size[1]))
        if b"chunked" not in head:
            return self.rest()
        data = b""
        while size := int(self.until(b"\r\n"), 16):
            data += self.exactly(size)
            self.until(b"\r\n")
        self.until(b"\r\n")
        return data

    def answer(self):
        head = self.head()
        return head, self.body(head)

    def ask(self, request=GET):
        self.send(request)
        return self.answer()

    def reset(self):
        """Closes with a reset instead of an end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        self.socket.close()

    def is_closed(self):
        try:
            return not self.more()
        except ConnectionError:
            return True

    def is_reset(self):
        try:
            self.more()
        except ConnectionResetError:
            return True
        return False


class Upstream:
    """Listens; the test accepts when it likes."""

    def __init__(self, test):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.listener.settimeout(LONG)
        self.where = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.test = test
        test.addCleanup(self.listener.close)

    def accept(self):
        connection = self.listener.accept()[0]
        self.test.addCleanup(connection.close)
        return Channel(connection)

    def close(self):
        self.listener.close()


class Proxy:
    def __init__(self, test, mode, *upstreams, options=(),
                 listen="127.0.0.1:0", limit=None):
        def set_limit():
            if limit:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        self.test = test
        self.process = subprocess.Popen(
            [PROXY, "--mode", mode, "--listen", listen, "--workers=2",
             *("--upstream=" + getattr(u, "where", u) for u in upstreams),
             *options],
            stdout=subprocess.PIPE, text=True, env=ENVIRONMENT,
            preexec_fn=set_limit)
        test.addCleanup(self.stop)
        line = self.process.stdout.readline()
        self.where = re.fullmatch(r"listening on (.*)\n", line)[1]

    def stop(self):
        """All its peers are gone by now, so it ends; sanitizers have a say."""
        self.drain()
        try:
            self.test.assertEqual(self.end(), 0)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def connect(self, receive_buffer=None):
        if self.where.startswith("unix:"):
            connection = socket.socket(socket.AF_UNIX)
            address = self.where[5:]
        else:
            connection = socket.socket()
            host, port = self.where.rsplit(":", 1)
            address = host, int(port)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                  receive_buffer)
        self.test.addCleanup(connection.close)
        connection.settimeout(LONG)
        connection.connect(address)
        return Channel(connection)

    def drain(self):
        self.process.send_signal(signal.SIGTERM)

    def end(self):
        return self.process.wait(LONG)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def fill(channel):
    """Sends until the other side takes no more: how many bytes."""
    sent = 0
    channel.socket.settimeout(0.3)
    try:
        while sent < 1 << 30:
            sent += channel.socket.send(b"x" * 65536)
    except TimeoutError:
        pass
    channel.socket.settimeout(LONG)
    return sent


def wait_until(is_so):
    end = time.monotonic() + LONG
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)


class TcpTest(unittest.TestCase):
    def test_bytes_go_both_ways_and_so_do_their_ends(self):
        upstream = Upstream(self)
        client = Proxy(self, "tcp", upstream).connect()
        server = upstream.accept()
        client.send(b"there")
        self.assertEqual(server.exactly(5), b"there")
        client.end()
        self.assertEqual(server.rest(), b"")
        server.send(b"and back")
        self.assertEqual(client.exactly(8), b"and back")
        server.end()
        self.assertEqual(client.rest(), b"")

    def test_much_arrives_as_it_was_sent(self):
        upstream = Upstream(self)
        client = Proxy(self, "tcp", upstream).connect()
        server = upstream.accept()
        data = os.urandom(1 << 22)

        def echo():
            while server.more():
                server.send(server.buffer)
                server.buffer = b""
            server.end()
        echoing = threading.Thread(target=echo)
        echoing.start()
        sending = threading.Thread(
            target=lambda: (client.send(data), client.end()))
        sending.start()
        self.assertEqual(client.rest(), data)
        echoing.join()
        sending.join()

    def test_it_listens_and_connects_on_unix_sockets(self):
        with tempfile.TemporaryDirectory() as directory:
            upstream = Upstream(self)
            inner = Proxy(self, "tcp", upstream,
                          listen=f"unix:{directory}/inner")
            outer = Proxy(self, "tcp", inner, listen=f"unix:{directory}/outer")
            client = outer.connect()
            server = upstream.accept()
            client.send(b"ping")
            self.assertEqual(server.exactly(4), b"ping")

    def test_upstreams_take_turns_and_a_dead_one_is_passed_over(self):
        one, other, dead = Upstream(self), Upstream(self), Upstream(self)
        dead.close()
        proxy = Proxy(self, "tcp", one, dead, other)
        for _ in range(3):
            for upstream in one, other:
                client = proxy.connect()
                upstream.accept().send(b"!")
                self.assertEqual(client.exactly(1), b"!")

    def test_a_client_that_resets_resets_its_upstream_connection_only(self):
        upstream = Upstream(self)
        proxy = Proxy(self, "tcp", upstream)
        stays = proxy.connect()
        stays_server = upstream.accept()
        goes = proxy.connect()
        goes_server = upstream.accept()
        goes.send(b"x")
        goes_server.exactly(1)
        goes.reset()
        self.assertTrue(goes_server.is_reset())
        stays.send(b"still")
        self.assertEqual(stays_server.exactly(5), b"still")

    def test_a_server_that_resets_resets_its_client(self):
        upstream = Upstream(self)
        client = Proxy(self, "tcp", upstream).connect()
        server = upstream.accept()
        server.send(b"half")
        self.assertEqual(client.exactly(4), b"half")
        server.reset()
        self.assertTrue(client.is_reset())

    def test_who_does_not_read_makes_the_other_side_wait(self):
        upstream = Upstream(self)
        proxy = Proxy(self, "tcp", upstream)
        client = proxy.connect(receive_buffer=4096)
        server = upstream.accept()
        before = proxy.memory()
        sent = fill(server)
        self.assertLess(sent, 1 << 28)
        self.assertLess(proxy.memory() - before, MUCH)
        self.assertEqual(client.exactly(4096), b"x" * 4096)

    def test_a_connection_on_which_nothing_moves_is_closed(self):
        upstream = Upstream(self)
        proxy = Proxy(self, "tcp", upstream, options=["--idle-timeout=1"])
        client = proxy.connect()
        server = upstream.accept()
        self.assertTrue(client.is_reset())
        self.assertTrue(server.is_reset())

    def test_what_is_under_way_ends_before_a_drained_proxy_does(self):
        upstream = Upstream(self)
        proxy = Proxy(self, "tcp", upstream, options=["--drain-timeout=60"])
        client = proxy.connect()
        server = upstream.accept()
        proxy.drain()
        client.send(b"last")
        client.end()
        self.assertEqual(server.rest(), b"last")
        server.socket.close()
        self.assertEqual(client.rest(), b"")
        self.assertEqual(proxy.end(), 0)


class HttpTest(unittest.TestCase):
    def setUp(self):
        self.upstream = Upstream(self)

    def start(self, *options):
        self.proxy = Proxy(self, "http", self.upstream, options=options)
        return self.proxy.connect()

    def begin(self, client, request=GET):
        """A first request, and who gets it."""
        client.send(request)
        server = self.upstream.accept()
        return server, server.head()

    def status(self, client, request=GET):
        return int(client.ask(request)[0].split()[1])

    def test_clients_share_an_upstream_connection(self):
        client = self.start()
        server, _ = self.begin(client)
        server.send(OK)
        self.assertEqual(client.answer()[1], b"ok")
        for asking in client, self.proxy.connect(), client:
            asking.send(GET)
            self.assertTrue(server.head())
            server.send(OK)
            self.assertEqual(asking.answer()[1], b"ok")

    def test_requests_that_come_together_are_answered_in_order(self):
        client = self.start()
        server, _ = self.begin(client, GET * 3)
        for i in range(3):
            if i > 0:
                server.head()
            server.send(OK.replace(b"ok", b"%02d" % i))
            self.assertEqual(client.answer()[1], b"%02d" % i)

    def test_fields_about_the_connection_are_left_out(self):
        client = self.start()
        server, head = self.begin(
            client,
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Stays: 1\r\n"
            b"Connection: x-goes, keep-alive\r\nX-Goes: 1\r\n"
            b"Keep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: keep-alive\r\n"
            b"Upgrade: websocket\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
        self.assertEqual(head,
                         b"GET / HTTP/1.1\r\nHost: x\r\nX-Stays: 1\r\n"
                         b"Via: 1.1 rove\r\n"
                         b"X-Forwarded-For: 192.0.2.1, 127.0.0.1\r\n\r\n")
        server.send(b"HTTP/1.1 200 Fine\r\nConnection: x-goes\r\nX-Goes: 1\r\n"
                    b"X-Stays: 1\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(client.head(),
                         b"HTTP/1.1 200 Fine\r\nX-Stays: 1\r\n"
                         b"Via: 1.1 rove\r\nContent-Length: 0\r\n\r\n")

    def test_bodies_go_on_piece_by_piece_as_they_come(self):
        client = self.start()
        server, head = self.begin(
            client, b"POST / HTTP/1.1\r\nHost: x\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")
        self.assertIn(b"Transfer-Encoding: chunked\r\n", head)
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.head()
        for piece in b"one", b"two":
            client.send(b"3;extension=1\r\n" + piece + b"\r\n")
            self.assertEqual(server.exactly(8), b"3\r\n" + piece + b"\r\n")
            server.send(b"3\r\n" + piece + b"\r\n")
            self.assertEqual(client.exactly(8), b"3\r\n" + piece + b"\r\n")
        client.send(b"0\r\nTrailer: 1\r\n\r\n")
        self.assertEqual(server.exactly(5), b"0\r\n\r\n")
        server.send(b"0\r\n\r\n")
        self.assertEqual(client.exactly(5), b"0\r\n\r\n")
        client.send(GET)
        self.assertTrue(server.head())
        server.send(OK)
        client.answer()

    def test_large_bodies_arrive_as_they_were_sent(self):
        client = self.start()
        data = os.urandom(1 << 21)
        server, head = self.begin(
            client, b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                    % len(data))
        sending = threading.Thread(target=client.send, args=[data])
        sending.start()
        self.assertEqual(server.body(head), data)
        sending.join()
        sending = threading.Thread(target=lambda: (
            server.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + data),
            server.end()))
        sending.start()
        head, body = client.answer()
        sending.join()
        self.assertIn(b"chunked", head)
        self.assertEqual(body, data)

    def test_old_clients_get_bodies_without_chunks(self):
        client = self.start()
        server, head = self.begin(client, b"GET / HTTP/1.0\r\n\r\n")
        self.assertTrue(head.startswith(b"GET / HTTP/1.1\r\n"))
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"2\r\nok\r\n0\r\n\r\n")
        self.assertIn(b"Connection: close\r\n", client.head())
        self.assertEqual(client.rest(), b"ok")

    def test_answers_without_a_body_end_with_their_head(self):
        client = self.start()
        server, _ = self.begin(client, GET.replace(b"GET", b"HEAD"))
        for answer in (b"200 OK", b"304 Not Modified"):
            server.send(b"HTTP/1.1 " + answer +
                        b"\r\nContent-Length: 9\r\n\r\n")
            self.assertIn(b"Content-Length: 9\r\n", client.head())
            client.send(GET)
            server.head()
        server.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        client.head()
        self.assertEqual(client.buffer, b"")

    def test_a_client_that_asks_whether_to_go_on_is_told_by_the_upstream(self):
        client = self.start()
        server, head = self.begin(
            client, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                    b"Expect: 100-continue\r\n\r\n")
        server.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertIn(b" 100 ", client.head())
        client.send(b"body")
        self.assertEqual(server.body(head), b"body")
        server.send(OK)
        self.assertEqual(client.answer()[1], b"ok")

    def test_an_answer_that_comes_before_the_body_ends_the_request(self):
        client = self.start()
        server, _ = self.begin(
            client, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
        server.send(b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n")
        self.assertIn(b" 413 ", client.head())
        self.assertTrue(server.is_closed())
        self.assertEqual(client.rest(), b"")

    def test_a_connection_that_the_upstream_has_closed_is_not_used(self):
        client = self.start()
        server, _ = self.begin(client)
        server.send(OK)
        client.answer()
        server.socket.close()
        post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        server, _ = self.begin(client, post)
        server.send(OK)
        self.assertEqual(client.answer()[1], b"ok")

    def test_what_may_be_asked_twice_is_when_its_connection_was_closing(self):
        client = self.start()
        server, _ = self.begin(client)
        server.send(OK)
        client.answer()
        client.send(GET)
        server.head()
        server.socket.close()
        server = self.upstream.accept()
        self.assertTrue(server.head())
        server.send(OK)
        self.assertEqual(client.answer()[1], b"ok")
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        server.head()
        server.socket.close()
        self.assertIn(b" 502 ", client.answer()[0])

    def test_an_upstream_that_refuses_is_a_502_and_then_taken_for_down(self):
        self.upstream.close()
        client = self.start()
        statuses = [self.status(client) for _ in range(5)]
        self.assertEqual(statuses, [502, 502, 502, 503, 503])

    def test_a_lack_of_descriptors_is_not_held_against_the_upstream(self):
        limit = 40
        self.proxy = Proxy(self, "http", self.upstream, limit=limit)
        client = self.proxy.connect()
        client.send(b"GET")  # it is there before the others
        others = [self.proxy.connect() for _ in range(limit)]
        wait_until(lambda: self.proxy.fds() == limit)
        client.send(GET[3:])
        for _ in range(5):
            self.assertIn(b" 50", client.answer()[0])
            client.send(GET)
        self.assertIn(b" 50", client.answer()[0])
        for other in others:
            other.end()
        for other in others:
            self.assertEqual(other.rest(), b"")
        server, _ = self.begin(client)
        server.send(OK)
        self.assertEqual(client.answer()[1], b"ok")

    def test_an_upstream_that_makes_no_sense_is_a_502(self):
        client = self.start()
        for nonsense in (b"nonsense\r\n\r\n",
                         b"HTTP/1.1 101 Other\r\n\r\n"):
            server, _ = self.begin(client)
            server.send(nonsense)
            self.assertIn(b" 502 ", client.answer()[0])
            self.assertTrue(server.is_closed())

    def test_an_upstream_that_hangs_is_a_504(self):
        client = self.start("--timeout=100")
        server, _ = self.begin(client)
        head, body = client.answer()
        self.assertIn(b" 504 ", head)
        self.assertEqual(body, b"the upstream did not answer in time\n")
        self.assertTrue(server.is_closed())
        self.assertEqual(self.status(client, b"GET / HTTP/1.1\r\n\r\n"), 400)

    def test_an_answer_that_is_cut_short_is_seen_to_be(self):
        client = self.start()
        server, _ = self.begin(client)
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        client.head()
        server.socket.close()
        self.assertEqual(client.rest(), b"half")

    def test_an_answer_that_ends_with_its_connection_is_reset_when_cut(self):
        client = self.start("--timeout=600000")
        for head, body in ((b"HTTP/1.0 200 OK\r\n", b""),
                           (b"HTTP/1.1 200 OK\r\n"
                            b"Transfer-Encoding: chunked\r\n", b"4\r\nhalf\r\n")):
            body = body or b"half"
            # To an old client the connection's end is the answer's.
            old = self.proxy.connect()
            server, _ = self.begin(old, b"GET / HTTP/1.0\r\n\r\n")
            server.send(head + b"\r\n" + body)
            old.head()
            self.assertEqual(old.exactly(4), b"half")
            server.reset()
            self.assertTrue(old.is_reset())
            # For others it is the last chunk.
            server, _ = self.begin(client)
            server.send(head + b"\r\n" + body)
            self.assertIn(b"chunked", client.head())
            self.assertEqual(client.exactly(9), b"4\r\nhalf\r\n")
            server.reset()
            self.assertEqual(client.rest(), b"")
            client = self.proxy.connect()

    def test_an_answer_under_way_is_reset_when_the_drain_is_over(self):
        self.start("--timeout=600000", "--drain-timeout=0")
        client = self.proxy.connect()
        server, _ = self.begin(client, b"GET / HTTP/1.0\r\n\r\n")
        server.send(b"HTTP/1.0 200 OK\r\n\r\nhalf")
        client.head()
        self.assertEqual(client.exactly(4), b"half")
        self.proxy.drain()
        self.assertTrue(client.is_reset())
        self.assertEqual(self.proxy.end(), 0)

    def test_a_client_that_leaves_ends_its_exchange_at_once(self):
        """More often than an upstream may fail: it is not held against it."""
        self.start("--timeout=600000")
        post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"
        begun = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        for request, piece, answer in ((GET, b"", b""), (GET, b"", begun),
                                       (post, b"", b""), (post, b"x", b""),
                                       (post, b"x", begun)):
            for leave in Channel.end, Channel.reset:
                client = self.proxy.connect()
                server, _ = self.begin(client, request)
                client.send(piece)
                self.assertEqual(server.exactly(len(piece)), piece)
                server.send(answer)
                if answer:
                    client.head()
                leave(client)
                self.assertTrue(server.is_closed())
                if leave == Channel.end:
                    self.assertEqual(client.rest(), b"")
        client = self.proxy.connect()
        server, _ = self.begin(client)
        server.send(OK)
        self.assertEqual(client.answer()[1], b"ok")

    def test_a_client_that_leaves_while_its_upstream_is_connected_to(self):
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        self.upstream.where = "127.0.0.1:%d" % address[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(address)
        client = self.start("--connect-timeout=600000")
        before = self.proxy.fds()
        client.send(GET)
        wait_until(lambda: self.proxy.fds() > before)
        client.end()
        self.assertEqual(client.rest(), b"")

    def test_a_request_that_does_not_come_is_a_408(self):
        client = self.start("--timeout=100")
        self.assertEqual(self.status(client, b"GET / HT"), 408)
        client = self.proxy.connect()
        self.assertEqual(self.status(
            client, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"),
            408)

    def test_requests_that_parsers_may_take_differently_are_refused(self):
        self.start()
        host = b"Host: x\r\n"
        for status, request in (
                (400, b"nonsense\r\n\r\n"),
                (400, b"GET / HTTP/1.1\r\n\r\n"),
                (400, b"GET / HTTP/1.1\r\n" + 2 * host + b"\r\n"),
                (400, b"GET / HTTP/1.1\n" + host + b"\r\n"),
                (400, b"GET / HTTP/1.1\r\nHost: x\n\nX: 1\r\n\r\n"),
                (400, b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n"),
                (400, b"GET http://y/ HTTP/1.1\r\n" + host + b"\r\n"),
                (400, b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n"),
                (400, b"POST / HTTP/1.1\r\n" + host +
                      2 * b"Content-Length: 1\r\n" + b"\r\n"),
                (501, b"POST / HTTP/1.1\r\n" + host +
                      b"Transfer-Encoding: gzip, chunked\r\n\r\n"),
                (501, b"CONNECT x:1 HTTP/1.1\r\n" + host + b"\r\n"),
                (431, b"GET / HTTP/1.1\r\n" + host + 101 * b"X: 1\r\n" +
                      b"\r\n"),
                (431, b"GET / HTTP/1.1\r\nX: " + 20000 * b"x")):
            with self.subTest(request=request[:80]):
                client = self.proxy.connect()
                self.assertEqual(self.status(client, request), status)
                self.assertEqual(client.rest(), b"")

    def test_a_client_that_resets_ends_its_exchange_only(self):
        client = self.start()
        server, _ = self.begin(client)
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nx")
        client.head()
        client.reset()
        with self.assertRaises(ConnectionError):
            while True:
                server.send(b"x" * 65536)
        client = self.proxy.connect()
        server, _ = self.begin(client)
        server.send(OK)
        self.assertEqual(client.answer()[1], b"ok")

    def test_a_client_that_goes_in_its_request_ends_it(self):
        client = self.start()
        server, _ = self.begin(
            client, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
        client.send(b"x")
        server.exactly(1)
        client.reset()
        self.assertTrue(server.is_closed())

    def test_a_client_that_does_not_read_makes_the_upstream_wait(self):
        self.start()
        client = self.proxy.connect(receive_buffer=4096)
        server, _ = self.begin(client)
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        before = self.proxy.memory()
        self.assertLess(fill(server), 1 << 28)
        self.assertLess(self.proxy.memory() - before, MUCH)

    def test_a_drained_proxy_ends_with_the_last_answer(self):
        idle = self.start("--drain-timeout=60")
        server, _ = self.begin(idle)
        server.send(OK)
        idle.answer()
        client = self.proxy.connect()
        client.send(GET)
        server.head()
        self.proxy.drain()
        self.assertEqual(idle.rest(), b"")
        server.send(OK)
        head, body = client.answer()
        self.assertIn(b"Connection: close\r\n", head)
        self.assertEqual(body, b"ok")
        self.assertEqual(client.rest(), b"")
        client.socket.close()
        self.assertEqual(self.proxy.end(), 0)

    def test_connections_that_rest_are_served_again_and_drained(self):
        first = self.start("--rest-timeout=0", "--drain-timeout=60")
        server, _ = self.begin(first)
        server.send(OK)
        first.answer()
        clients = [first] + [self.proxy.connect() for _ in range(20)]
        for _ in range(3):
            for client in clients:
                client.send(GET)
                self.assertTrue(server.head())
                server.send(OK)
                self.assertEqual(client.answer()[1], b"ok")
        self.proxy.drain()
        for client in clients:
            self.assertEqual(client.rest(), b"")
        self.assertEqual(self.proxy.end(), 0)

    def test_a_connection_that_rests_too_long_is_closed(self):
        client = self.start("--rest-timeout=0", "--idle-timeout=1")
        self.assertEqual(client.rest(), b"")

    def test_descriptors_come_back(self):
        client = self.start("--pool=1")
        server, _ = self.begin(client)
        before = self.proxy.fds()
        others = [self.proxy.connect() for _ in range(8)]
        servers = [self.begin(other)[0] for other in others]
        for other, server_of_other in zip(others, servers):
            server_of_other.send(OK)
            other.answer()
            other.end()
            self.assertEqual(other.rest(), b"")
        server.send(OK)
        client.answer()
        wait_until(lambda: self.proxy.fds() <= before)


class CommandLineTest(unittest.TestCase):
    def test_help_names_every_option_and_nonsense_is_refused(self):
        text = subprocess.run([PROXY, "--help"], stdout=subprocess.PIPE,
                              text=True, check=True).stdout
        for option in "listen", "upstream", "mode", "workers", "timeout":
            self.assertIn("--" + option, text)
        for wrong in ([], ["--upstream=x"], ["--upstream=x:1", "--mode=ftp"],
                      ["--upstream=x:1", "--workers=x"]):
            run = subprocess.run([PROXY, *wrong], stderr=subprocess.PIPE)
            self.assertEqual((run.returncode, run.stderr[:6]), (2, b"proxy:"))


if __name__ == "__main__":
    unittest.main()
