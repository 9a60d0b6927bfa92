# SPDX-License-Identifier: LGPL-2.1-or-later
"""A channel of a preset, driven over --serve while it runs."""

import functools
import http.client
import http.server
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

LIMIT_MS = 60000
LAUNCHER = os.path.join(os.environ.get("VS_BUILD_ROOT", "build"),
                        "launcher", "vstream-launcher")
PRESET = """[vstream]
type=channel
[queue]
location=queue.db
filler=testsrc:
[video small]
width=160
height=90
framerate=25
bitrate=100k
encoder-preset=ultrafast
[segment]
duration=1s
gop-duration=1s
"""
QUEUE = "/v1/channels/channel/queue"
EVENTS = "/v1/channels/channel/events"
LONG = {"uri": "testsrc:", "out": 600}


class Channel:
    """The launcher with a page, and a client for it."""

    def __init__(self, preset=PRESET):
        self.folder = tempfile.mkdtemp(prefix="vs-control-")
        with open(os.path.join(self.folder, "c.ini"), "w",
                  encoding="utf-8") as file:
            file.write(preset)
        self.process = subprocess.Popen(
            [LAUNCHER, "--preset", "./c.ini", "--output", "out", "--serve",
             "127.0.0.1:0", "--log-level", "debug"], cwd=self.folder,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().split(":")[2]
                        .strip(" /\n"))
        self.events = None

    def wait_published(self, count=1):
        watch = select.poll()
        watch.register(self.process.stderr, select.POLLIN | select.POLLHUP)
        said = []
        while sum(line.startswith("Published video_0/")
                  for line in said) < count:
            assert watch.poll(LIMIT_MS), f"silent: {said[-5:]}"
            said.append(self.process.stderr.readline())
            assert said[-1], f"it ended: {said}"

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=LIMIT_MS / 1000)
        names = {name.replace("_", "-"): value
                 for name, value in headers.items()}
        if body is not None and "Content-Type" not in names:
            names["Content-Type"] = "application/json"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection.request(method, path, body, names)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, json.loads(text or "null")

    def listen(self):
        self.events = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=LIMIT_MS / 1000)
        self.events.request("GET", "/events")
        return self.events.getresponse()

    def end(self):
        if self.events:
            self.events.close()
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=LIMIT_MS / 1000)
        shutil.rmtree(self.folder)
        return self.process.returncode


def ids(queue):
    return [item["id"] for item in queue["items"]]


def item(name, **more):
    return {"id": name, "uri": "testsrc:", "out": 60, **more}


def wait_air(events, condition):
    """The next on_air event that is as wanted."""
    name = ""
    for raw in events:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: ") and name == "on_air":
            air = json.loads(line[6:])
            if air["on_air"] and condition(air["on_air"]):
                return air
    raise AssertionError("the stream of events ended")


def edit(channel, events):
    status, _, body = channel.ask("POST", QUEUE, item("a"))
    assert status == 201 and ids(body) == ["a"], (status, body)
    assert body["stored"] is True, body
    wait_air(events, lambda air: air["item"] and air["item"]["id"] == "a")
    status, _, body = channel.ask("POST", QUEUE, {"items": [
        item("b"), item("c", title="The C")]})
    assert status == 201 and ids(body) == ["b", "c"], (status, body)
    status, headers, queue = channel.ask("GET", QUEUE)
    assert status == 200 and headers["ETag"], (status, headers)
    assert ids(queue) == ["b", "c"], queue
    status, _, body = channel.ask("POST", QUEUE, {**item("n"), "index": 0})
    assert status == 201 and ids(body) == ["n"], (status, body)
    status, _, body = channel.ask("PATCH", QUEUE + "/c", {"index": 0})
    assert status == 200 and ids(body)[0] == "c", (status, body)
    status, _, body = channel.ask("DELETE", QUEUE + "/n")
    assert status == 204, (status, body)
    # one that has read another queue than there is now
    status, _, body = channel.ask("PUT", QUEUE, {"items": []},
                                  If_Match=headers["ETag"])
    assert status == 412 and "read it again" in body["detail"], body
    status, headers, queue = channel.ask("GET", QUEUE + "?limit=1&index=1")
    assert ids(queue) == ["b"] and queue["queue_length"] == 2, queue
    status, _, body = channel.ask(
        "PUT", QUEUE, {"items": [item("z"), item("y")], "cut": "item-end"},
        If_Match=headers["ETag"])
    assert status == 200 and ids(body) == ["z", "y"], (status, body)


def interrupt(channel, events):
    status, _, cut = channel.ask("POST", EVENTS, {
        "type": "interrupt", "item": {**LONG, "id": "i"}, "cut": "frame"})
    assert status == 200 and cut["id"] == "i", (status, cut)
    assert cut["frame"] > 0, cut
    assert abs(cut["running_time"] - cut["frame"] / 25) < 0.001, cut
    air = wait_air(events, lambda air: air["kind"] == "interrupt")
    assert air["on_air"]["item"]["id"] == "i", air
    assert air["on_air"]["duration"] == 600, air
    status, _, back = channel.ask("POST", EVENTS, {"type": "return"})
    assert status == 200 and back["frame"] > cut["frame"], (status, back)
    status, _, body = channel.ask("POST", EVENTS, {"type": "return"})
    assert status == 409 and "return from" in body["detail"], body
    status, _, body = channel.ask("POST", EVENTS, {"type": "slate"})
    assert status == 200 and "frame" in body, (status, body)
    wait_air(events, lambda air: air["kind"] == "slate")
    status, _, body = channel.ask("POST", EVENTS, {"type": "return"})
    assert status == 200, (status, body)
    status, _, body = channel.ask("POST", EVENTS, {
        "type": "interrupt", "item": LONG, "at": "2040-01-01T00:00:00Z"})
    assert status == 202 and body["at"].startswith("2040-01-01T00:00:00"), body
    status, _, gone = channel.ask("DELETE", QUEUE + "/" + body["id"])
    assert status == 204, gone
    status, _, body = channel.ask("POST", EVENTS, {
        "type": "interrupt", "item": {"uri": "file:///nowhere/x.mp4"}})
    assert status == 422 and "not played" in body["detail"], (status, body)


PLAYLIST = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXTINF:2.0,
{}
#EXT-X-ENDLIST
"""
CLIP = ("videotestsrc num-buffers=50 ! "
        "video/x-raw,width=160,height=90,framerate=25/1 ! x264enc "
        "speed-preset=ultrafast key-int-max=25 ! mpegtsmux ! filesink "
        "location=clip.ts")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def playlists(channel):
    """What comes from a server leads to no file of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["gst-launch-1.0", "-q"] + CLIP.split(), cwd=folder,
                       check=True, timeout=LIMIT_MS / 1000)
        for name, segment in (("good", "clip.ts"),
                              ("bad", f"file://{folder}/clip.ts")):
            with open(f"{folder}/{name}.m3u8", "w", encoding="ascii") as file:
                file.write(PLAYLIST.format(segment))
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            for name, wanted in (("bad", 422), ("good", 200)):
                uri = f"http://127.0.0.1:{server.server_port}/{name}.m3u8"
                status, _, body = channel.ask("POST", EVENTS, {
                    "type": "interrupt", "item": {"uri": uri}})
                assert status == wanted, (name, status, body)
                assert wanted == 200 or "a file of this" in body["detail"], body
            channel.ask("POST", EVENTS, {"type": "return"})
        finally:
            server.shutdown()
            server.server_close()


def skip(channel, events):
    status, _, queue = channel.ask("GET", QUEUE)
    following = queue["items"][0]["id"]
    status, _, body = channel.ask("POST", "/v1/channels/channel/skip")
    assert status == 202 and body["state"] == "running", (status, body)
    wait_air(events, lambda air: air["item"] and air["item"]["id"] == following)
    status, _, body = channel.ask("GET", "/v1/channels/channel")
    assert status == 200 and body["play_url"], body
    assert body["on_air"]["item"]["id"] == following, body
    status, _, body = channel.ask("GET", "/v1/channels/channel/health")
    assert status == 200 and body["healthy"], body


BAD = [
    ("POST", QUEUE, "{", 400, "line 1"),
    ("POST", QUEUE, "[]", 400, "must be an object"),
    ("POST", QUEUE, '{"uri": "testsrc:", "uri": "a:"}', 400, "line 1"),
    ("POST", QUEUE, '{\n "uri": "testsrc:",\n "tittle": "x"}', 400,
     "line 3, column 12: “tittle”"),
    ("POST", QUEUE, '{"items": [{"uri": "testsrc:"}, {"uri": 1}]}', 400,
     "item 2"),
    ("POST", QUEUE, '{"items": [], "indx": 1}', 400, "did you mean “index”"),
    ("PUT", QUEUE, '{"items": {}}', 400, "must be a list"),
    ("PUT", QUEUE, '{"items": [], "cut": "now"}', 400, "item-end"),
    ("PATCH", QUEUE + "/nothing", '{"index": 0}', 404, "“nothing”"),
    ("PATCH", QUEUE + "/y", '{"index": "0"}', 400, "must be a number"),
    ("DELETE", QUEUE + "/nothing", None, 404, "“nothing”"),
    ("POST", EVENTS, '{"type": "boom"}', 400, "“type” must be"),
    ("POST", EVENTS, '{"type": "interrupt"}', 400, "“item” is missing"),
    ("POST", EVENTS, '{"type": "slate", "at": "noon"}', 400, "“at”"),
    ("GET", QUEUE + "?limt=1", None, 400, "did you mean “?limit=”"),
    ("GET", "/v1/channels/other/queue", None, 404, "no such channel"),
    ("GET", "/v1/jobs", None, 404, "nothing at this address"),
    ("POST", "/v1/channels/channel/start", None, 404, "nothing at"),
    ("DELETE", QUEUE, None, 405, "other methods"),
]


def refuse(channel):
    for method, path, body, wanted, says in BAD:
        status, _, answer = channel.ask(method, path, body)
        assert status == wanted, (method, path, body, status, answer)
        assert says in answer["detail"], (says, answer)
    body = '{"uri": "testsrc:"}'
    assert channel.ask("POST", QUEUE, body,
                       Content_Type="text/plain")[0] == 415
    assert channel.ask("POST", QUEUE, body, Host="evil.example")[0] == 421
    assert channel.ask("POST", "/v1/channels/channel/skip",
                       Origin="http://evil.example")[0] == 403
    assert channel.ask("POST", QUEUE, body,
                       Origin=f"http://127.0.0.1:{channel.port}")[0] == 201
    assert channel.ask("PUT", QUEUE, {"items": []}, If_Match="*")[0] == 200


def many(channel):
    """A long list in one document, and more than one may have."""
    status, _, body = channel.ask("POST", QUEUE, {
        "items": [item(f"m{i}") for i in range(9000)]})
    assert status == 201 and len(body["items"]) == 9000, (status, body)
    status, _, queue = channel.ask("GET", QUEUE)
    assert len(queue["items"]) == 500, len(queue["items"])
    assert queue["queue_length"] >= 8999, queue["queue_length"]
    assert channel.ask("PUT", QUEUE, {"items": []})[0] == 200


def shut(_channel):
    """Where control= is off there is nothing at /v1."""
    other = Channel(PRESET + "[http]\ncontrol=off\n")
    try:
        connection = http.client.HTTPConnection(
            "127.0.0.1", other.port, timeout=LIMIT_MS / 1000)
        connection.request("GET", QUEUE)
        assert connection.getresponse().status == 404
    finally:
        other.process.kill()
        other.process.communicate()
        shutil.rmtree(other.folder)


def early(_channel):
    """A queue that does not load is waited for, not for ever."""
    with tempfile.TemporaryDirectory() as away:
        other = Channel(PRESET.replace(
            "queue.db", f"redis+unix://{away}/none?key=k"))
        try:
            asked = time.monotonic()
            status, headers, body = other.ask("GET", QUEUE)
            assert status == 503 and headers["Retry-After"], (status, body)
            assert "has not loaded" in body["detail"], body
            assert time.monotonic() - asked > 4, "it was not waited for"
        finally:
            other.process.kill()
            other.process.communicate()
            shutil.rmtree(other.folder)


def advertise(_channel):
    """An item of the preset is an advertisement, and the playlist says so."""
    other = Channel(PRESET + """[item spot]
uri=testsrc:
out=2s
ad=spring-7
ad-duration=2s
[hls]
ad-markers=both
""")
    try:
        text = ""
        for _ in range(30):  # until it is on air, and a segment of it is there
            if 'EXT-X-DATERANGE:ID="spring-7",' in text:
                break
            other.wait_published(3)  # a playlist stands between two segments
            with open(os.path.join(other.folder, "out/video_0/playlist.m3u8"),
                      encoding="utf-8") as file:
                text = file.read()
        assert 'EXT-X-DATERANGE:ID="spring-7",' in text, text
        assert "PLANNED-DURATION=2" in text and "SCTE35-OUT=0xFC" in text, text
        assert "#EXT-X-CUE-OUT:" in text, text
        assert other.end() == 0
    finally:
        other.process.kill()
        other.process.communicate()
        shutil.rmtree(other.folder, ignore_errors=True)


def main():
    print("1..9")
    channel = Channel()
    try:
        channel.wait_published()
        events = channel.listen()
        for number, (name, test) in enumerate((
                ("the queue is edited", lambda: edit(channel, events)),
                ("interrupts say their frame",
                 lambda: interrupt(channel, events)),
                ("playlists", lambda: playlists(channel)),
                ("skip", lambda: skip(channel, events)),
                ("what is wrong is named", lambda: refuse(channel)),
                ("many items", lambda: many(channel)),
                ("control=off", lambda: shut(channel)),
                ("an advertisement of the preset",
                 lambda: advertise(channel)),
                ("a queue that is away", lambda: early(channel))), 1):
            test()
            print(f"ok {number} {name}", flush=True)
        assert channel.end() == 0
    finally:
        channel.process.kill()
        channel.process.communicate()
        shutil.rmtree(channel.folder, ignore_errors=True)


main()
