#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the engine of playbackqueuesrc costs: CPU seconds per second of output,
without encoding, against a plain pipeline that plays the same clip by the
clock (uridecodebin, videoconvertscale, videorate, audioresample, fakesink).

Then how many whole channels of 480p30 a core carries: the engine, one rendition
(x264 veryfast, 1400 kbit/s), sound and CMAF for HLS and DASH on a disk.

Prints medians and their ratio. No test: machines are noisy.

playout.py [RUNS [SECONDS]]   default 3 of 20 s, alternating"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile

SIZES = (("1080p30", 1920, 1080), ("720p30", 1280, 720))
VIDEO = ("video/x-raw,format=I420,width={w},height={h},framerate=30/1")
AUDIO = "audio/x-raw,format=F32LE,rate=48000,channels=2"
ENDS = "fakesink sync=true num-buffers={n}"
PLAIN = ("uridecodebin uri=file://{clip} name=d d. ! queue ! "
         "videoconvertscale ! videorate ! " + VIDEO + ",pixel-aspect-ratio=1/1"
         " ! " + ENDS + " d. ! queue ! audioconvert ! audioresample ! " +
         AUDIO + " ! fakesink sync=true")
ENGINE = ('playbackqueuesrc name=q video-caps="' + VIDEO + '" audio-caps="' +
          AUDIO + '" items="[{{\\"uri\\":\\"file://{clip}\\"}}]" q.video ! ' + ENDS +
          " q.audio ! " + ENDS)

SMALL = ("480p30", 854, 480)
CHANNEL = ('playbackqueuesrc name=q video-caps="' + VIDEO + '" audio-caps="' +
           AUDIO + '" items="[{{\\"uri\\":\\"file://{clip}\\"}}]" '
           "q.video ! identity eos-after={n} ! l.video_sink "
           "q.audio ! identity eos-after={n} ! l.audio_sink "
           "abrladder name=l renditions=480p@1400k ! "
           "abrsink type=live location={out}")


def make_clip(path, width, height, seconds):
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
         f"testsrc2=size={width}x{height}:rate=30:duration={seconds + 5}",
         "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds + 5}",
         "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
         "-c:a", "aac", path], check=True, timeout=600)


def measure(launch, seconds):
    """CPU seconds per second of output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(["gst-launch-1.0", "-q", *launch.split()], text=True,
                         stderr=subprocess.PIPE, timeout=seconds * 6 + 60,
                         check=False)
    if run.returncode != 0:
        sys.exit(run.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime -
            before.ru_stime) / seconds


def measure_all(launches, size, folder, runs, seconds):
    """The median of each, taking turns."""
    name, width, height = size
    clip = os.path.join(folder, f"{name}.mp4")
    make_clip(clip, width, height, seconds)
    fields = {"clip": clip, "w": width, "h": height, "n": seconds * 30,
              "out": os.path.join(folder, "out")}
    found = [[] for _ in launches]
    for _ in range(runs):
        for times, launch in zip(found, launches):
            times.append(measure(launch.format(**fields), seconds))
    return map(statistics.median, found)


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            plain, engine = measure_all((PLAIN, ENGINE), size, folder, runs,
                                        seconds)
            print(f"{size[0]}: plain {plain:.3f}, engine {engine:.3f} CPU s a "
                  f"second; ratio {engine / plain:.2f}", flush=True)
        engine, channel = measure_all((ENGINE, CHANNEL), SMALL, folder, runs,
                                      seconds)
        print(f"{SMALL[0]}: engine {engine:.3f}, channel {channel:.3f} CPU s a "
              f"second; {1 / engine:.1f} engines or {1 / channel:.1f} channels "
              "a core")


if __name__ == "__main__":
    main()
