# SPDX-License-Identifier: LGPL-2.1-or-later
"""A channel of a preset, killed at random moments and started again.

Launcher and worker are killed in turn. After each the playlist has all it had,
one discontinuity more, and goes on; items go off air in their order.
VS_CHANNEL_KILLS sets how often (3).
"""

import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import tempfile

KILLS = int(os.environ.get("VS_CHANNEL_KILLS", "3"))
LIMIT_MS = 60000
LAUNCHER = os.path.join(os.environ.get("VS_BUILD_ROOT", "build"),
                        "launcher", "vstream-launcher")
PRESET = """[vstream]
type=channel
[queue]
location={location}
filler=testsrc:
as-run=as-run.log
[video small]
width=160
height=90
framerate=25
bitrate=100k
encoder-preset=ultrafast
[segment]
duration=1s
gop-duration=1s
window=2h
"""
ITEMS = [f"n{i:03}" for i in range(95)]


class Channel:
    """One run of the launcher, read by what it says."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [LAUNCHER, "--preset", "./c.ini", "--output", "out",
             "--log-level", "debug"], cwd=folder, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.said = []

    def wait_published(self, count):
        watch = select.poll()
        watch.register(self.process.stderr, select.POLLIN | select.POLLHUP)
        while count > 0:
            assert watch.poll(LIMIT_MS), f"silent: {self.said[-5:]}"
            line = self.process.stderr.readline()
            assert line, f"it ended: {self.said[-5:]}"
            self.said.append(line.rstrip())
            count -= line.startswith("Published video_0/") and "m4s" in line

    def find_worker(self):
        pid = self.process.pid
        children = []
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children",
                      encoding="ascii") as file:
                children += file.read().split()
        assert len(children) == 1, children
        return int(children[0])

    def kill(self, launcher):
        worker = self.find_worker()
        handle = os.pidfd_open(worker)
        os.kill(self.process.pid if launcher else worker, signal.SIGKILL)
        gone = select.poll()
        gone.register(handle, select.POLLIN)
        assert gone.poll(LIMIT_MS), "the worker lives on"
        os.close(handle)
        self.end()

    def end(self, signum=None):
        if signum:
            self.process.send_signal(signum)
        self.process.communicate(timeout=LIMIT_MS / 1000)
        return self.process.returncode


def read_playlist(folder):
    with open(os.path.join(folder, "out/video_0/playlist.m3u8"),
              encoding="utf-8") as file:
        text = file.read()
    return (re.findall(r"^\w+\.m4s$", text, re.M),
            text.count("#EXT-X-DISCONTINUITY\n"),
            int(re.search(r"MEDIA-SEQUENCE:(\d+)", text).group(1)))


def read_asrun(folder):
    with open(os.path.join(folder, "as-run.log"), encoding="utf-8") as file:
        return [entry["id"] for entry in map(json.loads, file)
                if entry["on_air"]]


def run(folder, rng):
    before, channel = [], Channel(folder)
    try:
        for kill in range(KILLS):
            channel.wait_published(rng.randint(2, 4))
            channel.kill(launcher=kill % 2 == 0)
            segments, _, sequence = read_playlist(folder)
            assert segments[:len(before)] == before, "segments are lost"
            assert len(set(segments)) == len(segments), "one is twice"
            assert sequence == 0, sequence
            before, channel = segments, Channel(folder)
        channel.wait_published(4)
        assert channel.end(signal.SIGINT) in (0, 130), channel.said[-5:]
    finally:
        channel.process.kill()
        channel.process.communicate()
    segments, breaks, _ = read_playlist(folder)
    assert segments[:len(before)] == before, "segments are lost"
    assert breaks == KILLS, f"{breaks} discontinuities, {KILLS} kills"
    return read_asrun(folder)


def check(folder, location, rng):
    with open(os.path.join(folder, "c.ini"), "w", encoding="utf-8") as file:
        file.write(PRESET.format(location=location))
        for name in ITEMS:
            file.write(f"[item {name}]\nuri=testsrc:\nout=2s\n")
    played = run(folder, rng)
    # What has ended in the moment of a kill may be told again, or not.
    assert played == sorted(played), played
    twice = len(played) - len(set(played))
    missing = ITEMS.index(played[-1]) + 1 - len(set(played))
    assert twice <= KILLS and 0 <= missing <= KILLS, played
    print(f"# {KILLS} kills, {len(played)} items, {missing} not logged, "
          f"{twice} logged twice", flush=True)


def check_redis(folder, rng):
    """With a real server, which is not killed here."""
    path = os.path.join(folder, "redis.sock")
    with subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", path, "--save",
             "", "--dir", folder], stdout=subprocess.PIPE, text=True) as redis:
        try:
            for line in redis.stdout:
                if "accept connections" in line:
                    break
            check(folder, f"redis+unix://{path}?key=channel", rng)
        finally:
            redis.kill()


def main():
    print("1..2")
    seed = random.randrange(1 << 32)
    print(f"# seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        check(folder, "channel.db", random.Random(seed))
    print("ok 1 - SQLite: goes on after each kill", flush=True)
    if not shutil.which("redis-server"):
        print("ok 2 - Redis # SKIP redis-server is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        check_redis(folder, random.Random(seed))
    print("ok 2 - Redis: goes on after each kill")


if __name__ == "__main__":
    main()
