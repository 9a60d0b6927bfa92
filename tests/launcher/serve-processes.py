#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""serve-processes.py: --serve-processes: who answers what, a process that is
killed, and how all of them end."""

import http.client
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
from service_fixture import LAUNCHER, run

LIMIT_SECONDS = 20
PRESET = """[vstream]
type=vod
[pipeline]
launch=videotestsrc num-buffers=1 ! fakesink
[http]
listen=127.0.0.1:0
"""
PLAYLIST = "#EXTM3U\n" * 256


class Serving:
    """The launcher after a job of one picture, in a session of its own."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="vs-processes-")
        root = Path(self.folder.name)
        (root / "out").mkdir()
        (root / "out" / "a.m3u8").write_text(PLAYLIST, encoding="ascii")
        (root / "p.ini").write_text(PRESET, encoding="ascii")
        self.process = subprocess.Popen(
            [LAUNCHER, "--preset", "./p.ini", "--output", "out", *options],
            cwd=root, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        self.port = int(line.split(":")[2].strip(" /\n"))
        while not line.startswith("Serving"):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()

    def helpers(self):
        pid = self.process.pid
        path = Path(f"/proc/{pid}/task/{pid}/children")
        return [int(word) for word in path.read_text("ascii").split()]

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path="/media/a.m3u8", connection=None):
        connection = connection or self.connect()
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT_SECONDS)
        self.process.stdout.close()
        self.process.stderr.close()
        self.folder.cleanup()


def count_sockets(pid):
    folder = f"/proc/{pid}/fd"
    found = 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{name}").startswith("socket:")
        except FileNotFoundError:
            pass
    return found


def wait_until(what, check, limit=LIMIT_SECONDS):
    until = time.monotonic() + limit
    while not check():
        assert time.monotonic() < until, what
        threading.Event().wait(0.02)


def watch(pids):
    return [os.pidfd_open(pid) for pid in pids]


def wait_ended(watched):
    for descriptor in watched:
        ended, _, _ = select.select([descriptor], [], [], LIMIT_SECONDS)
        os.close(descriptor)
        assert ended, "a helper has outlived the launcher"


def spread(serving, pids):
    """Kept connections until each of @pids has one."""
    kept = []
    before = {pid: count_sockets(pid) for pid in pids}

    def check():
        kept.append(serving.connect())
        assert serving.get(connection=kept[-1]) == (200, PLAYLIST)
        return all(count_sockets(pid) > before[pid] for pid in pids)

    wait_until(f"one of {pids} serves nobody", check)
    return kept


def test_each_process_serves():
    with Serving("--serve-processes", "3") as serving:
        helpers = serving.helpers()
        assert len(helpers) == 2, helpers
        kept = spread(serving, [serving.process.pid, *helpers])
        held = {pid: count_sockets(pid) for pid in helpers}
        for connection in kept:
            connection.close()
        wait_until("a helper keeps what has gone", lambda: all(
            count_sockets(pid) < held[pid] for pid in helpers))


def test_the_first_answers_all_else():
    with Serving("--serve-processes", "2") as serving:
        kept = spread(serving, serving.helpers())
        for connection in kept:
            for _ in range(2):
                status, said = serving.get("/status", connection)
                assert (status, json.loads(said)["state"]) == (200, "finished")
                assert serving.get(connection=connection)[0] == 200
        (held,) = spread(serving, serving.helpers())[-1:]
        held.request("POST", "/v1/x", "{}" * 2000)
        assert held.getresponse().status in (404, 405, 413)
        events = serving.connect()
        events.request("GET", "/events")
        answer = events.getresponse()
        assert answer.readline() == b"event: job\n"
        assert b"finished" in answer.readline()


def test_one_is_killed():
    with Serving("--serve-processes", "2") as serving:
        (helper,) = serving.helpers()
        spread(serving, [helper])
        os.kill(helper, signal.SIGKILL)
        lost = 0
        for _ in range(50):  # what it was just being given may be lost
            try:
                assert serving.get() == (200, PLAYLIST)
            except ConnectionRefusedError:
                raise
            except (ConnectionError, http.client.HTTPException):
                lost += 1
        assert lost <= 1, f"{lost} of 50 requests lost"
        wait_until("no other helper", lambda: serving.helpers() not in
                   ([], [helper]))
        spread(serving, serving.helpers())
        os.killpg(serving.process.pid, signal.SIGINT)
        serving.process.wait(LIMIT_SECONDS)
        said = serving.process.stderr.read()
        assert said.count("a serving process was ended by signal 9") == 1, said


def test_one_hangs():
    with Serving("--serve-processes", "2") as serving:
        (helper,) = serving.helpers()
        spread(serving, [helper])
        os.kill(helper, signal.SIGSTOP)
        wait_until("the one that hangs is kept", lambda: serving.helpers() not in
                   ([], [helper]), 2 * LIMIT_SECONDS)
        spread(serving, serving.helpers())
        os.killpg(serving.process.pid, signal.SIGINT)
        serving.process.wait(LIMIT_SECONDS)
        said = serving.process.stderr.read()
        assert said.count("a serving process has not answered for 10 s") == 1, said


def test_all_end_together():
    for signum, whole_group in ((signal.SIGINT, True), (signal.SIGTERM, False),
                                (signal.SIGKILL, False)):
        with Serving("--serve-processes", "3") as serving:
            watched = watch(serving.helpers())
            spread(serving, serving.helpers())
            if whole_group:  # ctrl-C at a terminal
                os.killpg(serving.process.pid, signum)
            else:
                os.kill(serving.process.pid, signum)
            code = serving.process.wait(LIMIT_SECONDS)
            wait_ended(watched)
            assert code == (-9 if signum == signal.SIGKILL else 0), code
            said = serving.process.stderr.read()
            assert "serving process" not in said, said


def refuse(*options):
    said = subprocess.run([LAUNCHER, *options], text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert said.returncode == 64, said
    assert said.stderr.count("\n") == 1, said
    return said.stderr


def test_bad_numbers():
    with tempfile.TemporaryDirectory() as folder:
        job = ("--preset", "vod", "--input", "testsrc:", "--output", folder)
        for number in ("0", "65", "-1", "two", ""):
            said = refuse(*job, "--serve", "127.0.0.1:0",
                          f"--serve-processes={number}")
            assert f"“{number}”: give a number from 1 to 64" in said, said
        assert "give --serve" in refuse(*job, "--serve-processes", "2")
        assert "--preset" in refuse("--serve-processes", "2")
        assert "not for people" in refuse("serve-helper")


if __name__ == "__main__":
    sys.exit(run([test_each_process_serves, test_the_first_answers_all_else,
                  test_one_is_killed, test_one_hangs,
                  test_all_end_together, test_bad_numbers]))
