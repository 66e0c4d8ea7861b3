"""The services: a process with a loop of its own for each worker, since one
interpreter runs on one CPU. All listen on the same port."""

import asyncio
import json
import os
import resource
import socket
import sys

BACKLOG = 4096
ANSWER = (b"HTTP/1.1 200 OK\r\n"
          b"Content-Type: text/plain\r\n"
          b"Content-Length: 13\r\n\r\n"
          b"Hello, world\n")


class Echo(asyncio.Protocol):
    transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Hello(asyncio.Protocol):
    """GET with keep-alive and pipelining."""

    transport = None
    rest = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        *requests, self.rest = (self.rest + data).split(b"\r\n\r\n")
        if not all(request.startswith(b"GET ") for request in requests):
            self.transport.close()
        elif requests:
            self.transport.write(ANSWER * len(requests))


def listen(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(BACKLOG)
    return listener


async def run(protocol, listener, is_first):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, sock=listener, backlog=BACKLOG)
    if is_first:
        port = listener.getsockname()[1]
        print(json.dumps({"port": port}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    os._exit(0)


def serve(protocol, workers):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listeners = [listen(0)]
    port = listeners[0].getsockname()[1]
    for _ in range(workers - 1):
        listeners.append(listen(port))
    mine = 0
    for number in range(1, workers):
        if os.fork() == 0:
            mine = number
            break
    for number, listener in enumerate(listeners):
        if number != mine:
            listener.close()
    asyncio.run(run(protocol, listeners[mine], mine == 0))


def serve_echo(workers):
    serve(Echo, workers)


def serve_http(workers):
    serve(Hello, workers)
