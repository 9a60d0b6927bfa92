#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Live senders as items of playbackqueuesrc, each from a real server, between
two clips: the sender's picture is shown as long as it sends, its end is the
end of the item, and the next one comes; one that comes late is waited for; one
that never comes is passed over.

queue_senders.py [NAME …]   (default all)     TAP on standard output"""

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import input_servers as servers
import inputs

FPS = 25
TIMEOUT = 3  # of the item, seconds
LATE_TIMEOUT = 15  # of one whose sender is started when its turn has come
SHOWN = 4  # seconds for which the sender is shown, then it is killed
LIMIT = 60
AT_ONCE = 4
BRIGHT = 0.15  # luma of a picture, of which the slate has 0.06
LAUNCH = (
    'playbackqueuesrc name=q asrun-location="{log}" preroll-time=3000000000 '
    'video-caps="video/x-raw,format=I420,width=320,height=180,'
    'framerate=25/1" items="{items}" q.video ! videoanalyse ! fakesink '
    'async=false q.audio ! fakesink async=false')

# Name, server, what it needs; does it send from the start?
CASES = [
    ("srt-listener", servers.srt_listener, servers.need_ffmpeg, True),
    ("srt-caller", servers.srt_caller, servers.need_ffmpeg, True),
    ("srt-late", servers.srt_listener, servers.need_ffmpeg, False),
    ("rtmp", servers.rtmp, servers.need_nginx, True),
    ("rtmp-late", servers.rtmp, servers.need_nginx, False),
    ("rtsp", servers.rtsp, servers.need_rtsp, True),
    ("udp", servers.udp, servers.need_ffmpeg, True),
    ("hls", servers.hls, servers.need_ffmpeg, True),
]


class Channel:
    """gst-launch with the three items, and what it says."""

    def __init__(self, uri, clip, log, timeout=TIMEOUT):
        before = 15 if uri.startswith("http:") else 5  # the origin has begun
        item = [{"uri": clip, "id": "before", "out": before},
                {"uri": uri, "id": "live", "timeout": timeout},
                {"uri": clip, "id": "after", "out": 1}]
        text = json.dumps(item).replace('"', '\\"')
        self.log = log
        self.lines = []
        self.news = threading.Condition()
        self.process = subprocess.Popen(
            ["gst-launch-1.0", "-m", *split(LAUNCH.format(
                log=log, items=text))],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line)
                self.news.notify_all()

    def wait(self, pattern, first=0):
        """The number of the first line with it, from @first on."""
        deadline = time.monotonic() + LIMIT
        with self.news:
            while True:
                for n in range(first, len(self.lines)):
                    if re.search(pattern, self.lines[n]):
                        return n
                first = len(self.lines)
                if not self.news.wait(deadline - time.monotonic()):
                    raise inputs.Fault(f"no “{pattern}” within {LIMIT} s")

    def count_bright(self, first, end):
        lumas = [float(found[1]) for line in self.lines[first:end]
                 if (found := re.search(
                     r"luma-average=\(double\)([\d.e-]+)", line))]
        return sum(luma > BRIGHT for luma in lumas)

    def end(self):
        self.process.send_signal(signal.SIGINT)  # the log is written to its end
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        with open(self.log, encoding="utf-8") as file:
            return {line["id"]: line for line in map(json.loads, file)}


def split(text):
    """As a shell would; gst-launch joins its words again."""
    return [word for word in re.split(r' (?=(?:[^"\\]|\\.|"(?:[^"\\]|\\.)*")*$)',
                                      text) if word]


def show(channel, server, late):
    over = 0
    if late:
        over = channel.wait("item-finished.*id=.string.before")
        for _ in range(FPS):  # its turn has come, and nobody sends
            over = channel.wait("luma-average", over + 1)
        server.start()
    begun = channel.wait("event=.string.item-started.*id=.string.live")
    begun = max(begun, over)
    while not channel.count_bright(begun, begun + 1):
        begun = channel.wait("luma-average", begun + 1)
    bright = begun
    for _ in range(SHOWN * FPS):
        bright = channel.wait("luma-average", bright + 1)
    server.stop()
    gone = channel.wait("event=.string.item-f.*id=.string.live", begun)
    channel.wait("event=.string.item-started.*id=.string.after", gone)
    channel.wait("event=.string.queue-empty", gone)
    return channel.count_bright(begun, bright)


def run_case(make, at_once, clip, work):
    os.mkdir(work)
    with open(os.path.join(work, "origin.ini"), "w", encoding="utf-8") as file:
        file.write(inputs.PRESET.replace("[input]\n", "[input]\nuri=testsrc:\n"))
    server, uri = make(clip, work)
    channel = Channel(uri, "file://" + clip, os.path.join(work, "asrun"),
                      TIMEOUT if at_once else LATE_TIMEOUT)
    try:
        if at_once:
            server.start()
        bright = show(channel, server, not at_once)
    finally:
        server.stop()
        log = channel.end()
    live = log["live"]
    if bright < SHOWN * FPS * 0.8:
        raise inputs.Fault(f"{bright} of {SHOWN * FPS} frames were the sender's")
    if live["reason"] not in ("ended", "failed") or not live["on_air"]:
        raise inputs.Fault(f"the sender's item: {live}")
    if log["after"]["reason"] != "ended":
        raise inputs.Fault(f"the item behind it: {log['after']}")
    return f"{live['frames']} frames, {live['reason']}"


def run_missing(clip, work):
    """Nobody ever sends: passed over when its time-out has passed."""
    os.mkdir(work)
    port = servers.find_port()
    channel = Channel(f"srt://127.0.0.1:{port}?mode=listener",
                      "file://" + clip, os.path.join(work, "asrun"))
    try:
        channel.wait("event=.string.item-started.*id=.string.after")
        channel.wait("event=.string.queue-empty")
    finally:
        log = channel.end()
    waited = log["after"]["start_frame"] - log["before"]["end_frame"]
    if log["live"]["reason"] != "failed":
        raise inputs.Fault(f"nobody sent, and: {log['live']}")
    if waited > (TIMEOUT + 4) * FPS:
        raise inputs.Fault(f"it was waited for {waited} frames")
    return f"passed over after {waited} frames"


def main():
    cases = [case for case in CASES
             if not sys.argv[1:] or case[0] in sys.argv[1:]]
    print(f"1..{len(cases) + 1}", flush=True)
    with tempfile.TemporaryDirectory() as work, \
            concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        clip = inputs.make_clip(work)
        running = []
        for name, make, need, at_once in cases:
            missing = need()
            running.append((name, missing, None if missing else pool.submit(
                run_case, make, at_once, clip, os.path.join(work, name))))
        running.append(("missing", None, pool.submit(
            run_missing, clip, os.path.join(work, "missing"))))
        failed = 0
        for number, (name, missing, future) in enumerate(running, 1):
            if missing:
                print(f"ok {number} - {name} # SKIP {missing}", flush=True)
                continue
            try:
                answer = future.result()
                print(f"ok {number} - {name}: {answer}", flush=True)
            except (inputs.Fault, KeyError) as error:
                failed += 1
                print(f"not ok {number} - {name}: {error!r}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
