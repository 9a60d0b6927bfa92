#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a ladder costs, and how good it is, against ffmpeg.

ladder.py [--runs N] [--seconds S] [--quality] [--element PROP=VALUE] [CLIP]

The same ladder (1080p, 720p, 480p, x264 veryfast, same bit rates, VBV and
GOP, AAC once, CMAF) by `gst-launch-1.0 filesrc ! abrladder ! abrsink` and by
one ffmpeg command; the runs alternate. Prints CPU (user and system), wall and
peak RSS of each, and the ratios of the medians. --quality compares each
rendition with the source scaled by zimg. Without CLIP: the clip of
../shared/media, or a generated one. The plugin is found by GST_PLUGIN_PATH.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

RUNGS = ((1920, 1080, 5000), (1280, 720, 2800), (856, 480, 1400))
SHARED = "../../../shared/media/bbb_1080p24_h264_aac51_30s.mp4"
LIMIT = 1800


def measure(command):
    """CPU seconds, wall seconds, peak RSS in MB."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    text = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit("%s: %s" % (command[0], text.decode(errors="replace")))
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def ours(clip, out, settings):
    rungs = ",".join("%dp@%dk" % (h, rate) for _, h, rate in RUNGS)
    return ["gst-launch-1.0", "-q", "filesrc", "location=" + clip, "!",
            "abrladder", "renditions=" + rungs, *settings, "!",
            "abrsink", "location=" + out]


def theirs(clip, out):
    split = "[0:v]split=%d%s" % (
        len(RUNGS), "".join("[s%d]" % i for i in range(len(RUNGS))))
    scale = "".join(
        ";[s%d]scale=%d:%d:flags=bicubic[v%d]" % (i, w, h, i)
        for i, (w, h, _) in enumerate(RUNGS))
    command = ["ffmpeg", "-v", "error", "-y", "-i", clip,
               "-filter_complex", split + scale]
    for i in range(len(RUNGS)):
        command += ["-map", "[v%d]" % i]
    command += ["-map", "0:a:0?", "-c:v", "libx264", "-preset", "veryfast",
                "-profile:v", "high", "-pix_fmt", "yuv420p"]
    for i, (_, _, rate) in enumerate(RUNGS):
        command += ["-b:v:%d" % i, "%dk" % rate,
                    "-maxrate:v:%d" % i, "%dk" % (rate * 107 // 100),
                    "-bufsize:v:%d" % i, "%dk" % (rate * 3 // 2)]
    command += ["-g", "48", "-keyint_min", "48", "-sc_threshold", "0",
                "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000",
                "-f", "dash", "-seg_duration", "4", "-use_template", "1",
                "-use_timeline", "1",
                "-adaptation_sets", "id=0,streams=v id=1,streams=a",
                os.path.join(out, "manifest.mpd")]
    return command


def compare(what, name, clip, width, height, stream):
    """The figure of ffmpeg's filter `what` for the luma."""
    graph = ("[1:v]zscale=w=%d:h=%d:filter=bicubic,format=yuv420p,"
             "settb=AVTB,setpts=N[r];[0:v:%d]settb=AVTB,setpts=N[d];"
             "[d][r]%s" % (width, height, stream, what))
    run = subprocess.run(
        ["ffmpeg", "-v", "info", "-nostats", "-i", name, "-i", clip,
         "-lavfi", graph, "-f", "null", "-"],
        capture_output=True, text=True, timeout=LIMIT, check=True)
    found = re.search(r"\by:([0-9.]+|inf)" if what == "psnr"
                      else r"\bY:([0-9.]+)", run.stderr)
    return float(found.group(1))


def stream_of(name, height):
    """Its number among the video streams, and its width."""
    run = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
         "stream=width,height", "-of", "csv=p=0", name],
        capture_output=True, text=True, timeout=LIMIT, check=True)
    sizes = [tuple(map(int, line.split(",")[:2]))
             for line in run.stdout.split()]
    return next((i, w) for i, (w, h) in enumerate(sizes) if h == height)


def size_of(folder):
    return sum(os.path.getsize(os.path.join(where, name))
               for where, _, names in os.walk(folder) for name in names)


def report_quality(clip, folders):
    for _, height, _ in RUNGS:
        row = []
        for folder in folders:
            name = os.path.join(folder, "manifest.mpd")
            stream, width = stream_of(name, height)
            row += [compare(what, name, clip, width, height, stream)
                    for what in ("psnr", "ssim")]
        print("%4dp  PSNR-Y %.3f  SSIM %.5f   ffmpeg %.3f  %.5f   "
              "difference %+.3f dB" % (height, *row, row[0] - row[2]))
    print("bytes %d, ffmpeg %d" % tuple(size_of(f) for f in folders))


def make_clip(folder, source, seconds):
    clip = os.path.join(folder, "clip.mp4")
    if source:
        how = ["-i", source, "-c", "copy"]
    else:
        how = ["-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=24", "-f", "lavfi",
               "-i", "sine=r=48000", "-c:v", "libx264", "-preset", "veryfast",
               "-b:v", "6M", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *how, "-t", str(seconds),
                    clip], check=True, timeout=LIMIT)
    return clip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--element", action="append", default=[])
    args = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    shared = os.path.join(here, SHARED)
    source = args.clip or (shared if os.path.exists(shared) else None)
    with tempfile.TemporaryDirectory(prefix="vs-bench-") as folder:
        clip = make_clip(folder, source, args.seconds)
        outs = [os.path.join(folder, name) for name in ("ours", "ffmpeg")]
        figures = ([], [])
        for run in range(args.runs):
            for i, command in enumerate((ours(clip, outs[0], args.element),
                                         theirs(clip, outs[1]))):
                subprocess.run(["rm", "-rf", outs[i]], check=True)
                os.mkdir(outs[i])
                figures[i].append(measure(command))
                print("run %d %-7s CPU %6.2f s  wall %6.2f s  RSS %4.0f MB" % (
                    run, ("ours", "ffmpeg")[i], *figures[i][-1]), flush=True)
        medians = [[statistics.median(f[k] for f in figures[i])
                    for k in range(3)] for i in range(2)]
        print("ratio CPU %.3f  wall %.3f  RSS %.3f" % tuple(
            a / b for a, b in zip(*medians)))
        if args.quality:
            report_quality(clip, outs)


if __name__ == "__main__":
    main()
