#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""service-films.py: films in a bucket of radosgw as items of channels: seen in
the output, over a loss of the service, and gone; and what a stranger's playlist
may not lead to."""

import http.server
import json
import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "servers"))

import ceph  # noqa: E402
from s3_servers import Servers  # noqa: E402
from service_fixture import (LIMIT_SECONDS, PRESETS, Listener,  # noqa: E402
                             Service, run)

BUCKET = "results"
WIDTH, HEIGHT = 160, 90
RED = ("videotestsrc num-buffers=75 pattern=red ! "
       f"video/x-raw,width={WIDTH},height={HEIGHT},framerate=25/1 ! "
       "x264enc speed-preset=ultrafast key-int-max=25 ! h264parse ! queue ! "
       "mp4mux name=mux ! filesink location=red.mp4 "
       "audiotestsrc num-buffers=75 samplesperbuffer=1920 ! "
       "audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! "
       "aacparse ! queue ! mux.")
GONE = "The film, or a part of it, is not in the service's bucket any more."
MADE = {}
SERVERS = Servers()
SERVICE = Service(inputs="allow-addresses=127.0.0.0/8")


def make_film(url, title, preset="small"):
    events = Listener(SERVICE)
    asset = SERVICE.post("/v1/assets", {"preset": preset, "title": title,
                                        "input": {"url": url}})
    events.wait_state(asset["job_id"], "succeeded", "failed")
    assert SERVICE.job(asset["job_id"])["state"] == "succeeded", asset
    MADE[title] = asset
    return "asset:" + asset["id"]


def remove_film(title):
    answer = SERVICE.ask("DELETE", "/v1/assets/" + MADE[title]["id"])
    assert answer.status == 204, answer


def start(*items, first=None):
    """@first: called when the queue is there, before it is on air."""
    events = Listener(SERVICE)
    channel = SERVICE.post("/v1/channels", {
        "name": "Films", "items": list(items)}, 201)["id"]
    if first:
        first()
    SERVICE.post(f"/v1/channels/{channel}/start", "")
    return channel, events


def wait_on_air(events, channel, name):
    events.wait_for(lambda: ((events.air.get(channel) or {}).get("on_air") or
                             {}).get("item", None) is not None and
                    events.air[channel]["on_air"]["item"]["id"] == name, name)


def read_as_run(channel):
    with open(f"{SERVICE.state}/queues/{channel}/as-run.log",
              encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def remove(channel, events):
    SERVICE.post(f"/v1/channels/{channel}/stop", "")
    events.wait_for(lambda: events.jobs[channel][-1] == "idle")
    answer = SERVICE.ask("DELETE", "/v1/channels/" + channel)
    assert answer.status == 204, answer
    SERVICE.wait_quiet()


def wait_closed(channel):
    """The last playlist is served: one before it is kept for half a second."""
    until = time.monotonic() + LIMIT_SECONDS
    while b"#EXT-X-ENDLIST" not in SERVICE.play(
            channel, "video_0/playlist.m3u8").body:
        assert time.monotonic() < until, "the channel is not closed"
        threading.Event().wait(0.1)


def count_red(channel):
    """The frames of what it has published that are red all over."""
    wait_closed(channel)
    pictures = subprocess.run(
        ["ffmpeg", "-v", "error", "-i",
         f"http://127.0.0.1:{SERVICE.port}/play/{channel}/multivariant.m3u8",
         "-map", "0:v:0", "-vf", "scale=1:1", "-f", "rawvideo", "-pix_fmt",
         "rgb24", "-"], check=True, timeout=LIMIT_SECONDS,
        stdout=subprocess.PIPE).stdout
    points = [pictures[i:i + 3] for i in range(0, len(pictures), 3)]
    return sum(r > 180 and g < 60 and b < 60 for r, g, b in points)


def film(name, uri, **more):
    """A busy machine is no failure."""
    return {"id": name, "uri": uri, "timeout": 60, **more}


def bars(name):
    return {"id": name, "uri": "testsrc:", "out": 600}


def wait_position(channel, seconds):
    until = time.monotonic() + LIMIT_SECONDS
    while True:
        shown = SERVICE.get("/v1/channels/" + channel)["on_air"]
        if shown and shown["position"] > seconds:
            return shown
        assert time.monotonic() < until, shown
        threading.Event().wait(0.1)


def test_a_film_is_seen():
    """All of it, a part of it, and one that has no HLS."""
    subprocess.run(["gst-launch-1.0", "-q"] + RED.split(), cwd=SERVICE.films,
                   check=True, timeout=LIMIT_SECONDS, stdin=subprocess.DEVNULL)
    uri = make_film(SERVICE.film("red.mp4"), "Red")
    other = make_film(SERVICE.film("red.mp4"), "DASH", "dash")
    assert not os.listdir(SERVICE.state + "/media")
    channel, events = start(
        film("f", uri), film("g", uri, **{"in": 1, "out": 2, "title": "Part"}),
        film("d", other, **{"in": 2}), bars("h"))
    shown = SERVICE.get(f"/v1/channels/{channel}/queue")
    assert "store:" not in json.dumps(shown), shown
    wait_on_air(events, channel, "h")
    SERVICE.wait_segments(channel,
                          len(SERVICE.read_segments(channel)[0]) + 1)
    SERVICE.post(f"/v1/channels/{channel}/stop", "")
    events.wait_for(lambda: events.jobs[channel][-1] == "idle")
    lines = {line["id"]: line for line in read_as_run(channel)}
    assert lines["f"]["title"] == "Red" and lines["f"]["reason"] == "ended", lines
    assert lines["f"]["frames"] >= 75, lines
    assert lines["g"]["frames"] >= 25 and lines["d"]["frames"] >= 25, lines
    red = count_red(channel)
    print(f"# {red} frames of 125 are red", flush=True)
    assert 120 <= red < 250, red
    answer = SERVICE.ask("DELETE", "/v1/channels/" + channel)
    assert answer.status == 204, answer


def test_play_names_what_there_is():
    for title, agent, name in (("DASH", "iPhone", "manifest.mpd"),
                               ("Red", "iPhone", "multivariant.m3u8"),
                               ("Red", "Chrome", "manifest.mpd")):
        path = "/play/" + MADE[title]["id"]
        answer = SERVICE.ask("GET", path, None, {"User-Agent": agent})
        assert answer.status == 302, answer
        assert answer.headers["Location"].endswith("/" + name), (title, agent)


def test_one_that_is_removed_is_passed_over():
    """While it waits, and while it is on air, where it went on after a loss of
    the service; the channel goes on."""
    gone = make_film("testsrc:?duration=3s", "Gone")
    long = make_film("testsrc:?duration=60s", "Long")
    channel, events = start(film("l", long), film("f", gone), bars("h"),
                            first=lambda: remove_film("Gone"))
    before = wait_position(channel, 1.5)
    _, breaks = SERVICE.wait_segments(channel, 0)
    SERVICE.kill()
    SERVICE.start()
    events = Listener(SERVICE)
    shown = wait_position(channel, before["position"] + 0.5)
    assert shown["item"] == before["item"] and \
        shown["item"]["uri"] == long, (shown, before)
    segments, _ = SERVICE.read_segments(channel)
    _, more = SERVICE.wait_segments(channel, len(segments))
    assert more == breaks + 1, (breaks, more)
    remove_film("Long")
    wait_on_air(events, channel, "h")
    lines = {line["id"]: line for line in read_as_run(channel)}
    for name in ("l", "f"):
        assert lines[name]["failure"] == GONE, lines
    assert lines["f"]["frames"] < 25 < lines["l"]["frames"] < 1400, lines
    SERVICE.wait_segments(channel,
                          len(SERVICE.read_segments(channel)[0]) + 1)
    remove(channel, events)


def test_keys_and_places_are_told_to_nobody():
    secret = ceph.SECRET_KEY.encode()
    for folder, _, names in os.walk(SERVICE.state):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert secret not in file.read(), name


class Stranger(http.server.BaseHTTPRequestHandler):
    """Playlists of what is in the bucket: /s3.m3u8, /film.m3u8."""

    def do_GET(self):  # pylint: disable=invalid-name
        before, after = MADE[self.path]
        body = ("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n"
                f"#EXT-X-MAP:URI=\"{before}init_0.mp4{after}\"\n" +
                "".join(f"#EXTINF:1,\n{before}{name}{after}\n"
                        for name in MADE["segments"]) +
                "#EXT-X-ENDLIST\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.apple.mpegurl")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):  # pylint: disable=arguments-differ
        """Says nothing."""


def test_no_playlist_of_a_stranger_leads_to_it():
    """Neither by the store's address nor by the one that workers use."""
    place = f"{MADE['Red']['job_id']}/1/video_0/"
    keys = sorted(key for key in SERVERS.client.list(BUCKET)
                  if key.startswith("films/" + place))
    MADE["segments"] = [os.path.basename(key) for key in keys
                        if key.endswith(".m4s")]
    assert "films/" + place + "init_0.mp4" in keys and MADE["segments"], keys
    MADE["/s3.m3u8"] = (f"s3://{BUCKET}/films/{place}", "?addressing=path&"
                        f"endpoint={SERVERS.proxy.endpoint}")
    MADE["/film.m3u8"] = ("film:///" + place, "")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    events = Listener(SERVICE)
    jobs = [SERVICE.submit(here + path) for path in ("/s3.m3u8", "/film.m3u8")]
    for job in jobs:
        events.wait_state(job, "succeeded", "failed")
        made = SERVICE.job(job)
        assert made["state"] == "failed", made
        assert "plugin to handle URI" in made["error"]["message"], made
    channel, events = start(film("s", here + "/s3.m3u8"),
                            film("f", here + "/film.m3u8"), bars("h"))
    wait_on_air(events, channel, "h")
    lines = {line["id"]: line for line in read_as_run(channel)}
    for name in ("s", "f"):
        assert "from a network may not" in lines[name]["failure"], lines
        assert not lines[name]["on_air"], lines
    remove(channel, events)
    server.shutdown()


def main():
    missing = ceph.need_ceph()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    cases = [value for name, value in globals().items()
             if name.startswith("test_")]
    with SERVERS:
        SERVERS.client.make_bucket(BUCKET)
        SERVICE.use_bucket(
            f"s3://{BUCKET}/films?endpoint={SERVERS.proxy.endpoint}"
            "&addressing=path", ceph.ACCESS_KEY, ceph.SECRET_KEY)
        with open(SERVICE.path("presets/dash.ini"), "w",
                  encoding="utf-8") as file:
            file.write(PRESETS["small"] + "[hls]\nenabled=false\n")
        try:
            SERVICE.start()
            return run(cases)
        finally:
            SERVICE.close()


if __name__ == "__main__":
    sys.exit(main())
