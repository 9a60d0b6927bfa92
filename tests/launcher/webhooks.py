#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""webhooks.py: the service tells an endpoint what happens to jobs, whatever
the endpoint does, and whatever becomes of the service meanwhile.

VS_HOOK_KILLS=50 for more kills."""

import json
import os
import random
import socket
import sqlite3
import stat
import sys
import threading
import time

sys.dont_write_bytecode = True
from hook_receiver import Receiver
from service_fixture import Listener, Service, run

KILLS = int(os.environ.get("VS_HOOK_KILLS", "3"))
RECEIVER = Receiver()
SERVICE = Service(f"""[webhook]
url={RECEIVER.url("/configured")}
events=job.failed asset.*
allow-addresses=127.0.0.0/8
timeout=1s
""")
LIFE = ["job.queued", "job.assigned", "job.running", "job.publishing",
        "job.succeeded"]


def make_hook(path, **more):
    hook = SERVICE.post("/v1/webhooks",
                        {"url": RECEIVER.url(path), **more}, 201)
    RECEIVER.secrets[path] = hook["secret"]
    return hook["id"]


def deliveries(hook, limit=500):
    return SERVICE.get(f"/v1/webhooks/{hook}/deliveries?limit={limit}")["data"]


def wait_delivery(hook, condition):
    """Until one of the log's entries is as wanted; a test's wait."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = [d for d in deliveries(hook) if condition(d)]
        if found:
            return found[0]
        threading.Event().wait(0.05)
    raise AssertionError(deliveries(hook))


def hurry(hook):
    """What waits out its back-off is ready now: enable starts anew."""
    SERVICE.post(f"/v1/webhooks/{hook}/enable", "", 200)


def refuse(document, status, part):
    answer = SERVICE.ask("POST", "/v1/webhooks", json.dumps(document),
                         {"Content-Type": "application/json"})
    assert answer.status == status and part in answer.body.decode(), answer


def test_a_job_told_in_order_and_signed():
    hook = make_hook("/all")
    job = SERVICE.submit(SERVICE.make_clip())
    RECEIVER.wait_for(lambda: "job.succeeded" in RECEIVER.types("/all", job))
    assert RECEIVER.types("/all", job) == LIFE, RECEIVER.taken
    log = deliveries(hook)
    assert [d["type"] for d in reversed(log)] == LIFE, log
    wait_delivery(hook, lambda d: d["type"] == "job.succeeded" and
                  d["state"] == "delivered")
    ids = [number for path, number, _ in RECEIVER.taken if path == "/all"]
    assert ids == [d["event_id"] for d in reversed(deliveries(hook))]
    assert all(d["status"] == 204 and d["attempts"] == 1 and
               d["error"] is None and d["duration"] > 0
               for d in deliveries(hook))
    page = SERVICE.get(f"/v1/webhooks/{hook}/deliveries?limit=2")
    rest = SERVICE.get(f"/v1/webhooks/{hook}/deliveries?cursor="
                       + page["next_cursor"])
    assert page["data"] + rest["data"] == deliveries(hook)
    SERVICE.ask("DELETE", "/v1/webhooks/" + hook)


def test_the_one_of_the_configuration():
    path = SERVICE.state + "/webhook.secret"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path, encoding="ascii") as file:
        RECEIVER.secrets["/configured"] = file.read().strip()
    asset = SERVICE.post("/v1/assets", {
        "preset": "small", "input": {"url": SERVICE.film("good.mp4")}})["id"]
    bad = SERVICE.submit(SERVICE.film("words.mp4", b"words"))
    RECEIVER.wait_for(
        lambda: "asset.ready" in RECEIVER.types("/configured", asset) and
        RECEIVER.types("/configured", bad))
    assert RECEIVER.types("/configured", asset) == ["asset.ready"]
    assert RECEIVER.types("/configured", bad) == ["job.failed"]
    hook = next(h for h in SERVICE.get("/v1/webhooks")["data"]
                if h["configured"])
    kept = SERVICE.ask("DELETE", "/v1/webhooks/" + hook["id"])
    assert kept.status == 409, kept


def test_what_is_refused():
    good = RECEIVER.url("/x")
    refuse({}, 400, "url")
    refuse({"url": "ftp://example.org/"}, 400, "https://")
    refuse({"url": "no url"}, 400, "https://")
    refuse({"url": "http:///a"}, 400, "no host")
    refuse({"url": "https://ann:secret@example.org/"}, 400, "password")
    refuse({"url": "http://10.0.0.1/"}, 422, "not public")
    refuse({"url": "http://[::1]/"}, 422, "not public")
    refuse({"url": good, "events": []}, 400, "1 to 32")
    refuse({"url": good, "events": ["job.asleep"]}, 400, "job.asleep")
    refuse({"url": good, "events": [1]}, 400, "no event")
    refuse({"url": good, "secret": "1234"}, 400, "whsec_")
    refuse({"url": good, "evnts": ["*"]}, 400, "did you mean “events”")
    assert SERVICE.ask("POST", "/v1/webhooks", "{}").status == 415
    assert SERVICE.ask("GET", "/v1/webhooks/webhook_0").status == 404


def test_the_secret_is_shown_once():
    hook = make_hook("/once")
    secret = RECEIVER.secrets["/once"]
    for path in ("/v1/webhooks", "/v1/webhooks/" + hook,
                 f"/v1/webhooks/{hook}/deliveries"):
        assert secret.encode() not in SERVICE.ask("GET", path).body
    for name in ("vstream.db", "vstream.db-wal"):
        mode = os.stat(os.path.join(SERVICE.state, name)).st_mode
        assert stat.S_IMODE(mode) == 0o600, oct(mode)
    assert SERVICE.ask("DELETE", "/v1/webhooks/" + hook).status == 204
    assert SERVICE.ask("GET", "/v1/webhooks/" + hook).status == 404


def test_a_key_makes_it_once():
    document = {"url": RECEIVER.url("/repeated")}
    key = {"Idempotency-Key": "hook"}
    before = len(SERVICE.get("/v1/webhooks")["data"])
    first = SERVICE.post("/v1/webhooks", document, 201, key)
    again = SERVICE.post("/v1/webhooks", document, 201, key)
    assert again == first and again["secret"], (first, again)
    other = SERVICE.post("/v1/webhooks", {**document, "events": ["job.*"]},
                         422, key)
    assert "another request" in other["detail"], other
    assert len(SERVICE.get("/v1/webhooks")["data"]) == before + 1
    SERVICE.ask("DELETE", "/v1/webhooks/" + first["id"])


def test_an_endpoint_that_misbehaves():
    hook = make_hook("/bad", events=["job.*"])
    answers = [500, None, 302, 429, 204]
    RECEIVER.plan = lambda path, number: \
        204 if path != "/bad" else answers[min(seen(), len(answers) - 1)]

    def seen():
        return sum(1 for path, _ in RECEIVER.tries if path == "/bad") - 1

    SERVICE.post(f"/v1/webhooks/{hook}/ping", "")
    SERVICE.post(f"/v1/webhooks/{hook}/ping", "")
    for number, part in enumerate(("answered with 500", "did not answer",
                                   "redirect", "429"), 1):
        entry = wait_delivery(hook, lambda d, n=number: d["attempts"] == n)
        assert part in entry["error"] and entry["state"] == "pending", entry
        shown = SERVICE.get("/v1/webhooks/" + hook)
        assert shown["failures"] and shown["next_attempt_at"], shown
        waiting = [d for d in deliveries(hook) if d["attempts"] == 0]
        assert len(waiting) == 1, "the second waits for the first"
        hurry(hook)
    RECEIVER.wait_for(lambda: len(RECEIVER.types("/bad")) == 2)
    numbers = [number for path, number in RECEIVER.tries if path == "/bad"]
    assert len(set(numbers)) == 2 and numbers[:5] == numbers[:1] * 5, numbers
    assert not any(path == "/elsewhere" for path, _ in RECEIVER.tries)
    RECEIVER.plan = lambda path, number: 204
    SERVICE.ask("DELETE", "/v1/webhooks/" + hook)


def test_an_answer_without_an_end():
    door = socket.create_server(("127.0.0.1", 0))

    def talk():
        peer, _ = door.accept()
        try:
            peer.recv(65536)
            while True:
                peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        except OSError:
            pass  # the service has had enough
        peer.close()

    threading.Thread(target=talk, daemon=True).start()
    url = f"http://127.0.0.1:{door.getsockname()[1]}/"
    hook = SERVICE.post("/v1/webhooks", {"url": url}, 201)["id"]
    SERVICE.post(f"/v1/webhooks/{hook}/ping", "")
    entry = wait_delivery(hook, lambda d: d["attempts"] == 1)
    assert "again and again" in entry["error"], entry
    door.close()
    SERVICE.ask("DELETE", "/v1/webhooks/" + hook)


def test_one_that_says_it_has_gone():
    hook = make_hook("/gone")
    RECEIVER.plan = lambda path, number: 410 if path == "/gone" else 204
    SERVICE.post(f"/v1/webhooks/{hook}/ping", "")
    wait_delivery(hook, lambda d: d["state"] == "dropped")
    shown = SERVICE.get("/v1/webhooks/" + hook)
    assert shown["state"] == "disabled" and "gone" in shown["reason"], shown
    assert SERVICE.ask("POST", f"/v1/webhooks/{hook}/ping").status == 409
    RECEIVER.plan = lambda path, number: 204
    hurry(hook)
    SERVICE.post(f"/v1/webhooks/{hook}/ping", "")
    RECEIVER.wait_for(lambda: RECEIVER.types("/gone") == ["webhook.ping"])
    SERVICE.ask("DELETE", "/v1/webhooks/" + hook)


def age(hook, table, column, seconds):
    """Sets a time of the stopped service back."""
    with sqlite3.connect(SERVICE.state + "/vstream.db") as db:
        db.execute(f"UPDATE {table} SET {column} = {column} - ? WHERE "
                   f"{'id' if table == 'webhooks' else 'webhook'} = ?",
                   (seconds * 1000000, hook))
    db.close()


def test_one_that_is_away_for_a_day_and_for_days():
    RECEIVER.plan = lambda path, number: 500 if path == "/away" else 204
    hook = make_hook("/away")
    SERVICE.post(f"/v1/webhooks/{hook}/ping", "")
    wait_delivery(hook, lambda d: d["attempts"] == 1)
    assert SERVICE.stop() == 0
    age(hook, "deliveries", "created", 90000)
    age(hook, "webhooks", "ready", 90000)
    SERVICE.start()
    given_up = wait_delivery(hook, lambda d: d["state"] == "failed")
    assert given_up["attempts"] == 2, given_up
    SERVICE.post(f"/v1/webhooks/{hook}/ping", "")
    assert SERVICE.stop() == 0
    age(hook, "webhooks", "failing_since", 6 * 86400)
    age(hook, "webhooks", "ready", 90000)
    SERVICE.start()
    wait_delivery(hook, lambda d: d["state"] == "dropped")
    shown = SERVICE.get("/v1/webhooks/" + hook)
    assert shown["state"] == "disabled", shown
    assert "taken nothing since" in shown["reason"], shown
    RECEIVER.plan = lambda path, number: 204
    SERVICE.ask("DELETE", "/v1/webhooks/" + hook)


def test_no_kill_loses_or_renames_an_event():
    hook = make_hook("/kills", events=["job.*"])
    jobs = []
    for _ in range(KILLS):
        jobs.append(SERVICE.submit("testsrc:?duration=2s"))
        threading.Event().wait(random.random() * 0.7)
        SERVICE.kill()
        SERVICE.start()
    events = Listener(SERVICE)
    jobs.append(SERVICE.submit("testsrc:?duration=2s"))
    events.wait_state(jobs[-1], "succeeded")
    for job in jobs:
        RECEIVER.wait_for(
            lambda j=job: "job.succeeded" in RECEIVER.types("/kills", j),
            f"the end of {job}")
    seen = {}
    order = []
    for path, number, document in RECEIVER.taken:
        if path == "/kills" and seen.setdefault(number, document) is document:
            order.append(number)
        elif path == "/kills":
            assert seen[number] == document, "one id, two events"
    with sqlite3.connect(SERVICE.state + "/vstream.db") as db:
        rows = [row[0] for row in db.execute(
            "SELECT event FROM deliveries WHERE webhook = ? ORDER BY seq",
            (hook,))]
        told = db.execute("SELECT count (*) FROM events WHERE type = 'job' "
                          "AND instr (data, ?) > 0", (jobs[0],)).fetchone()[0]
    db.close()
    assert order == rows, "each once, in order"
    first = [d["type"] for d in seen.values() if d["data"]["id"] == jobs[0]]
    assert len(first) == told, (first, told)


def test_the_log_says_nothing_that_is_secret():
    for secret in RECEIVER.secrets.values():
        for folder, _, names in os.walk(SERVICE.state):
            for name in names:
                if not name.startswith(("vstream.db", "webhook.secret")):
                    with open(os.path.join(folder, name), "rb") as file:
                        assert secret.encode() not in file.read(), name


def main():
    cases = [value for name, value in globals().items()
             if name.startswith("test_")]
    try:
        SERVICE.start()
        return run(cases)
    finally:
        SERVICE.close()
        RECEIVER.close()


if __name__ == "__main__":
    sys.exit(main())
