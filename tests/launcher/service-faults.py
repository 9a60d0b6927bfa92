#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""service-faults.py: workers and the service itself die, at any moment.

VS_STORM_JOBS (12) and VS_KILLS (4) set how much of it: 200 and 50 are what
docs/service.md tells of.
"""

import http.client
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from service_fixture import (FINAL, LAUNCHER, LIMIT_SECONDS, Listener, Service,
                             run)

TEST = "testsrc:?duration=2s"
LONG = "testsrc:?duration=10m"
JOBS = int(os.environ.get("VS_STORM_JOBS", "12"))
KILLS = int(os.environ.get("VS_KILLS", "4"))
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = 32 * 1024


class Running:
    """A service for one test, gone after it."""

    def __init__(self, config=""):
        self.service = Service(config)

    def __enter__(self):
        return self.service.start()

    def __exit__(self, *_):
        self.service.close()


def test_a_lost_worker_is_replaced():
    with Running() as service:
        events = Listener(service)
        job = service.submit("testsrc:?duration=20s")
        events.wait_state(job, "running")
        assert service.kill_worker() == job
        events.wait_state(job, "succeeded", "failed")
        assert events.jobs[job][:4] == ["queued", "assigned", "running",
                                        "queued"], events.jobs[job]
        shown = service.job(job)
        assert shown["state"] == "succeeded" and shown["attempts"] == 2, shown
        assert shown["error"] is None, shown
        service.check_output(job)
        service.wait_quiet()
        # What the first attempt had published is gone.
        assert os.listdir(f"{service.state}/media/{job}") == ["2"]


def test_a_poison_job_fails_and_keeps_its_log():
    with Running() as service:
        events = Listener(service)
        job = service.submit(LONG)
        for attempt in range(1, 4):
            events.wait_for(
                lambda n=attempt: events.jobs[job].count("running") == n)
            assert service.kill_worker() == job
        events.wait_state(job, "failed")
        shown = service.job(job)
        assert shown["attempts"] == 3, shown
        assert "3 times" in shown["error"]["message"], shown
        assert "SIGKILL" in shown["error"]["message"], shown
        log = service.ask("GET", f"/v1/jobs/{job}/log").body.decode()
        assert log.count("SIGKILL") == 3, log
        good = service.submit(TEST)
        events.wait_state(good, "succeeded")
        service.wait_quiet()
        assert not os.path.exists(f"{service.state}/media/{job}/3")


def test_a_worker_that_hangs_is_killed():
    with Running("heartbeat-timeout=3s\nsandbox=none\n") as service:
        events = Listener(service)
        job = service.submit("testsrc:?duration=20s")
        events.wait_state(job, "running")
        pid = service.get("/v1/workers")["data"][0]["pid"]
        os.kill(pid, signal.SIGSTOP)
        events.wait_for(lambda: events.jobs[job].count("assigned") == 2)
        assert "no sign of life" in service.job(job)["error"]["message"]
        events.wait_state(job, "succeeded")
        service.wait_quiet()


def test_a_worker_has_walls():
    with Running("memory-limit=3G\nniceness=7\n") as service:
        events = Listener(service)
        job = service.submit(LONG)
        events.wait_state(job, "running")
        worker = service.get("/v1/workers")["data"][0]["pid"]
        with open(f"/proc/{worker}/limits", encoding="ascii") as file:
            assert str(3 << 30) in file.read()
        with open(f"/proc/{worker}/environ", encoding="utf-8") as file:
            names = [entry.split("=")[0] for entry in file.read().split("\0")]
        assert "VS_PRESET_DIR" not in names, names
        assert os.getpriority(os.PRIO_PROCESS, worker) == 7
        assert os.getpgid(worker) == worker
        service.post(f"/v1/jobs/{job}/cancel", "")
        service.wait_quiet()


def test_what_makes_the_registry_dies_with_the_service():
    service = Service("niceness=7\n").start()
    handle = -1
    try:
        first, = (int(pid) for pid in service.children())
        handle = os.pidfd_open(first)
        os.kill(first, signal.SIGSTOP)  # so that it cannot end by itself
        assert os.getpriority(os.PRIO_PROCESS, first) == 7
        assert os.getpgid(first) == first
        service.kill()
        gone, _, _ = select.select([handle], [], [], LIMIT_SECONDS)
        assert gone, "it has outlived the service"
    finally:
        if handle >= 0 and not select.select([handle], [], [], 0)[0]:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        service.close()


def test_a_channel_starts_where_the_list_of_plugins_was_not_made():
    with Running() as service:
        events = Listener(service)
        channel = service.post("/v1/channels", {"name": "x"}, 201)["id"]
        service.post(f"/v1/channels/{channel}/start", "")
        events.wait_state(channel, "running")
        service.kill()
        os.remove(service.state + "/cache/registry.bin")
        service.start()
        maker, = (int(pid) for pid in service.children())
        os.kill(maker, signal.SIGKILL)
        events = Listener(service)
        events.wait_for(lambda: channel in events.air)
        assert service.process.poll() is None
        service.post(f"/v1/channels/{channel}/stop", "")
        service.wait_quiet()


def takes_the_list_as_it_is(service, events):
    """A worker of a job that is there for this question alone."""
    job = service.submit(LONG)
    events.wait_state(job, "running")
    worker = service.get("/v1/workers")["data"][0]["pid"]
    with open(f"/proc/{worker}/environ", encoding="utf-8") as file:
        told = "GST_REGISTRY_UPDATE=no" in file.read().split("\0")
    service.post(f"/v1/jobs/{job}/cancel", "")
    service.wait_quiet()
    return told


def test_plugins_are_looked_for_once_and_when_they_change():
    with tempfile.TemporaryDirectory(prefix="vs-plugins-") as folder:
        before = os.environ.get("GST_PLUGIN_PATH", "")
        os.environ["GST_PLUGIN_PATH"] = f"{before}:{folder}"
        try:
            with Running() as service:
                events = Listener(service)
                assert takes_the_list_as_it_is(service, events)
                with open(f"{folder}/README", "w", encoding="utf-8") as file:
                    file.write("It could have been a plugin.\n")
                assert not takes_the_list_as_it_is(service, events)
                assert takes_the_list_as_it_is(service, events)
        finally:
            os.environ["GST_PLUGIN_PATH"] = before


def test_priority_and_fairness():
    with Running("max-jobs=1\n") as service:
        events = Listener(service)
        first = service.submit("testsrc:?duration=10s")
        events.wait_state(first, "assigned")
        low = service.submit(TEST, priority=10)
        high = service.submit(TEST, priority=90)
        events.wait_state(low, *FINAL)
        assert events.jobs[high][-1] == "succeeded", events.jobs
        started = [service.job(job)["started_at"] for job in (high, low)]
        assert started == sorted(started), started


def test_sigterm_puts_jobs_back():
    with Running() as service:
        events = Listener(service)
        job = service.submit("testsrc:?duration=20s")
        events.wait_state(job, "running")
        assert service.stop() == 0
        service.start()
        events = Listener(service)
        events.wait_for(lambda: service.job(job)["state"] in FINAL)
        shown = service.job(job)
        assert shown["state"] == "succeeded" and shown["attempts"] == 1, shown
        service.check_output(job)


def test_no_worker_outlives_the_service():
    with Running("sandbox=none\n") as service:
        events = Listener(service)
        job = service.submit(LONG)
        events.wait_state(job, "running")
        pid = service.get("/v1/workers")["data"][0]["pid"]
        descriptor = os.pidfd_open(pid)
        service.kill()
        import select
        ready, _, _ = select.select([descriptor], [], [], LIMIT_SECONDS)
        os.close(descriptor)
        assert ready, "the worker lives on"


def test_one_state_folder_one_service():
    with Running() as service:
        second = subprocess.run(
            [LAUNCHER, "--listen", "127.0.0.1:0", "--state", service.state],
            capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        assert second.returncode == 73 and "running" in second.stderr, second


def test_the_door_without_a_token():
    with Running() as service:
        other = subprocess.run(
            [LAUNCHER, "--listen", "0.0.0.0:0", "--state",
             service.path("other")], capture_output=True, text=True,
            timeout=LIMIT_SECONDS, check=False)
        assert other.returncode == 78 and "token create" in other.stderr, other


def test_a_database_that_cannot_be_used():
    for name, spoil in (("garbage", lambda p: open(p, "wb").write(
            b"no database" * 500)), ("later", make_later)):
        folder = Service()
        try:
            os.mkdir(folder.state)
            spoil(folder.state + "/vstream.db")
            done = subprocess.run(
                [LAUNCHER, "--listen", "127.0.0.1:0", "--state", folder.state],
                capture_output=True, text=True, timeout=LIMIT_SECONDS,
                check=False)
            assert done.returncode != 0, name
            assert "vstream.db" in done.stderr, (name, done.stderr)
        finally:
            folder.close()


def make_later(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()


def test_a_database_that_is_locked():
    with Running() as service:
        database = sqlite3.connect(service.state + "/vstream.db",
                                   isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        answer = service.ask(
            "POST", "/v1/jobs",
            '{"preset":"small","input":{"url":"testsrc:?duration=1s"}}',
            {"Content-Type": "application/json"})
        assert answer.status == 503 and answer.headers["Retry-After"], answer
        database.execute("ROLLBACK")
        database.close()
        assert not service.get("/v1/jobs")["data"]
        job = service.submit(TEST)
        events = Listener(service)
        events.wait_for(lambda: service.job(job)["state"] in FINAL)


def submit_mixture(service, chance):
    """{id: the state it must end in}."""
    good = service.make_clip()
    with open(service.films + "/good.mp4", "rb") as file:
        half = file.read()
    kinds = [(good, "small", "succeeded"), (TEST, "small", "succeeded"),
             (good, "sound", "succeeded"), (TEST, "sound", "succeeded"),
             (service.film("words.mp4", b"no film " * 99), "small", "failed"),
             (service.film("head.mp4", half[:600]), "small", "failed")]
    wanted = {}
    for number in range(JOBS):
        url, preset, end = kinds[number % len(kinds)]
        job = service.submit(url, preset, priority=chance.randint(0, 100))
        wanted[job] = end
    return wanted


def test_a_storm():
    chance = random.Random(5)
    with Running("attempts=50\n") as service:
        before = service.descriptors()
        events = Listener(service)
        wanted = submit_mixture(service, chance)
        over = threading.Event()

        def kill_now_and_then():
            while not over.wait(chance.uniform(0.3, 2.5)):
                service.kill_worker(chance)

        killer = threading.Thread(target=kill_now_and_then)
        killer.start()
        try:
            until = time.monotonic() + LIMIT_SECONDS + JOBS * 10
            with events.changed:
                while not all(events.jobs[j][-1:] and
                              events.jobs[j][-1] in FINAL for j in wanted):
                    assert time.monotonic() < until, dict(events.jobs)
                    events.changed.wait(1)
        finally:
            over.set()
            killer.join()
        for job, end in wanted.items():
            states = events.jobs[job]
            assert states[-1] == end, (job, states, service.job(job))
            assert sum(s in FINAL for s in states) == 1, (job, states)
            if end == "succeeded":
                service.check_output(job)
        events.connection.close()
        service.wait_quiet()
        kept = {j for j, end in wanted.items() if end == "succeeded"}
        left = {j for j in os.listdir(service.state + "/media")
                if os.listdir(f"{service.state}/media/{j}")}
        assert left == kept, (left, kept)
        assert all(len(os.listdir(f"{service.state}/media/{j}")) == 1
                   for j in kept)
        assert service.descriptors() <= before + 3, service.descriptors()


def list_left(state):
    """Processes that were started for workers of this service."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if b"--die-with-parent" in words and state.encode() in words:
            found.append(name)
    return found


class Sender(threading.Thread):
    """Uploads the film again and again by tus, over every kill: a piece at a
    time, slowly, so that most kills come in the middle of one. What was told
    to be there must be there; each whole upload becomes an asset."""

    def __init__(self, service):
        super().__init__()
        self.service = service
        self.over = threading.Event()
        self.assets = []
        self.cut = 0
        self.error = None
        with open(service.path("films/good.mp4"), "rb") as file:
            self.film = file.read()

    def run(self):
        try:
            while not self.over.is_set():
                self.send_film()
        except AssertionError as error:
            self.error = error

    def insist(self, send):
        """The answer, however often the service is killed meanwhile."""
        while True:
            try:
                return send()
            except (OSError, http.client.HTTPException):
                self.cut += 1
                self.over.wait(0.05)

    def send_film(self):
        answer = self.insist(lambda: self.service.ask(
            "POST", "/v1/uploads", None,
            {**TUS, "Upload-Length": str(len(self.film))}))
        assert answer.status == 201, answer
        path = answer.headers["Location"]
        told = 0
        while told < len(self.film):
            answer = self.insist(
                lambda: self.service.ask("HEAD", path, None, TUS))
            assert answer.status == 200, (path, answer)
            now = int(answer.headers["Upload-Offset"])
            assert now >= told, (path, now, told)
            told = self.send_piece(path, now) or now
        upload = path.rsplit("/", 1)[1]
        asset = self.insist(lambda: self.service.post(
            "/v1/assets", {"preset": "sound", "input": {"upload": upload}},
            headers={"Idempotency-Key": upload}))
        self.assets.append(asset)

    def send_piece(self, path, offset):
        end = min(offset + PIECE, len(self.film))
        try:
            answer = self.service.ask(
                "PATCH", path, self.drip(offset, end),
                {**TUS, "Content-Type": "application/offset+octet-stream",
                 "Content-Length": str(end - offset),
                 "Upload-Offset": str(offset)})
        except (OSError, http.client.HTTPException):
            self.cut += 1
            return None
        assert answer.status == 204, answer
        return int(answer.headers["Upload-Offset"])

    def drip(self, offset, end):
        for at in range(offset, end, PIECE // 8):
            yield self.film[at:min(at + PIECE // 8, end)]
            self.over.wait(0.02)

    def finish(self):
        self.over.set()
        self.join()
        if self.error:
            raise self.error


def submit_until(over, service, acknowledged):
    """Jobs now and then; those that were acknowledged are kept."""
    while not over.wait(0.2):
        if len(acknowledged) >= KILLS * 3:
            continue
        try:
            acknowledged.append(service.submit(TEST, "sound"))
        except (OSError, http.client.HTTPException, AssertionError):
            pass  # not acknowledged: nothing was promised


def test_the_service_is_killed_again_and_again():
    chance = random.Random(7)
    service = Service()
    service.make_clip()
    acknowledged = []
    sender = Sender(service)
    submitter = threading.Thread(
        target=submit_until, args=(sender.over, service, acknowledged))
    try:
        service.start()
        sender.start()
        submitter.start()
        for _ in range(KILLS):
            sender.over.wait(chance.uniform(0.05, 3))
            service.kill()
            service.start()
        sender.finish()
        submitter.join()
        acknowledged.append(service.submit(TEST, "sound"))
        print(f"# {sender.cut} requests of uploads were cut off, "
              f"{len(sender.assets)} uploads are whole")
        assert sender.cut > 0 and sender.assets
        check_acknowledged(service, acknowledged, sender.assets)
        service.wait_quiet()
        assert not list_left(service.state), list_left(service.state)
        assert service.stop() == 0
    finally:
        sender.over.set()
        service.close()


def check_acknowledged(service, jobs, assets):
    """Every one ends, and plays."""
    events = Listener(service)
    outputs = {job: job for job in jobs}
    outputs.update({asset["job_id"]: asset["id"] for asset in assets})
    assert len(outputs) == len(jobs) + len(assets), outputs
    for job, output in outputs.items():
        if service.job(job)["state"] not in FINAL:
            events.wait_for(lambda j=job: events.jobs[j][-1:] and
                            events.jobs[j][-1] in FINAL, job)
        assert service.job(job)["state"] == "succeeded", service.job(job)
        service.check_output(output)


sys.exit(run([value for name, value in list(globals().items())
              if name.startswith("test_")]))
