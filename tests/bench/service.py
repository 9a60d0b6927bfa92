#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The service at rest, and how soon a job's first segment is listed, counted
from its POST: copied, and transcoded to 720p against ffmpeg from its start.

Prints medians and ranges. No test: machines are noisy.

service.py [RUNS [IDLE SECONDS]]   default 5, alternating, and 20 s"""

import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "launcher")]
import publish  # noqa: E402
from service_fixture import Listener, Service  # noqa: E402

COPY = "[vstream]\ntype=vod\n[video source]\ncodec=copy\n" \
    "[audio main]\ncodec=copy\n[segment]\nduration=2s\n"
TICK = os.sysconf("SC_CLK_TCK")


def time_post(service, preset, clip):
    """Seconds from the POST to the first segment in the job's playlist."""
    events = Listener(service)
    publish.warm_memory()
    start = time.monotonic()
    job = service.submit(clip, preset)
    watcher = publish.Watcher(
        f"{service.state}/media/{job}/1/video_0/playlist.m3u8")
    watcher.start()
    took = publish.wait_for_first(watcher, start)
    service.ask("POST", f"/v1/jobs/{job}/cancel")
    events.wait_state(job, "succeeded", "canceled", "failed")
    service.wait_quiet()
    events.connection.sock.shutdown(socket.SHUT_RDWR)  # its reader holds it
    return took


def cpu_of(pid):
    stat = Path(f"/proc/{pid}/stat").read_text("ascii")
    return sum(map(int, stat.rsplit(")", 1)[1].split()[11:13])) / TICK


def show_rest(service, seconds):
    pid = service.process.pid
    before = cpu_of(pid)
    threading.Event().wait(seconds)
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    resident = int(status.split("VmRSS:")[1].split()[0]) / 1024
    print(f"at rest: {resident:.1f} MB, {cpu_of(pid) - before:.2f} CPU s in "
          f"{seconds} s", flush=True)


def tell(name, times):
    print(f"{name}: {statistics.median(times) * 1000:.0f} ms "
          f"({min(times) * 1000:.0f} to {max(times) * 1000:.0f})", flush=True)


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    idle = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    service = Service("niceness=0\n")  # ours have ffmpeg's priority
    for name, text in (("copy", COPY), ("one", publish.PRESET)):
        Path(service.path(f"presets/{name}.ini")).write_text(text, "utf-8")
    clip = publish.make_clip(service.films)
    copied, ours, theirs = [], [], []
    try:
        service.start()
        show_rest(service, idle)
        for _ in range(runs):
            copied.append(time_post(service, "copy", "file://" + clip))
            ours.append(time_post(service, "one", "file://" + clip))
            with tempfile.TemporaryDirectory() as work:
                theirs.append(publish.start_of_ffmpeg(work, clip))
        show_rest(service, idle)
    finally:
        service.close()
    tell("POST to first segment, copied", copied)
    tell("POST to first segment, 720p", ours)
    tell("ffmpeg's start to its first segment, 720p", theirs)


if __name__ == "__main__":
    main()
