# SPDX-License-Identifier: LGPL-2.1-or-later
"""A vstream service on a free port of loopback, and a client for it.

Nothing here waits by the clock: jobs are followed by the service's own events.
"""

import collections
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import traceback

LIMIT_SECONDS = 120
LAUNCHER = os.path.join(os.environ.get("VS_BUILD_ROOT", "build"),
                        "launcher", "vstream-launcher")
FINAL = ("succeeded", "failed", "canceled", "stopped")
PRESETS = {
    "small": """[vstream]
type=vod
[video small]
width=160
height=90
framerate=25
bitrate=100k
encoder-preset=ultrafast
[segment]
duration=1s
gop-duration=1s
""",
    "sound": """[vstream]
type=vod
[video]
enabled=false
[segment]
duration=1s
gop-duration=1s
""",
    "channel": """[vstream]
type=channel
[queue]
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
window=2h
""",
    "air": """[vstream]
type=live
[video small]
width=160
height=90
framerate=25
bitrate=100k
encoder-preset=ultrafast
[segment]
duration=1s
gop-duration=1s
""",
}
CONFIG = """[http]
listen=127.0.0.1:0
{http}
[input]
files={films}
{inputs}
[worker]
retry-delay=100ms
"""
CLIP = ("videotestsrc num-buffers=50 ! "
        "video/x-raw,width=160,height=90,framerate=25/1 ! "
        "x264enc speed-preset=ultrafast key-int-max=25 ! h264parse ! queue ! "
        "mp4mux name=mux faststart=true ! filesink location=good.mp4 "
        "audiotestsrc num-buffers=50 samplesperbuffer=1920 ! "
        "audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! "
        "aacparse ! queue ! mux.")

Answer = collections.namedtuple("Answer", "status headers body")


class Listener(threading.Thread):
    """Reads /v1/events; wait_for() returns when its condition holds."""

    def __init__(self, service, last_id=None):
        super().__init__(daemon=True)
        self.changed = threading.Condition()
        self.jobs = collections.defaultdict(list)
        self.air = {}
        self.last_id = last_id
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", service.port, timeout=LIMIT_SECONDS)
        headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
        self.connection.request("GET", "/v1/events", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.status
        self.start()

    def run(self):
        event, number = "", None
        try:
            for raw in self.answer:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("id: "):
                    number = int(line[4:])
                elif line.startswith("data: ") and event in ("job", "channel"):
                    self.take(json.loads(line[6:]), number)
                elif line.startswith("data: ") and event == "on_air":
                    self.take_air(json.loads(line[6:]))
        except (OSError, http.client.HTTPException, ValueError,
                AttributeError):
            pass  # the service has gone, or the connection was closed here

    def take(self, job, number):
        with self.changed:
            self.last_id = number
            self.jobs[job["id"]].append(job["state"])
            self.changed.notify_all()

    def take_air(self, air):
        with self.changed:
            self.air[air["id"]] = air
            self.changed.notify_all()

    def wait_for(self, condition, what="what was waited for"):
        with self.changed:
            done = self.changed.wait_for(condition, LIMIT_SECONDS)
        assert done, f"{what} did not happen: {dict(self.jobs)}"

    def wait_state(self, job, *states):
        self.wait_for(lambda: any(s in states for s in self.jobs[job]),
                      f"{job} {states}")


class Service:
    """One service with its own state, presets and films."""

    def __init__(self, config="", http="", inputs=""):
        self.folder = tempfile.mkdtemp(prefix="vs-service-")
        self.films = self.path("films")
        self.state = self.path("state")
        os.mkdir(self.films)
        os.mkdir(self.path("presets"))
        for name, text in PRESETS.items():
            with open(self.path(f"presets/{name}.ini"), "w",
                      encoding="utf-8") as file:
                file.write(text)
        with open(self.path("vstream.ini"), "w", encoding="utf-8") as file:
            file.write(CONFIG.format(films=self.films, http=http,
                                     inputs=inputs) + config)
        self.process = None
        self.port = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def use_bucket(self, location, access_key, secret_key):
        """Before it is started: results go there."""
        secret = self.path("s3.secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write(secret_key + "\n")
        os.chmod(secret, 0o600)
        with open(self.path("vstream.ini"), "a", encoding="ascii") as file:
            file.write(f"[output]\nlocation={location}\n[s3]\n"
                       f"access-key={access_key}\nsecret-key-file={secret}\n")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            os.environ.pop(name, None)

    def make_clip(self):
        subprocess.run(["gst-launch-1.0", "-q"] + CLIP.split(), cwd=self.films,
                       check=True, timeout=LIMIT_SECONDS,
                       stdin=subprocess.DEVNULL)
        return self.film("good.mp4")

    def film(self, name, data=None):
        path = os.path.join(self.films, name)
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
        return "file://" + path

    def start(self):
        env = dict(os.environ, VS_PRESET_DIR=self.path("presets"))
        self.process = subprocess.Popen(
            [LAUNCHER, "--config", self.path("vstream.ini"), "--state",
             self.state], stdout=subprocess.PIPE, env=env, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("Listening on "), line
        self.port = int(line.rstrip("/\n").rsplit(":", 1)[1])
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(LIMIT_SECONDS)
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LIMIT_SECONDS)
        self.process.stdout.close()
        return code

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=LIMIT_SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path):
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer)
        return json.loads(answer.body)

    def post(self, path, document, status=202, headers=None):
        text = document if isinstance(document, (str, bytes)) \
            else json.dumps(document)
        answer = self.ask("POST", path, text,
                          {"Content-Type": "application/json",
                           **(headers or {})})
        assert answer.status == status, (document, answer)
        return json.loads(answer.body) if answer.body else None

    def submit(self, url, preset="small", **more):
        return self.post("/v1/jobs", {"preset": preset, "input": {"url": url},
                                      **more})["id"]

    def job(self, job):
        return self.get("/v1/jobs/" + job)

    def play(self, job, name):
        return self.ask("GET", f"/play/{job}/{name}")

    def check_output(self, job):
        """Every object that the manifests name is there; it has an end."""
        master = self.play(job, "multivariant.m3u8").body.decode()
        lists = [line for line in master.splitlines()
                 if line and not line.startswith("#")]
        assert lists, master
        for name in lists:
            text = self.play(job, name).body.decode()
            assert "#EXT-X-ENDLIST" in text, text
            objects = [line for line in text.splitlines()
                       if line and not line.startswith("#")]
            assert objects, text
            for item in objects:
                path = name.rsplit("/", 1)[0] + "/" + item
                answer = self.play(job, path)
                assert answer.status == 200 and answer.body, (path, answer)

    def read_segments(self, channel):
        """What its playlist names now, and the discontinuities in it."""
        text = self.play(channel, "video_0/playlist.m3u8").body.decode()
        return (re.findall(r"^[\w-]+\.m4s$", text, re.M),
                text.count("#EXT-X-DISCONTINUITY\n"))

    def wait_segments(self, channel, count):
        """Until more than so many segments are listed."""
        until = time.monotonic() + 60
        pause = threading.Event()
        while True:
            segments, breaks = self.read_segments(channel)
            if len(segments) > count:
                return segments, breaks
            assert time.monotonic() < until, segments
            pause.wait(0.1)

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children",
                  encoding="ascii") as file:
            return file.read().split()

    def wait_quiet(self):
        """Until nothing is left of what ran: workers, scratch, trash."""
        until = time.monotonic() + LIMIT_SECONDS
        pause = threading.Event()
        while time.monotonic() < until:
            left = self.children() + os.listdir(self.state + "/scratch") + \
                os.listdir(self.state + "/trash")
            if not left:
                return
            pause.wait(0.05)
        raise AssertionError(f"left over: {left}")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def kill_worker(self, chance=random):
        """Kills one worker of a job that runs now; its job, or None."""
        workers = [worker for worker in self.get("/v1/workers")["data"]
                   if "job_id" in worker]
        if not workers:
            return None
        worker = chance.choice(workers)
        try:
            os.kill(worker["pid"], signal.SIGKILL)
        except ProcessLookupError:
            return None
        return worker["job_id"]


def run(cases):
    """Prints TAP; the exit code."""
    failed = 0
    print(f"1..{len(cases)}", flush=True)
    for number, case in enumerate(cases, 1):
        name = case.__name__.removeprefix("test_").replace("_", " ")
        try:
            skipped = case()
            reason = f" # SKIP {skipped}" if skipped else ""
            print(f"ok {number} - {name}{reason}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            for line in traceback.format_exception(error):
                print("# " + line.rstrip().replace("\n", "\n# "))
            print(f"not ok {number} - {name}", flush=True)
    return 1 if failed else 0
