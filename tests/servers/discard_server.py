# SPDX-License-Identifier: LGPL-2.1-or-later
"""As much of S3 as an upload needs, on loopback, that keeps nothing: bodies are
read and forgotten. Whoever looks whether a part came over whole gets its MD5 as
ETag; those who do not (`UNCHECKED`) cost the server nothing."""

import hashlib
import socketserver
import threading

ETAG = "d41d8cd98f00b204e9800998ecf8427e"
UNCHECKED = ("vstream", "curl", "aws", "rclone")
BUCKET = "<Bucket>bench</Bucket><Key>k</Key>"
XML = {"uploads": f"<InitiateMultipartUploadResult>{BUCKET}<UploadId>u"
                  "</UploadId></InitiateMultipartUploadResult>",
       "uploadId": f"<CompleteMultipartUploadResult>{BUCKET}<ETag>\"{ETAG}-1\""
                   "</ETag></CompleteMultipartUploadResult>",
       "GET": "<ListBucketResult><Name>bench</Name><IsTruncated>false"
              "</IsTruncated></ListBucketResult>"}


class Discard(socketserver.StreamRequestHandler):
    """PUT and POST, as far as an upload goes; there is no object."""

    disable_nagle_algorithm = True

    def handle(self):
        scratch = bytearray(1 << 20)
        while True:
            first = self.rfile.readline().decode()
            if not first:
                return
            fields = {}
            for line in iter(self.rfile.readline, b"\r\n"):
                name, _, value = line.decode().partition(":")
                fields[name.lower()] = value.strip()
            if fields.get("expect"):
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.answer(first, self.read_body(fields, scratch))

    def read_body(self, fields, scratch):
        """Its ETag."""
        agent = fields.get("user-agent", "").lower()
        digest = None
        if not agent.startswith(UNCHECKED):
            digest = hashlib.md5(usedforsecurity=False)
        left = int(fields.get("content-length", 0))
        while left:
            got = self.rfile.readinto(memoryview(scratch)[:left])
            if not got:
                break
            if digest:
                digest.update(memoryview(scratch)[:got])
            left -= got
        return digest.hexdigest() if digest else ETAG

    def answer(self, first, etag):
        if self.server.latency:
            threading.Event().wait(self.server.latency)
        method, body = first.partition(" ")[0], ""
        if method == "POST":
            body = XML["uploads" if "?uploads" in first else "uploadId"]
        elif method == "GET":
            body = XML["GET"]
        status = "404 Not Found" if method == "HEAD" else "200 OK"
        self.wfile.write(
            f"HTTP/1.1 {status}\r\nETag: \"{etag}\"\r\nContent-Type: text/xml"
            f"\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


class DiscardServer(socketserver.ThreadingTCPServer):
    """with DiscardServer () as server: … server.host"""

    daemon_threads = True

    def __init__(self, latency=0.0):
        super().__init__(("127.0.0.1", 0), Discard)
        self.latency = latency  # seconds before each answer
        self.host = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *args):
        self.shutdown()
        super().__exit__(*args)
