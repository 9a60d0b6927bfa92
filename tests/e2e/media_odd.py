#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Media that is odd, and media that is a trap, through a small VOD preset.

What is odd is published as conformance.py wants it: frame rates from 1 to 120
a second, rates, sizes and channels that change, timestamps that begin late,
wrap and jump, tracks of other lengths, many tracks, covers. What is a trap is
refused in one sentence within its time: encrypted, of an unknown codec,
pictures as large as a house, a million boxes, playlists that name themselves
or a file of this machine, noise without an end.

media_odd.py [NAME …]    TAP on standard output"""

import concurrent.futures
import http.server
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

import conformance
import media

PRESET = """[vstream]
type=vod
[input]
timeout=300ms
[video a]
height=180
bitrate=300k
encoder-preset=ultrafast
[video b]
height=90
bitrate=100k
encoder-preset=ultrafast
[audio main]
codec=aac
bitrate=96k
"""
SECONDS = 60
# a jump is bridged to the nearest packet or two
SLACK_S = 0.6
TS = ["-c:a", "aac", "-ac", "2", "-f", "mpegts"]


def make(path, *how):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *how, path],
                   check=True, timeout=SECONDS)
    return path


def clip(size, rate, seconds, *more, sound=None):
    return [*media.test_picture(size, rate, seconds),
            *media.test_tone(48000, sound or seconds), *media.VIDEO,
            *media.AUDIO, *more]


def join_ts(path, *parts):
    """Parts of MPEG-TS one behind the other, each with its first timestamp."""
    with open(path, "wb") as whole:
        for size, rate, seconds, channels, begin in parts:
            part = make(path + ".part", *clip(size, rate, seconds), "-ac",
                        str(channels), "-muxdelay", "0", "-output_ts_offset",
                        str(begin), "-f", "mpegts")
            with open(part, "rb") as file:
                shutil.copyfileobj(file, whole)
            os.unlink(part)
    return path


def many_sounds(path):
    tones = [word for n in range(8) for word in
             ("-f", "lavfi", "-i", f"sine=frequency={300 + n * 50}:duration=3")]
    maps = [word for n in range(9) for word in ("-map", f"{n}:0")]
    return make(path, *media.test_picture("320x180", 25, 3), *tones, *maps,
                *media.VIDEO, *media.AUDIO)


def with_cover(path):
    cover = make(path + ".png", "-f", "lavfi", "-i", "testsrc2=size=300x300",
                 "-frames:v", "1")
    return make(path, *media.test_tone(48000, 4), "-i", cover, "-map", "0",
                "-map", "1", "-c:a", "aac", "-c:v", "mjpeg", "-disposition:v",
                "attached_pic")


# name, ending, how it is made, seconds that are published (None: as the
# source's, to the frame, by conformance.py)
ODD = [
    ("one-a-second", "mp4", lambda p: make(p, *clip("320x180", 1, 8)), None),
    ("120-a-second", "mp4", lambda p: make(p, *clip("320x180", 120, 3)), None),
    ("rate-changes", "ts", lambda p: join_ts(
        p, ("320x180", 25, 3, 2, 0), ("320x180", 50, 3, 2, 3)), 6),
    ("size-changes", "ts", lambda p: join_ts(
        p, ("320x180", 25, 3, 2, 0), ("240x180", 25, 3, 2, 3)), 6),
    ("channels-change", "ts", lambda p: join_ts(
        p, ("320x180", 25, 3, 2, 0), ("320x180", 25, 3, 1, 3)), 6),
    ("long-sound", "mp4", lambda p: make(
        p, *clip("320x180", 25, 3, sound=13)), None),
    ("long-picture", "mp4", lambda p: make(
        p, *clip("320x180", 25, 13, sound=3)), None),
    ("late-picture", "mkv", lambda p: make(
        p, *media.test_tone(48000, 5), "-itsoffset", "1.5",
        *media.test_picture("320x180", 25, 3), *media.VIDEO, *media.AUDIO),
     None),
    ("eight-sounds", "mkv", many_sounds, None),
    ("cover", "m4a", with_cover, None),
    # what stands before the first PCR has no time for tsdemux: a frame of AAC
    ("ten-hours", "ts", lambda p: join_ts(
        p, ("320x180", 25, 4, 2, 36000)), 4),
    ("wraps", "ts", lambda p: join_ts(
        p, ("320x180", 25, 6, 2, 95440.7)), 6),
    ("jumps-on", "ts", lambda p: join_ts(
        p, ("320x180", 25, 3, 2, 0), ("320x180", 25, 3, 2, 3600)), 6),
    ("jumps-back", "ts", lambda p: join_ts(
        p, ("320x180", 25, 3, 2, 20), ("320x180", 25, 3, 2, 10)), 6),
    ("tiny", "mp4", lambda p: make(p, *clip("16x16", 25, 3)), None),
    ("ten-bit", "mkv", lambda p: make(
        p, *clip("320x180", 25, 3, "-pix_fmt", "yuv420p10le")), None),
    ("interlaced", "ts", lambda p: make(
        p, *clip("720x576", 25, 3, "-flags", "+ilme+ildct", "-top", "1")),
     None),
]


def run_job(preset, path, out):
    # others' elements complain of such media, and that alone is no fault
    env = {**os.environ, "G_DEBUG": ""}
    return subprocess.run(
        [media.LAUNCHER, "--preset", preset, "--input", path, "--output", out],
        capture_output=True, text=True, timeout=SECONDS, check=False, env=env)


def find_length(out):
    video, audio = conformance.media_playlists(out)
    return max(sum(length for _, length in
                   conformance.playlist_segments(out, playlist))
               for playlist in (video or audio)[:1])


def check_odd(preset, out, path, seconds):
    done = run_job(preset, path, out)
    if done.returncode != 0:
        return [f"exit code {done.returncode}"] + done.stderr.splitlines()[-3:]
    complaints = conformance.check(out, path if seconds is None else None)
    if seconds is not None and abs(find_length(out) - seconds) > SLACK_S:
        complaints.append(f"{find_length(out):.2f} s instead of {seconds} s")
    return complaints


# Traps ---------------------------------------------------------------------

def encrypted(path):
    key = "00112233445566778899aabbccddeeff"
    return make(path, *clip("320x180", 25, 3), "-encryption_scheme",
                "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", key)


def unknown_codec(path):
    make(path, *media.test_picture("320x180", 25, 3), *media.VIDEO)
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(data.replace(b"avc1", b"zzz1"))
    return path


def png_chunk(name, data):
    return (struct.pack(">I", len(data)) + name + data +
            struct.pack(">I", zlib.crc32(name + data)))


def huge_picture(path):
    head = struct.pack(">IIBBBBB", 100000, 100000, 8, 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) +
                   png_chunk(b"IDAT", zlib.compress(bytes(10 ** 6))) +
                   png_chunk(b"IEND", b""))
    return path


def box(name, data):
    return struct.pack(">I", len(data) + 8) + name + data


def million_boxes(path):
    with open(path, "wb") as file:
        file.write(box(b"ftyp", b"isom\0\0\2\0isom") +
                   box(b"moov", box(b"free", b"") * 10 ** 6))
    return path


def deep_boxes(path):
    data = b""
    for _ in range(20000):
        data = box(b"moov", data)
    with open(path, "wb") as file:
        file.write(box(b"ftyp", b"isom\0\0\2\0isom") + data)
    return path


class Trap(http.server.BaseHTTPRequestHandler):
    """A playlist that names itself, one that names a file, endless noise."""

    PLAYLIST = ("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{0}\n"
                "#EXTINF:2,\n{0}\n#EXT-X-ENDLIST\n")

    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        self.send_response(200)
        self.end_headers()
        try:
            if name == "noise":
                self.make_noise()
            elif name == "self.m3u8":
                self.wfile.write(self.PLAYLIST.format(name).encode())
            elif name == "deep.m3u8":
                self.wfile.write(b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"
                                 b"deep.m3u8\n")
            else:
                self.wfile.write(self.PLAYLIST.format(
                    f"file://{self.server.secret}").encode())
        except OSError:
            self.close_connection = True

    def make_noise(self):
        noise = random.Random(9).randbytes(1 << 20)
        while not self.server.over.is_set():
            self.wfile.write(noise)

    def log_message(self, *_):
        pass


TRAPS = [
    ("encrypted", "mp4", encrypted),
    ("unknown-codec", "mp4", unknown_codec),
    ("huge-picture", "png", huge_picture),
    ("million-boxes", "mp4", million_boxes),
    ("deep-boxes", "mp4", deep_boxes),
    ("self.m3u8", None, None),
    ("deep.m3u8", None, None),
    ("file.m3u8", None, None),
    ("noise", None, None),
]


def check_trap(preset, out, path):
    done = run_job(preset, path, out)
    said = [line for line in done.stderr.splitlines()
            if line.startswith("vstream-launcher: ")]
    if done.returncode not in (65, 66, 69, 74, 75):
        return [f"exit code {done.returncode}"] + done.stderr.splitlines()[-3:]
    complaints = [] if len(said) == 1 else [f"not one sentence: {said}"]
    for folder, _, names in os.walk(out):
        for name in names:
            if name.endswith(".m3u8") and re.search(
                    "#EXT-X-ENDLIST", conformance.read_text(folder, name)):
                complaints.append(f"{name} claims to be whole")
    return complaints


def write_preset(work, timeout):
    path = os.path.join(work, f"{timeout}.ini")
    with open(path, "w", encoding="ascii") as file:
        file.write(PRESET.format(timeout=timeout))
    return path


def run_case(case, preset, work, base):
    name, ending, how, check, more = case
    path = how(os.path.join(work, f"{name}.{ending}")) if how else base + name
    out = os.path.join(work, "out " + name)
    try:
        return check(preset, out, path, *more)
    except subprocess.TimeoutExpired:
        return [f"took more than {SECONDS} s"]
    finally:
        shutil.rmtree(out, ignore_errors=True)


def run_all(work, wanted, base):
    cases = [(name, ending, how, check_odd, (seconds,))
             for name, ending, how, seconds in ODD]
    cases += [(name, ending, how, check_trap, ())
              for name, ending, how in TRAPS]
    cases = [case for case in cases if not wanted or case[0] in wanted]
    presets = {check_odd: write_preset(work, "2s"),
               check_trap: write_preset(work, "100ms")}
    print(f"1..{len(cases)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        # those that wait for a limit first
        ends = {case[0]: pool.submit(run_case, case, presets[case[3]], work,
                                     base) for case in reversed(cases)}
        for number, (name, *_) in enumerate(cases, 1):
            complaints = ends[name].result()
            print(f"{'not ok' if complaints else 'ok'} {number} {name}")
            for complaint in complaints:
                print(f"# {complaint}")
            sys.stdout.flush()


def main():
    if not shutil.which("ffmpeg"):
        print("1..0 # SKIP ffmpeg is not installed")
        return
    with tempfile.TemporaryDirectory(prefix="vs-odd-") as work, \
            http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trap) as server:
        server.over = threading.Event()
        server.secret = make(os.path.join(work, "secret.ts"),
                             *clip("320x180", 25, 2))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            run_all(work, sys.argv[1:],
                    f"http://127.0.0.1:{server.server_port}/")
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    main()
