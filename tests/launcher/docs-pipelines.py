#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs-pipelines.py ROOT: every pipeline shown in README.md and docs/ runs.

A pipeline is a line of a fenced block that begins with gst-launch-1.0 or
gst-inspect-1.0 (a backslash continues it). It runs in a folder of its own that
holds the clips in CLIPS, without a shell, and with fakesink in the place of a
screen or loudspeaker. One that has no end of its own is
shown with `gst-launch-1.0 -e`; it is interrupted after LIVE_SECONDS and must
then end well. Prints TAP.
"""

import glob
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

LIMIT_SECONDS = 60
LIVE_SECONDS = 8
VIDEO = ("videotestsrc num-buffers=90 ! "
         "video/x-raw,width=640,height=360,framerate=30/1 ! "
         "x264enc speed-preset=ultrafast key-int-max=30 ! h264parse ! queue ! "
         "mux. ")
AUDIO = ("audiotestsrc num-buffers=140 samplesperbuffer=1024 ! "
         "audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! "
         "aacparse ! queue ! mux. ")
CLIPS = {"in.mp4": VIDEO + AUDIO, "video.mp4": VIDEO, "audio.m4a": AUDIO}
STAND_IN = {"autovideosink": "fakesink", "autoaudiosink": "fakesink"}
START = re.compile(r"^\s*(?:\$ )?(gst-(?:launch|inspect)-1\.0\b.*)$")
BAD_OUTPUT = re.compile(r"CRITICAL|WARNING|No such element|erroneous")


def pipelines(path):
    """(line number, command) of each in a page."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    fenced, number = False, 0
    while number < len(lines):
        line, start = lines[number], number + 1
        number += 1
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced and START.match(line):
            while line.endswith("\\") and number < len(lines):
                line = line[:-1] + " " + lines[number].strip()
                number += 1
            yield start, START.match(line).group(1)


def make_clips(folder):
    for name, streams in CLIPS.items():
        subprocess.run(
            ["gst-launch-1.0", "-q"] + shlex.split(
                f"{streams} mp4mux name=mux ! filesink location={name}"),
            cwd=folder, check=True, timeout=LIMIT_SECONDS)


def run(command, folder):
    """None, or what is wrong with it."""
    words = [STAND_IN.get(word, word) for word in shlex.split(command)]
    if any(word in ("|", ";", "&", "&&", ">") for word in words):
        return "needs a shell; show the pipeline alone"
    live = words[1:2] == ["-e"]
    child = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = child.communicate(
            timeout=LIVE_SECONDS if live else LIMIT_SECONDS)
        if live:
            return "ended by itself: it needs no -e\n" + output
    except subprocess.TimeoutExpired:
        if not live:
            child.kill()
            return "did not end\n" + child.communicate()[0]
        child.send_signal(signal.SIGINT)
        try:
            output, _ = child.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            return "did not end when interrupted\n" + child.communicate()[0]
    if live:  # a slow machine may say so
        output = re.sub(r"WARNING: from element.*too slow", "", output)
    if child.returncode != 0 or BAD_OUTPUT.search(output):
        return f"exit {child.returncode}\n{output}"
    return None


def check(command, clips):
    with tempfile.TemporaryDirectory() as folder:
        for name in CLIPS:
            shutil.copy(os.path.join(clips, name), folder)
        problem = run(command, folder)
        if problem is None and "gst-launch" in command and re.search(
                r"sink\b[^!]*location=", command):
            if len(os.listdir(folder)) <= len(CLIPS):
                problem = "wrote nothing"
    return problem


def lacks_encoder(command):
    """vstream can be built without libx264."""
    if "vsx264enc" not in command or subprocess.run(
            ["gst-inspect-1.0", "--exists", "--atleast-version=0.1",
             "vsx264enc"], check=False, timeout=LIMIT_SECONDS).returncode == 0:
        return ""
    return " # SKIP vsx264enc is not built"


def lacks_store(command):
    """What goes to a bucket is run by the tests that start a store."""
    if "s3://" in command or "s3sink" in command:
        return " # SKIP no object store here; tests s3sink and s3src have one"
    return ""


def pages(root):
    return [os.path.join(root, "README.md")] + sorted(
        glob.glob(os.path.join(root, "docs", "**", "*.md"), recursive=True))


def main(argv):
    root = argv[1]
    found = [(os.path.relpath(path, root), line, command)
             for path in pages(root) for line, command in pipelines(path)]
    good = bool(found)
    print(f"1..{len(found)}")
    with tempfile.TemporaryDirectory() as clips:
        make_clips(clips)
        for number, (page, line, command) in enumerate(found, 1):
            skip = lacks_encoder(command) or lacks_store(command)
            problem = None if skip else check(command, clips)
            good &= problem is None
            print(f"{'not ok' if problem else 'ok'} {number} {page}:{line}"
                  f"{skip}")
            for text in (problem or "").splitlines():
                print(f"# {text}")
            sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
