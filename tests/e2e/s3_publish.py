#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""vstream-launcher publishes a VOD into a bucket of radosgw through the proxy,
which refuses every fifth request and resets every ninth part of what is put,
while a poller fetches all that the manifests name: nothing may be missing, and
no upload stay behind."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "servers"))
# pylint: disable=wrong-import-position
import ceph  # noqa: E402
from s3_client import S3Error  # noqa: E402
from s3_servers import Servers  # noqa: E402

BUCKET = "shows"
PREFIX = "show/"
LAUNCHER = os.path.join(os.environ["VS_BUILD_ROOT"], "launcher",
                        "vstream-launcher")
LIMIT = 150
RULES = ["PUT .* => status=503 every 5 retry-after=0",
         "PUT .*m4s => reset=1000 every 9"]
PRESET = """[vstream]
type=vod
[video 180p]
width=320
height=180
bitrate=300k
encoder-preset=ultrafast
[audio main]
bitrate=64k
[segment]
duration=2s
gop-duration=2s
"""


def make_input(path):
    subprocess.run(
        ["gst-launch-1.0", "-q", "matroskamux", "name=m", "!", "filesink",
         f"location={path}", "videotestsrc", "num-buffers=500", "!",
         "video/x-raw,width=320,height=180,framerate=25/1", "!", "jpegenc",
         "!", "m.", "audiotestsrc", "num-buffers=938", "samplesperbuffer=1024",
         "!", "audio/x-raw,rate=48000,channels=2", "!", "vorbisenc", "!",
         "m."], check=True, timeout=LIMIT)


def uris(text):
    """What a playlist or an MPD with a SegmentTimeline names; of the MPD the
    init segments alone, since its segments are those of the playlists."""
    found = re.findall(r'URI="([^"]+)"', text)
    found += [line for line in text.splitlines()
              if line and not line.startswith(("#", "<", " "))]
    return [uri for uri in found if "$" not in uri]


class Poller:
    def __init__(self, client):
        self.client, self.missing, self.fetched = client, [], 0
        self.seen = set()

    def fetch(self, key, named_by):
        try:
            return self.client.get(BUCKET, key)
        except S3Error as error:
            if error.status != 404 or named_by:
                self.missing.append((key, named_by, error.status))
            return None

    def walk(self, key="multivariant.m3u8", named_by=None):
        data = self.fetch(PREFIX + key, named_by)
        if data is None or not key.endswith(".m3u8"):
            return
        for uri in uris(data.decode()):
            name = os.path.normpath(os.path.join(os.path.dirname(key), uri))
            if name.endswith(".m3u8") or name not in self.seen:
                self.seen.add(name)
                self.fetched += 1
                self.walk(name, key)


def check(number, good, what, notes=""):
    print(f"{'ok' if good else 'not ok'} {number} {what} {notes}", flush=True)
    return good


def publish(servers, folder):
    source = os.path.join(folder, "in.mkv")
    preset = os.path.join(folder, "vod.ini")
    make_input(source)
    with open(preset, "w", encoding="utf-8") as file:
        file.write(PRESET)
    env = dict(os.environ, AWS_ACCESS_KEY_ID=ceph.ACCESS_KEY,
               AWS_SECRET_ACCESS_KEY=ceph.SECRET_KEY)
    servers.client.make_bucket(BUCKET)
    servers.proxy.rules.set(RULES)
    return subprocess.Popen(
        [LAUNCHER, "--preset", preset, "--input", source, "--output",
         f"s3://{BUCKET}/{PREFIX}?endpoint={servers.proxy.endpoint}"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(servers, folder):
    poller = Poller(servers.client)
    with publish(servers, folder) as job:
        while job.poll() is None:
            poller.walk()
        text = job.stdout.read()
    poller.walk()
    keys = servers.client.list(BUCKET)
    playlist = [key for key in keys if key.endswith("playlist.m3u8")]
    ended = all(b"#EXT-X-ENDLIST" in servers.client.get(BUCKET, key)
                for key in playlist)
    good = check(1, job.returncode == 0, "the job ends well",
                 f"# exit {job.returncode}")
    good &= check(2, not poller.missing, "nothing named was missing",
                  f"# {poller.missing[:3]}")
    good &= check(3, poller.fetched >= 20 and len(playlist) == 2 and ended,
                  "all is published, and closed", f"# {poller.fetched}")
    good &= check(4, not servers.client.uploads(BUCKET)
                  and not any(".vstream" in key for key in keys),
                  "no upload and no lease is left")
    good &= check(5, ceph.SECRET_KEY not in text, "no secret is said")
    if not good:
        print("\n".join("# " + line for line in text.splitlines()[-30:]))
    return 0 if good else 1


def main():
    missing = ceph.need_ceph()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    print("1..5", flush=True)
    with Servers() as servers, tempfile.TemporaryDirectory() as folder:
        return run(servers, folder)


if __name__ == "__main__":
    sys.exit(main())
