# SPDX-License-Identifier: LGPL-2.1-or-later
"""Values made from JSON schemas, right ones and, now and then, wrong ones."""

import string

ODD = [None, True, -1, 0, 1 << 63, 1e308, "", "\0", "a" * 300, "\u202e",
       "../../etc/passwd", "'; DROP TABLE jobs; --", "<script>", [], {}, [[]],
       {"a": {"b": 1}}]
# What cannot be made from a pattern or a type alone.
EXAMPLES = {
    "url": ["testsrc:?duration=1s", "https://example.org/a", "http://10.0.0.1/",
            "file:///etc/passwd", "x"],
    "uri": ["testsrc:?duration=1s", "file:///none.mp4", "x"],
    "secret": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    "preset": ["small", "sound", "air", "vod"],
    "events": [["*"], ["job.*", "asset.ready"], ["job.failed"]],
}


class Maker:
    """Makes values of one OpenAPI document by the dice of one seed."""

    def __init__(self, document, dice, odds=0.1):
        self.document = document
        self.dice = dice
        self.odds = odds  # of a wrong value

    def resolve(self, thing):
        while "$ref" in thing:
            node = self.document
            for part in thing["$ref"].lstrip("#/").split("/"):
                node = node[part]
            thing = node
        return thing

    def text(self, schema):
        low = schema.get("minLength", 0)
        high = min(schema.get("maxLength", 40), 40)
        letters = string.ascii_letters + string.digits + " -_.:/%\"\\é"
        return "".join(self.dice.choice(letters) for _ in
                       range(self.dice.randint(low, max(low, high))))

    def number(self, schema):
        low = schema.get("minimum", -1000)
        high = schema.get("maximum", 100000)
        return self.dice.choice([low, high, self.dice.randint(
            int(low), int(high))])

    def object(self, schema):
        made = {}
        for name, part in schema.get("properties", {}).items():
            wanted = name in schema.get("required", ())
            if self.dice.random() < (0.97 if wanted else 0.5):
                made[name] = self.value(part, name)
        if self.dice.random() < self.odds / 2:
            made[self.text({"minLength": 1})] = self.dice.choice(ODD)
        return made

    def array(self, schema):
        low = schema.get("minItems", 0)
        high = min(schema.get("maxItems", 4), 4)
        return [self.value(schema.get("items", {})) for _ in
                range(self.dice.randint(low, max(low, high)))]

    def value(self, schema, name=""):
        schema = self.resolve(schema)
        if self.dice.random() < self.odds:
            return self.dice.choice(ODD)
        if name in EXAMPLES:
            return self.dice.choice(EXAMPLES[name])
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return self.value(self.dice.choice(schema[word]), name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        kind = schema.get("type", "string")
        if isinstance(kind, list):
            kind = self.dice.choice(kind)
        makers = {"object": self.object, "array": self.array,
                  "string": self.text, "integer": self.number,
                  "number": self.number}
        if kind == "boolean":
            return self.dice.random() < 0.5
        return makers[kind](schema) if kind in makers else None
