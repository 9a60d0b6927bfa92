#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A live job while the machine's clock is set on by an hour, back by two, and
right again, as libfaketime shows it: the cadence is that of the monotonic
clock, no number is left out, and EXT-X-PROGRAM-DATE-TIME follows the media.

clock.py    TAP on standard output"""

import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime

LAUNCHER = os.path.join(os.environ["VS_BUILD_ROOT"], "launcher",
                        "vstream-launcher")
PRESET = """[vstream]
type=live
[input]
uri=testsrc:
[video small]
height=90
framerate=25
bitrate=100k
encoder-preset=ultrafast
[segment]
duration=1s
gop-duration=1s
window=1h
"""
STEPS = ("+3600", "-3600", "+0")
EACH = 3
# A busy machine takes seconds longer; a clock that is believed, an hour.
LATE = 30


def find_library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    return found[0] if found else None


def write(path, text):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(text)
    os.replace(path + ".new", path)


def wait_segments(process, count):
    for line in process.stderr:
        count -= bool(re.match(r"Published video_0/\d+\.m4s", line))
        if count <= 0:
            return
    raise AssertionError("the job ended")


def run(folder, library):
    clock = os.path.join(folder, "clock")
    write(clock, "+0")
    write(os.path.join(folder, "live.ini"), PRESET)
    process = subprocess.Popen(
        [LAUNCHER, "--preset", "./live.ini", "--output", "out", "--log-level",
         "debug"], cwd=folder, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, "LD_PRELOAD": library, "FAKETIME_NO_CACHE": "1",
             "FAKETIME_TIMESTAMP_FILE": clock,
             "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    try:
        wait_segments(process, EACH)
        start = time.monotonic()
        for offset in STEPS:
            write(clock, offset)
            wait_segments(process, EACH)
        took = time.monotonic() - start
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise AssertionError(f"exit code {process.returncode}")
    return took


def read_playlist(folder):
    path = os.path.join(folder, "out", "video_0", "playlist.m3u8")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lengths = [float(x) for x in re.findall(r"#EXTINF:([\d.]+)", text)]
    dates = [datetime.fromisoformat(x.replace("Z", "+00:00")).timestamp()
             for x in re.findall(r"PROGRAM-DATE-TIME:(\S+)", text)]
    return lengths, dates, text


def judge(folder, took):
    lengths, dates, text = read_playlist(folder)
    wanted = EACH * (len(STEPS) + 1)
    yield ("every segment is there, one as long as the other",
           len(lengths) >= wanted and
           all(abs(x - 1) < 0.001 for x in lengths[:-1]),
           f"{lengths}")
    yield ("the numbers go on, without a discontinuity",
           "MEDIA-SEQUENCE:0" in text and
           "#EXT-X-DISCONTINUITY\n" not in text, text)
    yield ("as fast as the clock that is not set",
           -3 < took - EACH * len(STEPS) < LATE, f"{took:.1f} s")
    steps = [b - a - x for a, b, x in zip(dates, dates[1:], lengths)]
    yield ("dates follow the media", len(dates) > 0 and
           all(abs(x) <= 1 for x in steps), f"{steps}")


def main():
    library = find_library()
    if library is None:
        print("1..0 # SKIP faketime is not installed")
        return 0
    good = True
    with tempfile.TemporaryDirectory(prefix="vs-clock-") as folder:
        took = run(folder, library)
        print("1..4")
        for number, (what, right, found) in enumerate(judge(folder, took), 1):
            print(f"{'ok' if right else 'not ok'} {number} {what}")
            if not right:
                good = False
                print("# " + found.replace("\n", "\n# "))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
