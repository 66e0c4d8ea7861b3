#!/bin/bash
# The example server: keep-alive, pipelining, split and bad requests, and an
# end by SIGTERM with status 0.
set -u
"$1" 0 2 >"$TEST_TMPDIR/url" &
server=$!
trap 'kill -KILL $server 2>/dev/null' EXIT
for _ in $(seq 100); do
    [ -s "$TEST_TMPDIR/url" ] && break
    sleep 0.05
done

python3 - "$(cat "$TEST_TMPDIR/url")" <<'END' || exit 1
import socket, sys
from urllib.parse import urlparse

port = urlparse(sys.argv[1].strip()).port
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HELLO = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
         b"Content-Length: 13\r\n\r\nHello, world\n")

def connect():
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection

def read(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        assert part, data
        data += part
    return data

def read_all(connection):
    data = b""
    while part := connection.recv(65536):
        data += part
    return data

connection = connect()
for _ in range(3):                          # keep-alive
    connection.sendall(GET)
    assert read(connection, len(HELLO)) == HELLO
for byte in GET:                            # split at every byte
    connection.sendall(bytes([byte]))
assert read(connection, len(HELLO)) == HELLO
connection.sendall(GET * 500)               # pipelined
assert read(connection, 500 * len(HELLO)) == HELLO * 500
connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
assert read(connection, 2 * len(HELLO) - 13) == HELLO[:-13] + HELLO
connection.sendall(b"POST / HTTP/1.1\r\nConnection: close\r\n"
                   b"Content-Length: 2\r\n\r\nhi")
assert read_all(connection).startswith(b"HTTP/1.1 405 ")

connection = connect()
connection.sendall(b"nonsense\r\n\r\n")
assert read_all(connection).startswith(b"HTTP/1.1 400 ")
connection = connect()
connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
assert read_all(connection).endswith(b"Connection: close\r\n\r\nHello, world\n")

many = [connect() for _ in range(200)]      # at once
for connection in many:
    connection.sendall(GET)
for connection in many:
    assert read(connection, len(HELLO)) == HELLO
END

kill -TERM $server                          # 200 connections are still open
wait $server
status=$?
trap - EXIT
[ $status -eq 0 ] || { echo "exit status $status"; exit 1; }
echo ok
