#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs that read s3:// from radosgw by vstream-launcher: with credentials from
the environment and from a file, over TLS, through a bad connection; and what is
said, with which exit code, where they cannot. No secret is shown. TAP on
standard output."""

import os
import sys
import tempfile
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "servers"))

import ceph  # noqa: E402
import conformance  # noqa: E402
import faults  # noqa: E402
from s3_servers import Servers  # noqa: E402

PRESET = """[vstream]
type=vod
[video 90p]
height=90
bitrate=100k
[segment]
duration=2s
[s3]
endpoint={endpoint}
addressing=path
"""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SHARED_CREDENTIALS_FILE")


class Box:
    def __init__(self, servers, folder):
        self.servers = servers
        self.folder = folder
        self.count = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def preset(self, endpoint, more=""):
        self.count += 1
        return faults.write(
            self.path(f"{self.count}.ini"),
            (PRESET.format(endpoint=endpoint) + more).encode())

    def run(self, key, endpoint=None, more="", *, options=(), secret=None):
        """A job that reads this key of the bucket."""
        os.environ["AWS_ACCESS_KEY_ID"] = ceph.ACCESS_KEY
        os.environ["AWS_SECRET_ACCESS_KEY"] = secret or ceph.SECRET_KEY
        return self.launch(key, endpoint, more, options)

    def launch(self, key, endpoint=None, more="", options=()):
        out = self.path(f"out-{self.count}")
        job = faults.run(
            f"s3://input/{key}", out, *options,
            preset=self.preset(endpoint or self.servers.proxy.endpoint, more))
        assert ceph.SECRET_KEY not in job.err, job.err
        return job, out


def plays(box):
    job, out = box.run("a%20clip.mp4")
    job.expect(0)
    problems = conformance.check(out, box.path("clip.mp4"))
    assert not problems, problems


def credentials_file(box):
    for name in KEYS:
        os.environ.pop(name, None)
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = faults.write(
        box.path("credentials"),
        f"[filed]\naws_access_key_id={ceph.ACCESS_KEY}\n"
        f"aws_secret_access_key={ceph.SECRET_KEY}\n".encode())
    job, _ = box.launch("a%20clip.mp4", more="profile=filed\n")
    os.environ.pop("AWS_SHARED_CREDENTIALS_FILE")
    job.expect(0)


def tls(box):
    endpoint = box.servers.ceph.tls_endpoint
    job, _ = box.run("a%20clip.mp4", endpoint,
                     f"ca-file={box.servers.ceph.ca_file}\n")
    job.expect(0)
    job, _ = box.run("a%20clip.mp4", endpoint,
                     f"ca-file={box.servers.ceph.other_ca_file}\n")
    assert job.code != 0
    job.expect_said("certificate")


def broken_connections(box):
    for rule in ("GET => reset=20000 x3", "GET => status=503 every 2",
                 "GET => cut=20000 x2"):
        box.servers.proxy.rules.set([rule])
        job, _ = box.run("a%20clip.mp4")
        box.servers.proxy.rules.set([])
        job.expect(0)


def errors(box):
    job, _ = box.run("no%20such.mp4")
    job.expect(66, "NoSuchKey")
    job, _ = box.run("a%20clip.mp4", secret="wrong")
    assert job.code not in (0, 70), job.err
    job.expect_said("SignatureDoesNotMatch")
    job, _ = box.run("a%20clip.mp4", "http://127.0.0.1:1")
    job.expect(75, "127.0.0.1:1")


def dry_run(box):
    job, _ = box.run("a%20clip.mp4", options=("--dry-run",))
    job.expect(0)


CASES = (plays, credentials_file, tls, broken_connections, errors, dry_run)


def main():
    missing = ceph.need_ceph()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    print(f"1..{len(CASES)}", flush=True)
    failed = 0
    with Servers() as servers, tempfile.TemporaryDirectory() as folder:
        box = Box(servers, folder)
        faults.make_clip(box.path("clip.mp4"), 6)
        servers.client.make_bucket("input")
        with open(box.path("clip.mp4"), "rb") as file:
            servers.client.put("input", "a clip.mp4", file.read())
        for number, case in enumerate(CASES, 1):
            try:
                case(box)
                print(f"ok {number} {case.__name__}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {number} {case.__name__}")
                for line in traceback.format_exc().splitlines():
                    print("# " + line, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
