#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a job does not need is not loaded: libcurl with its forty libraries,
libswscale with its thirty, and the decoders' hundred and seventy cost more time
than copying a segment. The dynamic linker says what it loads."""

import glob
import os
import re
import subprocess
import sys
import tempfile

import service_fixture

HEAVY = ("libcurl.so", "libswscale.so", "libavutil.so", "libX11.so",
         "libgstlibav.so")
LOADED = re.compile(r"file=(\S+) .*generating link map")
PROGRAM = re.compile(r"initialize program: (\S+)")
COPY = """[vstream]
type=vod
[video source]
codec=copy
[audio main]
codec=copy
[segment]
duration=1s
"""
INTO_A_BUCKET = ("gst-launch-1.0 -q fakesrc num-buffers=0 ! s3sink "
                 "location=s3://bucket/key endpoint=http://127.0.0.1:1 "
                 "access-key=a secret-access-key=b")


def loaded_by(words, folder, check=True, env=None, programs=None):
    """Names of all that the command and its children loaded, and which they
    were."""
    env = dict(env or os.environ, LD_DEBUG="files",
               LD_DEBUG_OUTPUT=os.path.join(folder, "ld"))
    subprocess.run(words, cwd=folder, env=env, check=check, timeout=60,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    names = set()
    for path in glob.glob(os.path.join(folder, "ld.*")):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        names.update(os.path.basename(name) for name in LOADED.findall(text))
        if programs is not None:
            programs += map(os.path.basename, PROGRAM.findall(text))
        os.remove(path)
    assert "libglib-2.0.so.0" in names, names
    return names


def heavy_of(names):
    return sorted(n for n in names if n.startswith(HEAVY))


def with_folder(case):
    def run():
        with tempfile.TemporaryDirectory(prefix="vs-libraries-") as folder:
            case(folder)
    run.__name__ = case.__name__
    return run


def make_copy(folder):
    """A clip in @folder, and a job that copies it."""
    subprocess.run(["gst-launch-1.0", "-q"] + service_fixture.CLIP.split(),
                   cwd=folder, check=True, timeout=60,
                   stdin=subprocess.DEVNULL)
    with open(os.path.join(folder, "copy.ini"), "w",
              encoding="utf-8") as file:
        file.write(COPY)
    return [os.path.abspath(service_fixture.LAUNCHER), "--preset", "copy.ini",
            "--input", "good.mp4", "--output", "out"]


@with_folder
def test_a_copied_film_loads_neither_curl_nor_decoders(folder):
    names = loaded_by(make_copy(folder), folder)
    assert "libgstvstream.so" in names, names
    assert not heavy_of(names), heavy_of(names)


@with_folder
def test_a_plugin_in_the_build_folder_needs_no_scanner(folder):
    job = make_copy(folder)
    plain = {name: value for name, value in os.environ.items()
             if not name.startswith("GST_PLUGIN")}
    plain["GST_REGISTRY"] = os.path.join(folder, "list.bin")
    for first in (True, False):
        programs = []
        loaded_by(job, folder, env=plain, programs=programs)
        if not first: # which has made GStreamer's list
            assert sorted(programs) == ["vstream-launcher",
                                        "vstream-worker"], programs


def run_job(service, events, film, preset):
    """The log of a job that succeeded, and what can be played of it."""
    job = service.submit(film, preset)
    events.wait_state(job, "succeeded", "failed")
    log = service.ask("GET", f"/v1/jobs/{job}/log").body.decode()
    assert service.job(job)["state"] == "succeeded", (film, log)
    service.check_output(job)
    # a decoder that the small list has not
    assert service.play(job, "poster.jpg").status == 200, film
    return log


def wait_for_lists(service, events, film):
    """Until a copy reads the small list; the full one does until it is there."""
    for _ in range(40):
        if "/cache/copies.bin" in run_job(service, events, film, "copy"):
            return os.path.join(service.state, "cache")
    raise AssertionError("no copy has read the small list")


def test_the_service_has_a_small_list_for_copies():
    os.environ["GST_DEBUG"] = "GST_REGISTRY:4"  # reaches the job's log
    service = service_fixture.Service("niceness=0\n")
    with open(service.path("presets/copy.ini"), "w", encoding="utf-8") as file:
        file.write(COPY)
    film = service.make_clip()
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", "good.mp4", "-c",
                    "copy", "good.mkv", "-c", "copy", "good.ts", "-c", "copy",
                    "good.flv"], cwd=service.films, check=True, timeout=60)
    try:
        service.start()
        events = service_fixture.Listener(service)
        cache = wait_for_lists(service, events, film)
        linked = os.listdir(cache + "/plugins")
        assert {"libgstvstream.so", "libgstisomp4.so"} <= set(linked), linked
        assert "libgstlibav.so" not in linked, linked
        assert all(os.path.exists(f"{cache}/plugins/{n}") for n in linked)
        for kind in ("mkv", "ts", "flv"):
            log = run_job(service, events, service.film("good." + kind), "copy")
            assert "/cache/copies.bin" in log, log
        log = run_job(service, events, film, "small")
        assert "/cache/registry.bin" in log, log
    finally:
        service.close()
        del os.environ["GST_DEBUG"]


@with_folder
def test_a_bucket_loads_curl(folder):
    names = loaded_by(INTO_A_BUCKET.split(), folder, check=False)
    assert heavy_of(names) == ["libcurl.so.4"], heavy_of(names)


def main():
    with tempfile.TemporaryDirectory(prefix="vs-registry-") as folder:
        # GStreamer's list of plugins is made by loading them all
        os.environ["GST_REGISTRY"] = os.path.join(folder, "registry.bin")
        subprocess.run(["gst-inspect-1.0", "vstream"], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        return service_fixture.run([
            test_a_copied_film_loads_neither_curl_nor_decoders,
            test_a_plugin_in_the_build_folder_needs_no_scanner,
            test_the_service_has_a_small_list_for_copies,
            test_a_bucket_loads_curl,
        ])


if __name__ == "__main__":
    sys.exit(main())
