# SPDX-License-Identifier: LGPL-2.1-or-later
"""A proxy between an S3 client and its server that misbehaves on command.

    proxy = FaultProxy(server_port); proxy.start()
    proxy.rules.set(["PUT .*partNumber => status=503 every 4"])

What it can do stands in fault_rules.py. Without rules bytes pass as they are,
the Host header too, so that signatures hold. away () and back () take the
whole server off the net. counts () tells what was seen.

One thread a connection; all of them end with stop ()."""

import collections
import re
import select
import socket
import ssl
import struct
import threading
import time

from fault_rules import Rules, error_body, split_status

CHUNK = 256 * 1024
HEAD_LIMIT = 64 * 1024


class Gone(Exception):
    """One of the two ends has closed, or is to be closed."""


class Stream:
    """A socket of which heads and bodies are read. timeout: none, since its
    partner may take any time; stop () shuts it down."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""
        if sock.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, most):
        if self.buffer:
            data, self.buffer = self.buffer[:most], self.buffer[most:]
            return data
        try:
            data = self.sock.recv(most)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        return data

    def write(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def read_until(self, mark):
        data = b""
        while mark not in data:
            if len(data) > HEAD_LIMIT:
                raise Gone
            data += self.read(CHUNK)
        at = data.index(mark) + len(mark)
        self.buffer = data[at:] + self.buffer
        return data[:at]

    def reset(self):
        """When it is closed, the peer gets a RST instead of an end."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
        except OSError:
            pass

    def has_ended(self):
        poller = select.poll()
        poller.register(self.sock, select.POLLRDHUP)
        return bool(poller.poll(0))

    def end(self):
        """Wakes the thread that reads here."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Head:
    def __init__(self, data):
        self.data = data
        self.text = data.decode("latin-1")
        self.first = self.text.split("\r\n", 1)[0]
        fields = re.findall(r"^([^:\r\n]+):[ \t]*([^\r\n]*)", self.text, re.M)
        self.fields = {name.lower(): value for name, value in fields}
        self.method = self.first.split(" ", 1)[0]
        self.length = int(self.fields.get("content-length", 0))
        self.chunked = "chunked" in self.fields.get("transfer-encoding", "")

    @property
    def status(self):
        return int(self.first.split(" ", 2)[1])

    def without(self, name):
        return re.sub(rb"(?im)^" + name + rb":[^\r\n]*\r\n", b"", self.data)


class Pace:
    """Lets bytes pass at a rate, for as long as the connection lives."""

    def __init__(self, rate, is_over):
        self.rate, self.is_over, self.due = rate, is_over, time.monotonic()

    def wait(self, size):
        if self.rate:
            self.due = max(self.due, time.monotonic() - 1) + size / self.rate
            if self.is_over.wait(max(0, self.due - time.monotonic())):
                raise Gone


class Exchange:
    """One request and its answer on a connection."""

    def __init__(self, connection, head, rules):
        self.connection = connection
        self.client = connection.client
        self.proxy = connection.proxy
        self.head = head
        self.action, self.value, self.rule = "", "", None
        self.latency, rate = 0, 0
        for rule in rules:
            if rule.action == "latency":
                self.latency = float(rule.value)
            elif rule.action in ("rate", "trickle"):
                rate = float(rule.value)
            else:
                self.action, self.value, self.rule = (rule.action, rule.value,
                                                      rule)
        self.pace = Pace(rate, self.proxy.is_over)
        self.passed = 0  # bytes of bodies

    def pieces(self, stream, head):
        """The bytes of a body, with those of chunked framing."""
        if head.chunked:
            size = 1
            while size:
                line = stream.read_until(b"\r\n")
                yield line
                size = int(line.split(b";")[0], 16)
                if size:
                    yield from self.exactly(stream, size + 2)
            yield stream.read_until(b"\r\n")
        else:
            yield from self.exactly(stream, head.length)

    def exactly(self, stream, left):
        most = CHUNK
        if self.pace.rate:
            most = max(1, min(CHUNK, int(self.pace.rate / 10)))
        while left > 0:
            data = stream.read(min(left, most))
            self.pace.wait(len(data))
            left -= len(data)
            yield data

    def relay(self, stream, head, target):
        """Passes a body on; target is None where nobody wants it."""
        limit = (int(self.value or 0) if self.action == "reset" else None)
        for data in self.pieces(stream, head):
            if self.action == "corrupt" and data and self.passed == 0:
                data = bytes([data[0] ^ 0x55]) + data[1:]
            if limit is not None and self.passed + len(data) > limit:
                if target is not None:
                    target.write(data[:limit - self.passed])
                self.client.reset()
                raise Gone
            self.passed += len(data)
            self.proxy.count_bytes(len(data))
            if target is not None:
                target.write(data)

    def greet(self):
        """The one who waits for a 100 gets it from us."""
        if "100-continue" in self.head.fields.get("expect", "").lower():
            self.client.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def answer(self, status, body, headers=(), close=False):
        lines = [f"HTTP/1.1 {status} Made By A Test",
                 "x-amz-request-id: tx-fault-proxy",
                 "Content-Type: application/xml",
                 f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if close:
            lines.append("Connection: close")
        data = "\r\n".join(lines).encode() + b"\r\n\r\n"
        self.proxy.note(status)
        self.client.write(data + (b"" if self.head.method == "HEAD" else body))

    def swallow(self):
        self.greet()
        self.relay(self.client, self.head, None)

    # What can be done without the server ----------------------------------

    def do_status(self):
        self.swallow()
        status, code = split_status(self.value)
        self.answer(status, error_body(code), self.rule.headers)

    def do_early(self):
        status, code = split_status(self.value)
        self.answer(status, error_body(code), self.rule.headers, close=True)
        self.connection.hold()

    def do_ok_error(self):
        self.swallow()
        self.answer(200, error_body(self.value or "InternalError"))

    def do_redirect(self):
        self.swallow()
        status, url, region = (self.value.split(",") + [""])[:3]
        bucket = self.head.first.split(" ")[1].split("/")[1].split("?")[0]
        target = url.rstrip("/") + self.head.first.split(" ")[1]
        headers = [("Location", target)] if status == "307" else []
        if region:
            headers.append(("x-amz-bucket-region", region))
        host = url.split("://", 1)[-1].rstrip("/")
        code = "TemporaryRedirect" if status == "307" else "PermanentRedirect"
        self.answer(int(status), error_body(
            code, f"<Endpoint>{host}</Endpoint><Bucket>{bucket}</Bucket>"),
            headers)

    def do_stall(self):
        self.swallow()
        self.connection.hold()

    def do_stuck(self):
        self.connection.hold()

    def do_garbage(self):
        self.swallow()
        self.client.write(b"\x00\x01 this is not HTTP\r\n\x02\r\n" * 4)
        raise Gone

    # With the server --------------------------------------------------------

    def pass_request(self, server):
        self.greet()
        server.write(self.head.without(b"Expect"))
        self.relay(self.client, self.head, server)

    def pass_answer(self, server):
        head = Head(server.read_until(b"\r\n\r\n"))
        while head.status == 100:
            head = Head(server.read_until(b"\r\n\r\n"))
        if self.head.method == "HEAD" or head.status in (204, 304):
            head.length, head.chunked = 0, False
        if self.action == "delay":
            if self.proxy.is_over.wait(float(self.value)):
                raise Gone
        data = head.data
        if self.action == "etag":
            data = re.sub(rb"(?im)^etag:[^\r\n]*", b'ETag: "' +
                          self.value.encode() + b'"', data)
        self.proxy.note(head.status)
        if self.action == "cut":
            body = b"".join(self.pieces(server, head))
            most = int(self.value)
            self.client.write(data + body[:most] if body else data[:most])
            raise Gone
        self.client.write(data)
        self.relay(server, head, self.client)
        if head.fields.get("connection", "").lower() == "close":
            raise Gone

    def is_answer_to_be_reset(self):
        return (self.action == "reset" and self.head.length == 0 and
                not self.head.chunked and self.value)

    def run(self):
        if self.latency and self.proxy.is_over.wait(self.latency):
            raise Gone
        own = getattr(self, "do_" + self.action.replace("-", "_"), None)
        if own is not None:
            own()
            return
        if self.action == "reset" and not self.value:
            self.client.reset()
            raise Gone
        server = self.connection.ensure_server()
        self.pass_request(server)
        self.pass_answer(server)


class Connection:
    def __init__(self, proxy, sock):
        self.proxy = proxy
        self.client = Stream(sock)
        self.server = None

    def ensure_server(self):
        if self.server is not None and self.server.has_ended():
            self.server.sock.close()
            self.server = None
        if self.server is None:
            try:
                self.server = Stream(socket.create_connection(
                    ("127.0.0.1", self.proxy.server_port), timeout=30))
            except OSError as error:
                raise Gone from error
            self.server.sock.settimeout(None)
        return self.server

    def hold(self):
        """Keeps the connection open, and deaf, until the client goes."""
        poller = self.proxy.poll_for_end(self.client.sock)
        while not self.proxy.is_over.is_set() and not poller.poll(500):
            pass
        raise Gone

    def run(self):
        try:
            while True:
                head = Head(self.client.read_until(b"\r\n\r\n"))
                rules = self.proxy.find_rules(head)
                Exchange(self, head, rules).run()
        except (Gone, OSError, ValueError):
            pass
        finally:
            self.close()
            self.proxy.forget(self)

    def streams(self):
        return [stream for stream in (self.client, self.server)
                if stream is not None]

    def close(self):
        for stream in self.streams():
            stream.sock.close()


class FaultProxy:
    """server_port: of the plain HTTP server behind. certificate: (file, key)
    for a proxy that speaks TLS to its clients."""

    def __init__(self, server_port, port=0, certificate=None):
        self.server_port, self.port = server_port, port
        self.rules = Rules()
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
        self.lock = threading.Lock()
        self.is_over = threading.Event()
        self.connections = set()
        self.listener = None
        self.thread = None
        self.clear_counts()

    @property
    def endpoint(self):
        scheme, host = (("https", "localhost") if self.tls else
                        ("http", "127.0.0.1"))
        return f"{scheme}://{host}:{self.port}"

    # Counting ----------------------------------------------------------------

    def clear_counts(self):
        with self.lock:
            self.methods = collections.Counter()
            self.statuses = collections.Counter()
            self.log = []
            self.accepted = self.bytes = self.peak = 0

    def counts(self):
        with self.lock:
            return {"requests": sum(self.methods.values()),
                    "methods": dict(self.methods),
                    "statuses": {str(status): number for status, number
                                 in self.statuses.items()},
                    "connections": self.accepted, "bytes": self.bytes,
                    "peak": self.peak, "open": len(self.connections),
                    "fired": self.rules.count()}

    def find_rules(self, head):
        with self.lock:
            self.methods[head.method] += 1
            self.log.append(head.first)
        return self.rules.find(head.text)

    def note(self, status):
        with self.lock:
            self.statuses[status] += 1

    def count_bytes(self, size):
        with self.lock:
            self.bytes += size

    def forget(self, connection):
        with self.lock:
            self.connections.discard(connection)

    @staticmethod
    def poll_for_end(sock):
        poller = select.poll()
        poller.register(sock, select.POLLRDHUP)
        return poller

    # Life ----------------------------------------------------------------------

    def serve(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.welcome, args=(sock,),
                             daemon=True).start()

    def welcome(self, sock):
        if self.tls:
            try:
                sock.settimeout(30)
                sock = self.tls.wrap_socket(sock, server_side=True)
                sock.settimeout(None)
            except OSError:
                sock.close()
                return
        connection = Connection(self, sock)
        with self.lock:
            self.accepted += 1
            self.connections.add(connection)
            self.peak = max(self.peak, len(self.connections))
        connection.run()

    def start(self):
        self.back()
        return self

    def back(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(256)
        self.is_over = threading.Event()
        self.port = listener.getsockname()[1]
        self.listener = listener
        self.thread = threading.Thread(target=self.serve, args=(listener,),
                                       daemon=True)
        self.thread.start()

    def away(self):
        """Nobody listens here, and who was connected no longer is."""
        self.is_over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            connection.client.reset()
            for stream in connection.streams():
                stream.end()

    def stop(self):
        self.away()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.stop()
