#!/usr/bin/env python3
"""The key-value server against redis-cli and raw sockets: every command answers
as Redis does, whatever the pieces it comes in; who sends nonsense, too much, or
never reads is the only one to suffer; and SIGTERM loses no answer.

usage: kv_test.py PATH_OF_KV
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

KV = sys.argv.pop(1)
TIMEOUT = 20  # of one answer, for a machine that is busy
TRIES = 100000  # of what is asked until the answer changes

TRANSCRIPT = """
set a 1|OK
get a|1
set a 2 nx|
set a 2 xx|OK
set b 2 xx|
set a 3 get|2
set a 4 ex 0|ERR invalid expire time in 'set' command
set a 4 ex 10 px 10|ERR syntax error
set a 4 nx xx|ERR syntax error
setex e 100 v|OK
ttl e|100
set e w keepttl|OK
ttl e|100
set e w|OK
ttl e|-1
psetex e 1000000 v|OK
ttl e|1000
expire e 50|1
pexpire e 60000|1
ttl e|60
persist e|1
persist e|0
ttl e|-1
ttl none|-2
pttl none|-2
expire none 5|0
expire e -1|1
exists e|0
mset x 1 y 2 z 3|OK
mset x 1 y|ERR wrong number of arguments for 'mset' command
mget x none z|1//3
incr n|1
incrby n 41|42
decr n|41
decrby n 1|40
incrby n x|ERR value is not an integer or out of range
set big 9223372036854775807|OK
incr big|ERR increment or decrement would overflow
append n abc|5
incr n|ERR value is not an integer or out of range
get n|40abc
strlen n|5
strlen none|0
append new ab|2
setnx new cd|0
getdel new|ab
getdel new|
lpush l b a|2
rpush l c d|4
lrange l 0 -1|a/b/c/d
lrange l -3 2|b/c
lrange l 5 9|
lindex l -1|d
llen l|4
lpop l|a
rpop l|d
lpop l 5|b/c
exists l|0
lpop l|
llen l|0
get n|40abc
lpush n x|WRONGTYPE Operation against a key holding the wrong kind of value
rpush l a|1
get l|WRONGTYPE Operation against a key holding the wrong kind of value
incr l|WRONGTYPE Operation against a key holding the wrong kind of value
set l string|OK
type l|string
type none|none
blpop none 0.01|
blpop none -1|ERR timeout is negative
blpop none inf|ERR timeout is not a float or out of range
blpop none 1234567890123456789012345678901234|ERR timeout is not a float or out of range
rpush q a b c|3
blpop none q 1|q/a
brpop q 1|q/c
type q|list
del a b x y z n big l q|8
dbsize|0
mset key:1 a key:2 b other c|OK
keys *:1|key:1
keys o[s-u]h?r|other
flushall|OK
keys *|
ping|PONG
ping hello|hello
echo hello|hello
select 0|OK
select 1|ERR DB index is out of range
config get save|save/
config get appendonly|appendonly/no
command|
hello 3|NOPROTO unsupported protocol version
publish nobody x|0
nonsense a b|ERR unknown command 'nonsense', with args beginning with: 'a' 'b'
get|ERR wrong number of arguments for 'get' command
get a b|ERR wrong number of arguments for 'get' command
"""

MALFORMED = [
    (b"*x\r\n", b"invalid multibulk length"),
    (b"*2000\r\n", b"invalid multibulk length"),
    (b"*1\r\n:1\r\n", b"expected '$', got ':'"),
    (b"*1\r\n*1\r\n", b"expected '$', got '*'"),
    (b"*1\r\n!1\r\n", b"expected '$', got '!'"),
    (b"*1\r\n+OK\r\n", b"expected '$', got '+'"),
    (b"*1\r\n$x\r\n", b"invalid bulk length"),
    (b"*1\r\n$-1\r\n", b"invalid bulk length"),
    (b"*1\r\n$1000001\r\n", b"invalid bulk length"),
    (b"*1\r\n$99999999999999999999999", b"invalid bulk length"),
    (b"*1" + b"1" * 70000, b"invalid multibulk length"),
    (b"*1\r\n$" + b"x" * 70000, b"invalid bulk length"),
    (b"x" * 70000, b"too big inline request"),
    (b"get \"a\r\n", b"unbalanced quotes in request"),
    (b"*3\r\n" + b"$700000\r\n%b\r\n" % (b"x" * 700000) * 2 +
     b"$700000\r\n", b"too big request"),
]


def command(*words):
    words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%b\r\n" % (len(w), w) for w in words)


class Server:
    def __init__(self, *options):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, "kv.sock")
        self.process = subprocess.Popen(
            [KV, "--listen", "unix:" + self.path, *options],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line == f"listening on unix:{self.path}\n", line

    def stop(self):
        """Its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        try:
            return self.process.wait(TIMEOUT)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.directory.cleanup()

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Client:
    def __init__(self, server):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(server.path)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def reply(self):
        line = self.file.readline()
        kind, text = line[:1], line[1:-2]
        if kind == b":":
            return int(text)
        if kind in b"$*" and text == b"-1":
            return None
        if kind == b"$":
            return self.file.read(int(text) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(text))]
        return line if kind in (b"", b"-") else text

    def ask(self, *words):
        self.send(command(*words))
        return self.reply()

    def until(self, answer, *words):
        for _ in range(TRIES):
            if self.ask(*words) == answer:
                return True
        return False


class KvTest(unittest.TestCase):
    workers = "2"

    def start(self, *options):
        self.server = Server("--workers", self.workers, *options)
        self.addCleanup(self.stop)

    def stop(self):
        self.assertEqual(self.server.stop(), 0)

    def client(self):
        client = Client(self.server)
        self.addCleanup(client.close)
        return client

    def test_every_command_answers_as_redis_does(self):
        self.start()
        rows = [row.split("|") for row in TRANSCRIPT.strip().split("\n")]
        script = "".join(f"{words}\necho --\n" for words, _ in rows)
        result = subprocess.run(
            ["redis-cli", "-s", self.server.path], input=script, text=True,
            capture_output=True, check=True, timeout=TIMEOUT)
        answers = result.stdout.split("--\n")
        self.assertEqual(len(answers), len(rows) + 1)
        for (words, expected), answer in zip(rows, answers):
            lines = answer.rstrip().replace("\n", "/")
            self.assertEqual(lines, expected.rstrip("/"), words)

    def test_redis_benchmark_runs(self):
        self.start()
        result = subprocess.run(
            ["redis-benchmark", "-s", self.server.path, "-n", "200", "-c", "4",
             "-P", "4", "-q", "-t", "ping,set,get,incr,lpush,rpop,mset"],
            text=True, capture_output=True, check=True, timeout=TIMEOUT)
        self.assertNotIn("rror", result.stdout + result.stderr)

    def test_a_command_may_come_byte_by_byte(self):
        self.start()
        client = self.client()
        for byte in command("SET", "k", b"\r\n\0$") + b"get k\r\n" + \
                command("GET", "k"):
            client.send(bytes([byte]))
        self.assertEqual([client.reply() for _ in range(3)],
                         [b"OK", b"\r\n\0$", b"\r\n\0$"])

    def test_a_command_may_be_split_anywhere(self):
        self.start()
        whole = command("SET", "k", "12") + b"incr k\n" + command("INCR", "k")
        client = self.client()
        for at in range(1, len(whole)):
            client.send(whole[:at])
            self.assertEqual(self.client_is_served(), b"PONG")
            client.send(whole[at:])
            self.assertEqual([client.reply() for _ in range(3)], [b"OK", 13, 14])

    def client_is_served(self):
        client = Client(self.server)
        answer = client.ask("PING")
        client.close()
        return answer

    def test_pipelined_commands_are_answered_in_order(self):
        self.start()
        client = self.client()
        count = 5000
        client.send(b"".join(command("ECHO", i) for i in range(count)))
        self.assertEqual([client.reply() for _ in range(count)],
                         [str(i).encode() for i in range(count)])

    def test_nonsense_is_named_and_ends_its_connection_only(self):
        self.start("--bulk-max", "1000000", "--args-max", "1000",
                   "--request-max", "2000000")
        other = self.client()
        for data, problem in MALFORMED:
            client = self.client()
            client.send(command("PING"))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.send(data)
            self.assertEqual(client.reply(), b"PONG")
            self.assertEqual(client.reply(),
                             b"-ERR Protocol error: %b\r\n" % problem)
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(client.reply(), b"")
            self.assertEqual(other.ask("PING"), b"PONG")

    def test_a_value_as_large_as_allowed_is_kept(self):
        self.start("--bulk-max", "1000000")
        client = self.client()
        value = os.urandom(1000000)
        self.assertEqual(client.ask("SET", "k", value), b"OK")
        self.assertEqual(client.ask("GET", "k"), value)
        self.assertEqual(
            client.ask("APPEND", "k", "x"),
            b"-ERR string exceeds maximum allowed size "
            b"(proto-max-bulk-len)\r\n")

    def test_who_never_reads_answers_costs_little_memory(self):
        self.start()
        other = self.client()
        other.ask("SET", "k", b"x" * (1 << 20))
        before = self.server.resident()
        client = self.client()
        client.send(command("GET", "k") * 1000)
        for _ in range(1000):
            self.assertEqual(other.ask("PING"), b"PONG")
        self.assertLess(self.server.resident() - before, 64 << 20)

    def test_a_subscriber_that_never_reads_is_dropped(self):
        self.start("--outbox-max", "1000000")
        slow, other = self.client(), self.client()
        self.assertEqual(slow.ask("SUBSCRIBE", "c"), [b"subscribe", b"c", 1])
        self.assertEqual(other.ask("PUBLISH", "c", "first"), 1)
        self.assertTrue(other.until(0, "PUBLISH", "c", b"x" * 10000))
        self.assertEqual(slow.reply(), [b"message", b"c", b"first"])
        self.assertEqual(other.ask("PING"), b"PONG")

    def test_subscribers_get_what_is_published_in_order(self):
        self.start()
        client, other = self.client(), self.client()
        client.send(command("PING") + command("SUBSCRIBE", "a", "b") +
                    command("PSUBSCRIBE", "a*") + command("GET", "k"))
        self.assertEqual(client.reply(), b"PONG")
        self.assertEqual(client.reply(), [b"subscribe", b"a", 1])
        self.assertEqual(client.reply(), [b"subscribe", b"b", 2])
        self.assertEqual(client.reply(), [b"psubscribe", b"a*", 3])
        self.assertIn(b"Can't execute 'get'", client.reply())
        for i in range(100):
            self.assertEqual(other.ask("PUBLISH", "b", i), 1)
        self.assertEqual(other.ask("PUBLISH", "a", "x"), 2)
        for i in range(100):
            self.assertEqual(client.reply(),
                             [b"message", b"b", str(i).encode()])
        self.assertEqual(client.reply(), [b"message", b"a", b"x"])
        self.assertEqual(client.reply(), [b"pmessage", b"a*", b"a", b"x"])
        self.assertEqual(client.ask("PING"), [b"pong", b""])
        client.send(command("UNSUBSCRIBE"))
        ends = [client.reply(), client.reply()]
        self.assertEqual(sorted(end[1] for end in ends), [b"a", b"b"])
        self.assertEqual(client.ask("PUNSUBSCRIBE", "a*"),
                         [b"punsubscribe", b"a*", 0])
        self.assertEqual(client.ask("UNSUBSCRIBE"), [b"unsubscribe", None, 0])
        self.assertEqual(client.ask("SET", "k", "v"), b"OK")
        self.assertEqual(other.ask("PUBLISH", "a", "x"), 0)

    def test_increments_of_fifty_clients_add_up(self):
        self.start()
        clients = [self.client() for _ in range(50)]
        for _ in range(10):
            for client in clients:
                client.send(command("INCR", "n") * 20)
        for client in clients:
            seen = [client.reply() for _ in range(200)]
            self.assertEqual(seen, sorted(set(seen)))
        self.assertEqual(clients[0].ask("GET", "n"), b"10000")

    def test_keys_expire_when_asked_for_and_when_not(self):
        self.start()
        client = self.client()
        client.ask("SET", "asked", "v", "PX", 1)
        self.assertTrue(client.until(None, "GET", "asked"))
        for i in range(100):
            client.ask("SET", i, "v", "PX", 1)
        client.ask("SET", "stays", "v", "EX", 1000)
        self.assertTrue(client.until(1, "DBSIZE"))
        self.assertEqual(client.ask("GET", "stays"), b"v")

    def test_who_waits_longest_for_an_item_gets_it_first(self):
        self.start()
        first, second, other = self.client(), self.client(), self.client()
        first.send(command("BLPOP", "none", "l", 0))
        self.assertTrue(self.info_says(b"blocked_clients:1\r"))
        second.send(command("BRPOP", "l", 0))
        self.assertTrue(self.info_says(b"blocked_clients:2\r"))
        self.assertEqual(other.ask("RPUSH", "l", "a"), 1)
        self.assertEqual(first.reply(), [b"l", b"a"])
        self.assertEqual(other.ask("RPUSH", "l", "b"), 1)
        self.assertEqual(second.reply(), [b"l", b"b"])
        self.assertEqual(other.ask("EXISTS", "l"), 0)

    def test_a_client_that_has_gone_takes_no_item(self):
        self.start()
        other = self.client()
        gone = Client(self.server)
        gone.send(command("BLPOP", "l", 0) + command("PING"))
        self.assertTrue(self.info_says(b"blocked_clients:1\r"))
        gone.send(command("PING"))
        gone.close()
        self.assertTrue(self.info_says(b"blocked_clients:0\r"))
        self.assertEqual(other.ask("RPUSH", "l", "a"), 1)
        self.assertEqual(other.ask("LPOP", "l"), b"a")

    def info_says(self, words):
        client = self.client()
        return any(words in client.ask("INFO") for _ in range(TRIES))

    def test_sigterm_ends_idle_clients_and_lets_others_finish(self):
        self.server = Server("--workers", self.workers)
        idle, waits, listens, late = [self.client() for _ in range(4)]
        idle.ask("PING")
        waits.send(command("BLPOP", "l", 0))
        self.assertTrue(self.info_says(b"blocked_clients:1\r"))
        listens.ask("SUBSCRIBE", "c")
        late.send(command("PING") + command("SET", "k", "v")[:-3])
        self.assertEqual(late.reply(), b"PONG")
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(idle.reply(), b"")
        self.assertEqual(listens.reply(), b"")
        self.assertEqual(waits.reply(), None)
        self.assertEqual(waits.reply(), b"")
        late.send(command("SET", "k", "v")[-3:])
        self.assertEqual(late.reply(), b"OK")
        self.assertEqual(late.reply(), b"")
        self.assertEqual(self.server.wait(), 0)

    def test_commands_sent_ahead_wait_for_an_item_too(self):
        self.start()
        client, other = self.client(), self.client()
        client.send(command("BLPOP", "l", 0) + command("ECHO", 0))
        self.assertTrue(self.info_says(b"blocked_clients:1\r"))
        for i in range(1, 1000):
            client.send(command("ECHO", i))
        other.ask("RPUSH", "l", "a")
        self.assertEqual(client.reply(), [b"l", b"a"])
        for i in range(1000):
            self.assertEqual(client.reply(), str(i).encode())

    def test_sigterm_ends_a_subscriber_that_never_reads(self):
        self.start("--drain-time", "1")
        slow, other = self.client(), self.client()
        slow.ask("SUBSCRIBE", "c")
        for _ in range(3):
            self.assertEqual(other.ask("PUBLISH", "c", b"x" * 1000000), 1)


class KvWithManyWorkersTest(KvTest):
    workers = "8"


if __name__ == "__main__":
    unittest.main()
