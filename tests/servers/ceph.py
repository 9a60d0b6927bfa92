# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ceph's radosgw, the S3 server that Debian ships, alone on loopback: one mon,
one osd that keeps its data in memory, one gateway over HTTP and over TLS. Up
in two or three seconds, each with ports, folder and certificates of its own,
so that any number may run side by side.

    with Ceph() as ceph: ... ceph.endpoint, ceph.tls_endpoint, ceph.ca_file

The daemons stay in the foreground and ask the kernel to be killed when the
thread that started them dies (so start () is for the main one); the folder of
such a one is removed by the next.

Its oddities: the answer to the first CompleteMultipartUpload has an empty
ETag; parts out of order give InvalidPart; a full memory hangs a PUT without
an answer."""

import ctypes
import fcntl
import glob
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid

from ports import Ports

ACCESS_KEY, SECRET_KEY = "AKIDTEST", "SECRETTEST0123456789"
OTHER_ACCESS_KEY, OTHER_SECRET_KEY = "AKIDOTHER", "SECRETOTHER0123456789"
PREFIX = "vstream-ceph-"
START_SECONDS = 60
PR_SET_PDEATHSIG = 1
# Debian 13's ceph-osd looks for them from the folder it is started in.
CLASSES = next(iter(glob.glob("/usr/lib/*/rados-classes")), "")
LIBC = ctypes.CDLL(None, use_errno=True)

CONF = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon}
mon initial members = a
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv4 = true
ms bind ipv6 = false
ms bind msgr1 = false
ms bind port min = {low}
ms bind port max = {high}
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {dir}/keyring
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg autoscale mode = off
osd pool default pg num = 1
osd pool default pgp num = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
osd crush chooseleaf type = 0
mon allow pool delete = true
mon max pg per osd = 1000
run dir = {dir}/run
admin socket = {dir}/run/$name.asok
pid file = {dir}/run/$name.pid
log file = {dir}/log/$name.log
debug ms = 0
debug mon = 0/0
debug osd = 0/0
debug rgw = 0/0
debug paxos = 0/0
[mon]
paxos propose interval = 0.05
paxos min wait = 0.01
mon osd min up ratio = 0
mon data = {dir}/mon
mon data avail crit = 1
mon data avail warn = 2
[osd]
osd data = {dir}/osd
osd journal = {dir}/osd/journal
osd class dir = {classes}
osd objectstore = memstore
memstore device bytes = {bytes}
osd memory target = 939524096
osd op num shards = 2
osd heartbeat grace = 60
[client.rgw]
rgw data = {dir}/rgw
rgw frontends = beast endpoint=127.0.0.1:{http} ssl_endpoint=127.0.0.1:{tls} ssl_certificate={dir}/server.pem ssl_private_key={dir}/server.key
rgw thread pool size = 32
rgw num rados handles = 1
rgw enable usage log = false
rgw run sync thread = false
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw gc max objs = 8
rgw gc obj min wait = 2
rgw gc processor period = 5
rgw gc processor max time = 5
rgw relaxed s3 bucket names = true
rgw dns name = localhost
"""


def need_ceph():
    """None, or what is not installed."""
    for command, package in (("radosgw", "radosgw"), ("ceph-mon", "ceph-mon"),
                             ("ceph-osd", "ceph-osd"), ("ceph", "ceph-common"),
                             ("openssl", "openssl")):
        if not shutil.which(command):
            return f"{command} is not installed (package {package})"
    return None


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def has_ended(pidfd, seconds):
    """Within that time; a pidfd can be read when its process has ended."""
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def remove_stale():
    """Folders whose owner was killed: nobody holds their lock."""
    top = tempfile.gettempdir()
    for name in os.listdir(top):
        lock = os.path.join(top, name, "lock")
        if not name.startswith(PREFIX) or not os.path.exists(lock):
            continue
        try:
            with open(lock, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(os.path.join(top, name), ignore_errors=True)
        except OSError:
            continue


def make_folder():
    """A folder, and the file whose lock says that it is in use."""
    remove_stale()
    folder = tempfile.mkdtemp(prefix=PREFIX)
    lock = open(os.path.join(folder, "lock"), "wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, timeout=60,
                   stdin=subprocess.DEVNULL, capture_output=True)


def make_certificates(folder):
    """ca.pem, which has signed server.pem; other-ca.pem, which has not."""
    def path(name):
        return os.path.join(folder, name)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("ca", "other-ca"):
        openssl("req", "-x509", *key, "-days", "2", "-subj",
                f"/CN=vstream tests {name}", "-addext",
                "keyUsage=critical,keyCertSign,cRLSign", "-keyout",
                path(name + ".key"), "-out", path(name + ".pem"))
    openssl("req", *key, "-subj", "/CN=localhost", "-keyout",
            path("server.key"), "-out", path("server.csr"))
    with open(path("server.ext"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=DNS:localhost,DNS:clients.localhost,"
                   "IP:127.0.0.1\nsubjectKeyIdentifier=hash\n"
                   "authorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-days", "2", "-in", path("server.csr"), "-CA",
            path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial",
            "-extfile", path("server.ext"), "-out", path("server.pem"))


class Ceph:
    def __init__(self, memory=2 << 30):
        self.daemons = []
        self.ports = Ports()
        self.folder, self.lock = make_folder()
        first = self.ports.first
        self.fsid = str(uuid.uuid4())
        self.port, self.tls_port = first + 1, first + 2
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.tls_endpoint = f"https://localhost:{self.tls_port}"
        self.ca_file = self.path("ca.pem")
        self.other_ca_file = self.path("other-ca.pem")
        self.conf = self.path("ceph.conf")
        self.keyring = self.path("keyring")
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(CONF.format(
                fsid=self.fsid, dir=self.folder, mon=first, bytes=memory,
                classes=CLASSES, http=self.port, tls=self.tls_port, low=first + 8,
                high=first + 39))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, *command):
        """A command of Ceph that ends; what it prints."""
        done = subprocess.run(
            [*command, "-c", self.conf], text=True, timeout=START_SECONDS,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
            preexec_fn=die_with_parent)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stderr}")
        return done.stdout.strip()

    def spawn(self, *command):
        log = open(self.path("log", command[0] + ".out"), "wb")
        self.daemons.append(subprocess.Popen(
            [*command, "-c", self.conf, "-f"], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, preexec_fn=die_with_parent))
        log.close()

    def wait_for_gateway(self):
        """Tries until the gateway listens or has died."""
        with os.fdopen(os.pidfd_open(self.daemons[-1].pid)) as pidfd:
            for _ in range(START_SECONDS * 50):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        return
                if has_ended(pidfd.fileno(), 0.02):
                    break
        with open(self.path("log", "radosgw.out"), "rb") as log:
            raise RuntimeError("radosgw did not come up: " +
                               log.read().decode(errors="replace"))

    def make_keys(self):
        caps = ("--cap", "mon", "allow *", "--cap", "osd", "allow *")
        for name, more in (("mon.", caps[:3]),
                           ("client.admin", caps + ("--cap", "mgr", "allow *")),
                           ("client.rgw", caps), ("osd.0", caps)):
            create = () if os.path.exists(self.keyring) else ("-C",)
            self.run("ceph-authtool", self.keyring, *create, "--gen-key",
                     "-n", name, *more)

    def make_user(self, name, access_key, secret_key):
        self.run("radosgw-admin", "--keyring", self.keyring, "user", "create",
                 "--uid=" + name, "--display-name=" + name,
                 "--access-key=" + access_key, "--secret-key=" + secret_key)

    def start(self):
        for name in ("mon", "osd", "rgw", "run", "log"):
            os.mkdir(self.path(name))
        make_certificates(self.folder)
        self.make_keys()
        monmap = self.path("monmap")
        self.run("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a",
                 f"[v2:127.0.0.1:{self.ports.first}]", monmap)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap,
                 "--keyring", self.keyring)
        self.spawn("ceph-mon", "-i", "a")
        osd = str(uuid.uuid4())
        number = self.run("ceph", "osd", "new", osd)
        self.run("ceph-osd", "-i", number, "--mkfs", "--osd-uuid", osd)
        self.spawn("ceph-osd", "-i", number)
        self.spawn("radosgw", "-n", "client.rgw", "--keyring", self.keyring)
        self.wait_for_gateway()
        self.make_user("test", ACCESS_KEY, SECRET_KEY)
        self.make_user("other", OTHER_ACCESS_KEY, OTHER_SECRET_KEY)
        return self

    def stop(self):
        """Killed, not asked: nothing here is to be kept, and radosgw can hang
        in its end when its osd is gone."""
        for daemon in reversed(self.daemons):
            daemon.kill()
        for daemon in self.daemons:
            daemon.wait()
        self.daemons = []
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()
        self.ports.close()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_error):
        self.stop()
