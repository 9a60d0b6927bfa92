#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CPU seconds a GiB and MiB/s of s3sink and its peers, into a server that
discards what it gets; alternating runs, medians. s3.py [MIB [RUNS [LATENCY [NAME...]]]]:
so many MiB a run, seconds of latency before each answer, only those clients.

Parts are of 16 MiB, four at a time, where a client can be told so (s3cmd sends
one at a time); "s3sink default" chooses them itself. "filesrc" is what reading the file costs s3sink's pipeline."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "servers"))

from discard_server import DiscardServer  # noqa: E402

LIMIT_SECONDS = 300
PART = 16


def gst(path, *sink):
    return ["gst-launch-1.0", "-q", "filesrc", f"location={path}",
            "blocksize=1048576", "!", *sink]


def commands(path, host):
    """name: command."""
    url = f"http://{host}"
    sink = ["s3sink", "bucket=bench", "key=k", f"endpoint={url}",
            "force-path-style=true", f"part-size={PART << 20}"]
    remote = (f":s3,provider=Other,endpoint='{url}',access_key_id=a,"
              "secret_access_key=s,region=us-east-1:bench/k")
    found = {
        "curl -T": ["curl", "-s", "-T", path, "-o", "/dev/null",
                    url + "/bench/k"],
        "filesrc": gst(path, "fakesink"),
        "s3sink": gst(path, *sink, "checksum=none"),
        "s3sink default": gst(path, *sink[:-1], "checksum=none"),
        "s3sink sha256": gst(path, *sink),
        "rclone": ["rclone", "copyto", path, remote, "--s3-no-check-bucket",
                   "--s3-no-head", f"--s3-chunk-size={PART}M",
                   "--s3-upload-concurrency=4", "--s3-upload-cutoff=0"],
        "s3cmd": ["s3cmd", "-c", os.devnull, "--no-ssl", "--no-progress",
                  "--access_key=a", "--secret_key=s", f"--host={host}",
                  f"--host-bucket={host}",
                  f"--multipart-chunk-size-mb={PART}", "put", path,
                  "s3://bench/k"],
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
    latency = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="s",
                      AWS_DEFAULT_REGION="us-east-1",
                      RCLONE_CONFIG=os.devnull)
    os.environ.pop("AWS_CA_BUNDLE", None)  # rclone takes none from there
    with tempfile.NamedTemporaryFile() as file, DiscardServer(latency) as server:
        for _ in range(size):
            file.write(os.urandom(1 << 20))
        file.flush()
        found = commands(file.name, server.host)
        found = {name: found[name] for name in sys.argv[4:] or found}
        results = {name: [] for name in found}
        for _ in range(runs):
            for name, command in found.items():
                results[name].append(measure(command))
    print(f"{size} MiB, {runs} runs, {latency * 1000:.0f} ms of latency")
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
