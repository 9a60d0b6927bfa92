#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples.py PUBLISH: the program of docs/examples does what it says.

Prints TAP."""

import os
import re
import subprocess
import sys
import tempfile

LIMIT_SECONDS = 60
CLIP = ("videotestsrc num-buffers=50 ! video/x-raw,width=320,height=180,"
        "framerate=25/1 ! x264enc speed-preset=ultrafast ! h264parse ! queue ! "
        "mp4mux name=mux ! filesink location=clip.mp4 "
        "audiotestsrc num-buffers=94 ! audio/x-raw,rate=48000,channels=2 ! "
        "audioconvert ! avenc_aac ! aacparse ! queue ! mux.")


def run(command, folder):
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False,
                          timeout=LIMIT_SECONDS)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def publishes(program, folder):
    done = run([program, "clip.mp4", "out put"], folder)
    assert done.returncode == 0, done.stderr
    percents = [int(n) for n in re.findall(r"^ *(\d+) %", done.stdout, re.M)]
    assert percents and percents == sorted(percents), done.stdout
    assert percents[-1] >= 99, done.stdout
    assert "manifest.mpd" in done.stdout.splitlines()[-1], done.stdout
    out = os.path.join(folder, "out put")
    assert "#EXT-X-STREAM-INF" in read(out, "multivariant.m3u8")
    assert "#EXT-X-ENDLIST" in read(out, "video_0", "playlist.m3u8")
    assert "mp4a" in read(out, "manifest.mpd")


def says_what_is_wrong(program, folder):
    done = run([program, "no such.mp4", "nothing"], folder)
    assert done.returncode == 1, done
    assert "no such.mp4" in done.stderr, done.stderr
    assert "Play" not in done.stdout, done.stdout


def wants_two_arguments(program, folder):
    done = run([program], folder)
    assert done.returncode == 64 and "Usage" in done.stderr, done


TESTS = (publishes, says_what_is_wrong, wants_two_arguments)


def main(argv):
    good = True
    print(f"1..{len(TESTS)}")
    with tempfile.TemporaryDirectory() as folder:
        made = run(["gst-launch-1.0", "-q"] + CLIP.split(), folder)
        assert made.returncode == 0, made.stderr
        for number, test in enumerate(TESTS, 1):
            try:
                test(os.path.abspath(argv[1]), folder)
                print(f"ok {number} {test.__name__}")
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                good = False
                print(f"not ok {number} {test.__name__}")
                for line in str(e).splitlines():
                    print(f"# {line}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
