#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""http-abuse.py: what other readers notice while strangers abuse the server.

One reader asks for a playlist again and again, on a connection that it keeps,
while 500 others send their heads a byte at a time, flood it with fields, post
300 MB, ask for what is not there, or take all descriptors. Printed is how long
it waited (p99). VS_ABUSE_P99_MS (500) is the bound: 50 on a quiet machine.
VS_ABUSE_PROCESSES (1) serve."""

import http.client
import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SERVER = os.path.join(os.environ.get("VS_BUILD_ROOT", "build"), "tests",
                      "launcher", "serve-folder")
PROCESSES = os.environ.get("VS_ABUSE_PROCESSES", "1")
BOUND_MS = float(os.environ.get("VS_ABUSE_P99_MS", "500"))
SECONDS = float(os.environ.get("VS_ABUSE_SECONDS", "2"))
HEAD = b"GET /media/a.m3u8 HTTP/1.1\r\nHost: a\r\n"


class Server:
    """serve-folder with one playlist."""

    def __init__(self, folder, descriptors=4096):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (descriptors, descriptors))

        self.process = subprocess.Popen(
            [SERVER, "127.0.0.1:0", folder, PROCESSES], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, preexec_fn=limit)
        line = self.process.stdout.readline()
        self.port = int(line.rstrip("/\n").rsplit(":", 1)[1])

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 30)

    def resident_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0, "the server did not end well"
        self.process.stdout.close()


class Reader:
    """The one who is to notice nothing: a process of its own."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, "read", str(server.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()  # its first answer

    def end(self):
        """How often it was answered; median and p99 of its waits, in ms."""
        said, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, f"the reader heard: {said}"
        return (float(word) for word in said.split())


def read(port):
    """Until standard input ends."""
    waits = []
    reader = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while not waits or not select.select([sys.stdin], [], [], 0.002)[0]:
        start = time.perf_counter()
        reader.request("GET", "/media/a.m3u8")
        answer = reader.getresponse()
        answer.read()
        if answer.status != 200:
            print(f"status {answer.status}")
            return 1
        if not waits:
            print("answered", flush=True)
        waits.append((time.perf_counter() - start) * 1000)
    waits.sort()
    print(len(waits), waits[len(waits) // 2], waits[int(len(waits) * 0.99)])
    return 0


def drop(connections):
    for connection in connections:
        connection.close()


def until(seconds):
    """Rounds until so many seconds have passed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def slow_heads(server):
    crowd = [server.connect() for _ in range(500)]
    pause = threading.Event()
    data = HEAD + b"X: " + b"a" * 9999
    for place, _ in enumerate(until(SECONDS)):
        for connection in crowd:
            connection.send(data[place:place + 1])
        pause.wait(0.5)
    drop(crowd)


def floods(server):
    fields = HEAD + b"".join(b"X%d: y\r\n" % n for n in range(10000))
    for number, _ in enumerate(until(SECONDS)):
        connection = server.connect()
        try:
            connection.sendall(fields if number % 2 else
                               HEAD + b"X: " + b"a" * (4 << 20))
        except OSError:
            pass  # refused while we were sending
        connection.close()


def large_bodies(server):
    before = server.resident_mb()
    part = bytes(1 << 20)
    for head in (b"Content-Length: 314572800\r\n\r\n",
                 b"Transfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n"):
        connection = server.connect()
        try:
            connection.sendall(b"POST /status HTTP/1.1\r\nHost: a\r\n" + head)
            for _ in range(300):
                connection.sendall(part)
        except OSError:
            pass  # it hangs up
        connection.close()
    grown = server.resident_mb() - before
    print(f"# 300 MB posted twice: {grown:.1f} MB more")
    assert grown < 10, f"{grown:.1f} MB more in memory"


def unknown_names(server):
    reader = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    before = server.resident_mb()
    for number, _ in enumerate(until(SECONDS)):
        reader.request("GET", f"/media/channel-{number}/multivariant.m3u8")
        answer = reader.getresponse()
        answer.read()
        assert answer.status == 404, answer.status
    reader.close()
    grown = server.resident_mb() - before
    print(f"# {number} names that nobody knows: {grown:.1f} MB more")
    assert grown < 5, f"{grown:.1f} MB more in memory"


def all_descriptors(folder):
    """Nobody gets in while they are gone; soon after, everybody does."""
    server = Server(folder, 64)
    crowd = [server.connect() for _ in range(120)]
    for connection in crowd:
        connection.send(HEAD)
    start = time.perf_counter()
    drop(crowd)
    served = False
    while not served:
        try:
            with server.connect() as connection:
                connection.sendall(HEAD + b"\r\n")
                served = connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            pass  # turned away
        assert time.perf_counter() - start < 10, "never again"
    took = (time.perf_counter() - start) * 1000
    server.stop()
    print(f"# served again after {took:.0f} ms")
    assert took < max(1000, 2 * BOUND_MS), f"{took:.0f} ms"


def abuse(folder, case):
    server = Server(folder)
    reader = Reader(server)
    try:
        case(server)
    finally:
        count, median, p99 = reader.end()
    server.stop()
    print(f"# {count:.0f} answers, median {median:.1f} ms, p99 {p99:.1f} ms")
    assert p99 <= BOUND_MS, f"p99 {p99:.1f} ms"


def nobody(_server):
    threading.Event().wait(SECONDS)


def main():
    if sys.argv[1:2] == ["read"]:
        return read(int(sys.argv[2]))
    cases = [nobody, slow_heads, floods, large_bodies, unknown_names]
    good = True
    print(f"1..{len(cases) + 1}", flush=True)
    with tempfile.TemporaryDirectory(prefix="vs-abuse-") as folder:
        Path(folder, "a.m3u8").write_bytes(b"#EXTM3U\n" * 256)
        for number, case in enumerate([*cases, all_descriptors], 1):
            try:
                if case is all_descriptors:
                    case(folder)
                else:
                    abuse(folder, case)
                verdict = "ok"
            except (AssertionError, OSError) as error:
                verdict, good = "not ok", False
                print(f"# {error}")
            print(f"{verdict} {number} {case.__name__}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
