#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""live.ini while somebody watches: a poller reads every manifest and fetches
every URI in it, at each refresh. Nothing named is missing, sequence numbers
only rise, the target duration never changes, HLS and DASH name the same
objects, and what has left the window goes. A signal ends it with closed
manifests.

VS_LIVE_SECONDS   how long to watch (default 24)
VS_LIVE_AS_IT_IS  set: live.ini itself, not with a shorter window

TAP on standard output"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

import conformance

ROOT = os.environ["VS_SOURCE_ROOT"]
LAUNCHER = os.path.join(os.environ["VS_BUILD_ROOT"], "launcher",
                        "vstream-launcher")
SECONDS = float(os.environ.get("VS_LIVE_SECONDS", "24"))
SHORT = {"window": "8s", "keep": "2s", "duration": "2s", "gop-duration": "1s"}
REFRESH = 0.5
GAP = re.compile(r"^#EXT-X-GAP\n(#.*\n)*[^#\n]+$", re.M)


def playlist_keys(text, playlist):
    base = os.path.dirname(playlist)
    # what is a gap has no object
    uris = re.findall(r"^([^#\n]+)$", GAP.sub("", text), re.M)
    uris += re.findall(r'EXT-X-MAP:URI="([^"]+)"', text)
    return [os.path.join(base, uri) for uri in uris]


def mpd_keys(text, _manifest):
    root = ET.fromstring(text)
    for adaptation in root.iter(conformance.MPD + "AdaptationSet"):
        shared = adaptation.find(conformance.MPD + "SegmentTemplate")
        for representation in adaptation.findall(
                conformance.MPD + "Representation"):
            template = representation.find(conformance.MPD + "SegmentTemplate")
            yield from conformance.template_keys(
                shared if template is None else template,
                representation.get("id"))


class Watcher:
    def __init__(self, base):
        self.base = base
        self.complaints = []
        self.sequences = {}
        self.targets = {}
        self.fetched = set()
        self.hls, self.dash = set(), set()
        self.refreshes = 0
        self.mpds = 0
        self.newest = {}
        self.growth = []  # when a playlist had a newer segment, no gap

    def complain(self, text):
        if text not in self.complaints:
            self.complaints.append(text)

    def fetch(self, key, method="GET", may_miss=False):
        url = urllib.parse.urljoin(self.base, key)
        request = urllib.request.Request(url, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            if not may_miss:
                self.complain(f"{key}: {error.code}")
            return None

    def fetch_named(self, keys, manifest, read_keys):
        keys = list(dict.fromkeys(keys))
        for key in keys:
            if self.fetch(key, "HEAD", may_miss=True) is None and \
                    not self.came_late(key, keys, manifest, read_keys):
                self.complain(f"{key} of {manifest} is missing")
        return keys

    def came_late(self, key, keys, manifest, read_keys):
        """On a busy machine keep=, a segment, may be over before we ask: by
        then the manifest has let go of the next one, too."""
        text = self.fetch(manifest)
        named = set(read_keys(text, manifest)) if text else {key}
        later = [other for other in keys[keys.index(key):]
                 if os.path.dirname(other) == os.path.dirname(key)]
        return named.isdisjoint(later[:2])

    def watch_media(self, playlist):
        text = self.fetch(playlist)
        if text is None:
            return
        target = re.search(r"TARGETDURATION:(\d+)", text).group(1)
        if self.targets.setdefault(playlist, target) != target:
            self.complain(f"{playlist}: TARGETDURATION changed to {target}")
        numbers = tuple(
            int(re.search(name + r":(\d+)", text).group(1))
            for name in ("MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE"))
        before = self.sequences.get(playlist, (0, 0))
        if any(a < b for a, b in zip(numbers, before)):
            self.complain(f"{playlist}: {numbers} after {before}")
        self.sequences[playlist] = numbers
        self.note_growth(playlist, text, numbers[0])
        for key in self.fetch_named(
                playlist_keys(text, playlist), playlist, playlist_keys):
            self.fetched.add(key)
            if ".m4s" in key and "iframes" not in playlist:
                self.hls.add(key)

    def note_growth(self, playlist, text, first):
        gap, number = False, first
        for line in text.splitlines():
            if line == "#EXT-X-GAP":
                gap = True
            elif line and not line.startswith("#"):
                if not gap and number > self.newest.get(playlist, -1):
                    self.newest[playlist] = number
                    self.growth.append(time.monotonic())
                gap, number = False, number + 1

    def watch_mpd(self):
        # no manifest names it, and it comes a moment after the playlists
        text = self.fetch("manifest.mpd", may_miss=self.mpds == 0)
        if text is None:
            return
        self.mpds += 1
        self.dash.update(self.fetch_named(
            mpd_keys(text, "manifest.mpd"), "manifest.mpd", mpd_keys))

    def refresh(self):
        text = self.fetch("multivariant.m3u8")
        if text is None:
            return
        playlists = re.findall(r"^([^#\n]+)$", text, re.M)
        playlists += re.findall(r'URI="([^"]+)"', text)
        for playlist in playlists:
            self.watch_media(playlist)
        self.watch_mpd()
        self.refreshes += 1


def write_preset(folder):
    source = os.path.join(ROOT, "presets", "live.ini")
    if os.environ.get("VS_LIVE_AS_IT_IS"):
        return source
    with open(source, encoding="utf-8") as file:
        text = file.read()
    for key, value in SHORT.items():
        text = re.sub(rf"^{key}=.*$", f"{key}={value}", text, flags=re.M)
    path = os.path.join(folder, "live.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def wait_for_url(process):
    """The launcher prints where it serves; media are below /media/."""
    for line in process.stdout:
        found = re.search(r"http://[^\s/]+/", line)
        if found:
            return found.group(0) + "media/"
    raise RuntimeError("the launcher ended without a URL")


def watch(process, base, seconds, enough=None):
    """For @seconds, and on until it is @enough, though not for ever."""
    watcher = Watcher(base)
    deadline = time.monotonic() + seconds
    started = None
    while process.poll() is None:
        over = time.monotonic() - deadline
        if over >= 0 and (not enough or enough(watcher) or over > seconds):
            break
        try:
            urllib.request.urlopen(base + "multivariant.m3u8", timeout=30)
            started = started or time.monotonic()
        except urllib.error.HTTPError:
            if started:
                watcher.complain("multivariant.m3u8 went away")
        if started:
            watcher.refresh()
        try:
            process.wait(REFRESH)
        except subprocess.TimeoutExpired:
            pass
    return watcher


def find_gone(watcher, folder):
    return [key for key in watcher.fetched
            if not os.path.exists(os.path.join(folder, key))]


def judge(watcher, process, folder):
    complaints = watcher.complaints
    if process.returncode != 0:
        complaints.append(f"exit code {process.returncode}")
    if watcher.refreshes < 5:
        complaints.append(f"only {watcher.refreshes} refreshes")
    if watcher.mpds < 5:
        complaints.append(f"the MPD was read {watcher.mpds} times only")
    if watcher.dash - watcher.hls:
        complaints.append(f"in DASH alone: {sorted(watcher.dash)[:3]}")
    video, audio = conformance.media_playlists(folder)
    for playlist in video + audio:
        complaints += conformance.check_playlist(folder, playlist)
    if not find_gone(watcher, folder) and not os.environ.get("VS_LIVE_AS_IT_IS"):
        complaints.append("nothing that left the window was removed")
    complaints += conformance.decode(os.path.join(folder, "multivariant.m3u8"))
    return complaints


def main():
    print("1..1", flush=True)
    with tempfile.TemporaryDirectory(prefix="vs-live-") as work:
        out = os.path.join(work, "out")
        process = subprocess.Popen(
            [LAUNCHER, "--preset", write_preset(work), "--output", out,
             "--serve", "127.0.0.1:0"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        try:
            watcher = watch(process, wait_for_url(process), SECONDS,
                            lambda watcher: find_gone(watcher, out))
            process.send_signal(signal.SIGINT)
            tail = process.communicate(timeout=60)[0]
        finally:
            if process.poll() is None:
                process.kill()
        complaints = judge(watcher, process, out)
        print("not ok 1 live" if complaints else "ok 1 live")
        print(f"# {watcher.refreshes} refreshes, {len(watcher.fetched)} objects")
        for complaint in complaints:
            print(f"# {complaint}")
        if complaints:
            for line in tail.splitlines()[-10:]:
                print(f"# launcher: {line}")
        return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
