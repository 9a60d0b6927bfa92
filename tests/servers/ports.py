# SPDX-License-Identifier: LGPL-2.1-or-later
"""Blocks of ports on loopback that no other test takes.

The blocks lie below the range from which the kernel gives ports to clients.
The one who has a block holds an abstract socket of its name, which the kernel
lets go of when the holder dies."""

import random
import socket

FIRST, LAST, SIZE = 20000, 32000, 40


def are_free(ports):
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


class Ports:
    """SIZE ports in a row from .first on, until close () or death."""

    def __init__(self):
        blocks = list(range(FIRST, LAST - SIZE, SIZE))
        random.shuffle(blocks)
        for first in blocks:
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0vstream-test-ports-{first}")
            except OSError:
                claim.close()
                continue
            if are_free(range(first, first + SIZE)):
                self.claim, self.first = claim, first
                return
            claim.close()
        raise RuntimeError("no free ports on loopback")

    def close(self):
        self.claim.close()
