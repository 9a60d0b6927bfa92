#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every input that live.ini promises, through the launcher, from a real
server: picture and sound arrive; the server is killed, and the last picture,
then the slate and silence are published; it comes back, and so do they. The
output is of constant frame rate, without a hole, and a signal ends it with
closed manifests.

inputs.py [NAME …]   (default all)     TAP on standard output"""

import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import conformance
import input_servers as servers

AT_ONCE = 4  # small pictures: most of the time is spent waiting
FPS, RATE = 25, 48000
EVENT = 40  # seconds that anything we wait for may take, at most
END = 20  # from the signal to the end
OBJECTS = 3  # of 1 s, with the feed shown, then on with it
BRIGHT, LOUD = 40, -60  # above the slate's 16, and dB
MOVING = 1  # changes of luma in 2 s: of a still picture 0, of a clock 5

# Name, server, what it needs, and has the feed a picture?
CASES = [
    ("srt-listener", servers.srt_listener, servers.need_ffmpeg, True),
    ("srt-caller", servers.srt_caller, servers.need_ffmpeg, True),
    ("rtmp", servers.rtmp, servers.need_nginx, True),
    ("rtsp", servers.rtsp, servers.need_rtsp, True),
    ("rtsp-tcp", servers.rtsp_tcp, servers.need_rtsp, True),
    ("hls", servers.hls, servers.need_ffmpeg, True),
    ("dash", servers.dash, servers.need_ffmpeg, True),
    ("udp", servers.udp, servers.need_ffmpeg, True),
    ("udp-multicast", servers.udp_multicast, servers.need_multicast, True),
    ("rtp", servers.rtp, servers.need_ffmpeg, True),
    ("http-ts", servers.http_ts, servers.need_ffmpeg, True),
    ("http-mp3", servers.http_mp3, servers.need_ffmpeg, False),
]

PRESET = """[vstream]
type=live
[input]
timeout=3s
hold=1s
[video small]
width=320
height=180
framerate=25
bitrate=300k
encoder-preset=ultrafast
[audio main]
codec=aac
bitrate=96k
channels=2
[segment]
duration=1s
gop-duration=1s
window=300s
"""


class Fault(Exception):
    pass


class Launch:
    """A launcher, and what it says."""

    def __init__(self, preset, uri, out):
        self.out = out
        self.lines = []
        self.seen = 0  # lines that were waited for already
        self.news = threading.Condition()
        self.process = subprocess.Popen(
            [servers.LAUNCHER, "--preset", preset, "--input", uri, "--output",
             out, "--log-level", "debug"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append((time.monotonic(), line.rstrip()))
                self.news.notify_all()
        with self.news:
            self.lines.append((time.monotonic(), None))
            self.news.notify_all()

    def wait(self, pattern, times=1):
        """The next lines with the pattern, after those of the last wait."""
        deadline = time.monotonic() + EVENT
        with self.news:
            while times > 0:
                while self.seen == len(self.lines):
                    if not self.news.wait(deadline - time.monotonic()):
                        raise Fault(f"no “{pattern}” within {EVENT} s")
                line = self.lines[self.seen][1]
                self.seen += 1
                if line is None:
                    raise Fault(f"ended before “{pattern}”")
                times -= re.search(pattern, line) is not None

    def skip(self):
        """What was said until now is not waited for."""
        with self.news:
            self.seen = len(self.lines)

    def was_slow(self):
        return any("machine is too slow" in (line or "")
                   for _, line in self.lines)

    def wait_shown(self):
        self.wait("The feed: (live|streaming)")
        self.wait(r"Published video_0/.*\.m4s", OBJECTS)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(END)
        except subprocess.TimeoutExpired:
            raise Fault(f"still there {END} s after the signal") from None
        if code != 0:
            raise Fault(f"exit code {code}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


def measure(path, select, chain, key):
    """A figure of each frame, from one of ffmpeg's filters."""
    code, out, err = conformance.run(
        "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", select,
        "-filter:" + select[2:3], f"{chain},metadata=print:key={key}:file=-"
        if "v" in select else f"{chain},ametadata=print:key={key}:file=-",
        "-f", "null", "-")
    if code != 0:
        raise Fault("ffmpeg: " + err.strip()[-200:])
    return [float(value) for value in
            re.findall(re.escape(key) + r"=(\S+)", out)]


def find_runs(values, limit, shortest):
    """How often it is above the limit and below in turn, as a string such as
    “-+-+”; what is shorter than `shortest` counts as what was before."""
    runs, last, length = "", None, 0
    for value in values:
        above = value > limit
        length = length + 1 if above == last else 1
        last = above
        mark = "+" if above else "-"
        if length >= shortest and not runs.endswith(mark):
            runs += mark
    return runs


def check_steps(path, select, step):
    """Every packet follows the one before, to a tick of its clock."""
    times = sorted(p[0] for p in conformance.probe_packets(path, select))
    odd = [round(b - a, 4) for a, b in zip(times, times[1:])
           if abs(b - a - step) > 0.0015]
    return [f"{select}: steps of {odd[:4]} s"] if odd or not times else []


def judge(out, picture):
    complaints = conformance.check(out)
    video, audio = conformance.media_playlists(out)
    video, audio = os.path.join(out, video[0]), os.path.join(out, audio[0])
    complaints += check_steps(video, "v:0", 1 / FPS)
    complaints += check_steps(audio, "a:0", 1024 / RATE)
    luma = measure(video, "0:v:0", "signalstats", "lavfi.signalstats.YAVG")
    level = measure(audio, "0:a:0", "astats=metadata=1:reset=1",
                    "lavfi.astats.Overall.RMS_level")
    seen = find_runs(luma, BRIGHT, FPS // 2)
    heard = find_runs(level, LOUD, RATE // 1024 // 2)
    if picture and "+-+" not in seen or not picture and "+" in seen:
        complaints.append(f"picture: {seen}")
    if "+-+" not in heard:
        complaints.append(f"sound: {heard}")
    changes = measure(video, "0:v:0", "signalstats", "lavfi.signalstats.YDIF")
    if picture and sum(changes[-2 * FPS:]) < MOVING:
        complaints.append(f"it stands still: {changes[-9:]}")
    return complaints


def run_launch(server, launch):
    server.start()
    launch.wait_shown()
    launch.skip()
    server.stop()
    launch.wait("The feed: slate")
    launch.wait(r"Published video_0/.*\.m4s", OBJECTS)
    server.start()
    launch.wait_shown()
    launch.end()


def run_case(make, picture, clip, work):
    """Complaints, what the launcher said, and whether it had no time."""
    os.mkdir(work)
    preset, origin = (os.path.join(work, name + ".ini")
                      for name in ("small", "origin"))
    for path, uri in ((preset, ""), (origin, "uri=testsrc:\n")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(PRESET.replace("[input]\n", "[input]\n" + uri))
    server, uri = make(clip, work)
    launch = Launch(preset, uri, os.path.join(work, "out"))
    complaints = []
    try:
        run_launch(server, launch)
        complaints = judge(launch.out, picture)
    except Fault as fault:
        complaints.append(str(fault))
    finally:
        server.stop()
        launch.kill()
    return complaints, launch.lines, launch.was_slow()


def make_clip(folder):
    path = os.path.join(folder, "clip.ts")
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
         f"testsrc2=size=320x180:rate={FPS}:duration=120", "-f", "lavfi", "-i",
         f"sine=frequency=440:sample_rate={RATE}:duration=120", "-c:v",
         "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "12",
         "-b:v", "300k", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2",
         path], check=True, timeout=100)
    return path


def report(number, name, answer):
    complaints, said, _ = answer
    print(f"{'not ok' if complaints else 'ok'} {number} {name}")
    for complaint in complaints:
        print(f"# {complaint}")
    for when, line in said if complaints else []:
        print(f"# {when:.1f} {line}")
    sys.stdout.flush()


def finish(case, future, running, clip, work):
    """The answer; of a second try, alone, where the machine had no time."""
    name, make, _, picture = case
    answer = future.result()
    if answer[0] and answer[2]:
        concurrent.futures.wait(running)
        print(f"# {name}: once more, alone, since the machine was too slow")
        answer = run_case(make, picture, clip,
                          os.path.join(work, name + "-again"))
    return answer


def run_cases(cases, work):
    clip = make_clip(work)
    failed = False
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        lacks = [need() for _, _, need, _ in cases]
        futures = [None if lack else pool.submit(
            run_case, case[1], case[3], clip, os.path.join(work, case[0]))
            for case, lack in zip(cases, lacks)]
        running = [future for future in futures if future]
        for number, case in enumerate(cases, 1):
            lack, future = lacks[number - 1], futures[number - 1]
            if lack:
                print(f"ok {number} {case[0]} # SKIP {lack}", flush=True)
                continue
            answer = finish(case, future, running, clip, work)
            failed = failed or bool(answer[0])
            report(number, case[0], answer)
    return failed


def main(names):
    cases = [case for case in CASES if not names or case[0] in names]
    if servers.need_ffmpeg():
        print(f"1..0 # SKIP {servers.need_ffmpeg()}")
        return 0
    print(f"1..{len(cases)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="vs-inputs-") as work:
        return 1 if run_cases(cases, work) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
