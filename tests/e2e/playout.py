#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A channel of items drawn at random: clips made here, all of ../shared/media
where it is there, and files that are missing, empty, cut in half or no media,
and a server that says nothing. What comes out is decoded by ffmpeg: the step
from picture to picture is constant, samples are as many as the pictures last,
nothing is amiss, no item is lost; sound and picture of clips that count are
together at both ends of each; the channel keeps the pace of the clock, and the
process does not grow.

VS_PLAYOUT_ITEMS: how many (12), VS_PLAYOUT_LENGTH: how many times as long (1),
VS_PLAYOUT_SEED: another draw, VS_PLAYOUT_KEEP: a folder that keeps the output
and figures.csv (playout_plot.py draws it).

playout.py    TAP on standard output"""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import media
import playout_sync

ROOT = os.environ["VS_SOURCE_ROOT"]
SHARED = os.path.join(ROOT, "..", "shared", "media")
N_ITEMS = int(os.environ.get("VS_PLAYOUT_ITEMS", "12"))
LENGTH = float(os.environ.get("VS_PLAYOUT_LENGTH", "1"))
SEED = int(os.environ.get("VS_PLAYOUT_SEED", "4"))
FPS, RATE = 25, 48000
# A short run does not tell drift from a busy machine.
N_LONG, SETTLED_S = 100, 300
LAUNCH = (
    'playbackqueuesrc name=q slate=bars asrun-location="{log}" '
    'preroll-time=5000000000 item-timeout=20000000000 '
    'video-caps="video/x-raw,format=I420,width=480,height=270,'
    'framerate=25/1" audio-caps="audio/x-raw,format=S16LE,rate=48000,'
    'channels=2" items="{items}" q.video ! queue ! x264enc '
    'speed-preset=ultrafast tune=zerolatency key-int-max=50 ! h264parse ! '
    'queue max-size-time=0 ! matroskamux name=mux ! filesink '
    'location="{out}" q.audio ! queue max-size-time=0 ! mux.')
EVENT = re.compile(r"vstream-playback, event=\(string\)([\w-]+), "
                   r"frame=\(guint64\)(\d+)")


def make_broken(folder):
    whole = os.path.join(folder, "ntsc.mp4")
    half = os.path.join(folder, "half.mp4")
    with open(whole, "rb") as source, open(half, "wb") as target:
        data = source.read()
        target.write(data[:len(data) // 2])
    for name, content in (("empty.mp4", b""), ("text.mp4", b"no media\n")):
        Path(folder, name).write_bytes(content)
    return [Path(folder, name).as_uri()
            for name in ("missing.mp4", "empty.mp4", "text.mp4", "half.mp4")]


def draw_items(folder, silent_server):
    dice = random.Random(SEED)
    clips = media.make_clips(folder, media.CLIPS)
    if os.path.isdir(SHARED):
        clips += sorted(str(p) for p in Path(SHARED).resolve().iterdir()
                        if p.suffix != ".tsv")
    counters = playout_sync.make_clips(folder)
    broken = make_broken(folder) + [silent_server]
    for number in range(N_ITEMS):
        if dice.random() < 0.2:
            yield {"id": f"i{number}", "uri": dice.choice(broken),
                   "timeout": 1}
            continue
        start = dice.choice([0, 0, 0.52, 1.0, 1.76])
        length = dice.choice([0.4, 1.0, 2.0, 2.44]) * LENGTH
        clip = dice.choice(counters if dice.random() < 0.3 else clips)
        yield {"id": f"i{number}", "uri": Path(clip).as_uri(), "in": start,
               "out": round(start + length, 2)}


def read_process(pid):
    """Resident kB, threads, descriptors."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        status = file.read()
    return (int(re.search(r"VmRSS:\s+(\d+)", status).group(1)),
            int(re.search(r"Threads:\s+(\d+)", status).group(1)),
            len(os.listdir(f"/proc/{pid}/fd")))


def play(items, folder):
    """Plays until the queue is empty; returns what was told of the process,
    one row an item."""
    text = json.dumps(items, separators=(",", ":")).replace('"', '\\"')
    launch = LAUNCH.format(items=text, out=os.path.join(folder, "out.mkv"),
                           log=os.path.join(folder, "asrun.json"))
    rows, start = [], time.monotonic()
    with open(os.path.join(folder, "stderr"), "w", encoding="utf-8") as errors:
        with subprocess.Popen(
                ["gst-launch-1.0", "-e", "-m", *launch.split()], text=True,
                stdout=subprocess.PIPE, stderr=errors,
                env={**os.environ, "GST_DEBUG_NO_COLOR": "1"}) as process:
            for line in process.stdout:
                found = EVENT.search(line)
                if not found:
                    continue
                if found.group(1) in ("item-started", "item-failed"):
                    rows.append((round(time.monotonic() - start, 3),
                                 *read_process(process.pid),
                                 int(found.group(2))))
                if found.group(1) == "queue-empty":
                    process.send_signal(signal.SIGINT)
            code = process.wait(60)
    if code != 0:
        said = Path(folder, "stderr").read_text(encoding="utf-8")
        raise AssertionError(f"gst-launch-1.0 ended with {code}\n"
                             f"{said[-2000:]}")
    return rows


def probe(path, stream, entries):
    out = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", stream, "-show_entries",
         entries, "-of", "csv=p=0", path], check=True, timeout=600, text=True,
        stdout=subprocess.PIPE).stdout
    return [line.strip(",") for line in out.split()]


def check_pictures(path):
    times = [round(float(t) * 1000)
             for t in probe(path, "v:0", "packet=pts_time")]
    steps = {b - a for a, b in zip(sorted(times), sorted(times)[1:])}
    if steps != {1000 // FPS}:
        return f"steps of {sorted(steps)} ms"
    return None


def check_samples(path):
    n_frames = len(probe(path, "v:0", "packet=pts_time"))
    pcm = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a", "-f",
         "s16le", "-"], check=True, timeout=600, stdout=subprocess.PIPE).stdout
    off = len(pcm) // 4 - n_frames * RATE // FPS
    # EOS goes to both pads between two frames, but not between the same two
    if abs(off) > 2 * RATE // FPS:
        return f"{off} samples more than {n_frames} frames last"
    return None


def check_decode(path):
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-f",
         "null", "-"], check=False, timeout=600, text=True,
        stderr=subprocess.PIPE)
    return done.stderr.strip() or None


def read_log(folder):
    with open(os.path.join(folder, "asrun.json"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_log(lines, items):
    by_id = {line["id"]: line for line in lines}
    if len(lines) != len(items) or len(by_id) != len(items):
        return f"the log says {[line['id'] for line in lines]}"
    shown = [int(line["id"][1:]) for line in lines if line["on_air"]]
    if shown != sorted(shown):
        return f"shown in the order {shown}"
    for item in items:
        line = by_id[item["id"]]
        good = "out" in item
        if good and line["reason"] == "failed":
            name = item["uri"].rsplit("/", 1)[1]
            if "in point" not in (line["failure"] or ""):
                return f"{name}: {line['failure']}"
        if line["reason"] == "failed" and not line["failure"]:
            return f"{line['id']} failed without a reason"
        if not good and line["reason"] != "failed" and "half" not in \
                item["uri"]:
            return f"{item['uri']} was played"
    return None


def check_growth(rows):
    """After five minutes, or over the second half: the first fills caches."""
    half = rows[len(rows) // 2:]
    if len(rows) >= N_LONG:
        half = [row for row in rows if row[0] > SETTLED_S] or half
    if len(half) < 10:
        return None
    third = max(len(half) // 3, 1)
    first, last = half[:third], half[-third:]
    threads, files = (max(row[n] for row in last) for n in (2, 3))
    before = [max(row[n] for row in first) for n in (2, 3)]
    if threads > before[0] * 1.25 + 20 or files > before[1] * 1.25 + 20:
        return (f"{before[0]} threads and {before[1]} descriptors grew to "
                f"{threads} and {files}")
    first, last = (sum(row[1] for row in rows) / third
                   for rows in (first, last))
    if last > first * 1.25:
        return f"from {first:.0f} to {last:.0f} kB"
    return None


def find_drift(rows):
    """How much later the channel is at its end than at its begin, in ms: what
    told of a frame soonest, of either half, against the frame's own time."""
    offsets = [row[0] - row[4] / FPS for row in rows]
    half = len(offsets) // 2
    return (min(offsets[half:]) - min(offsets[:half])) * 1000


def check_drift(rows):
    drift = find_drift(rows)
    frames = 1 if len(rows) >= N_LONG else 50
    if abs(drift) >= frames * 1000 / FPS:
        return f"{drift:.1f} ms"
    return None


def report(number, name, problem):
    print(f"{'not ok' if problem else 'ok'} {number} {name}", flush=True)
    if problem:
        print(f"# {problem}", flush=True)
    return problem is None


def run(folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/never.mp4"
        items = list(draw_items(folder, address))
        rows = play(items, folder)
    path = os.path.join(folder, "out.mkv")
    with open(os.path.join(folder, "figures.csv"), "w",
              encoding="ascii") as file:
        file.write("seconds,rss_kb,threads,descriptors,frame\n")
        for row in rows:
            file.write(",".join(str(value) for value in row) + "\n")
    lines = read_log(folder)
    counted = {item["id"] for item in items if "/counter" in item["uri"]}
    sync = playout_sync.Sync(path, [
        line for line in lines if line["on_air"] and line["id"] in counted])
    print(f"# {sync.describe()}; drift {find_drift(rows):.1f} ms in "
          f"{rows[-1][0]:.0f} s")
    checks = (("one step from picture to picture", check_pictures(path)),
              ("samples as long as pictures", check_samples(path)),
              ("decoded without a complaint", check_decode(path)),
              ("every item in the log", check_log(lines, items)),
              ("the process does not grow", check_growth(rows)),
              ("sound with its picture at every join", sync.find_problem()),
              ("the pace of the clock", check_drift(rows)))
    print(f"1..{len(checks)}")
    return all([report(number, name, problem)
                for number, (name, problem) in enumerate(checks, 1)])


def main():
    if not shutil.which("ffmpeg"):
        print("1..0 # SKIP ffmpeg is not installed")
        return 0
    keep = os.environ.get("VS_PLAYOUT_KEEP")
    if keep:
        os.makedirs(keep, exist_ok=True)
        return 0 if run(keep) else 1
    with tempfile.TemporaryDirectory(prefix="vs-playout-") as folder:
        return 0 if run(folder) else 1


if __name__ == "__main__":
    sys.exit(main())
