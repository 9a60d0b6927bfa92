#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""service-store.py: a service whose results are in a bucket of radosgw: played
from there, removed with what made them, also over kills and a store that
refuses.

VS_STORE_KILLS=30 for more kills."""

import os
import random
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "servers"))

import ceph  # noqa: E402
from s3_servers import Servers  # noqa: E402
from service_fixture import Listener, Service, run  # noqa: E402

KILLS = int(os.environ.get("VS_STORE_KILLS", "2"))
BUCKET = "results"
MADE = {}
SERVERS = Servers()
SERVICE = Service()


def configure():
    SERVICE.use_bucket(f"s3://{BUCKET}/films?endpoint={SERVERS.proxy.endpoint}"
                       "&addressing=path", ceph.ACCESS_KEY, ceph.SECRET_KEY)


def places():
    """The attempts of which there are objects: {"JOB/N"}."""
    return {"/".join(key.split("/")[1:3])
            for key in SERVERS.client.list(BUCKET)}


def wait_places(wanted, seconds=90):
    until = time.monotonic() + seconds
    while places() != wanted:
        assert time.monotonic() < until, (places(), wanted)
        threading.Event().wait(0.1)


def wait_running(job):
    """Until its worker is there: its pid."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for worker in SERVICE.get("/v1/workers")["data"]:
            if worker.get("job_id") == job:
                return worker["pid"]
        threading.Event().wait(0.02)
    raise AssertionError(SERVICE.job(job))


def test_a_job_is_published_into_the_bucket_and_played():
    events = Listener(SERVICE)
    job = SERVICE.submit(SERVICE.make_clip())
    events.wait_state(job, "succeeded", "failed")
    assert SERVICE.job(job)["state"] == "succeeded", SERVICE.job(job)
    assert places() == {f"{job}/1"}, places()
    assert not os.listdir(SERVICE.state + "/media")
    SERVICE.check_output(job)
    part = SERVICE.ask("GET", f"/play/{job}/manifest.mpd", None,
                       {"Range": "bytes=0-4"})
    assert part.status == 206 and part.body == b"<?xml", part
    assert SERVICE.play(job, "none.m4s").status == 404
    MADE["job"] = job


def test_a_live_job_streams_into_the_bucket():
    events = Listener(SERVICE)
    job = SERVICE.submit("testsrc:", "air")
    events.wait_state(job, "streaming")
    SERVICE.post(f"/v1/jobs/{job}/stop", "")
    events.wait_state(job, "stopped", "failed")
    SERVICE.check_output(job)
    MADE["live"] = job


def test_keys_are_shown_to_nobody():
    secret = ceph.SECRET_KEY.encode()
    job = SERVICE.submit("testsrc:?duration=600s", "air")
    pid = wait_running(job)
    for number in [pid, *SERVICE.children()]:
        with open(f"/proc/{number}/cmdline", "rb") as file:
            assert secret not in file.read(), number
    SERVICE.post(f"/v1/jobs/{job}/stop", "")
    for path in ("/v1/jobs", "/v1/workers", "/metrics", f"/v1/jobs/{job}/log"):
        assert secret not in SERVICE.ask("GET", path).body, path
    for folder, _, names in os.walk(SERVICE.state):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert secret not in file.read(), name
    events = Listener(SERVICE)
    events.wait_for(lambda: SERVICE.job(job)["state"] in ("stopped", "failed")
                    or events.jobs[job][-1:] == ["stopped"])
    assert SERVICE.ask("DELETE", "/v1/jobs/" + job).status == 204


def test_the_store_is_no_input():
    answer = SERVICE.ask(
        "POST", "/v1/jobs", '{"preset":"small","input":{"url":"'
        + SERVERS.proxy.endpoint + '/results/films/x"}}',
        {"Content-Type": "application/json"})
    assert answer.status == 422, answer


def test_what_a_lost_worker_left_is_removed():
    events = Listener(SERVICE)
    job = SERVICE.submit("testsrc:?duration=10s")
    events.wait_state(job, "running")
    SERVICE.kill_worker()
    events.wait_state(job, "succeeded", "failed")
    assert SERVICE.job(job)["attempts"] == 2, SERVICE.job(job)
    wait_places({f"{MADE['job']}/1", f"{MADE['live']}/1", f"{job}/2"})
    SERVICE.check_output(job)
    assert SERVICE.ask("DELETE", "/v1/jobs/" + job).status == 204
    wait_places({f"{MADE['job']}/1", f"{MADE['live']}/1"})


def test_a_store_that_refuses_to_remove():
    SERVERS.proxy.rules.set(["(DELETE|POST) => status=403"])
    assert SERVICE.ask("DELETE", "/v1/jobs/" + MADE["live"]).status == 204
    assert f"{MADE['live']}/1" in places()
    assert SERVICE.play(MADE["live"], "multivariant.m3u8").status == 404
    SERVICE.kill()
    SERVICE.start()
    assert f"{MADE['live']}/1" in places()
    SERVERS.proxy.rules.set([])
    wait_places({f"{MADE['job']}/1"})


def wait_end(channel):
    """What has been read before the end is kept for a moment."""
    until = time.monotonic() + 60
    for name in ("video_0", "audio_0"):
        while b"#EXT-X-ENDLIST" not in SERVICE.play(
                channel, name + "/playlist.m3u8").body:
            assert time.monotonic() < until, name
            threading.Event().wait(0.1)


def test_a_channel_is_on_air_in_the_bucket():
    """Over a loss of its worker, whose lease is not waited for, to its end,
    and gone when it is deleted."""
    events = Listener(SERVICE)
    channel = SERVICE.post("/v1/channels", {"name": "News", "items": [
        {"id": "a", "uri": "testsrc:", "out": 600}]}, 201)["id"]
    path = "/v1/channels/" + channel
    SERVICE.post(path + "/start", "")
    events.wait_state(channel, "running")
    before, breaks = SERVICE.wait_segments(channel, 1)
    assert any(channel in key for key in SERVERS.client.list(BUCKET))
    assert not os.listdir(SERVICE.state + "/media")
    workers = {worker.get("channel_id"): worker["pid"]
               for worker in SERVICE.get("/v1/workers")["data"]}
    os.kill(workers[channel], signal.SIGKILL)
    lost = time.monotonic()
    after, more = SERVICE.wait_segments(channel, len(before) + 1)
    assert time.monotonic() - lost < 12, "that is a lease of 15 s"
    assert after[:len(before)] == before, (before, after)
    assert more == breaks + 1, (breaks, more)
    SERVICE.post(path + "/stop", "")
    events.wait_for(lambda: events.jobs[channel][-1] == "idle")
    wait_end(channel)
    SERVICE.check_output(channel)
    kept = places() - {channel + "/1"}
    assert SERVICE.ask("DELETE", path).status == 204
    wait_places(kept)


def test_kills_leave_nothing_and_lose_nothing():
    jobs = []
    for _ in range(KILLS):
        jobs.append(SERVICE.submit("testsrc:?duration=4s"))
        threading.Event().wait(random.random() * 1.5)
        SERVICE.kill()
        SERVICE.start()
    events = Listener(SERVICE)
    events.wait_for(lambda: all(SERVICE.job(j)["state"] == "succeeded"
                                or events.jobs[j][-1:] == ["succeeded"]
                                for j in jobs))
    kept = {f"{MADE['job']}/1"}
    for job in jobs:
        SERVICE.check_output(job)
        assert len([p for p in places() if p.startswith(job)]) >= 1
    wait_places(kept | {max((p for p in places() if p.startswith(j)),
                            key=lambda p: int(p.split("/")[1]))
                        for j in jobs})
    for job in [*jobs, MADE["job"]]:
        assert SERVICE.ask("DELETE", "/v1/jobs/" + job).status == 204
    wait_places(set())
    assert not SERVERS.client.uploads(BUCKET)


def main():
    missing = ceph.need_ceph()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    cases = [value for name, value in globals().items()
             if name.startswith("test_")]
    with SERVERS:
        SERVERS.client.make_bucket(BUCKET)
        configure()
        try:
            SERVICE.start()
            return run(cases)
        finally:
            SERVICE.close()


if __name__ == "__main__":
    sys.exit(main())
