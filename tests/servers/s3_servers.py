#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""radosgw, and the proxy that misbehaves before it, for a test in any
language. Tells where they are, a line each, then "ready"; then takes commands
on standard input and answers each with one line. When standard input ends,
which it also does when the test is killed, all is taken down.

    rules TEXT [;; TEXT]…   the proxy's rules (fault_rules.py); none: "rules"
    away | back             the proxy leaves, and comes back
    protocols               of requests to h2, where nginx is, as JSON
    counts | clear          what the proxy saw, as JSON; from 0 again
    log                     the first lines of its requests, as JSON
    bucket NAME [public]    makes a bucket
    put BUCKET FILE KEY     stores a file, without the proxy
    get BUCKET FILE KEY     fetches an object into a file, without the proxy
    head BUCKET KEY         its headers, as JSON
    list BUCKET             {key: size}
    uploads BUCKET          [[key, id]] of unfinished multipart uploads
    abort-uploads BUCKET    aborts them

Answers: "ok", "ok JSON" or "failed SENTENCE"."""

import json
import sys

import ceph
from fault_proxy import FaultProxy
from h2_proxy import H2Proxy
from s3_client import S3Client


class Servers:
    """Ceph, the proxies before it, and a client that goes round them."""

    def __init__(self):
        self.ceph = ceph.Ceph()
        self.proxy = FaultProxy(self.ceph.port)
        self.h2 = H2Proxy(self.ceph.folder, self.ceph.port + 2, self.ceph.port,
                          ceph.die_with_parent)
        self.client = S3Client(self.ceph.endpoint, ceph.ACCESS_KEY,
                               ceph.SECRET_KEY)

    def facts(self):
        return {"endpoint": self.ceph.endpoint, "proxy": self.proxy.endpoint,
                "tls": self.ceph.tls_endpoint, "h2": self.h2.endpoint,
                "ca": self.ceph.ca_file,
                "other-ca": self.ceph.other_ca_file,
                "access-key": ceph.ACCESS_KEY, "secret-key": ceph.SECRET_KEY,
                "other-access-key": ceph.OTHER_ACCESS_KEY,
                "other-secret-key": ceph.OTHER_SECRET_KEY}

    def __enter__(self):
        self.ceph.__enter__()
        self.proxy.start()
        self.h2.start()
        return self

    def __exit__(self, *error):
        self.h2.stop()
        self.proxy.stop()
        self.ceph.__exit__(*error)


def set_rules(servers, text):
    servers.proxy.rules.set([rule for rule in text.split(";;") if rule.strip()])


def make_bucket(servers, text):
    name, _, public = text.partition(" ")
    servers.client.make_bucket(name, public == "public")


def put(servers, text):
    bucket, path, key = text.split(" ", 2)
    with open(path, "rb") as file:
        servers.client.put(bucket, key, file.read())


def get(servers, text):
    bucket, path, key = text.split(" ", 2)
    data = servers.client.get(bucket, key)
    with open(path, "wb") as file:
        file.write(data)


def head(servers, text):
    headers = servers.client.head(*text.split(" ", 1))
    return {name.lower(): value for name, value in headers.items()}


def abort_uploads(servers, bucket):
    for key, upload in servers.client.uploads(bucket):
        servers.client.abort(bucket, key, upload)


COMMANDS = {
    "rules": set_rules,
    "away": lambda servers, _: servers.proxy.away(),
    "back": lambda servers, _: servers.proxy.back(),
    "counts": lambda servers, _: servers.proxy.counts(),
    "clear": lambda servers, _: servers.proxy.clear_counts(),
    "log": lambda servers, _: servers.proxy.log,
    "protocols": lambda servers, _: servers.h2.protocols(),
    "bucket": make_bucket,
    "put": put,
    "get": get,
    "head": head,
    "list": lambda servers, bucket: servers.client.list(bucket),
    "uploads": lambda servers, bucket: servers.client.uploads(bucket),
    "abort-uploads": abort_uploads,
}


def obey(servers, line):
    name, _, rest = line.rstrip("\n").partition(" ")
    if name not in COMMANDS:
        return f"failed no command “{name}”"
    try:
        found = COMMANDS[name](servers, rest)
    except Exception as error:  # pylint: disable=broad-except
        return "failed " + " ".join(f"{name}: {error}".split())
    return "ok" if found is None else "ok " + json.dumps(found)


def main():
    missing = ceph.need_ceph()
    if missing:
        print(f"skip {missing}", flush=True)
        return 0
    with Servers() as servers:
        for name, value in servers.facts().items():
            print(name, value)
        print("ready", flush=True)
        for line in sys.stdin:
            print(obey(servers, line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
