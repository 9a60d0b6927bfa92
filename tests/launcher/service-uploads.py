#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""service-uploads.py: files that are sent to the service, by tus and by forms,
and what can go wrong with them."""

import base64
import hashlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
from service_fixture import LAUNCHER, LIMIT_SECONDS, Listener, Service, run

MIB = 1024 * 1024
CONFIG = """[uploads]
max-size=64M
max-count=40
"""
SERVICE = Service(CONFIG, "timeout=2s")
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
NOISE = b"\0\1\2\3" + random.Random(1).randbytes(12 * MIB)  # nobody's kind


def word(text):
    data = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(data).decode()


def create(length, name="film.mp4", service=SERVICE, body=None, **headers):
    answer = service.ask("POST", "/v1/uploads", body, {
        **(BYTES if body else TUS), "Upload-Length": str(length),
        "Upload-Metadata": f"filename {word(name)}", **headers})
    assert answer.status == 201, answer
    return answer.headers["Location"]


def patch(path, offset, data, service=SERVICE, **headers):
    return service.ask("PATCH", path, data, {
        **BYTES, "Upload-Offset": str(offset), **headers})


def head(path, service=SERVICE):
    answer = service.ask("HEAD", path, None, TUS)
    assert answer.status == 200 and answer.body == b"", answer
    assert answer.headers["Cache-Control"] == "no-store"
    return int(answer.headers["Upload-Offset"])


def stored(path, service=SERVICE):
    with open(f"{service.state}/uploads/{path.rsplit('/', 1)[1]}",
              "rb") as file:
        return file.read()


def begin_patch(path, offset, length, service=SERVICE, kind="PATCH"):
    """The head of a request on a socket; the body is the caller's."""
    connection = socket.create_connection(("127.0.0.1", service.port),
                                          LIMIT_SECONDS)
    text = f"{kind} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n" \
        f"Upload-Offset: {offset}\r\nContent-Length: {length}\r\n"
    text += "".join(f"{k}: {v}\r\n" for k, v in BYTES.items())
    connection.sendall(text.encode() + b"\r\n")
    return connection


def status_of(connection):
    connection.settimeout(LIMIT_SECONDS)
    line = b""
    while not line.endswith(b"\n"):
        got = connection.recv(1)
        if not got:
            break
        line += got
    return int(line.split()[1]) if line else None


def wait_until(condition, what):
    pause = threading.Event()
    for _ in range(LIMIT_SECONDS * 20):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError(what + " did not happen")


def send_form(data, name="film.mp4", more="", service=SERVICE, **headers):
    body = b"".join((
        b'--xx\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n',
        b'--xx\r\nContent-Disposition: form-data; name="file"; filename="',
        name if isinstance(name, bytes) else name.encode(),
        b'"\r\nContent-Type: video/mp4\r\n\r\n', data, b"\r\n--xx--\r\n",
        more.encode()))
    return service.ask("POST", "/v1/uploads", body, {
        "Content-Type": "multipart/form-data; boundary=xx", **headers})


def test_what_the_service_can_do():
    for path in ("/v1/uploads", create(1)):
        answer = SERVICE.ask("OPTIONS", path)
        assert answer.status == 204, answer
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Max-Size"] == str(64 * MIB)
        assert "sha256" in answer.headers["Tus-Checksum-Algorithm"]
        for part in ("creation", "creation-with-upload", "expiration",
                     "checksum", "termination"):
            assert part in answer.headers["Tus-Extension"].split(","), answer


def test_in_pieces_and_over_broken_connections():
    path = create(len(NOISE))
    assert head(path) == 0
    assert patch(path, 0, NOISE[:5]).headers["Upload-Offset"] == "5"
    broken = begin_patch(path, 5, len(NOISE) - 5)
    broken.sendall(NOISE[5:3 * MIB])
    broken.close()
    wait_until(lambda: head(path) > 5, "the broken PATCH counts")
    offset = head(path)
    assert offset <= 3 * MIB
    shown = SERVICE.get(path)
    assert shown["state"] == "uploading" and shown["offset"] == offset, shown
    early = SERVICE.ask("POST", "/v1/assets", json.dumps(
        {"preset": "small", "input": {"upload": shown["id"]}}),
        {"Content-Type": "application/json"})
    assert early.status == 409, early
    done = patch(path, offset, NOISE[offset:])
    assert done.status == 204, done
    assert done.headers["Upload-Offset"] == str(len(NOISE))
    assert SERVICE.get(path)["state"] == "complete"
    assert stored(path) == NOISE
    assert SERVICE.ask("DELETE", path, None, TUS).status == 204
    assert SERVICE.ask("HEAD", path, None, TUS).status == 404
    assert patch(path, 0, b"x").status == 404


def test_creation_with_bytes():
    path = create(10, body=NOISE[:4])
    assert head(path) == 4
    path = create(10, body=NOISE[:10])
    assert SERVICE.get(path)["state"] == "complete"


def test_a_method_in_a_header():
    path = create(10)
    told = {**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert SERVICE.ask("POST", path, NOISE[:10], told).status == 204
    assert SERVICE.get(path)["state"] == "complete"
    assert stored(path) == NOISE[:10]
    assert SERVICE.ask("POST", path, None, TUS).status == 405
    for method, status in (("PUT", 405), ("DELETE", 204)):
        answer = SERVICE.ask("POST", path, None, {
            **TUS, "X-HTTP-Method-Override": method})
        assert answer.status == status, answer
    assert SERVICE.ask("HEAD", path, None, TUS).status == 404
    elsewhere = SERVICE.ask("POST", "/v1/jobs/none", None, {
        "X-HTTP-Method-Override": "DELETE"})
    assert elsewhere.status == 405, elsewhere


def test_a_form():
    answer = send_form(NOISE[:3 * MIB])
    assert answer.status == 201, answer
    shown = json.loads(answer.body)
    assert shown["length"] == shown["offset"] == 3 * MIB, shown
    assert shown["state"] == "complete" and shown["filename"] == "film.mp4"
    assert stored(answer.headers["Location"]) == NOISE[:3 * MIB]
    assert send_form(b"").status == 400
    before = len(os.listdir(SERVICE.state + "/uploads"))
    assert send_form(NOISE[:99], Origin="http://evil.example").status == 403
    assert send_form(NOISE[:99], Origin="null").status == 403
    whole = b'--xx\r\nContent-Disposition: form-data; name="f"; ' \
        b'filename="f"\r\n\r\n' + NOISE[:MIB]
    kind = {"Content-Type": "multipart/form-data; boundary=xx"}
    assert SERVICE.ask("POST", "/v1/uploads", whole, kind).status == 400
    assert len(os.listdir(SERVICE.state + "/uploads")) == before


def test_hostile_names():
    for name, title in (
            ("../../../etc/passwd", "passwd"),
            ("<script>alert(1)</script>.mp4", "script>.mp4"),
            ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
            ("$(reboot);`id`|x.mp4", "$(reboot);`id`|x.mp4"),
            ("a\r\nSet-Cookie: a=b\n.mp4", "a Set-Cookie: a=b .mp4"),
            ("exe\u202egpj.mp4", "exegpj.mp4"), ("x" * 255, "x" * 255),
            ("ü" * 400, "ü" * 127), ("", "untitled"), ("..", "untitled"),
            (b"a\0b\xff.mp4", "a b\ufffd.mp4")):
        path = create(9, name)
        assert SERVICE.get(path)["filename"] == title, (name, path)
        assert SERVICE.ask("DELETE", path, None, TUS).status == 204
    answer = send_form(NOISE[:99], "C:\\films\\%22a%22.mp4")
    assert json.loads(answer.body)["filename"] == '"a".mp4', answer
    assert sorted(os.listdir(SERVICE.state)) == [
        "archive", "cache", "lock", "logs", "media", "queues", "scratch",
        "trash", "uploads", "vstream.db", "vstream.db-shm",
        "vstream.db-wal"]


def test_what_is_refused():
    path = create(100)
    for status, method, where, body, headers in (
            (412, "POST", "/v1/uploads", None, {}),
            (412, "POST", "/v1/uploads", None, {"Tus-Resumable": "0.2.2"}),
            (400, "POST", "/v1/uploads", None, TUS),
            (400, "POST", "/v1/uploads", None, {**TUS, "Upload-Length": "0"}),
            (400, "POST", "/v1/uploads", None, {**TUS, "Upload-Length": "-1"}),
            (400, "POST", "/v1/uploads", None,
             {**TUS, "Upload-Length": "9", "Upload-Metadata": "a !"}),
            (413, "POST", "/v1/uploads", None,
             {**TUS, "Upload-Length": str(64 * MIB + 1)}),
            (413, "POST", "/v1/uploads", "abc", {**BYTES, "Upload-Length": "2"}),
            (415, "POST", "/v1/uploads", "abc", {**TUS, "Upload-Length": "3"}),
            (415, "PATCH", path, "abc", {**TUS, "Upload-Offset": "0"}),
            (400, "PATCH", path, "abc", BYTES),
            (409, "PATCH", path, "abc", {**BYTES, "Upload-Offset": "1"}),
            (413, "PATCH", path, "x" * 101, {**BYTES, "Upload-Offset": "0"}),
            (400, "PATCH", path, "abc", {**BYTES, "Upload-Offset": "0",
                                         "Upload-Checksum": "crc32 AAAA"}),
            (412, "PATCH", path, "abc", {"Upload-Offset": "0"}),
            (404, "PATCH", "/v1/uploads/upload_0", "abc",
             {**BYTES, "Upload-Offset": "0"}),
            (404, "GET", "/v1/uploads/..%2f..%2fvstream.db", None, {}),
            (404, "DELETE", "/v1/uploads/upload_0", None, TUS),
            (405, "PUT", path, "abc", BYTES)):
        answer = SERVICE.ask(method, where, body, headers)
        assert answer.status == status, (method, where, headers, answer)
    assert head(path) == 0
    lost = SERVICE.ask("POST", "/v1/assets", json.dumps(
        {"preset": "small", "input": {"upload": "upload_0"}}),
        {"Content-Type": "application/json"})
    assert lost.status == 422, lost
    both = SERVICE.ask("POST", "/v1/assets", json.dumps(
        {"preset": "small", "input": {"upload": "a", "url": "b"}}),
        {"Content-Type": "application/json"})
    assert both.status == 400 and b"not both" in both.body, both


def test_what_is_no_media():
    for data in (b"%PDF-1.7\n" + b"x" * 5000, b"PK\3\4" + b"\0" * 5000,
                 b"<!DOCTYPE html><html><body>" + b"x" * 5000,
                 b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
                 b"\x7fELF\2\1\1" + b"\0" * 5000, b"just words " * 500):
        path = create(len(data))
        answer = patch(path, 0, data)
        assert answer.status == 415, (data[:8], answer)
        assert b"looks like" in answer.body
        assert SERVICE.ask("HEAD", path, None, TUS).status == 404
        assert send_form(data).status == 415
    slow = create(5000)
    for at in range(0, 5000, 1000):
        answer = patch(slow, at, (b"just words " * 500)[at:at + 1000])
    assert answer.status in (404, 415), answer


def test_checksums():
    path = create(2000)
    good = base64.b64encode(hashlib.sha256(NOISE[:1000]).digest()).decode()
    for name, data, status, offset in (
            (f"sha256 {good}", NOISE[1:1001], 460, 0),
            (f"sha256 {good}", NOISE[:1000], 204, 1000),
            (f"sha256 {good}", NOISE[:1000], 409, 1000)):
        answer = patch(path, 0, data, **{"Upload-Checksum": name})
        assert answer.status == status, (name, answer)
        assert head(path) == offset
    broken = socket.create_connection(("127.0.0.1", SERVICE.port))
    broken.sendall((f"PATCH {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    f"Tus-Resumable: 1.0.0\r\nUpload-Offset: 1000\r\n"
                    f"Upload-Checksum: sha256 {good}\r\nContent-Type: "
                    f"{BYTES['Content-Type']}\r\nContent-Length: 1000\r\n\r\n"
                    ).encode() + NOISE[:500])
    broken.close()
    wait_until(lambda: patch(path, 1000, NOISE[:1000]).status == 204,
               "unproven bytes are dropped")
    assert stored(path) == NOISE[:1000] * 2


def test_two_at_once():
    path = create(1000)
    first = begin_patch(path, 0, 1000)
    first.sendall(NOISE[:500])
    wait_until(lambda: patch(path, 9, b"x").status == 423, "the lock")
    assert patch(path, 0, NOISE[:1000]).status == 423
    assert SERVICE.ask("DELETE", path, None, TUS).status == 423
    first.sendall(NOISE[500:1000])
    assert status_of(first) == 204
    first.close()
    assert stored(path) == NOISE[:1000]


def test_one_connection_for_all_of_it():
    connection = http.client.HTTPConnection("127.0.0.1", SERVICE.port,
                                            timeout=LIMIT_SECONDS)
    path = create(4000)
    local = None
    for at in range(0, 4000, 1000):
        connection.request("PATCH", path, NOISE[at:at + 1000],
                           {**BYTES, "Upload-Offset": str(at)})
        answer = connection.getresponse()
        assert answer.status == 204 and answer.read() == b"", answer.status
        local = local or connection.sock.getsockname()
        assert connection.sock.getsockname() == local
    connection.close()
    assert stored(path) == NOISE[:4000]


def test_slow_and_endless_bodies():
    """Silence ends a request; an announced flood is not read at all."""
    path = create(1000)
    slow = begin_patch(path, 0, 1000)
    slow.sendall(NOISE[:10])
    assert status_of(slow) in (None, 400)
    slow.close()
    wait_until(lambda: head(path) == 10, "what came before the silence stays")
    for where, kind in ((path, "PATCH"), ("/v1/uploads", "POST")):
        flood = begin_patch(where, 10, 300 * MIB, kind=kind)
        assert status_of(flood) == 413
        flood.close()
    chunked = socket.create_connection(("127.0.0.1", SERVICE.port))
    chunked.sendall(f"PATCH {path} HTTP/1.1\r\nHost: a\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n".encode())
    assert status_of(chunked) == 411
    chunked.close()


def peak():
    with open(f"/proc/{SERVICE.process.pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def test_memory_does_not_grow_with_the_body():
    before = peak()
    data = NOISE * 5
    path = create(len(data))
    assert patch(path, 0, data).status == 204
    assert send_form(data).status == 201
    assert peak() - before < 10 * 1024, (before, peak())
    assert hashlib.sha1(stored(path)).digest() == hashlib.sha1(data).digest()


def test_an_upload_becomes_an_asset():
    events = Listener(SERVICE)
    SERVICE.make_clip()
    with open(SERVICE.path("films/good.mp4"), "rb") as file:
        data = file.read()
    path = create(len(data), "My <film>.mp4", body=data)
    upload = path.rsplit("/", 1)[1]
    assert SERVICE.get(path)["content_type"] in ("video/mp4",
                                                 "video/quicktime")
    order = {"preset": "small", "input": {"upload": upload}}
    dry = SERVICE.post("/v1/assets?dry_run=1", order, 200)
    assert dry["input"] == {"upload": upload}, dry
    asset = SERVICE.post("/v1/assets", order)
    assert asset["title"] == "My <film>.mp4" and asset["duration"] is None
    assert asset["input"] == {"upload": upload}, asset
    SERVICE.post("/v1/assets", order, 409)
    assert SERVICE.ask("DELETE", path, None, TUS).status == 409
    events.wait_state(asset["job_id"], "succeeded", "failed")
    ready = SERVICE.get("/v1/assets/" + asset["id"])
    assert ready["state"] == "ready", ready
    assert abs(ready["duration"] - 2) < 0.2 and ready["bytes"] > 0, ready
    SERVICE.check_output(asset["id"])
    check_poster(ready)
    wait_until(lambda: SERVICE.ask("GET", path).status == 404,
               "the raw file goes")
    assert upload not in os.listdir(SERVICE.state + "/uploads")


def check_poster(asset):
    assert asset["poster_url"] == f"/play/{asset['id']}/poster.jpg", asset
    poster = SERVICE.ask("GET", asset["poster_url"])
    assert poster.status == 200 and poster.body[:3] == b"\xff\xd8\xff", poster
    assert poster.headers["Content-Type"] == "image/jpeg"
    assert "immutable" in poster.headers["Cache-Control"]


def test_what_has_no_picture_has_no_poster():
    events = Listener(SERVICE)
    asset = SERVICE.post("/v1/assets", {
        "preset": "sound", "input": {"url": "testsrc:?duration=2s"}})
    assert asset["poster_url"] is None
    events.wait_state(asset["job_id"], "succeeded", "failed")
    ready = SERVICE.get("/v1/assets/" + asset["id"])
    assert ready["state"] == "ready" and ready["poster_url"] is None, ready


def test_a_job_of_an_upload_and_its_end():
    events = Listener(SERVICE)
    path = create(5000, body=NOISE[:5000])
    upload = path.rsplit("/", 1)[1]
    job = SERVICE.post("/v1/jobs", {"preset": "small",
                                    "input": {"upload": upload}})
    assert job["input"] == {"upload": upload}
    events.wait_state(job["id"], "failed", "succeeded")
    assert SERVICE.job(job["id"])["error"]["code"] == "bad-data"
    assert stored(path) == NOISE[:5000]  # for a retry
    SERVICE.post(f"/v1/jobs/{job['id']}/retry", "")
    events.wait_for(lambda: events.jobs[job["id"]].count("failed") == 2)
    gone = SERVICE.ask("DELETE", "/v1/jobs/" + job["id"])
    assert gone.status == 204, gone
    assert SERVICE.ask("GET", path).status == 404
    assert upload not in os.listdir(SERVICE.state + "/uploads")


def test_the_command_line_sends_a_file():
    SERVICE.make_clip()
    with tempfile.TemporaryDirectory(prefix="vs-mine-") as folder:
        film = os.path.join(folder, "Mein Film.mp4")
        os.rename(SERVICE.path("films/good.mp4"), film)
        env = dict(os.environ,
                   VSTREAM_SERVER=f"http://127.0.0.1:{SERVICE.port}")
        done = subprocess.run(
            [LAUNCHER, "submit", film, "--preset", "small", "--watch"],
            env=env, text=True, capture_output=True, timeout=LIMIT_SECONDS,
            check=False)
        assert done.returncode == 0 and "Sent" in done.stderr, done
        job = done.stdout.strip()
        made = SERVICE.get("/v1/assets")["data"][0]
        assert made["job_id"] == job and made["title"] == "Mein Film.mp4", made
        words = os.path.join(folder, "words.txt")
        with open(words, "w", encoding="utf-8") as file:
            file.write("just words " * 500)
        done = subprocess.run([LAUNCHER, "submit", words, "--preset", "small"],
                              env=env, text=True,
                              capture_output=True, timeout=LIMIT_SECONDS,
                              check=False)
        assert done.returncode == 65 and "looks like" in done.stderr, done


def test_killed_in_the_middle():
    """What HEAD tells after SIGKILL is on the disk, byte for byte."""
    rounds = int(os.environ.get("VS_UPLOAD_KILLS", "3"))
    chance = random.Random(7)
    data = NOISE * 4
    path = create(len(data))
    offset = 0
    for _ in range(rounds):
        size = min(chance.randrange(1, 14 * MIB), len(data) - offset)
        sender = begin_patch(path, offset, len(data) - offset)
        sender.sendall(data[offset:offset + size])
        SERVICE.kill()
        sender.close()
        SERVICE.start()
        now = head(path)
        assert offset <= now <= offset + size, (offset, now, size)
        assert stored(path)[:now] == data[:now]
        offset = now
    assert patch(path, offset, data[offset:]).status == 204
    assert stored(path) == data


def test_random_requests_get_an_answer():
    """No request for uploads, however mixed up, is a fault of the server."""
    chance = random.Random(int(os.environ.get("VS_WALK_SEED", "3")))
    values = ("", "0", "1", "-1", "9" * 30, "1.0.0", "\x01", "a b", "sha1 x",
              f"filename {word('x')}", ",", "application/offset+octet-stream",
              "multipart/form-data; boundary=x", "multipart/form-data")
    names = ("Tus-Resumable", "Upload-Length", "Upload-Offset", "Content-Type",
             "Upload-Metadata", "Upload-Checksum", "Origin", "Expect")
    paths = ["/v1/uploads", "/v1/uploads/", "/v1/uploads/x/y", create(50),
             "/v1/uploads?limit=1", "/v1/uploads?x", "/v1/uploads/%00"]
    bodies = (None, "x", "--x\r\n\r\n\r\n--x--", "x" * 1000)
    for number in range(int(os.environ.get("VS_RANDOM_REQUESTS", "300"))):
        headers = {name: chance.choice(values) for name in
                   chance.sample(names, chance.randrange(len(names)))}
        if chance.random() < 0.5:
            headers = {**headers, **BYTES}
        method = chance.choice(("GET", "HEAD", "POST", "PATCH", "DELETE",
                                "OPTIONS", "PUT"))
        path = chance.choice(paths)
        try:
            answer = SERVICE.ask(method, path, chance.choice(bodies), headers)
        except (http.client.BadStatusLine, ConnectionError, ValueError):
            continue  # refused before it was read, or no request at all
        assert answer.status < 500, (number, method, path, headers, answer)
    assert SERVICE.get("/healthz")["status"] == "ok"


def test_expiry_and_count():
    service = Service("[uploads]\nexpire=2s\nmax-count=2\nkeep=archive\n")
    try:
        service.start()
        first = create(10, service=service)
        second = create(5, service=service, body=NOISE[:5])
        third = service.ask("POST", "/v1/uploads", None,
                            {**TUS, "Upload-Length": "1"})
        assert third.status == 422 and b"2 uploads" in third.body, third
        assert "GMT" in service.ask("HEAD", first, None, TUS).headers[
            "Upload-Expires"]
        service.kill()
        service.start()
        wait_until(lambda: service.ask("HEAD", first, None, TUS).status == 404
                   and service.ask("GET", second).status == 404, "expiry")
        wait_until(lambda: not os.listdir(service.state + "/uploads"),
                   "the files go")
        keep_in_archive(service)
    finally:
        service.close()


def keep_in_archive(service):
    events = Listener(service)
    service.make_clip()
    with open(service.path("films/good.mp4"), "rb") as file:
        data = file.read()
    path = create(len(data), service=service, body=data)
    asset = service.post("/v1/assets", {
        "preset": "small", "title": "Mine",
        "input": {"upload": path.rsplit("/", 1)[1]}})
    assert asset["title"] == "Mine"
    events.wait_state(asset["job_id"], "succeeded", "failed")
    archived = f"{service.state}/archive/{path.rsplit('/', 1)[1]}"
    wait_until(lambda: os.path.exists(archived), "archiving")
    with open(archived, "rb") as file:
        assert file.read() == data
    gone = service.ask("DELETE", "/v1/assets/" + asset["id"])
    assert gone.status == 204, gone
    wait_until(lambda: not os.path.exists(archived), "the archive's end")


def test_a_full_disk():
    """507; what was acknowledged stays; with room, it goes on."""
    if os.geteuid() != 0:
        return "needs root, for a file system of 24 MiB"
    service = Service(CONFIG)
    with tempfile.TemporaryDirectory(prefix="vs-small-") as small:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none",
                           small], check=False).returncode != 0:
            return "no file system can be mounted here"
        try:
            service.state = small + "/state"
            service.start()
            fill_disk(service, small)
        finally:
            service.close()
            subprocess.run(["umount", "-l", small], check=True)
    return None


def fill_disk(service, small):
    path = create(len(NOISE), service=service)
    assert patch(path, 0, NOISE[:MIB], service).status == 204
    with open(small + "/ballast", "wb") as file:
        free = os.statvfs(small).f_bavail * os.statvfs(small).f_frsize
        file.write(b"\0" * (free - 3 * MIB))
    answer = patch(path, MIB, NOISE[MIB:], service)
    assert answer.status == 507, answer
    large = service.ask("POST", "/v1/uploads", None,
                        {**TUS, "Upload-Length": str(60 * MIB)})
    assert large.status == 507, large
    offset = head(path, service)
    assert offset >= MIB and stored(path, service)[:offset] == NOISE[:offset]
    os.remove(small + "/ballast")
    assert patch(path, offset, NOISE[offset:], service).status == 204
    assert stored(path, service) == NOISE


def main():
    cases = [value for name, value in globals().items()
             if name.startswith("test_")]
    try:
        SERVICE.start()
        return run(cases)
    finally:
        SERVICE.close()


sys.exit(main())
