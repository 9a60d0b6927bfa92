#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""service-api.py: the service over a real socket, as docs/api.md has it."""

import json
import os
import re
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.append("/usr/lib/python3/dist-packages")  # Debian's modules
from service_fixture import LAUNCHER, LIMIT_SECONDS, Listener, Service, run

SERVICE = Service()
TEST = "testsrc:?duration=2s"


def refuse(document, status, *parts):
    answer = SERVICE.ask("POST", "/v1/jobs", document
                         if isinstance(document, (str, bytes))
                         else json.dumps(document),
                         {"Content-Type": "application/json"})
    assert answer.status == status, (document, answer)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.body)
    assert problem["status"] == status
    for part in parts:
        assert part in problem["detail"], (part, problem)


def test_one_job_from_post_to_play():
    events = Listener(SERVICE)
    job = SERVICE.submit(SERVICE.make_clip())
    events.wait_state(job, "succeeded", "failed")
    assert events.jobs[job] == ["queued", "assigned", "running", "publishing",
                                "succeeded"], events.jobs[job]
    shown = SERVICE.job(job)
    assert shown["attempts"] == 1 and shown["error"] is None, shown
    assert abs(shown["output"]["duration"] - 2) < 0.2, shown
    SERVICE.check_output(job)
    assert SERVICE.play(job, "manifest.mpd").body.startswith(b"<?xml")
    SERVICE.wait_quiet()


def test_the_manifest_for_the_client():
    job = SERVICE.get("/v1/jobs?state=succeeded")["data"][0]["id"]
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604"
    for headers, query, name in (
            ({"User-Agent": phone}, "", "multivariant.m3u8"),
            ({"User-Agent": "Mozilla/5.0 (Android 14)"}, "", "manifest.mpd"),
            ({"User-Agent": phone}, "?format=dash", "manifest.mpd"),
            ({"Accept": "application/vnd.apple.mpegurl"}, "",
             "multivariant.m3u8")):
        answer = SERVICE.ask("GET", f"/play/{job}{query}", None, headers)
        assert answer.status == 302, answer
        assert answer.headers["Location"] == f"/play/{job}/{name}", answer
        assert "User-Agent" in answer.headers["Vary"]
    assert SERVICE.ask("GET", f"/play/{job}?format=smooth").status == 404
    for path in ("/play/", "/play/x", f"/play/{job}/../../vstream.db",
                 f"/play/{job}/%2e%2e/%2e%2e/vstream.db", f"/play/{job}//",
                 f"/play/{job}/none.m4s"):
        assert SERVICE.ask("GET", path).status in (400, 404), path


def test_what_is_refused():
    good = {"preset": "small", "input": {"url": TEST}}
    refuse("", 400, "it ends")
    refuse("{", 400, "line 1")
    refuse("[]", 400, "object")
    refuse(b"\xff", 400, "UTF-8")
    refuse('{"input":{"url":"a"},"input":{}}', 400, "twice")
    refuse("[" * 5000, 400, "deeply")
    refuse({}, 400, "input")
    refuse({**good, "prioritty": 1}, 400, "did you mean “priority”")
    refuse({**good, "priority": 101}, 400, "0 to 100")
    refuse({**good, "priority": 1.5}, 400, "whole number")
    refuse({**good, "priority": "1"}, 400, "whole number")
    refuse({**good, "input": {"url": TEST, "x": 1}}, 400, "input.x")
    refuse({**good, "input": {"url": 7}}, 400, "input.url")
    refuse({**good, "preset": "none"}, 400, "none", "small")
    refuse({**good, "preset": "../small"}, 400, "no preset")
    refuse({**good, "input": {"url": "no url"}}, 400, "no URL")
    answer = SERVICE.ask("POST", "/v1/jobs", "{}")
    assert answer.status == 415, answer
    assert SERVICE.ask("POST", "/v1/jobs", b"x" * 70000).status == 413
    assert SERVICE.ask("PUT", "/v1/jobs", "{}").headers["Allow"] == "POST, GET"
    assert SERVICE.ask("GET", "/v1/jobs?stat=queued").status == 400
    assert SERVICE.ask("GET", "/v1/jobs?state=asleep").status == 400
    assert SERVICE.ask("GET", "/v1/jobs?limit=0").status == 400
    assert SERVICE.ask("GET", "/v1/jobs?cursor=x").status == 400
    assert SERVICE.ask("GET", "/v1/jobs/job_0").status == 404
    assert SERVICE.ask("GET", "/v2").status == 404
    evil = SERVICE.ask("GET", "/v1/jobs", None, {"Host": "evil.example"})
    assert evil.status == 421, evil


def test_where_urls_may_lead():
    os.symlink("/etc/passwd", os.path.join(SERVICE.films, "link.mp4"))
    for url in ("file:///etc/passwd", SERVICE.film("../vstream.ini"),
                SERVICE.film("link.mp4"), "http://127.0.0.1/", "http://[::1]/",
                "http://169.254.169.254/latest", "http://10.0.0.1:1/a",
                "http://[::ffff:10.0.0.1]/", "http://localhost/",
                "gopher://example.org/", "rtsp://example.org/", "s3://b/k"):
        refuse({"preset": "small", "input": {"url": url}}, 422)
    refuse({"preset": "small", "input": {"url": SERVICE.film("no.mp4")}}, 422,
           "no.mp4")
    refuse({"preset": "small", "input": {"url": SERVICE.film("0", b"")}}, 400,
           "empty")


def test_a_name_that_leads_here_is_stopped_when_it_connects():
    name = subprocess.run(["hostname"], capture_output=True, text=True,
                          check=True).stdout.strip()
    try:
        import socket
        address = socket.gethostbyname(name)
    except OSError:
        return  # no name leads here
    events = Listener(SERVICE)
    job = SERVICE.submit(f"http://{name}:{SERVICE.port}/healthz")
    events.wait_state(job, "failed", "succeeded")
    error = SERVICE.job(job)["error"]
    if address.startswith("127."):
        assert error["code"] == "not-permitted", error
        assert address in error["message"], error


def test_a_dry_run_makes_nothing():
    before = len(SERVICE.get("/v1/jobs")["data"])
    shown = SERVICE.post("/v1/jobs?dry_run=1", {
        "preset": "small", "input": {"url": TEST}}, 200)
    assert shown["state"] == "queued" and shown["type"] == "vod"
    assert len(SERVICE.get("/v1/jobs")["data"]) == before


def test_a_key_makes_a_post_safe_to_repeat():
    events = Listener(SERVICE)
    order = {"preset": "small", "input": {"url": TEST}}
    key = {"Idempotency-Key": "once"}
    first = SERVICE.post("/v1/jobs", order, headers=key)["id"]
    assert SERVICE.post("/v1/jobs", order, headers=key)["id"] == first
    SERVICE.post("/v1/jobs", {**order, "priority": 1}, 422, key)
    events.wait_state(first, "succeeded", "failed")


def test_lists_by_pages():
    ids = [SERVICE.submit(SERVICE.film("words.mp4", b"words"))
           for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = SERVICE.get("/v1/jobs?limit=2" + cursor)
        assert len(page["data"]) <= 2
        seen += [job["id"] for job in page["data"]]
        if not page["next_cursor"]:
            break
        cursor = "&cursor=" + page["next_cursor"]
    assert seen == sorted(seen, reverse=True) and set(ids) <= set(seen)
    assert len(seen) == len(set(seen))


def test_states_are_held():
    events = Listener(SERVICE)
    long = SERVICE.submit("testsrc:?duration=10m")
    events.wait_state(long, "running")
    assert SERVICE.ask("DELETE", "/v1/jobs/" + long).status == 409
    problem = SERVICE.post(f"/v1/jobs/{long}/stop", "", 409)
    assert "running" in problem["detail"], problem
    assert SERVICE.post(f"/v1/jobs/{long}/cancel", "")["state"] == "canceled"
    assert SERVICE.post(f"/v1/jobs/{long}/cancel", "")["state"] == "canceled"
    assert SERVICE.ask("DELETE", "/v1/jobs/" + long).status == 204
    assert SERVICE.ask("GET", "/v1/jobs/" + long).status == 404
    SERVICE.wait_quiet()
    assert long not in os.listdir(SERVICE.state + "/media")


def test_a_failure_says_why_and_may_be_tried_again():
    events = Listener(SERVICE)
    url = SERVICE.film("later.mp4", b"no film at all, but some words")
    job = SERVICE.submit(url)
    events.wait_state(job, "failed")
    error = SERVICE.job(job)["error"]
    assert error["code"] == "bad-data" and "later.mp4" in error["message"]
    log = SERVICE.ask("GET", f"/v1/jobs/{job}/log").body.decode()
    assert "later.mp4" in log, log
    os.replace(os.path.join(SERVICE.films, "good.mp4"),
               os.path.join(SERVICE.films, "later.mp4"))
    assert SERVICE.post(f"/v1/jobs/{job}/retry", "")["state"] == "queued"
    events.wait_state(job, "succeeded")
    SERVICE.check_output(job)
    SERVICE.post(f"/v1/jobs/{job}/retry", "", 409)


def test_an_asset_follows_its_job():
    events = Listener(SERVICE)
    asset = SERVICE.post("/v1/assets", {"preset": "sound",
                                        "input": {"url": TEST}})
    assert asset["state"] == "preparing", asset
    busy = SERVICE.ask("DELETE", "/v1/assets/" + asset["id"])
    assert busy.status == 409, busy
    events.wait_state(asset["job_id"], "succeeded", "failed")
    ready = SERVICE.get("/v1/assets/" + asset["id"])
    assert ready["state"] == "ready", ready
    SERVICE.check_output(asset["id"])
    assert SERVICE.get("/v1/assets")["data"][0]["id"] == asset["id"]
    kept = SERVICE.ask("DELETE", "/v1/jobs/" + asset["job_id"])
    assert kept.status == 409 and b"asset" in kept.body, kept
    gone = SERVICE.ask("DELETE", "/v1/assets/" + asset["id"])
    assert gone.status == 204, gone
    assert SERVICE.play(asset["id"], "manifest.mpd").status == 404


def test_a_live_job_streams_until_it_is_stopped():
    events = Listener(SERVICE)
    job = SERVICE.submit("testsrc:", "air")
    events.wait_state(job, "streaming")
    SERVICE.post(f"/v1/jobs/{job}/stop", "")
    events.wait_state(job, "stopped", "failed")
    assert events.jobs[job][-2:] == ["stopping", "stopped"], events.jobs[job]
    SERVICE.check_output(job)
    SERVICE.wait_quiet()


def test_a_live_job_is_paused():
    events = Listener(SERVICE)
    job = SERVICE.submit("testsrc:", "air")
    events.wait_state(job, "streaming")
    assert SERVICE.ask("POST", f"/v1/jobs/{job}/resume").status == 409
    paused = SERVICE.post(f"/v1/jobs/{job}/pause", "")
    assert paused["state"] == "paused" and paused["output"], paused
    before = SERVICE.play(job, "video_0/playlist.m3u8").body.count(b"EXTINF")
    pause = threading.Event()
    for _ in range(600):  # the timeline goes on
        text = SERVICE.play(job, "video_0/playlist.m3u8").body
        if text.count(b"EXTINF") >= before + 2:
            break
        pause.wait(0.1)
    assert text.count(b"EXTINF") >= before + 2, text
    log = SERVICE.ask("GET", f"/v1/jobs/{job}/log").body.decode()
    assert "paused" in log, log
    assert SERVICE.job(job)["state"] == "paused"
    assert SERVICE.kill_worker() == job  # the next one is paused as well
    events.wait_for(lambda: events.jobs[job].count("paused") >= 2)
    assert events.jobs[job][-1] == "paused", events.jobs[job]
    for _ in range(600):
        log = SERVICE.ask("GET", f"/v1/jobs/{job}/log").body.decode()
        if log.count("paused") >= 2:
            break
        pause.wait(0.1)
    assert log.count("paused") >= 2, log
    SERVICE.post(f"/v1/jobs/{job}/resume", "")
    events.wait_for(lambda: events.jobs[job][-1] == "streaming")
    SERVICE.post(f"/v1/jobs/{job}/stop", "")
    events.wait_state(job, "stopped", "failed")
    SERVICE.check_output(job)


def test_events_go_on_where_they_broke_off():
    events = Listener(SERVICE)
    job = SERVICE.submit(SERVICE.film("words.mp4", b"words"))
    events.wait_state(job, "failed")
    again = Listener(SERVICE, events.last_id - 1)
    again.wait_state(job, "failed")
    assert again.jobs[job] == ["failed"], again.jobs


def test_what_it_says_of_itself():
    assert SERVICE.get("/healthz")["status"] == "ok"
    assert SERVICE.get("/v1/presets")["data"] == ["air", "channel", "small", "sound"]
    assert SERVICE.get("/v1/workers")["sandbox"] in ("bubblewrap", "none")
    document = SERVICE.get("/openapi.json")
    assert document["openapi"].startswith("3.1")


def read_metrics():
    """{(name, labels): value}, by Prometheus's own reader where there is one;
    the grammar, and what it does not look at, is checked here."""
    text = SERVICE.ask("GET", "/metrics").body.decode()
    sample = re.compile(r'[a-z0-9_]+(\{([a-z]+="[^"\\\n]*",?)+\})? '
                        r"[-+0-9.e]+$")
    for line in text.splitlines():
        assert line.startswith("# ") or sample.match(line), line
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError:
        print("# there is no python3-prometheus-client", flush=True)
        return {}
    found, names = {}, set()
    for family in text_string_to_metric_families(text):
        assert family.documentation and family.type != "unknown", family
        assert family.name not in names, f"{family.name} stands twice"
        names.add(family.name)
        for item in family.samples:
            key = (item.name, tuple(sorted(item.labels.items())))
            assert key not in found, key
            found[key] = item.value
            assert (item.name.endswith("_total") ==
                    (family.type == "counter")), item.name
    return found


def test_metrics():
    before = read_metrics()
    events = Listener(SERVICE)
    job = SERVICE.submit(TEST)
    events.wait_state(job, "succeeded", "failed")
    SERVICE.wait_quiet()
    after = read_metrics()
    if not after:
        return

    def grew(name, **labels):
        key = (name, tuple(sorted(labels.items())))
        return after.get(key, 0) - before.get(key, 0)

    assert grew("vstream_jobs", state="succeeded") == 1
    assert grew("vstream_jobs_finished_total") == 1
    assert grew("vstream_attempts_started_total") == 1
    assert grew("vstream_http_requests_total", route="/v1/jobs",
                code="202") == 1
    output = SERVICE.job(job)["output"]
    assert grew("vstream_published_bytes_total") == output["bytes"], output
    assert grew("vstream_published_objects_total") == output["objects"]
    for name in ("vstream_queue_wait_seconds_total", "vstream_workers",
                 "vstream_encode_speed_ratio", "vstream_publish_lag_seconds",
                 "vstream_publish_waiting_bytes", "vstream_s3_requests_total",
                 "vstream_s3_retries_total", "vstream_published_gaps_total",
                 "vstream_webhook_deliveries_pending"):
        assert (name, ()) in after, name
    assert any(name == "vstream_build_info" for name, _ in after)


def test_connections_leave_nothing_behind():
    SERVICE.get("/healthz")
    before = SERVICE.descriptors()
    for _ in range(50):
        SERVICE.get("/healthz")
        assert SERVICE.ask("POST", "/healthz", "x").status == 413
        assert SERVICE.ask("POST", "/v1/jobs", "{}").status == 415
    pause = threading.Event()
    for _ in range(100):  # what was refused lingers for a moment
        if SERVICE.descriptors() <= before + 2:
            break
        pause.wait(0.1)
    assert SERVICE.descriptors() <= before + 2, SERVICE.descriptors()


def test_the_command_line():
    env = dict(os.environ, VSTREAM_SERVER=f"http://127.0.0.1:{SERVICE.port}")

    def tell(*words):
        return subprocess.run([LAUNCHER, *words], env=env, text=True,
                              capture_output=True, timeout=LIMIT_SECONDS,
                              check=False)

    done = tell("submit", TEST, "--preset", "small", "--watch")
    assert done.returncode == 0, done
    job = done.stdout.strip()
    assert "succeeded" in done.stderr and job.startswith("job_"), done
    assert job in tell("jobs").stdout
    assert json.loads(tell("jobs", "--json").stdout)["data"]
    assert tell("cancel", job).returncode == 65
    assert tell("watch", "job_0").returncode == 66
    assert tell("submit").returncode == 64


def test_tokens():
    def make(name, scopes):
        return subprocess.run(
            [LAUNCHER, "token", "create", name, "--scopes", scopes, "--state",
             SERVICE.state], capture_output=True, text=True, check=True,
            timeout=LIMIT_SECONDS).stdout.strip()

    def status(token, method="GET", path="/v1/jobs", body=None):
        return SERVICE.ask(method, path, body, {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json"}).status

    order = json.dumps({"preset": "small",
                        "input": {"url": SERVICE.film("words.mp4")}})
    old = SERVICE.get("/v1/jobs")["data"][0]["id"]
    reader, writer = make("ann", "read"), make("bob", "read,write")
    admin = make("eve", "read,write,admin")
    assert SERVICE.ask("GET", "/v1/jobs").status == 401
    assert SERVICE.ask("GET", "/healthz").status == 200
    assert status("vst_0") == 401 and status(reader) == 200
    assert status(reader, "POST", body=order) == 403
    assert status(writer, "POST", body=order) == 202
    assert status(writer, path="/v1/jobs/" + old) == 404
    assert status(admin, path="/v1/jobs/" + old) == 200
    with open(SERVICE.state + "/vstream.db", "rb") as file:
        assert admin.encode() not in file.read()
    subprocess.run([LAUNCHER, "token", "revoke", "ann", "--state",
                    SERVICE.state], check=True, stdout=subprocess.DEVNULL,
                   timeout=LIMIT_SECONDS)
    assert status(reader) == 401


def main():
    cases = [value for name, value in globals().items()
             if name.startswith("test_")]
    try:
        SERVICE.start()
        return run(cases)
    finally:
        SERVICE.close()


sys.exit(main())
