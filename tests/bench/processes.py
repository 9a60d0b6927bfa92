#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How much two serving processes serve of what one serves, on a machine whose
cores wrk needs as well: every process may take but a share of a core (a control
group, so root is needed), and what is left is wrk's.

processes.py [RUNS [SECONDS [SHARE]]]   default 5 of 4 s each, 0.35 of a core

One and two take turns; printed are the medians of requests (a playlist of 2 KB)
a second, and what two give of one. No test: machines are noisy."""

import statistics
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from serve import BUILD, FILES, Server, load  # noqa: E402

PERIOD_US = 10000
CONNECTIONS = (32, 256)
GROUPS = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))


class Share:
    """A control group with one process in it, of version 1 or 2."""

    def __init__(self, pid, share):
        parent = next(path for path in GROUPS if path.is_dir())
        self.path = parent / f"vstream-bench-{pid}"
        self.path.mkdir()
        quota = int(PERIOD_US * share)
        if (self.path / "cpu.max").exists():
            self.write("cpu.max", f"{quota} {PERIOD_US}")
        else:
            self.write("cpu.cfs_period_us", PERIOD_US)
            self.write("cpu.cfs_quota_us", quota)
        self.write("cgroup.procs", pid)

    def write(self, name, value):
        (self.path / name).write_text(f"{value}\n", encoding="ascii")

    def close(self):
        """Its process has ended; the kernel lets go of it a little later."""
        pause = threading.Event()
        for _ in range(100):
            try:
                return self.path.rmdir()
            except OSError:
                pause.wait(0.05)
        return None


def start(media, processes, share):
    server = Server([BUILD / "tests/launcher/serve-folder", "127.0.0.1:0",
                     str(media), str(processes)])
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    # The others are there once the address is told, or within a request.
    load(server, server.url + "media/playlist.m3u8", 1, 1)
    pids = [server.pid, *map(int, children.read_text().split())]
    assert len(pids) == processes, pids
    return server, [Share(pid, share) for pid in pids]


def main():
    words = sys.argv[1:]
    runs = int(words[0]) if words else 5
    seconds = int(words[1]) if len(words) > 1 else 4
    share = float(words[2]) if len(words) > 2 else 0.35
    with tempfile.TemporaryDirectory() as folder:
        media = Path(folder)
        size = FILES["playlist.m3u8"]
        (media / "playlist.m3u8").write_bytes((b"#EXTM3U\n" * size)[:size])
        started = [start(media, n, share) for n in (1, 2)]
        try:
            for connections in CONNECTIONS:
                rates = ([], [])
                for _ in range(runs):
                    for rate, (server, _shares) in zip(rates, started):
                        done, took, _ = load(
                            server, server.url + "media/playlist.m3u8",
                            connections, seconds)
                        rate.append(done / took)
                one, two = map(statistics.median, rates)
                print(f"{connections:4} connections  one {one:7.0f}/s  "
                      f"two {two:7.0f}/s  {two / one:.2f} of one", flush=True)
        finally:
            for server, shares in started:
                server.stop()
                for each in shares:
                    each.close()


if __name__ == "__main__":
    main()
