# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clips that tell the time in picture and sound, and what is read back of them.

The upper quarter of the picture holds eight blocks, the bits of the number of
the 25th of a second; every tenth begins a beep. In what comes out each beep is
looked for where the picture says it should be, and pictures are counted."""

import array
import os
import subprocess

FPS, RATE, BEEP_EVERY, BLOCKS = 25, 48000, 10, 8
PER_FRAME = RATE // FPS
# one frame of AAC
SKEW_SAMPLES = 1024
LOUD = 3000
BITS = ("geq=lum='if(lt(Y,H/4),if(mod(floor(floor(T*25+0.02)"
        "/pow(2,floor(X*8/W))),2),235,16),90)':cb=128:cr=128")
BEEP = "if(lt(mod(t,0.4),0.04),0.7*sin(2*PI*1000*t),0)"
CLIPS = [
    ("counter", "mp4", 25, 48000, 2, ["aac"]),
    ("counter50", "mkv", 50, 44100, 1, ["flac"]),
    ("counter-ts", "ts", 25, 48000, 2, ["mp2", "-b:a", "256k"]),
]


def make_clips(folder):
    clips = []
    for name, ending, fps, rate, channels, codec in CLIPS:
        path = os.path.join(folder, f"{name}.{ending}")
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
             f"color=size=320x180:rate={fps}:duration=10,{BITS}", "-f",
             "lavfi", "-i", f"aevalsrc='{BEEP}':s={rate}:d=10", "-c:v",
             "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g",
             "25", "-c:a", *codec, "-ac", str(channels), path],
            check=True, timeout=120)
        clips.append(path)
    return clips


def read_numbers(path):
    """The number that each picture of path shows, whatever it is."""
    raw = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:v", "-vf",
         f"crop=iw:ih/8:0:ih/16,scale={BLOCKS}:1:flags=area,format=gray", "-f",
         "rawvideo", "-"], check=True, timeout=900,
        stdout=subprocess.PIPE).stdout
    return [sum((raw[i + bit] > 128) << bit for bit in range(BLOCKS))
            for i in range(0, len(raw), BLOCKS)]


def read_samples(path):
    raw = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a", "-ac",
         "1", "-f", "s16le", "-"], check=True, timeout=900,
        stdout=subprocess.PIPE).stdout
    return array.array("h", raw)


def find_beep(samples, about):
    """How far from about a beep begins, None where there is none near."""
    first = max(about - 3 * PER_FRAME, 0)
    quiet = 0
    for place in range(first, min(about + 3 * PER_FRAME, len(samples))):
        if abs(samples[place]) < LOUD:
            quiet += 1
        elif quiet > PER_FRAME // 2:
            return place - about
        else:
            quiet = 0
    return None


def read_item(line, numbers, samples):
    """Of one item on air: skews of its first and last beep, and pictures
    that did not follow the one before."""
    first, last = line["start_frame"], min(line["end_frame"], len(numbers))
    beeps = [n for n in range(first + 4, last - 4)
             if numbers[n] % BEEP_EVERY == 0 and numbers[n] != numbers[n - 1]]
    skews = [find_beep(samples, n * PER_FRAME)
             for n in sorted({beeps[0], beeps[-1]})] if beeps else []
    held = sum(numbers[n] != numbers[n - 1] + 1
               for n in range(first + 1, last))
    return skews, held


class Sync:
    """What is found in the whole output."""

    def __init__(self, path, lines):
        numbers, samples = read_numbers(path), read_samples(path)
        self.items = self.held = 0
        self.skews, self.lost = [], []
        for line in lines:
            skews, held = read_item(line, numbers, samples)
            self.items += 1
            self.held += held
            self.skews += [skew for skew in skews if skew is not None]
            if None in skews:
                self.lost.append(line["id"])

    def find_problem(self):
        if self.lost:
            return f"no beep where the picture says so in {self.lost[:5]}"
        if not self.skews:
            return "no beep was looked for"
        worst = max(self.skews, key=abs)
        if abs(worst) >= SKEW_SAMPLES:
            return f"sound is {worst} samples off"
        return None

    def describe(self):
        worst = max(self.skews, key=abs, default=0) * 1000 / RATE
        return (f"{self.items} items with counters, {len(self.skews)} beeps: "
                f"at most {worst:.1f} ms off; {self.held} pictures held or "
                "left out")
