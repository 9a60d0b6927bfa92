#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every clip through vod.ini, and through remux.ini what can be copied: HLS
that ffmpeg decodes without a complaint and DASH that reads as the same
packets, as long as the source, in sync as the source, aligned over the
renditions. Clips are made here; where ../shared/media is, all of it as well.

Copied is the whole of each clip; of pictures that last more than twice
VS_MEDIA_SECONDS (10), only that much is encoded, out of a file that ffmpeg
cuts. VS_MEDIA_SECONDS=0 encodes all.

media.py [CLIP …]    TAP on standard output"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

import conformance

ROOT = os.environ["VS_SOURCE_ROOT"]
LAUNCHER = os.path.join(os.environ["VS_BUILD_ROOT"], "launcher",
                        "vstream-launcher")
SHARED = os.path.join(ROOT, "..", "shared", "media")
SECONDS = float(os.environ.get("VS_MEDIA_SECONDS", "10"))
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


# Made for copying: key frames where they please, most of them in open GOPs.
OPEN = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
        "-bf", "3", "-g", "30", "-x264-params", "open-gop=1",
        "-forced-idr", "1", "-force_key_frames", "0,1.3,5.1,5.6,11"]
FEW = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt",
       "yuv420p", "-g", "10000", "-sc_threshold", "0"]
COPIES = [
    ("open-gop", ending, test_picture("320x180", "25", 14) +
     test_tone(48000, 14) + OPEN + AUDIO)
    for ending in ("mp4", "mkv", "ts")
] + [
    ("one-key", "mp4", test_picture("160x90", "25", 62) +
     test_tone(48000, 62) + FEW + AUDIO),
    ("flv", "flv", test_picture("320x180", "30", 5) + test_tone(44100, 5) +
     VIDEO + AUDIO),
    ("vp9", "webm", test_picture("320x180", "30", 5) + test_tone(48000, 5) +
     ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-g", "60", "-c:a",
      "libopus"]),
]

# qtdemux 1.22 ends a stream at the movie's length, counted from the begin of
# the media instead of the edit list's. Encoded, the loss is filled by silence.
LOSES_SOUND = ["d_sintel_720p_vfr_h264_aac2_10s.mp4"]


def make_clips(folder, rows):
    clips = []
    for name, ending, how in rows:
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


def launch(preset, path, out):
    return subprocess.run([LAUNCHER, "--preset", preset, "--input", path,
                           "--output", out], capture_output=True, text=True,
                          timeout=400, check=False)


def shorten(path, folder):
    """The clip, or its beginning where the whole takes long to encode."""
    streams, _ = conformance.probe_streams(path)
    pictures = [stream for stream in streams if stream["codec_type"] == "video"
                and not stream.get("disposition", {}).get("attached_pic")]
    _, length, _ = conformance.run(
        "ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries",
        "format=duration", path)
    if not SECONDS or not pictures or float(length) <= 2 * SECONDS:
        return path
    cut = os.path.join(folder, os.path.basename(path))
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", path,
                    "-map", "0:v", "-map", "0:a?", "-c", "copy", "-t",
                    str(SECONDS), cut], check=True, timeout=60)
    return cut


def run_clip(path, out):
    done = launch("vod", path, out)
    if done.returncode != 0:
        return [f"exit code {done.returncode}"] + done.stderr.splitlines()[-3:]
    complaints = conformance.check(out, path)
    if complaints:
        complaints += [f"said: {line}" for line in
                       (done.stdout + done.stderr).splitlines()[-9:]]
    return complaints


def can_copy(path):
    streams, _ = conformance.probe_streams(path)
    first = {}
    for stream in streams:
        if not stream.get("disposition", {}).get("attached_pic"):
            first.setdefault(stream["codec_type"], stream)
    video = first.get("video", {}).get("codec_name", "h264")
    audio = first.get("audio", {}).get("codec_name", "aac")
    turned = any("rotation" in side for side in
                 first.get("video", {}).get("side_data_list", []))
    return (video in ("h264", "hevc", "av1", "vp9") and not turned
            and audio in ("aac", "opus"))


def first_units(path):
    """Types of the NAL units of the first picture of H.264."""
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:v:0",
         "-c", "copy", "-frames:v", "1", "-bsf:v", "h264_mp4toannexb",
         "-f", "h264", "-"], capture_output=True, timeout=60, check=False)
    return [unit[0] & 0x1f for unit in done.stdout.split(b"\0\0\1")[1:]
            if unit]


def check_idr(out):
    """Every segment of H.264 begins with an IDR picture."""
    complaints = []
    for playlist in conformance.media_playlists(out)[0]:
        init = re.search(r'MAP:URI="([^"]*)"',
                         conformance.read_text(out, playlist)).group(1)
        whole = os.path.join(out, "whole.mp4")
        for uri, _ in conformance.playlist_segments(out, playlist):
            with open(whole, "wb") as file:
                for name in (os.path.join(os.path.dirname(playlist), init),
                             uri):
                    with open(os.path.join(out, name), "rb") as part:
                        shutil.copyfileobj(part, file)
            if 5 not in first_units(whole):
                complaints.append(f"{uri} begins with no IDR picture")
    return complaints


def run_copy(path, out):
    """Copied as it is, or refused in one sentence."""
    done = launch("remux", path, out)
    if not can_copy(path):
        if done.returncode != 65 or "cannot be copied" not in done.stderr:
            return [f"exit code {done.returncode}: {done.stderr.strip()}"]
        return []
    if done.returncode != 0:
        return [f"exit code {done.returncode}"] + done.stderr.splitlines()[-3:]
    complaints = conformance.check(out, path, constant=False)
    if os.path.basename(path) in LOSES_SOUND:
        complaints = [line for line in complaints
                      if "audio" not in line]
    if "CODECS=\"avc1" in conformance.read_text(out, "multivariant.m3u8"):
        complaints += check_idr(out)
    return complaints


def run_both(path, encode):
    """What is wrong with it copied and, if it is to be, encoded."""
    with tempfile.TemporaryDirectory(prefix="vs-media-") as work:
        out = os.path.join(work, "out")
        complaints = [f"copied: {line}" for line in run_copy(path, out)]
        shutil.rmtree(out, ignore_errors=True)
        if encode:
            complaints += run_clip(shorten(path, work), out)
    return complaints


def main():
    with (tempfile.TemporaryDirectory(prefix="vs-media-") as work,
          # one encodes while ffprobe, on a single core, reads the other
          concurrent.futures.ThreadPoolExecutor(2) as pool):
        clips = sys.argv[1:] or make_clips(work, CLIPS) + shared_clips()
        copies = [] if sys.argv[1:] else make_clips(work, COPIES)
        if not sys.argv[1:] and not shared_clips():
            print("# ../shared/media is not there: generated clips alone")
        print(f"1..{len(clips) + len(copies)}", flush=True)
        paths = clips + copies
        found = pool.map(run_both, paths, [path in clips for path in paths])
        for number, (path, complaints) in enumerate(zip(paths, found), 1):
            verdict = "not ok" if complaints else "ok"
            print(f"{verdict} {number} {os.path.basename(path)}")
            for complaint in complaints:
                print(f"# {complaint}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
