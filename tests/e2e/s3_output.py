#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs that publish into s3:// on radosgw, while somebody reads every manifest
and every object that it names straight from the store: a VOD, a live channel
while the store misbehaves and goes away, and both killed at random moments and
started again. Nothing named is ever missing, and no part of an upload stays.

VS_S3_KILLS   how often each is killed (default 3)
VS_S3_PHASE   seconds of each misbehaviour (default 6)
VS_S3_INPUT   a file that the VOD is made of, by the vod.ini that is shipped

TAP on standard output"""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "servers"))

import ceph  # noqa: E402
import conformance  # noqa: E402
import faults  # noqa: E402
import live  # noqa: E402
from s3_client import S3Error  # noqa: E402
from s3_servers import Servers  # noqa: E402

KILLS = int(os.environ.get("VS_S3_KILLS", "3"))
INPUT = os.environ.get("VS_S3_INPUT")
PHASE = float(os.environ.get("VS_S3_PHASE", "6"))
# of the worker; about 200 MiB were measured, the bound of abrsink is 64
MOST_MEMORY = 768 << 20
STORE = "[s3]\nendpoint={endpoint}\naddressing=path\n"
VOD = ("[vstream]\ntype=vod\n[video 180p]\nheight=180\nbitrate=300k\n"
       "[video 90p]\nheight=90\nbitrate=100k\n[segment]\nduration=2s\n")
# what the store does in each phase of the live channel; None: it is away
PHASES = (["(PUT|GET|DELETE|POST) => status=503 chance 0.2"],
          ["(PUT|GET|DELETE|POST) => reset every 10"],
          None,
          ["PUT .*m4s => latency=3"],
          [])


class Box:
    def __init__(self, servers, folder):
        self.servers = servers
        self.folder = folder
        self.clip = self.path("clip.mp4")
        self.back_at = 0.0  # when the store came back
        self.peak = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def base(self, show):
        return f"{self.servers.ceph.endpoint}/show/{show}/"

    def write(self, name, text):
        return faults.write(self.path(name), (text + STORE.format(
            endpoint=self.servers.proxy.endpoint)).encode())

    def start(self, preset, show, *more):
        return subprocess.Popen(
            [faults.LAUNCHER, "--preset", preset, "--output",
             f"s3://show/{show}", *more], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def start_vod(self, show):
        return self.start(self.write("vod.ini", VOD), show, "--input",
                          self.clip)

    def start_live(self, show):
        with open(live.write_preset(self.folder), encoding="utf-8") as file:
            text = file.read()
        return self.start(self.write("s3-live.ini", text), show)

    def fetch(self, key):
        """None where it has gone since it was listed: the service may still
        be at a removal that a worker sent before it was killed."""
        try:
            return self.servers.client.get("show", key)
        except S3Error as error:
            if error.status != 404 or self.servers.client.list("show", key):
                raise
        return None

    def fetch_all(self, show):
        """The objects of a show, in a folder."""
        folder = self.path("fetched " + show)
        for key in self.servers.client.list("show", show + "/"):
            path = os.path.join(folder, key[len(show) + 1:])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            data = self.fetch(key)
            if data is not None:
                with open(path, "wb") as file:
                    file.write(data)
        return folder

    def expect_no_uploads(self):
        uploads = self.servers.client.uploads("show")
        assert not uploads, f"uploads were left: {uploads}"


def start_shipped_vod(box, show):
    place = urllib.parse.urlencode({"endpoint": box.servers.proxy.endpoint,
                                    "addressing": "path"})
    return box.start(os.path.join(os.environ["VS_PRESET_DIR"], "vod.ini"),
                     f"{show}?{place}", "--input", box.clip)


def vod(box):
    process = (start_shipped_vod if INPUT else Box.start_vod)(box, "vod")
    watcher = live.watch(process, box.base("vod"), faults.LIMIT_SECONDS)
    faults.finish(process).expect(0)
    assert not watcher.complaints, watcher.complaints
    problems = conformance.check(box.fetch_all("vod"), box.clip)
    assert not problems, problems
    box.expect_no_uploads()


def peak_of(process):
    """Of the worker, in bytes; 0 where it is gone."""
    worker = faults.child_of(process)
    if not worker:
        return 0
    with open(f"/proc/{worker}/status", encoding="utf-8") as file:
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1)) << 10


def misbehave(box, process):
    """The phases, one after the other; TRUE while the job lives."""
    for rules in PHASES:
        if rules is None:
            box.servers.proxy.away()
        else:
            box.servers.proxy.rules.set(rules)
        try:
            process.wait(PHASE)
        except subprocess.TimeoutExpired:
            pass
        if rules is None:
            box.servers.proxy.back()
            box.back_at = time.monotonic()
    box.peak = peak_of(process)


def live_channel(box):
    process = box.start_live("live")
    heard = []
    reader = threading.Thread(target=lambda: heard.extend(process.stderr))
    reader.start()
    trouble = threading.Thread(target=misbehave, args=(box, process))
    trouble.start()
    watcher = live.watch(process, box.base("live"),
                         PHASE * (len(PHASES) + 1))
    trouble.join()
    alive = process.poll() is None
    process.send_signal(signal.SIGINT)
    code = process.wait(faults.LIMIT_SECONDS)
    reader.join()
    said = "".join(heard[-20:])
    assert alive, f"the job ended by itself\n{said}"
    assert not watcher.complaints, f"{watcher.complaints}\n{said}"
    assert watcher.refreshes >= 5, f"{watcher.refreshes} refreshes\n{said}"
    assert watcher.mpds >= 5, f"the MPD was read {watcher.mpds} times\n{said}"
    again = [at for at in watcher.growth if at > box.back_at]
    assert again, f"nothing new was listed when the store was back\n{said}"
    assert box.peak < MOST_MEMORY, f"{box.peak >> 20} MiB\n{said}"
    print(f"# {watcher.refreshes} refreshes; the worker took "
          f"{box.peak >> 20} MiB at most; {again[0] - box.back_at:.1f} s from "
          "the store's return to a new segment", flush=True)
    assert code in (0, 130), f"exit code {code}\n{said}"
    faults.check_output(box.fetch_all("live"), whole=True)
    box.expect_no_uploads()


def kill_and_go_on(box, start, show, seconds, finish):
    for number in range(KILLS):
        process = start(show)
        try:
            process.wait(random.uniform(0.1, seconds))
        except subprocess.TimeoutExpired:
            pass
        worker = faults.child_of(process)
        if worker:
            os.kill(worker, signal.SIGKILL)
        process.kill()
        process.communicate()
        folder = box.fetch_all(show)
        try:
            faults.check_output(folder, whole=False, killed=True)
        except AssertionError as error:
            if "was left" in str(error) or "No such" in str(error):
                raise AssertionError(f"kill {number}: {error}") from error
    finish(box, start(show))
    faults.check_output(box.fetch_all(show), whole=True)
    box.expect_no_uploads()


def vod_killed(box):
    kill_and_go_on(box, box.start_vod, "killed-vod", 1.5,
                   lambda _, process: faults.finish(process).expect(0))


def end_live(box, process):
    """After a phase, and not before there is a manifest."""
    end = time.monotonic() + faults.LIMIT_SECONDS
    names = ()
    while (process.poll() is None and time.monotonic() < end and
           not any(name.endswith(".m3u8") for name in names)):
        try:
            process.wait(PHASE)
        except subprocess.TimeoutExpired:
            names = box.servers.client.list("show", "killed-live/")
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    job = faults.finish(process)
    assert job.code in (0, 130), job.err


def live_killed(box):
    kill_and_go_on(box, box.start_live, "killed-live", 6.0, end_live)


CASES = (vod, live_channel, vod_killed, live_killed)


def main(argv):
    missing = ceph.need_ceph()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    cases = [case for case in CASES
             if not argv[1:] or case.__name__ in argv[1:]]
    print(f"1..{len(cases)}", flush=True)
    os.environ["AWS_ACCESS_KEY_ID"] = ceph.ACCESS_KEY
    os.environ["AWS_SECRET_ACCESS_KEY"] = ceph.SECRET_KEY
    failed = 0
    with Servers() as servers, tempfile.TemporaryDirectory() as folder:
        box = Box(servers, folder)
        if INPUT:
            box.clip = INPUT
        else:
            faults.make_clip(box.clip, 20)
        servers.client.make_bucket("show", True)
        for number, case in enumerate(cases, 1):
            try:
                begun = time.monotonic()
                case(box)
                print(f"ok {number} {case.__name__}", flush=True)
                print(f"# {time.monotonic() - begun:.1f} s", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {number} {case.__name__}")
                for line in traceback.format_exc().splitlines():
                    print("# " + line, flush=True)
            finally:
                servers.proxy.rules.set([])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
