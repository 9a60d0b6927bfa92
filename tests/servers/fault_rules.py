# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules by which fault_proxy.py misbehaves.

    PATTERN => ACTION[=VALUE] [every N | xN | chance P] [after N] [header…]

PATTERN is a regular expression, looked for in the head of a request
("PUT /bucket/key?partNumber=1&uploadId=… HTTP/1.1", then a line a header).
It fires for each request that fits; with "every N" for each Nth, with "xN"
for the first N, with "chance P" for that share of them; "after N" lets the
first N pass. The first rule that fires is the one, but that latency and rate
add to what follows. "retry-after=N" adds that header to a status.

    status=503[:Code]  the request is read whole, then answered with this error
    early=503[:Code]   answered before the body, which nobody reads
    ok-error[=Code]    200, and an error in the body (CompleteMultipartUpload)
    redirect=307,URL   or 301,URL[,region]: where else to go
    etag=TEXT          the ETag of the answer is another
    delay=S            the answer comes S seconds late
    latency=S          so does the request, at the server
    rate=N             bodies pass at N bytes a second, so too trickle=N
    stall              the body is read, an answer never comes
    stuck              not even the body is read
    reset[=N]          the connection is reset, after N bytes of a body
    cut=N              the server does it; N bytes of its answer's body come,
                       or of its head where it has no body
    garbage            the answer is not HTTP
    corrupt            a byte of the body is another"""

import random
import re
import threading

CODES = {400: "BadRequest", 401: "Unauthorized", 403: "AccessDenied",
         404: "NoSuchUpload", 409: "OperationAborted",
         412: "PreconditionFailed", 429: "TooManyRequests",
         500: "InternalError", 501: "NotImplemented", 502: "BadGateway",
         503: "SlowDown", 504: "GatewayTimeout"}
ACTIONS = {"status", "early", "ok-error", "redirect", "etag", "delay",
           "latency", "rate", "trickle", "stall", "stuck", "reset", "cut",
           "garbage", "corrupt"}
ADDING = {"latency", "rate", "trickle"}


class Rule:
    def __init__(self, text):
        pattern, _, rest = text.partition("=>")
        words = rest.split()
        if not words:
            raise ValueError(f"no “=> ACTION” in rule “{text}”")
        self.text = text.strip()
        self.pattern = re.compile(pattern.strip())
        self.action, _, self.value = words.pop(0).partition("=")
        if self.action not in ACTIONS:
            raise ValueError(f"“{self.action}” is no action: {sorted(ACTIONS)}")
        self.every, self.most, self.chance = 1, None, 1.0
        self.after, self.headers, self.seen, self.fired = 0, [], 0, 0
        while words:
            self.take_option(words.pop(0), words)

    def take_option(self, word, words):
        if word == "every":
            self.every = int(words.pop(0))
        elif word == "after":
            self.after = int(words.pop(0))
        elif word == "chance":
            self.chance = float(words.pop(0))
        elif re.fullmatch(r"x\d+", word):
            self.most = int(word[1:])
        elif "=" in word:
            self.headers.append(word.split("=", 1))
        else:
            raise ValueError(f"“{word}” in rule “{self.text}”")

    def fires(self, head):
        if not self.pattern.search(head):
            return False
        self.seen += 1
        number = self.seen - self.after
        if number <= 0 or number % self.every != 0:
            return False
        if self.most is not None and self.fired >= self.most:
            return False
        if self.chance < 1 and random.random() >= self.chance:
            return False
        self.fired += 1
        return True


class Rules:
    """Changed by one thread while others ask."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rules = []

    def set(self, texts):
        rules = [Rule(text) for text in texts]
        with self.lock:
            self.rules = rules

    def find(self, head):
        """The rules that add something, then the one that does."""
        found = []
        with self.lock:
            for rule in self.rules:
                if rule.fires(head):
                    found.append(rule)
                    if rule.action not in ADDING:
                        break
        return found

    def count(self):
        with self.lock:
            return {rule.text: rule.fired for rule in self.rules}


def error_body(code, more=""):
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}'
            f"</Code><Message>made by a test</Message>{more}"
            "<RequestId>tx-fault-proxy</RequestId></Error>").encode()


def split_status(value):
    status, _, code = value.partition(":")
    return int(status), code or CODES.get(int(status), "InternalError")
