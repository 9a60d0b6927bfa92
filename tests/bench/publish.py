#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How soon what was encoded is published, against ffmpeg in the same minutes.

1. From the last frame of a 2 s segment, written into the process's standard
   input at 25 frames a second, to the playlist that lists the segment
   (x264 ultrafast, zerolatency).
2. From spawn to the first listed segment: a file, one 720p rendition.

Prints medians and the difference or ratio. No test: machines are noisy. With
`chrt -r 10` before it, both sides go before all other processes.

publish.py [RUNS]   default 3, alternating"""

import mmap
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ["VS_BUILD_ROOT"]
LAUNCHER = os.path.join(BUILD, "launcher", "vstream-launcher")
WIDTH, HEIGHT, RATE, SEGMENT = 640, 360, 25, 2
SEGMENTS = 4
POLL = 0.001

PRESET = """[vstream]
type=vod
[video 720p]
height=720
bitrate=2800k
encoder-preset=veryfast
[audio main]
bitrate=128k
[segment]
duration=2s
gop-duration=2s
"""


class Watcher(threading.Thread):
    """When each entry of a playlist was first listed."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.times, self.stop = path, [], threading.Event()

    def run(self):
        seen = None
        while not self.stop.wait(POLL):
            try:
                stat = os.stat(self.path)
                if (stat.st_mtime_ns, stat.st_size, stat.st_ino) == seen:
                    continue
                seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                with open(self.path, encoding="utf-8") as file:
                    listed = len(re.findall(r"#EXTINF", file.read()))
            except OSError:
                continue
            now = time.monotonic()
            while len(self.times) < listed:
                self.times.append(now)


def feed(process):
    """Writes frames in real time; when the last of each segment was in."""
    ends, start = [], time.monotonic()
    frame = bytearray(WIDTH * HEIGHT * 3 // 2)
    per_segment = RATE * SEGMENT
    for n in range(per_segment * SEGMENTS + 2):
        due = start + n / RATE
        threading.Event().wait(max(0, due - time.monotonic()))
        frame[:WIDTH] = bytes([n % 256]) * WIDTH
        process.stdin.write(frame)
        process.stdin.flush()
        if n % per_segment == per_segment - 1:
            ends.append(time.monotonic())
    process.stdin.close()
    process.wait(30)
    return ends


def measure_latency(command, playlist):
    watcher = Watcher(playlist)
    watcher.start()
    process = subprocess.Popen(command, stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    ends = feed(process)
    watcher.stop.set()
    watcher.join()
    return [listed - end for end, listed in zip(ends, watcher.times)]


def latency_of_ours(work):
    out = os.path.join(work, "ours")
    return measure_latency(
        ["gst-launch-1.0", "-q", "fdsrc", f"blocksize={WIDTH * HEIGHT * 3 // 2}",
         "!", "rawvideoparse", "format=i420", f"width={WIDTH}",
         f"height={HEIGHT}", f"framerate={RATE}/1", "!", "x264enc",
         "tune=zerolatency", "speed-preset=ultrafast",
         f"key-int-max={RATE * SEGMENT}",
         "option-string=scenecut=0:open-gop=0", "!", "abrsink.video_0",
         "abrsink", "name=abrsink", "type=event", f"location={out}",
         f"segment-duration={SEGMENT * 10**9}"],
        os.path.join(out, "video_0", "playlist.m3u8"))


def latency_of_ffmpeg(work):
    playlist = os.path.join(work, "theirs.m3u8")
    return measure_latency(
        ["ffmpeg", "-v", "error", "-fflags", "nobuffer", "-f", "rawvideo",
         "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE),
         "-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-tune",
         "zerolatency", "-g", str(RATE * SEGMENT), "-sc_threshold", "0",
         "-f", "hls", "-hls_time", str(SEGMENT), "-hls_segment_type", "fmp4",
         "-hls_list_size", "0", playlist], playlist)


def warm_memory(size=512 << 20, page=1 << 21):
    """A virtual machine gives memory that is free for a while back to its host,
    and has to ask for it again: 250 ms of a start by chance, on either side."""
    with mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for start in range(0, size, page):
            memory[start:start + page] = b"1" * page


def wait_for_first(watcher, start):
    """Seconds from @start until the watched playlist lists a segment."""
    while not watcher.times and time.monotonic() < start + 60:
        watcher.stop.wait(POLL)
    watcher.stop.set()
    watcher.join()
    return watcher.times[0] - start


def time_to_first(command, playlist):
    """As people start it: no variable tells of plugins."""
    plain = {name: value for name, value in os.environ.items()
             if not name.startswith("GST_PLUGIN")}
    watcher = Watcher(playlist)
    watcher.start()
    warm_memory()
    start = time.monotonic()
    process = subprocess.Popen(command, env=plain, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    took = wait_for_first(watcher, start)
    process.terminate()
    process.wait(30)
    return took


def start_of_ours(work, clip):
    preset = os.path.join(work, "one.ini")
    with open(preset, "w", encoding="utf-8") as file:
        file.write(PRESET)
    out = os.path.join(work, "start-ours")
    return time_to_first([LAUNCHER, "--preset", preset, "--input", clip,
                          "--output", out],
                         os.path.join(out, "video_0", "playlist.m3u8"))


def start_of_ffmpeg(work, clip):
    playlist = os.path.join(work, "start.m3u8")
    return time_to_first(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", clip, "-vf",
         "scale=-2:720:flags=bicubic", "-c:v", "libx264", "-preset",
         "veryfast", "-b:v", "2800k", "-maxrate", "2996k", "-bufsize",
         "4200k", "-g", "60", "-sc_threshold", "0", "-c:a", "aac", "-b:a",
         "128k", "-f", "hls", "-hls_time", "2", "-hls_segment_type", "fmp4",
         "-hls_list_size", "0", playlist], playlist)


def make_clip(work):
    clip = os.path.join(work, "clip.mp4")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
                    "testsrc2=size=1280x720:rate=30:duration=10", "-f",
                    "lavfi", "-i", "sine=sample_rate=48000:duration=10",
                    "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt",
                    "yuv420p", "-c:a", "aac", "-ac", "2", clip],
                   check=True, timeout=120)
    return clip


def alternate(runs, ours, theirs):
    mine, other = [], []
    for _ in range(runs):
        for measure, into in ((ours, mine), (theirs, other)):
            with tempfile.TemporaryDirectory(prefix="vs-bench-") as work:
                got = measure(work)
                into.extend(got if isinstance(got, list) else [got])
    return mine, other


def show(name, mine, other):
    a, b = statistics.median(mine), statistics.median(other)
    print(f"{name}: vstream {a * 1000:.0f} ms ({min(mine) * 1000:.0f} to "
          f"{max(mine) * 1000:.0f}), ffmpeg {b * 1000:.0f} ms "
          f"({min(other) * 1000:.0f} to {max(other) * 1000:.0f}), "
          f"difference {(a - b) * 1000:+.0f} ms, ratio {a / b:.2f}",
          flush=True)


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    folder = tempfile.mkdtemp(prefix="vs-bench-clip-")
    try:
        show("last frame to listed",
             *alternate(runs, latency_of_ours, latency_of_ffmpeg))
        clip = make_clip(folder)
        show("spawn to first listed",
             *alternate(runs, lambda work: start_of_ours(work, clip),
                        lambda work: start_of_ffmpeg(work, clip)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
