#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CPU seconds a GiB and MiB/s of s3sink and its peers, into a server that
discards what it gets; alternating runs, medians. s3.py [MIB [RUNS [LATENCY]]]:
so many MiB a run, seconds of latency before each answer."""

import os
import shutil
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time

LATENCY = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
LIMIT_SECONDS = 300
ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'
XML = {"uploads": "<InitiateMultipartUploadResult><Bucket>bench</Bucket><Key>k"
                  "</Key><UploadId>u</UploadId></InitiateMultipartUploadResult>",
       "uploadId": "<CompleteMultipartUploadResult><Bucket>bench</Bucket><Key>k"
                   f"</Key><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>"}


class Discard(socketserver.StreamRequestHandler):
    """PUT and POST, as far as a multipart upload goes."""

    disable_nagle_algorithm = True

    def handle(self):
        scratch = bytearray(1 << 20)
        while True:
            first = self.rfile.readline().decode()
            if not first:
                return
            fields = {}
            for line in iter(self.rfile.readline, b"\r\n"):
                name, _, value = line.decode().partition(":")
                fields[name.lower()] = value.strip()
            if fields.get("expect"):
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            left = int(fields.get("content-length", 0))
            while left:
                left -= self.rfile.readinto(memoryview(scratch)[:left]) or left
            self.answer(first)

    def answer(self, first):
        threading.Event().wait(LATENCY)
        body = ""
        if first.startswith("POST"):
            body = XML["uploads" if "?uploads" in first else "uploadId"]
        self.wfile.write(
            f"HTTP/1.1 200 OK\r\nETag: {ETAG}\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode())


def commands(path, host):
    """name: command."""
    url = f"http://{host}"
    found = {
        "curl -T": ["curl", "-s", "-T", path, "-o", "/dev/null", url + "/bench/k"],
        "s3sink": ["gst-launch-1.0", "-q", "filesrc", f"location={path}",
                   "blocksize=1048576", "!", "s3sink", "bucket=bench", "key=k",
                   f"endpoint={url}", "force-path-style=true",
                   "part-size=16777216", "checksum=none"],
        "s3sink sha256": ["gst-launch-1.0", "-q", "filesrc",
                          f"location={path}", "blocksize=1048576", "!",
                          "s3sink", "bucket=bench", "key=k", f"endpoint={url}",
                          "force-path-style=true", "part-size=16777216"],
        "awscli": ["/usr/bin/aws", "--endpoint-url", url, "s3", "cp",
                   "--quiet", path, "s3://bench/k"],
    }
    return {name: command for name, command in found.items()
            if shutil.which(command[0])}


def measure(command):
    """(seconds, CPU seconds); None where it fails."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    timer = threading.Timer(LIMIT_SECONDS, process.kill)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = status
    if status:
        return None
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="s",
                      AWS_DEFAULT_REGION="us-east-1")
    socketserver.ThreadingTCPServer.daemon_threads = True
    with (tempfile.NamedTemporaryFile() as file,
          socketserver.ThreadingTCPServer(("127.0.0.1", 0),
                                          Discard) as server):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for _ in range(size):
            file.write(os.urandom(1 << 20))
        file.flush()
        found = commands(file.name, f"127.0.0.1:{server.server_address[1]}")
        results = {name: [] for name in found}
        for _ in range(runs):
            for name, command in found.items():
                results[name].append(measure(command))
        server.shutdown()
    print(f"{size} MiB, {runs} runs, {LATENCY * 1000:.0f} ms of latency")
    for name, times in results.items():
        good = [pair for pair in times if pair]
        if not good:
            print(f"{name:14} failed")
            continue
        cpu = statistics.median(pair[1] for pair in good) * 1024 / size
        rate = size / statistics.median(pair[0] for pair in good)
        print(f"{name:14} {cpu:7.2f} CPU s/GiB {rate:8.0f} MiB/s")


if __name__ == "__main__":
    main()
