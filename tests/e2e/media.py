#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every clip through vod.ini: HLS and DASH that ffmpeg decodes without a
complaint, as long as the source, in sync as the source, aligned over the
renditions. Clips are made here; where ../shared/media is, all of it as well.

media.py [CLIP …]    TAP on standard output"""

import os
import shutil
import subprocess
import sys
import tempfile

import conformance

ROOT = os.environ["VS_SOURCE_ROOT"]
LAUNCHER = os.path.join(os.environ["VS_BUILD_ROOT"], "launcher",
                        "vstream-launcher")
SHARED = os.path.join(ROOT, "..", "shared", "media")
VIDEO = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
AUDIO = ["-c:a", "aac", "-ac", "2"]


def test_picture(size, rate, seconds):
    return ["-f", "lavfi", "-i",
            f"testsrc2=size={size}:rate={rate}:duration={seconds}"]


def test_tone(rate, seconds):
    return ["-f", "lavfi", "-i",
            f"sine=frequency=440:sample_rate={rate}:duration={seconds}"]


# What a clip is for, its file's ending, and how ffmpeg makes it.
CLIPS = [
    ("ntsc", "mp4", test_picture("1280x720", "30000/1001", 6) +
     test_tone(48000, 6) + VIDEO + AUDIO),
    ("film44k", "mkv", test_picture("640x360", "24000/1001", 6) +
     test_tone(44100, 6) + VIDEO + AUDIO),
    ("late-audio", "mkv", test_picture("640x360", "25", 6) +
     ["-itsoffset", "1.5"] + test_tone(48000, 4) + VIDEO + AUDIO),
    ("video-only", "mp4", test_picture("426x240", "50", 5) + VIDEO),
    ("audio-only", "m4a", test_tone(48000, 9) + AUDIO),
    ("odd-size", "webm", test_picture("853x479", "25", 4) +
     test_tone(48000, 4) + ["-c:v", "libvpx", "-b:v", "1M", "-deadline",
                            "realtime", "-c:a", "libopus"]),
    ("portrait", "ts", test_picture("360x640", "30", 5) +
     test_tone(48000, 5) + VIDEO + ["-c:a", "mp2"]),
]


def make_clips(folder):
    clips = []
    for name, ending, how in CLIPS:
        path = os.path.join(folder, f"{name}.{ending}")
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y"] + how +
                       [path], check=True, timeout=120)
        clips.append(path)
    return clips


def shared_clips():
    if not os.path.isdir(SHARED):
        return []
    return sorted(os.path.join(SHARED, name) for name in os.listdir(SHARED)
                  if not name.endswith(".tsv"))


def run_clip(path, out):
    done = subprocess.run([LAUNCHER, "--preset", "vod", "--input", path,
                           "--output", out], capture_output=True, text=True,
                          timeout=400, check=False)
    if done.returncode != 0:
        return [f"exit code {done.returncode}"] + done.stderr.splitlines()[-3:]
    return conformance.check(out, path)


def main():
    work = tempfile.mkdtemp(prefix="vs-media-")
    try:
        clips = sys.argv[1:] or make_clips(work) + shared_clips()
        if not sys.argv[1:] and not shared_clips():
            print("# ../shared/media is not there: generated clips alone")
        print(f"1..{len(clips)}", flush=True)
        for number, path in enumerate(clips, 1):
            out = os.path.join(work, "out")
            complaints = run_clip(path, out)
            verdict = "not ok" if complaints else "ok"
            print(f"{verdict} {number} {os.path.basename(path)}")
            for complaint in complaints:
                print(f"# {complaint}")
            sys.stdout.flush()
            shutil.rmtree(out, ignore_errors=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
