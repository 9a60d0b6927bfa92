#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The checker's own test: each folder of fixtures is a small tree in which
every line that breaks a rule says so (“expect: RULE”, or “expect-next: RULE”
on the line above). All rules run over it; they must find exactly those lines.
Every rule must have a fixture. What cannot stand in the repository as a file
is made here. Prints TAP.
"""

import os
import re
import sys
import tempfile

from check import ALL_RULES, findings
from style_source import load_tree

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "fixtures")
HEAD = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
MADE = {
    "file-size": ("gst/core/vs-long.c",
                  "/* SPDX-License-Identifier: LGPL-2.1-or-later; "
                  "expect: file-size */\n" + "\n" * 600),
    "machine-path": ("docs/bad.md",
                     "".join(f"see {word} expect: machine-path\n" for word in (
                         "/wor" + "k/out", "/hom" + "e/someone",
                         "http://deb" + ".debian.org",
                         "https://registry" + ".npmjs.org"))),
    "whitespace": ("gst/core/vs-bad.c",
                   HEAD + "static int a; /* expect: whitespace */ \n"
                   "static int b; /* expect: whitespace */"),
}


def expected(root):
    for src in load_tree(root):
        for number, line in enumerate(src.lines, 1):
            for match in re.finditer(r"expect(-next)?: ([\w-]+)", line):
                yield (src.path, number + (1 if match.group(1) else 0),
                       match.group(2))


def differences(root):
    want = sorted(expected(root))
    found = sorted((path, line, rule)
                   for path, line, rule, _ in findings(root, ALL_RULES))
    for item in want:
        if item in found:
            found.remove(item)
        else:
            yield "not found: {}:{}: {}".format(*item)
    for item in found:
        yield "not expected: {}:{}: {}".format(*item)


def check(number, name, root):
    problems = list(differences(root))
    rules = {rule for _, _, rule in expected(root)}
    if name == "good":
        problems += [f"the good tree expects {rule}" for rule in rules]
    elif rules != {name}:
        problems.append(f"holds {sorted(rules)} instead of one rule")
    print(f"{'not ok' if problems else 'ok'} {number} {name}")
    for problem in problems:
        print(f"# {problem}")
    return not problems


def main():
    names = sorted(os.listdir(FIXTURES))
    names = [n for n in names if n == "good" or n in ALL_RULES]
    good = True
    print(f"1..{len(names) + len(MADE) + 1}")
    for number, name in enumerate(names, 1):
        good &= check(number, name, os.path.join(FIXTURES, name))
    for number, (name, (path, text)) in enumerate(
            MADE.items(), len(names) + 1):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, os.path.dirname(path)))
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
            good &= check(number, name, root)
    missing = set(ALL_RULES) - set(names) - set(MADE)
    print(f"{'not ok' if missing else 'ok'} {len(names) + len(MADE) + 1} "
          f"every rule has a fixture {sorted(missing) or ''}")
    return 0 if good and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
