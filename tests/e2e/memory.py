#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""memory.py SUPPRESSIONS: no job leaves anything behind in memory.

Pipelines of gst-launch-1.0 under GStreamer's leaks tracer, and short jobs
under valgrind: the ladder and the publisher, an upload in parts, channels with
and without fades. No invalid access, nothing definitely lost. Prints TAP.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "servers"))

from discard_server import DiscardServer  # noqa: E402

LIMIT_SECONDS = 200
LEFT = re.compile(r"object-alive, type-name=\(string\)\w|Leaks detected")
LADDER = "abrladder speed=ultrafast renditions=90p@200k,48p@100k"
VIDEO = ("videotestsrc num-buffers=25 ! "
         "video/x-raw,width=160,height=90,framerate=25/1 ! "
         "x264enc speed-preset=ultrafast key-int-max=25 ! h264parse ! queue ! ")
AUDIO = ("audiotestsrc num-buffers=48 ! audio/x-raw,rate=48000,channels=2 ! "
         "audioconvert ! avenc_aac ! aacparse ! queue ! ")
UPLOAD = ("s3sink bucket=bench key=k endpoint=http://HOST part-size=5242880 "
          "force-path-style=true access-key=a secret-access-key=s")
REFUSED = ("location=s3://bench/k anonymous=true retry-attempts=1 "
           "endpoint=http://127.0.0.1:9")
BIG = 13 << 20  # several parts
MAKE = (VIDEO + "mp4mux name=mux faststart=true ! filesink location=clip.mp4 " +
        AUDIO + "mux.",
        AUDIO + "mp4mux ! filesink location=audio.m4a")

# name, pipeline, exit code
PIPELINES = (
    ("cmaf", f"filesrc location=clip.mp4 ! {LADDER} ! abrsink location=out",
     0),
    ("ts", f"filesrc location=clip.mp4 ! {LADDER} ! "
     "abrsink format=ts location=out", 0),
    ("fades", r'playbackqueuesrc items="[{\"uri\":\"file://DIR/clip.mp4\",'
     r'\"ad\":{\"id\":\"spot\"}},{\"uri\":\"file://DIR/clip.mp4\"},'
     r'{\"uri\":\"file://DIR/none\",\"at\":\"2099-01-01T00:00:00Z\"}]" '
     "slate=text: channel=5 transition=crossfade "
     "transition-duration=300000000 name=q q.video ! fakesink num-buffers=90 "
     "q.audio ! fakesink num-buffers=90", 0),
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
    ("s3sink", f"filesrc location=big blocksize=65536 ! {UPLOAD}", 0),
    ("s3sink, pulled", f"filesrc location=big ! {UPLOAD} checksum=none", 0),
    ("s3sink, small", "fakesrc num-buffers=200 sizetype=fixed sizemax=300 ! "
     f"{UPLOAD}", 0),
    ("s3sink, refused", f"filesrc location=big ! s3sink {REFUSED}", 1),
    ("abrsink, refused", f"filesrc location=clip.mp4 ! {LADDER} ! "
     f"abrsink {REFUSED}", 255),
    ("no output", f"filesrc location=clip.mp4 ! {LADDER} ! "
     "abrsink location=/proc", 1),
)
# of these, those that run under valgrind
CHECKED = ("cmaf", "s3sink", "fades", "queue")


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
    for name, data in (("big", bytes(BIG)),
                       ("cut.mp4", clip[:len(clip) * 7 // 10]),
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


def check(folder, suppressions, pipeline):
    wrap = ("valgrind", "-q", "--leak-check=full",
            "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--error-exitcode=99", "--num-callers=30",
            f"--suppressions={suppressions}")
    done = gst_launch(pipeline, folder,
                      {"CK_FORK": "no", "G_SLICE": "always-malloc"}, wrap)
    if done.returncode == 0:
        return None
    return f"exit {done.returncode}\n{done.stdout}"


def tell(number, name, problem):
    print(f"{'not ok' if problem else 'ok'} {number} {name}", flush=True)
    for line in (problem or "").splitlines():
        print(f"# {line}", flush=True)
    return problem is None


def run(folder, suppressions, host):
    good = True
    for number, (name, pipeline, code) in enumerate(PIPELINES, 1):
        pipeline = pipeline.replace("HOST", host)
        good &= tell(number, f"leaks {name}", trace(folder, pipeline, code))
        shutil.rmtree(os.path.join(folder, "out"), ignore_errors=True)
    for number, name in enumerate(CHECKED, len(PIPELINES) + 1):
        pipeline = next(text for found, text, _ in PIPELINES if found == name)
        if shutil.which("valgrind") is None:
            print(f"ok {number} valgrind # SKIP valgrind is not installed")
        else:
            good &= tell(number, f"valgrind {name}", check(
                folder, suppressions, pipeline.replace("HOST", host)))
    return good


def main(argv):
    print(f"1..{len(PIPELINES) + len(CHECKED)}", flush=True)
    with tempfile.TemporaryDirectory() as top, DiscardServer() as server:
        make_clips(top)
        good = run(top, os.path.abspath(argv[1]), server.host)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
