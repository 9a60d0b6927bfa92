#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""playback.py: signed addresses: what they open, for how long, and what they
do not; keys that change while the service runs."""

import base64
import hashlib
import hmac
import os
import re
import stat
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from service_fixture import (LAUNCHER, LIMIT_SECONDS, Listener, Service, run)

SERVICE = Service("[playback]\nlifetime=2h\n")
KEYS = SERVICE.path("play.keys")
with open(SERVICE.path("vstream.ini"), "a", encoding="ascii") as config:
    config.write(f"signing-key-file={KEYS}\n")
MADE = {}


def sign(kind, thing, body=None, status=200):
    return SERVICE.post(f"/v1/{kind}/{thing}/playback",
                        "" if body is None else body, status)


def status_of(path):
    return SERVICE.ask("GET", path).status


def make_token(key, thing, expires):
    """By hand, as docs/api.md says it."""
    mac = hmac.new(key.encode(), f"vstream-play\n{thing}\n{expires}".encode(),
                   hashlib.sha256).digest()
    return f"{expires}." + base64.urlsafe_b64encode(mac).decode().rstrip("=")


def read_keys():
    with open(KEYS, encoding="ascii") as file:
        return file.read().split()


def write_keys(*keys):
    """Whole at once, as an operator should."""
    with open(KEYS + ".new", "w", encoding="ascii") as file:
        file.write("\n".join(keys) + "\n")
    os.chmod(KEYS + ".new", 0o600)
    os.rename(KEYS + ".new", KEYS)


def wait_status(path, status):
    until = time.monotonic() + 60
    while status_of(path) != status:
        assert time.monotonic() < until, (path, status_of(path), status)
        threading.Event().wait(0.05)


def test_nothing_opens_without_a_signature():
    events = Listener(SERVICE)
    asset = SERVICE.post("/v1/assets", {
        "preset": "small", "input": {"url": SERVICE.make_clip()}})
    events.wait_state(asset["job_id"], "succeeded", "failed")
    MADE.update(asset=asset["id"], job=asset["job_id"])
    assert stat.S_IMODE(os.stat(KEYS).st_mode) == 0o600
    for thing in MADE.values():
        for rest in ("", "/", "/multivariant.m3u8", "/manifest.mpd", "/~",
                     "/~/multivariant.m3u8", "/~1.a/manifest.mpd"):
            answer = SERVICE.ask("GET", f"/play/{thing}{rest}")
            assert answer.status == 403, (rest, answer)
            assert answer.headers["Cache-Control"] == "no-store", answer
    assert status_of("/play/asset_0/multivariant.m3u8") == 403


def test_what_is_signed_plays():
    for kind, thing in (("assets", MADE["asset"]), ("jobs", MADE["job"])):
        made = sign(kind, thing, {"expires_in": 600})
        assert made["url"].startswith(f"/play/{thing}/~"), made
        assert re.match(r"\d{4}-\d\d-\d\dT", made["expires_at"]), made
        url = f"http://127.0.0.1:{SERVICE.port}{made['url']}"
        for agent, name in (("iPhone", "multivariant.m3u8"),
                            ("Firefox", "manifest.mpd")):
            found = SERVICE.ask("GET", made["url"], None,
                                {"User-Agent": agent})
            assert found.headers["Location"] == f"{made['url']}/{name}", found
            decoded = subprocess.run(
                ["ffmpeg", "-v", "error", "-i", f"{url}/{name}", "-f", "null",
                 "-"], capture_output=True, check=False, text=True,
                timeout=LIMIT_SECONDS, stdin=subprocess.DEVNULL)
            assert decoded.returncode == 0 and not decoded.stderr, decoded
        SERVICE.check_output(made["url"].removeprefix("/play/"))


def test_caches_keep_it_for_one():
    url = sign("assets", MADE["asset"])["url"]
    master = SERVICE.ask("GET", url + "/multivariant.m3u8")
    assert master.headers["Cache-Control"] == "private, no-cache", master
    name = next(line for line in master.body.decode().splitlines()
                if line and not line.startswith("#"))
    text = SERVICE.ask("GET", f"{url}/{name}").body.decode()
    item = next(line for line in text.splitlines()
                if line and not line.startswith("#"))
    path = f"{url}/{name.rsplit('/', 1)[0]}/{item}"
    caching = SERVICE.ask("GET", path).headers["Cache-Control"]
    assert re.fullmatch(r"private, max-age=\d+, immutable", caching), caching
    asked = SERVICE.ask("OPTIONS", path, None, {"Origin": "https://x.test"})
    assert asked.status == 204, asked
    assert asked.headers["Access-Control-Allow-Origin"] == "*", asked
    part = SERVICE.ask("GET", path, None, {"Range": "bytes=0-3"})
    assert part.status == 206 and len(part.body) == 4, part
    coded = path.replace("/~", "/%7E")
    assert SERVICE.ask("HEAD", coded).status == 200, coded


def test_addresses_in_documents_are_signed():
    asset = SERVICE.get("/v1/assets/" + MADE["asset"])["play_url"]
    job = SERVICE.get("/v1/jobs/" + MADE["job"])["output"]["play_url"]
    assert asset == job and status_of(asset + "/manifest.mpd") == 200, asset
    again = SERVICE.get("/v1/assets/" + MADE["asset"])["play_url"]
    assert again == asset, "the same within the hour, for caches"


def test_a_signature_opens_one_thing_for_a_while():
    key, asset = read_keys()[0], MADE["asset"]
    now = int(time.time())

    def status(token, thing=asset):
        return status_of(f"/play/{thing}/~{token}/manifest.mpd")

    good = make_token(key, asset, now + 60)
    assert status(good) == 200
    assert status(good, MADE["job"]) == 403
    assert status(make_token(key, MADE["job"], now + 60)) == 403
    assert status(make_token("x" * 64, asset, now + 60)) == 403
    late = SERVICE.ask(
        "GET", f"/play/{asset}/~{make_token(key, asset, now)}/manifest.mpd")
    assert late.status == 403 and b"expired" in late.body, late
    longer = good.replace(str(now + 60), str(now + 600))
    assert status(longer) == 403
    for path in (f"/play/{asset}/~{good}/../../../vstream.db",
                 f"/play/{asset}/~{good}/%2e%2e/%2e%2e/vstream.db",
                 f"/play/{asset}/~{good}/~{good}/manifest.mpd"):
        assert status_of(path) in (400, 403, 404), path
    soon = sign("assets", asset, {"expires_in": 1})["url"] + "/manifest.mpd"
    wait_status(soon, 403)


def test_what_is_refused():
    asset = MADE["asset"]
    for body in ({"expires_in": 0}, {"expires_in": 604801},
                 {"expires_in": "1"}, {"expires": 1}, []):
        sign("assets", asset, body, 400)
    for path in ("/v1/assets/asset_0/playback", "/v1/jobs/job_0/playback"):
        assert SERVICE.ask("POST", path).status == 404, path
    assert SERVICE.ask("POST", f"/v1/assets/{asset}/playback",
                       "{}").status == 415


def test_keys_change_while_it_runs():
    old = read_keys()[0]
    before = sign("assets", MADE["asset"])["url"] + "/manifest.mpd"
    new = "n" * 40
    write_keys("# since today", new, old)
    token = make_token(new, MADE["asset"], int(time.time()) + 60)
    wait_status(f"/play/{MADE['asset']}/~{token}/manifest.mpd", 200)
    assert status_of(before) == 200
    after = sign("assets", MADE["asset"])["url"] + "/manifest.mpd"
    write_keys("short")  # cannot be one: the keys stay
    write_keys(new)
    wait_status(before, 403)
    assert status_of(after) == 200
    write_keys("")
    assert status_of(after) == 200


def test_a_key_that_others_may_read_is_refused():
    assert SERVICE.stop() == 0
    for mode, text, part in ((0o644, "k" * 32, "chmod 600"),
                             (0o600, "short", "32 to 1024"),
                             (0o600, "", "no key")):
        with open(KEYS, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(KEYS, mode)
        done = subprocess.run(
            [LAUNCHER, "--config", SERVICE.path("vstream.ini"), "--state",
             SERVICE.state], capture_output=True, text=True, check=False,
            timeout=LIMIT_SECONDS)
        assert done.returncode in (65, 78), done
        assert part in done.stderr and "kkkk" not in done.stderr, done
    os.unlink(KEYS)
    SERVICE.start()
    assert len(read_keys()[0]) == 64


def main():
    cases = [value for name, value in globals().items()
             if name.startswith("test_")]
    try:
        SERVICE.start()
        return run(cases)
    finally:
        SERVICE.close()


if __name__ == "__main__":
    sys.exit(main())
