#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The servers of the S3 tests themselves: radosgw comes up over HTTP and TLS,
and each rule of the proxy does what it says. TAP on standard output."""

import http.client
import os
import signal
import ssl
import subprocess
import sys
import traceback

import ceph
from fault_rules import Rule
from s3_client import S3Client, S3Error
from s3_servers import Servers

BODY = os.urandom(1 << 20)
# rule, what a PUT of BODY through it gives: a status, or an exception
PUTS = (
    ("PUT => status=503 retry-after=2", 503),
    ("PUT => status=403:ExpiredToken", 403),
    ("PUT => early=503", 503),
    ("PUT => ok-error", 200),
    ("PUT => redirect=301,http://127.0.0.1:1,eu-west-9", 301),
    ("PUT => reset", ConnectionError),
    ("PUT => reset=100000", ConnectionError),
    ("PUT => cut=0", http.client.HTTPException),
    ("PUT => garbage", http.client.HTTPException),
    ("PUT => corrupt", 400),
    ("PUT => rate=4000000", 200),
    ("PUT => latency=0.1", 200),
    ("PUT => delay=0.1", 200),
    ("DELETE => status=500", 200),
    ("PUT => status=500 after 1", 200),
    ("PUT => status=500 every 2", 200),
)
GETS = (
    ("GET => cut=1000", http.client.HTTPException),
    ("GET => reset=1000", ConnectionError),
    ("GET => etag=other", 200),
)


def outcome(call):
    try:
        call()
        return 200
    except S3Error as error:
        return error.status
    except (OSError, http.client.HTTPException) as error:
        return type(error)


def is_as(found, wanted):
    if isinstance(wanted, int) or isinstance(found, int):
        return found == wanted
    return issubclass(found, wanted)


def rules(servers):
    client = S3Client(servers.proxy.endpoint, ceph.ACCESS_KEY,
                      ceph.SECRET_KEY)
    client.put("rules", "got", BODY)
    for cases, call in (
            (PUTS, lambda: client.put("rules", "put", BODY)),
            (GETS, lambda: client.get("rules", "got"))):
        for rule, wanted in cases:
            servers.proxy.rules.set([rule])
            found = outcome(call)
            assert is_as(found, wanted), f"{rule}: {found}, not {wanted}"
    servers.proxy.rules.set([])
    assert client.get("rules", "got") == BODY


def counting(servers):
    client = S3Client(servers.proxy.endpoint, ceph.ACCESS_KEY,
                      ceph.SECRET_KEY)
    rule = "PUT => status=500 x2"
    servers.proxy.rules.set([rule])
    servers.proxy.clear_counts()
    found = [outcome(lambda: client.put("rules", "n", b"x"))
             for _ in range(4)]
    assert found == [500, 500, 200, 200], found
    counts = servers.proxy.counts()
    assert counts["methods"] == {"PUT": 4}, counts
    assert counts["statuses"] == {"500": 2, "200": 2}, counts
    assert counts["fired"] == {rule: 2}, counts
    servers.proxy.rules.set([])


def bad_rules(_servers):
    for text in ("PUT", "PUT => ", "PUT => nosuch", "PUT => reset often"):
        try:
            Rule(text)
        except ValueError:
            continue
        raise AssertionError(f"“{text}” is taken for a rule")


def away(servers):
    client = S3Client(servers.proxy.endpoint, ceph.ACCESS_KEY,
                      ceph.SECRET_KEY)
    client.put("rules", "away", b"before")
    servers.proxy.away()
    assert outcome(lambda: client.get("rules", "away")) != 200
    servers.proxy.back()
    assert client.get("rules", "away") == b"before"


def tls(servers):
    keys = (ceph.ACCESS_KEY, ceph.SECRET_KEY)
    good = S3Client(servers.ceph.tls_endpoint, *keys, servers.ceph.ca_file)
    good.put("rules", "tls", b"over TLS")
    assert good.get("rules", "tls") == b"over TLS"
    bad = S3Client(servers.ceph.tls_endpoint, *keys,
                   servers.ceph.other_ca_file)
    found = outcome(lambda: bad.get("rules", "tls"))
    assert found is ssl.SSLCertVerificationError, found


def other_user(servers):
    other = S3Client(servers.ceph.endpoint, ceph.OTHER_ACCESS_KEY,
                     ceph.OTHER_SECRET_KEY)
    assert outcome(lambda: other.put("rules", "mine", b"x")) == 403


def killed(_servers):
    """Nothing outlives the test that started it."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "s3_servers.py")
    process = subprocess.Popen(
        [sys.executable, "-B", program], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line == "ready\n":
            break
    children = open(f"/proc/{process.pid}/task/{process.pid}/children",
                    encoding="ascii").read().split()
    ends = [os.pidfd_open(int(child)) for child in children]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert len(ends) in (3, 4), children  # with nginx or without
    for end in ends:
        with os.fdopen(end) as pidfd:
            assert ceph.has_ended(pidfd.fileno(), 30), "a daemon lives on"


CASES = (rules, counting, bad_rules, away, tls, other_user, killed)


def main():
    missing = ceph.need_ceph()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    print(f"1..{len(CASES)}", flush=True)
    failed = 0
    with Servers() as servers:
        servers.client.make_bucket("rules")
        for number, case in enumerate(CASES, 1):
            try:
                case(servers)
                print(f"ok {number} {case.__name__}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {number} {case.__name__}")
                for line in traceback.format_exc().splitlines():
                    print("# " + line, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
