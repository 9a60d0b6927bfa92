#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""memory.py SUPPRESSIONS: no job leaves anything behind in memory.

Pipelines of gst-launch-1.0 under GStreamer's leaks tracer, and a short job of the ladder and the
publisher under valgrind: no invalid access, nothing definitely lost. Prints
TAP.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

LIMIT_SECONDS = 200
LEFT = re.compile(r"object-alive, type-name=\(string\)\w|Leaks detected")
LADDER = "abrladder speed=ultrafast renditions=90p@200k,48p@100k"
VIDEO = ("videotestsrc num-buffers=25 ! "
         "video/x-raw,width=160,height=90,framerate=25/1 ! "
         "x264enc speed-preset=ultrafast key-int-max=25 ! h264parse ! queue ! ")
AUDIO = ("audiotestsrc num-buffers=48 ! audio/x-raw,rate=48000,channels=2 ! "
         "audioconvert ! avenc_aac ! aacparse ! queue ! ")
MAKE = (VIDEO + "mp4mux name=mux faststart=true ! filesink location=clip.mp4 " +
        AUDIO + "mux.",
        AUDIO + "mp4mux ! filesink location=audio.m4a")

# name, pipeline, exit code
PIPELINES = (
    ("cmaf", f"filesrc location=clip.mp4 ! {LADDER} ! abrsink location=out",
     0),
    ("ts", f"filesrc location=clip.mp4 ! {LADDER} ! "
     "abrsink format=ts location=out", 0),
    ("hlssink2", f"filesrc location=clip.mp4 ! {LADDER} ! hlssink2", 0),
    ("audio alone", f"filesrc location=audio.m4a ! {LADDER} ! "
     "abrsink location=out", 0),
    ("no media", f"filesrc location=noise ! {LADDER} ! abrsink location=out",
     1),
    ("cut short", f"filesrc location=cut.mp4 ! {LADDER} ! "
     "abrsink location=out", 0),
    ("queue", r'playbackqueuesrc items="[{\"uri\":\"file://DIR/clip.mp4\"},'
     r'{\"uri\":\"file://DIR/noise\"},{\"uri\":\"file://DIR/none\"},'
     r'{\"uri\":\"file://DIR/clip.mp4\",\"in\":0.4}]" filler-uri=DIR/clip.mp4 '
     "name=q q.video ! fakesink num-buffers=90 q.audio ! "
     "fakesink num-buffers=90", 0),
    ("no output", f"filesrc location=clip.mp4 ! {LADDER} ! "
     "abrsink location=/proc", 1),
)


def gst_launch(pipeline, folder, env, wrap=()):
    return subprocess.run(
        [*wrap, "gst-launch-1.0", "-q"] +
        pipeline.replace("DIR", folder).split(), cwd=folder,
        env={**os.environ, **env}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", timeout=LIMIT_SECONDS, check=False)


def make_clips(folder):
    for pipeline in MAKE:
        done = gst_launch(pipeline, folder, {})
        assert done.returncode == 0, done.stdout
    with open(os.path.join(folder, "clip.mp4"), "rb") as file:
        clip = file.read()
    for name, data in (("cut.mp4", clip[:len(clip) * 7 // 10]),
                       ("noise", b"no film at all\n" * 100)):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def trace(folder, pipeline, code):
    """None, or what was left. A pipeline that fails may warn of other things,
    so the tracer's word counts and not an abort at any warning."""
    done = gst_launch(pipeline, folder, {"GST_TRACERS": "leaks",
                                         "GST_DEBUG": "GST_TRACER:7",
                                         "GST_DEBUG_NO_COLOR": "1"})
    left = [line for line in done.stdout.splitlines()
            if LEFT.search(line) and "build_format" not in line]
    if done.returncode == code and not left:
        return None
    return f"exit {done.returncode}\n" + "\n".join(left or [done.stdout])


def check(folder, suppressions):
    wrap = ("valgrind", "-q", "--leak-check=full",
            "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--error-exitcode=99", "--num-callers=30",
            f"--suppressions={suppressions}")
    done = gst_launch(PIPELINES[0][1], folder,
                      {"CK_FORK": "no", "G_SLICE": "always-malloc"}, wrap)
    if done.returncode == 0:
        return None
    return f"exit {done.returncode}\n{done.stdout}"


def tell(number, name, problem):
    print(f"{'not ok' if problem else 'ok'} {number} {name}", flush=True)
    for line in (problem or "").splitlines():
        print(f"# {line}", flush=True)
    return problem is None


def main(argv):
    good = True
    print(f"1..{len(PIPELINES) + 1}", flush=True)
    with tempfile.TemporaryDirectory() as top:
        make_clips(top)
        for number, (name, pipeline, code) in enumerate(PIPELINES, 1):
            good &= tell(number, f"leaks {name}", trace(top, pipeline, code))
            shutil.rmtree(os.path.join(top, "out"), ignore_errors=True)
        number = len(PIPELINES) + 1
        if shutil.which("valgrind") is None:
            print(f"ok {number} valgrind # SKIP valgrind is not installed")
        else:
            good &= tell(number, "valgrind", check(top, os.path.abspath(argv[1])))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
