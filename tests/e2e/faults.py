#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""faults.py: what goes wrong for a user of vstream-launcher, and how it says so.

Each case runs whole jobs through the shipped vod.ini and holds them to
docs/launcher.md: the exit code, one clear sentence on standard error that names
what is wrong, nothing left behind that claims to be whole (no EXT-X-ENDLIST, no
static MPD), and every object that a manifest names is there. Prints TAP; a
case that this machine cannot show is a SKIP with the reason.
"""

import http.server
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
import xml.etree.ElementTree as ElementTree

LIMIT_SECONDS = 60
LAUNCHER = os.path.join(os.environ.get("VS_BUILD_ROOT", "build"),
                        "launcher", "vstream-launcher")
PROGRESS = re.compile(r"^\s*(\d+ %|(live +)?\d+:\d\d)|^Published |^Stopping")
CLIP = ("videotestsrc num-buffers={frames} ! "
        "video/x-raw,width=160,height=90,framerate=25/1 ! "
        "x264enc speed-preset=ultrafast key-int-max=25 ! h264parse ! queue ! "
        "mp4mux name=mux faststart=true ! filesink location={path} "
        "audiotestsrc num-buffers={blocks} samplesperbuffer=1920 ! "
        "audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! "
        "aacparse ! queue ! mux.")
DASH = "{urn:mpeg:dash:schema:mpd:2011}"


class Skip(Exception):
    """The machine cannot show this."""


def make_clip(path, seconds):
    folder, name = os.path.split(path)
    line = CLIP.format(frames=seconds * 25, blocks=seconds * 25, path=name)
    subprocess.run(["gst-launch-1.0", "-q"] + line.split(), cwd=folder,
                   check=True, timeout=LIMIT_SECONDS, stdin=subprocess.DEVNULL)


class Job:
    """A run of the launcher that has ended."""

    def __init__(self, code, err):
        self.code = code
        self.err = err
        self.said = [line for line in err.splitlines()
                     if line and not PROGRESS.match(line)]

    def expect(self, code, *parts):
        assert self.code == code, f"exit {self.code}, not {code}\n{self.err}"
        if code == 0:
            return
        assert len(self.said) == 1, f"not one sentence:\n{self.err}"
        self.expect_said("vstream-launcher: ", *parts)

    def expect_said(self, *parts):
        for part in parts:
            assert part in "\n".join(self.said), f"no “{part}” in:\n{self.err}"


def start(clip, out, *more, preset="vod", wrap=()):
    return subprocess.Popen(
        [*wrap, LAUNCHER, "--preset", preset, "--input", clip, "--output", out,
         *more],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)


def finish(process, heard=""):
    try:
        _, err = process.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(
            "did not end:\n" + heard + process.communicate()[1]) from None
    return Job(process.returncode, heard + err)


def run(*args, **named):
    return finish(start(*args, **named))


def start_and_wait(clip, out, text="Published video_0/"):
    """A job in its middle, and what it has said so far."""
    process = start(clip, out, "--log-level", "debug")
    heard = ""
    for line in process.stderr:
        heard += line
        if text in line:
            return process, heard
    raise AssertionError(f"never said “{text}”:\n{heard}")


# What is left behind -------------------------------------------------------

def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def playlist_uris(text):
    yield from re.findall(r'URI="([^"]+)"', text)
    yield from (line for line in text.splitlines()
                if line and not line.startswith("#"))


def mpd_uris(text):
    for item in ElementTree.fromstring(text).iter(DASH + "AdaptationSet"):
        yield from (one.text for one in item.iter(DASH + "BaseURL"))
        template = item.find(DASH + "SegmentTemplate")
        if template is None:
            continue
        times, time = [], 0
        for s in template.iter(DASH + "S"):
            time = int(s.get("t", time))
            for _ in range(int(s.get("r", 0)) + 1):
                times.append(time)
                time += int(s.get("d"))
        for one in item.iter(DASH + "Representation"):
            yield template.get("initialization").replace(
                "$RepresentationID$", one.get("id"))
            yield from (template.get("media").replace(
                "$RepresentationID$", one.get("id")).replace(
                    "$Time$", str(t)) for t in times)


def check_output(out, whole, killed=False):
    """Every name in a manifest is there; the end is claimed if it is whole."""
    manifests = 0
    for folder, _, names in os.walk(out):
        for name in names:
            assert killed or not name.endswith(".part"), f"{name} was left"
            if not name.endswith((".m3u8", ".mpd")):
                continue
            manifests += 1
            text = read(folder, name)
            uris = list((mpd_uris if name.endswith(".mpd")
                         else playlist_uris)(text))
            for uri in uris:
                path = os.path.join(folder, uri)
                assert os.path.getsize(path) > 0, f"{path} in {name}"
            if "#EXT-X-STREAM-INF" not in text:
                ended = 'type="static"' in text or "#EXT-X-ENDLIST" in text
                assert ended == whole, f"{folder}/{name}: {text}"
    assert manifests > 0 or not whole, f"no manifest in {out}"


# Input ---------------------------------------------------------------------

def atom(data, name):
    """Offset and size of a box at the top of an MP4 file."""
    at = data.find(name) - 4
    return at, int.from_bytes(data[at:at + 4], "big")


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def bad_inputs(clip):
    """name: (bytes, exit code, what is said)."""
    moov, moov_size = atom(clip, b"moov")
    mdat, _ = atom(clip, b"mdat")
    noise = random.Random(1)
    half, tenth = (mdat + len(clip)) // 2, (len(clip) - mdat) // 10
    flipped = bytearray(clip)
    for i in range(half, half + tenth):
        flipped[i] ^= 1 << noise.randrange(8)
    return {
        "text": (b"just a letter, no film\n" * 9, 65, "is not media"),
        "noise": (noise.randbytes(5000), 65, "is not media"),
        "empty": (b"", 65, "is empty"),
        "no moov": (clip[:moov] + clip[moov + moov_size:], 65, "is not media"),
        "moov cut": (clip[:moov + moov_size // 2], 65, "is not media"),
        "no mdat": (clip[:moov + moov_size + 8], 65, "can be decoded"),
        "mdat cut": (clip[:half], 0, "cut short"),
        "flipped": (bytes(flipped), 0, "is damaged in places"),
        "garbage": (clip[:half] + noise.randbytes(len(clip) - half), 0,
                    "is damaged"),
    }


def damaged_input(box):
    clip = open(box.clip, "rb").read()
    for name, (data, code, said) in bad_inputs(clip).items():
        path = write(box.path(name + ".mp4"), data)
        job = run(path, box.path("out " + name))
        try:
            job.expect(code, path, said)
            job.expect_said(path, said)
            check_output(box.path("out " + name), whole=code == 0)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


def undecodable_stream(box):
    """All that an H.264 stream says is noise: the worker ends in time."""
    data = bytearray(open(box.clip, "rb").read())
    mdat, _ = atom(data, b"mdat")
    noise = random.Random(2)
    for i in range(mdat + 8, len(data)):
        data[i] ^= noise.randrange(256)
    path = write(box.path("noise.mp4"), bytes(data))
    run(path, box.path("out")).expect(65, path)
    check_output(box.path("out"), whole=False)


def scramble(clip, stream):
    """The file `clip` with noise for every packet of its v or a stream."""
    if shutil.which("ffprobe") is None:
        raise Skip("ffprobe, which finds the packets, is not there")
    data, noise = bytearray(open(clip, "rb").read()), random.Random(3)
    packets = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", stream, "-show_entries",
         "packet=pos,size", "-of", "csv=p=0", clip],
        check=True, timeout=LIMIT_SECONDS, capture_output=True, text=True)
    for line in packets.stdout.split():
        size, at = (int(value) for value in line.strip(",").split(","))
        data[at:at + size] = noise.randbytes(size)
    return bytes(data)


def half_of_it_noise(box):
    """One stream is noise: the other is published, and it is said."""
    for stream, lost, kept in (("v", "video", "audio_0"),
                               ("a", "audio", "video_0")):
        path = write(box.path(lost + ".mp4"), scramble(box.clip, stream))
        out = box.path("out " + lost)
        job = run(path, out)
        job.expect(0)
        job.expect_said(f"{lost} can be decoded")
        check_output(out, whole=True)
        assert os.path.isdir(os.path.join(out, kept)), kept
        assert not os.path.exists(os.path.join(out, lost + "_0")), lost


def no_stream_to_decode(box):
    path = write(box.path("talk.srt"),
                 b"1\n00:00:00,000 --> 00:00:02,000\nhello\n\n")
    subtitles = box.path("subtitles.mkv")
    run(path, box.path("out")).expect(65, path)
    if shutil.which("ffmpeg") is None:
        raise Skip("ffmpeg, which makes the rest of the media, is not there")
    subprocess.run(["ffmpeg", "-v", "error", "-i", path, subtitles],
                   check=True, timeout=LIMIT_SECONDS)
    run(subtitles, box.path("out")).expect(65, subtitles, "neither video nor")
    check_output(box.path("out"), whole=False)


class Trickle(http.server.BaseHTTPRequestHandler):
    """Half of a film, then a byte at a time: never silent, of no use."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        data = self.server.film
        wanted = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        first = int(wanted[1]) if wanted else 0  # a busy machine asks again
        at = max(len(data) // 2, first)
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data) - first))
        if wanted:
            self.send_header("Content-Range",
                             f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        try:
            self.wfile.write(data[first:at])
            while not self.server.over.wait(0.4):
                self.wfile.write(data[at:at + 1])
                at += 1
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


def input_that_trickles(box):
    """No time-out of a read sees it; the job ends all the same."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trickle)
    server.film, server.over = open(box.clip, "rb").read(), threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    preset = write(box.path("short.ini"),
                   b"[vstream]\ntype=vod\n[input]\ntimeout=100ms\n"
                   b"[video a]\nheight=90\n")
    try:
        run(f"http://127.0.0.1:{server.server_port}/film.mp4", box.path("out"),
            preset=preset).expect(75, "has not moved for 3 s")
        check_output(box.path("out"), whole=False)
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def no_input(box):
    out = box.path("out")
    cases = ((box.path("no such.mp4"), 66, "No such file"),
             (box.folder, 66, "is a folder"),
             ("http://127.0.0.1:1/film.mp4", 75, "Try again later"),
             ("nosuch://film", 69, "nosuch"), ("", 64, "empty"))
    for path, code, said in cases:
        run(path, out).expect(code, path, said)
        assert not os.path.exists(out) or not os.listdir(out), path


def without_root():
    """Root that obeys permissions, for the wrap of run ()."""
    if os.geteuid() != 0:
        return ()
    wrap = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    if (shutil.which("setpriv") is None or
            subprocess.run([*wrap, "true"], check=False,
                           stderr=subprocess.DEVNULL).returncode != 0):
        raise Skip("root's permissions cannot be taken away here (setpriv)")
    return wrap


def unreadable_input(box):
    path = shutil.copy(box.clip, box.path("secret.mp4"))
    os.chmod(path, 0)
    run(path, box.path("out"), wrap=without_root()).expect(
        66, path, "Permission denied")


# Output --------------------------------------------------------------------

def output_in_the_way(box):
    path = write(box.path("file"), b"mine")
    for out in (path, path + "/deeper", "/proc", "/proc/x"):
        run(box.clip, out).expect(73, out)
    run(box.clip, "gopher://a/b").expect(64, "gopher")
    run(box.clip, "").expect(64, "empty")
    assert read(path) == "mine"


def output_read_only(box):
    wrap = without_root()
    os.mkdir(box.path("locked"), 0o555)
    for out in (box.path("locked"), box.path("locked/x")):
        run(box.clip, out, wrap=wrap).expect(73, out, "Permission denied")
    os.makedirs(box.path("half/video_0"))
    os.chmod(box.path("half/video_0"), 0o555)
    run(box.clip, box.path("half"), wrap=wrap).expect(73, box.path("half"))
    check_output(box.path("half"), whole=False)


def disk_full(box):
    mount = box.path("mount")
    os.mkdir(mount)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1536k", "none", mount],
        check=False, capture_output=True, text=True)
    if made.returncode != 0:
        raise Skip(f"no small disk can be mounted: {made.stderr.strip()}")
    try:
        out = os.path.join(mount, "out")
        job = run(box.long_clip, out)
        job.expect(74, "/out", "No space left", "Make room")
        check_output(out, whole=False)
    finally:
        subprocess.run(["umount", mount], check=True)


def odd_names(box):
    for name in ("100%d %s %%", "a  b", "# one?&=", "日本語 ü", "x/../y", "-z",
                 "a'b\"c", ":d"):
        clip = box.path(name.replace("/../", "..") + ".mp4")
        out = box.path("out/" + name)
        shutil.copy(box.clip, clip)
        run(clip, out).expect(0)
        # As text: x need not be there.
        check_output(os.path.normpath(out), whole=True)


# Presets -------------------------------------------------------------------

def bad_presets(box):
    cases = (("[video a]\nheigth=90\n", "bad.ini:4", "heigth", "height"),
             ("[video a]\nheight=tall\n", "bad.ini:4", "height", "tall"),
             ("[vidoe a]\nheight=90\n", "bad.ini:3", "vidoe", "video"),
             ("[segment]\nduration=0s\n", "bad.ini:4", "duration"),
             ("height\n", "bad.ini:3"),
             ("[element x264enc]\ntune=slow\n", "line 4", "tune"))
    for text, *said in cases:
        path = write(box.path("bad.ini"),
                     ("[vstream]\ntype=vod\n" + text).encode())
        run(box.clip, box.path("out"), preset=path).expect(78, *said)
    run(box.clip, box.path("out"), preset="vodd").expect(66, "vodd", "vod")
    assert not os.path.exists(box.path("out"))


# Two jobs, signals, death --------------------------------------------------

def second_job(box):
    process, heard = start_and_wait(box.long_clip, box.path("out"))
    run(box.clip, box.path("out")).expect(73, box.path("out"), "Another")
    process.send_signal(signal.SIGTERM)
    assert finish(process, heard).code == 143
    run(box.clip, box.path("out")).expect(0)
    check_output(box.path("out"), whole=True)


def one_signal(box):
    for number in (signal.SIGINT, signal.SIGTERM):
        out = box.path(number.name)
        process, heard = start_and_wait(box.long_clip, out)
        process.send_signal(number)
        job = finish(process, heard)
        assert job.code == 128 + number and not job.said, job.err
        assert "Stopping" in job.err, job.err
        check_output(out, whole=False)


def two_signals(box):
    process, heard = start_and_wait(box.long_clip, box.path("out"))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    job = finish(process, heard)
    assert job.code in (130, 143) and not job.said, job.err
    check_output(box.path("out"), whole=False, killed=True)


def child_of(process):
    """0: there is none, not yet or not any more."""
    if process.poll() is not None:
        return 0
    return int(read(f"/proc/{process.pid}/task/{process.pid}/children") or 0)


def worker_killed(box):
    for number in (signal.SIGKILL, signal.SIGSEGV):
        out = box.path(number.name)
        process, heard = start_and_wait(box.long_clip, out)
        worker = child_of(process)
        assert worker, "there is no worker"
        os.kill(worker, number)
        finish(process, heard).expect(70, "worker crashed", number.name)
        check_output(out, whole=False, killed=True)


def has_ended(pidfd, seconds):
    """Within that time; a pidfd can be read when its process has ended."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    ended = bool(poll.poll(seconds * 1000))
    os.close(pidfd)
    return ended


def launcher_killed(box):
    process, _ = start_and_wait(box.long_clip, box.path("out"))
    worker = os.pidfd_open(child_of(process))
    process.kill()
    process.communicate()
    assert has_ended(worker, 10.0), "the worker lives on"
    check_output(box.path("out"), whole=False, killed=True)


CASES = (damaged_input, undecodable_stream, half_of_it_noise,
         no_stream_to_decode, input_that_trickles, no_input, unreadable_input,
         output_in_the_way, output_read_only, disk_full, odd_names,
         bad_presets, second_job, one_signal, two_signals, worker_killed,
         launcher_killed)


class Box:
    """A folder of its own for one case, and clips for all."""

    def __init__(self, top, name):
        self.folder = os.path.join(top, name)
        self.clip = os.path.join(top, "clip.mp4")
        self.long_clip = os.path.join(top, "long.mp4")
        os.mkdir(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)


def tell(number, case, top):
    """Runs one case. TRUE: it did not fail."""
    name = case.__name__.replace("_", " ")
    try:
        case(Box(top, case.__name__))
        print(f"ok {number} {name}", flush=True)
    except Skip as reason:
        print(f"ok {number} {name} # SKIP {reason}", flush=True)
    except Exception:  # pylint: disable=broad-except
        print(f"not ok {number} {name}")
        for line in traceback.format_exc().splitlines():
            print(f"# {line}", flush=True)
        return False
    return True


def main(argv):
    cases = [case for case in CASES
             if not argv[1:] or case.__name__ in argv[1:]]
    print(f"1..{len(cases)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="vstream faults ") as top:
        make_clip(os.path.join(top, "clip.mp4"), 6)
        make_clip(os.path.join(top, "long.mp4"), 240)
        results = [tell(number, case, top)
                   for number, case in enumerate(cases, 1)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
