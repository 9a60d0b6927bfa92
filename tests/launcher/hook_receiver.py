# SPDX-License-Identifier: LGPL-2.1-or-later
"""An endpoint for webhooks, which behaves as it is told, and checks each
signature with Python's own hmac."""

import base64
import hashlib
import hmac
import http.server
import json
import threading

LIMIT_SECONDS = 60


class Receiver:
    """Keeps what it is sent; `plan` is asked for the status of each."""

    def __init__(self, port=0):
        self.changed = threading.Condition()
        self.secrets = {}  # path → secret
        self.taken = []    # (path, id, document) of those answered with 2xx
        self.tries = []    # (path, id) of all
        self.faults = []   # what was wrong with a request
        self.plan = lambda path, number: 204
        self.stalled = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def log_message(self, *args):  # pylint: disable=arguments-differ
                pass

            def do_POST(self):  # pylint: disable=invalid-name
                receiver.serve(self)

            do_GET = do_POST

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port),
                                                      Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def check(self, request, body):
        """A sentence about what is wrong, or None."""
        headers = request.headers
        secret = self.secrets.get(request.path)
        if request.command != "POST" or not secret:
            return f"{request.command} {request.path}"
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = (headers["Webhook-Id"] + "." + headers["Webhook-Timestamp"]
                  + ".").encode() + body
        wanted = "v1," + base64.b64encode(
            hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(wanted, headers["Webhook-Signature"]):
            return f"signature {headers['Webhook-Signature']}, not {wanted}"
        if headers["Content-Type"] != "application/json":
            return f"type {headers['Content-Type']}"
        return None

    def serve(self, request):
        size = int(request.headers["Content-Length"] or 0)
        body = request.rfile.read(size)
        if len(body) < size:
            return  # the sender was killed
        number = request.headers["Webhook-Id"]
        fault = self.check(request, body)
        with self.changed:
            if fault:
                self.faults.append(fault)
            self.tries.append((request.path, number))
            status = self.plan(request.path, len(self.tries))
            if status and status < 300:  # before the next one can come
                self.taken.append((request.path, number, json.loads(body)))
            self.changed.notify_all()
        if status is None:  # never an answer
            self.stalled.wait(LIMIT_SECONDS)
            return
        request.send_response(status)
        if 300 <= status < 400:
            request.send_header("Location", self.url("/elsewhere"))
        request.send_header("Content-Length", "0")
        request.end_headers()

    def wait_for(self, condition, what="what was waited for"):
        with self.changed:
            done = self.changed.wait_for(condition, LIMIT_SECONDS)
        assert done, (what, self.taken, self.tries)
        assert not self.faults, self.faults

    def types(self, path, subject=None):
        return [document["type"] for where, _, document in self.taken
                if where == path and
                (subject is None or document["data"]["id"] == subject)]

    def close(self):
        self.stalled.set()
        self.server.shutdown()
        self.server.server_close()
