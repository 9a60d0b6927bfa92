#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server of --serve against others that serve the same two files: a
playlist of 2 KB and a segment of 2 MB, at 1, 32 and 256 connections, by wrk.

  ours    the launcher's server, all its limits on (one process)
  two     the same with --serve-processes 2; wrk shares the cores with both
  bare    ten lines of libsoup, compiled here, that answer with the file
  nginx   one worker, sendfile
  cached  nginx with a cache of one second before ours, as docs/serve.md says

They take turns; printed are medians of all runs: requests (playlist) or MB
(segment) a second, and a CPU second of the server. No test: machines are noisy.

serve.py [RUNS [SECONDS]]   default 3 of 4 s each"""

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))
from ports import Ports  # noqa: E402

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("VS_BUILD_ROOT", HERE.parents[1] / "build"))
TICK = os.sysconf("SC_CLK_TCK")
FILES = {"playlist.m3u8": 2048, "segment.m4s": 2 * 1024 * 1024}
CONNECTIONS = (1, 32, 256)
NGINX = """worker_processes 1; worker_rlimit_nofile 4096; daemon on;
pid {dir}/pid; error_log {dir}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  types {{ application/vnd.apple.mpegurl m3u8; video/iso.segment m4s; }}
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  proxy_cache_path {dir}/cache keys_zone=vstream:10m;
  server {{ listen 127.0.0.1:{port} backlog=1024; {body} }}
}}
"""
CACHED = """location / {{ proxy_pass {url}; proxy_http_version 1.1;
  proxy_set_header Connection ""; proxy_cache vstream; proxy_cache_lock on;
  proxy_cache_use_stale updating; open_file_cache max=1000; sendfile off;
  proxy_ignore_headers Cache-Control; proxy_cache_valid 200 1s; }}"""


class Server:
    """One server: where it answers, and whose CPU time counts."""

    def __init__(self, args):
        self.process = subprocess.Popen(
            args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.url = self.process.stdout.readline().strip()

    def cpu(self):
        path = f"/proc/{self.pid}/task/{self.pid}/children"
        children = Path(path).read_text(encoding="ascii").split()
        total = 0
        for pid in [self.pid, *children]:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
            total += sum(map(int, stat.rsplit(")", 1)[1].split()[11:13]))
        return total / TICK

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Nginx(Server):
    """nginx with one location; it goes into the background when it listens."""

    def __init__(self, folder, port, body):
        folder.mkdir()
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(dir=folder, port=port, body=body),
                          encoding="ascii")
        subprocess.run(["nginx", "-p", str(folder), "-c", str(config)],
                       check=True)
        self.pid = int((folder / "pid").read_text(encoding="ascii"))
        self.url = f"http://127.0.0.1:{port}/"

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)


def load(server, url, connections, seconds):
    """Requests, bytes and the server's CPU time of one run."""
    before = server.cpu()
    said = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
         url], check=True, text=True, stdout=subprocess.PIPE).stdout
    cpu = server.cpu() - before
    if "Non-2xx" in said:
        raise AssertionError(said)
    done = re.search(r"(\d+) requests in ([\d.]+)(m?s)", said)
    took = float(done.group(2)) / (1000 if done.group(3) == "ms" else 1)
    return int(done.group(1)), took, max(cpu, 1 / TICK)


def start_all(folder, port):
    media = folder / "media"
    media.mkdir()
    for name, size in FILES.items():
        (media / name).write_bytes((b"#EXTM3U\n" * size)[:size])
    bare = folder / "bare-soup"
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libsoup-3.0"], check=True,
        text=True, stdout=subprocess.PIPE).stdout.split()
    subprocess.run(["cc", "-O2", str(HERE / "bare-soup.c"), "-o", str(bare),
                    *flags], check=True)
    ours = Server([BUILD / "tests/launcher/serve-folder", "127.0.0.1:0",
                   str(media)])
    two = Server([BUILD / "tests/launcher/serve-folder", "127.0.0.1:0",
                  str(media), "2"])
    for server in (ours, two):
        server.url += "media/"
    return {
        "ours": [ours],
        "two": [two],
        "nginx": [Nginx(folder / "nginx", port, f"root {media};")],
        "cached": [Nginx(folder / "cached", port + 1,
                         CACHED.format(url=ours.url)), ours],
        **{f"bare {name}": [Server([str(bare), str(media / name)])]
           for name in FILES},
    }


def measure(servers, name, connections, runs, seconds):
    kinds = {"ours": servers["ours"], "two": servers["two"],
             "bare": servers[f"bare {name}"], "nginx": servers["nginx"]}
    if name.endswith(".m3u8"):
        kinds["cached"] = servers["cached"]
    rates = {kind: ([], []) for kind in kinds}
    for _ in range(runs):
        for kind, (server, *behind) in kinds.items():
            hidden = sum(one.cpu() for one in behind)
            count, took, cpu = load(server, server.url + name, connections,
                                    seconds)
            cpu += sum(one.cpu() for one in behind) - hidden
            rates[kind][0].append(count / took)
            rates[kind][1].append(count / cpu)
    unit = 1 if name.endswith(".m3u8") else 1e6 / FILES[name]
    for kind, (wall, cpu) in rates.items():
        than = "ours" if kind == "two" else "bare"
        base = [statistics.median(rates[than][i]) for i in (0, 1)]
        here = [statistics.median(wall), statistics.median(cpu)]
        print(f"{name:14} {connections:4} {kind:7} "
              f"{here[0] / unit:9.0f}/s {here[1] / unit:9.0f}/CPU s; "
              f"of {than} {here[0] / base[0]:.2f}, {here[1] / base[1]:.2f}",
              flush=True)


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    for program in ("wrk", "nginx", "cc"):
        if not shutil.which(program):
            sys.exit(f"{program} is not installed (apt-get install {program})")
    with tempfile.TemporaryDirectory(prefix="vs-http-") as name:
        os.chmod(name, 0o755)
        block = Ports()
        servers = start_all(Path(name), block.first)
        try:
            for file in FILES:
                for connections in CONNECTIONS:
                    measure(servers, file, connections, runs, seconds)
        finally:
            for group in servers.values():
                group[0].stop()
            block.close()


if __name__ == "__main__":
    main()
