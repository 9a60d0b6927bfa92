#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""service-schema.py: requests made by chance from /openapi.json. No answer is
a fault of the server, each has a status that the document names for it, and
what is JSON is as its schema says (python3-jsonschema is who judges).

VS_SCHEMA_REQUESTS  how many (default 400)
VS_SCHEMA_SEED      which"""

import collections
import json
import os
import random
import sys
import urllib.parse

sys.dont_write_bytecode = True
sys.path.append("/usr/lib/python3/dist-packages")
from schema_values import Maker, ODD
from service_fixture import Service, run

REQUESTS = int(os.environ.get("VS_SCHEMA_REQUESTS", "400"))
SEED = int(os.environ.get("VS_SCHEMA_SEED", str(random.randrange(1 << 30))))
# of HTTP itself, and of what holds for all routes
ANYWHERE = {400, 404, 405, 411, 413, 415, 431}
STREAMS = {"/v1/events"}
METHODS = ("get", "post", "put", "patch", "delete", "head")
SERVICE = Service("max-jobs=1\n")  # more of [worker]


class Walker:
    """Asks, and remembers the ids that it is told."""

    def __init__(self, document, dice):
        import jsonschema
        self.judge = jsonschema.Draft202012Validator
        self.document = document
        self.dice = dice
        self.maker = Maker(document, dice)
        self.ids = collections.defaultdict(list)
        self.statuses = collections.Counter()
        self.seen = collections.defaultdict(set)

    def make_id(self, schema):
        prefix = schema.get("pattern", "^x").lstrip("^").split("_")[0]
        known = self.ids[prefix]
        if known and self.dice.random() < 0.85:
            return self.dice.choice(known[-5:])  # older ones may be gone
        return self.dice.choice([
            prefix + "_" + "".join(self.dice.choice("0123456789abcdefgh")
                                   for _ in range(26)),
            prefix + "_0", "%00", "...", "x" * 200])

    def make_target(self, path, operation):
        query = {}
        for item in operation.get("parameters", ()):
            item = self.maker.resolve(item)
            schema = self.maker.resolve(item.get("schema", {}))
            if item["in"] == "path":
                path = path.replace("{" + item["name"] + "}", urllib.parse.quote(
                    self.make_id(schema), safe="%"))
            elif item["in"] == "query" and self.dice.random() < 0.4:
                query[item["name"]] = self.maker.value(schema)
        if self.dice.random() < 0.05:
            query["x"] = self.dice.choice(ODD)
        return path + ("?" + urllib.parse.urlencode(query) if query else "")

    def make_body(self, operation):
        """(body, headers)."""
        content = self.maker.resolve(
            operation.get("requestBody", {})).get("content", {})
        headers = {}
        if self.dice.random() < 0.1:
            headers["Idempotency-Key"] = self.dice.choice("abc")
        if "application/json" not in content:
            return None, headers
        headers["Content-Type"] = "application/json"
        text = json.dumps(self.maker.value(
            content["application/json"].get("schema", {})))
        if self.dice.random() < 0.05:
            cut = self.dice.randrange(len(text) + 1)
            text = text[:cut] + self.dice.choice(["", "}", "\0", "\xff"])
        return text.encode("utf-8", "surrogatepass"), headers

    def check(self, what, operation, answer):
        named = operation["responses"]
        assert answer.status < 500 or answer.status == 503, (what, answer)
        status = str(answer.status)
        assert status in named or answer.status in ANYWHERE, (what, answer)
        content = self.maker.resolve(named.get(status, {})).get("content", {})
        kind = (answer.headers["Content-Type"] or "").split(";")[0]
        if not answer.body:
            return
        assert not content or kind in content, (what, kind, list(content))
        if kind.endswith("json"):
            document = json.loads(answer.body)
            schema = content.get(kind, {}).get("schema")
            if schema:
                self.judge({**schema, "components":
                            self.document["components"]}).validate(document)
            self.learn(document)

    def learn(self, document):
        if isinstance(document, list):
            for item in document:
                self.learn(item)
        elif isinstance(document, dict):
            name = document.get("id")
            if isinstance(name, str) and "_" in name:
                known = self.ids[name.split("_")[0]]
                if name not in known:
                    known.append(name)
            for item in document.values():
                self.learn(item)

    def step(self):
        path = self.dice.choice([p for p in self.document["paths"]
                                 if p not in STREAMS])
        operations = {m: o for m, o in self.document["paths"][path].items()
                      if m in METHODS}
        method = self.dice.choice(list(operations))
        operation = dict(operations[method])
        operation["parameters"] = [
            *self.document["paths"][path].get("parameters", ()),
            *operation.get("parameters", ())]
        target = self.make_target(path, operation)
        body, headers = self.make_body(operation)
        answer = SERVICE.ask(method.upper(), target, body, headers)
        self.statuses[answer.status] += 1
        self.seen[f"{method} {path}"].add(answer.status)
        self.check((method, target, body), operation, answer)


def test_requests_by_chance():
    document = SERVICE.get("/openapi.json")
    walker = Walker(document, random.Random(SEED))
    print(f"# seed {SEED}", flush=True)
    for kind in ("jobs", "assets"):  # something that ids can name
        walker.learn(SERVICE.post(f"/v1/{kind}", {
            "preset": "small", "input": {"url": "testsrc:?duration=1s"}}))
    for _ in range(REQUESTS):
        walker.step()
    print(f"# {dict(sorted(walker.statuses.items()))}", flush=True)
    assert SERVICE.get("/healthz")["status"] == "ok"
    assert any(status < 300 for status in walker.statuses)


def main():
    try:
        import jsonschema  # noqa: F401 pylint: disable=unused-import
    except ImportError:
        print("1..0 # SKIP there is no python3-jsonschema")
        return 0
    try:
        SERVICE.start()
        return run([test_requests_by_chance])
    finally:
        SERVICE.close()


if __name__ == "__main__":
    sys.exit(main())
