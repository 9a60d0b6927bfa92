#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the engine of playbackqueuesrc costs: CPU seconds per second of output,
without encoding, against a plain pipeline that plays the same clip by the
clock (uridecodebin, videoconvertscale, videorate, audioresample, fakesink).

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
    with subprocess.Popen(["gst-launch-1.0", "-q", *launch.split()],
                          stderr=subprocess.DEVNULL) as process:
        process.wait(seconds * 6 + 60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime -
            before.ru_stime) / seconds


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as folder:
        for name, width, height in SIZES:
            clip = os.path.join(folder, f"{name}.mp4")
            make_clip(clip, width, height, seconds)
            fields = {"clip": clip, "w": width, "h": height,
                      "n": seconds * 30}
            plain, engine = [], []
            for _ in range(runs):
                plain.append(measure(PLAIN.format(**fields), seconds))
                engine.append(measure(ENGINE.format(**fields), seconds))
            a, b = statistics.median(plain), statistics.median(engine)
            print(f"{name}: plain {a:.3f}, engine {b:.3f} CPU s a second; "
                  f"ratio {b / a:.2f}", flush=True)


if __name__ == "__main__":
    main()
