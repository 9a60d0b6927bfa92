#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""count.py must not count a skip as a pass, nor an empty run as a good one.
Prints TAP."""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = os.path.join(HERE, "..", "count.py")


def test(name, result, stdout=""):
    return {"name": name, "result": result, "stdout": stdout}


# what ran, meson's exit status, the last line, the exit code
CASES = [
    ("nothing ran", [], 0, "0 passed, 0 failed, 0 skipped", 1),
    ("meson itself failed", [], 1, "0 passed, 1 failed, 0 skipped", 1),
    ("plain", [test("a", "OK"), test("b", "OK", "fine\n")], 0,
     "2 passed, 0 failed, 0 skipped", 0),
    ("only skips", [test("a", "SKIP", "SKIP: no browser")], 0,
     "0 passed, 0 failed, 1 skipped", 1),
    ("tap", [test("a", "OK", "1..3\nok 1 /x\nok 2 /y # SKIP no disk\nok 3\n")],
     0, "2 passed, 0 failed, 1 skipped", 0),
    ("tap failure", [test("a", "FAIL", "1..2\nok 1 /x\nnot ok 2 /y\n")], 1,
     "1 passed, 1 failed, 0 skipped", 1),
    ("crash after a pass", [test("a", "ERROR", "1..2\nok 1 /x\n")], 1,
     "1 passed, 1 failed, 0 skipped", 1),
    ("timeout", [test("a", "OK"), test("b", "TIMEOUT")], 1,
     "1 passed, 1 failed, 0 skipped", 1),
]


def run(tests, status):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "testlog.json")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in tests)
        return subprocess.run(
            [sys.executable, "-B", COUNT, path, str(status)],
            capture_output=True, text=True, check=False)


def last_words_are_said():
    result = run([test("a", "FAIL", "1..2\nok 1 /x\n# why\nnot ok 2 /y\n")], 1)
    lines = result.stdout.splitlines()
    at = lines.index("failed: a: FAIL")
    return lines[at + 1:-1] == ["  1..2", "  # why", "  not ok 2 /y"]


def main():
    good = last_words_are_said()
    print(f"1..{len(CASES) + 1}\n{'ok' if good else 'not ok'} 1 last words")
    for number, (name, tests, status, last, code) in enumerate(CASES, 2):
        result = run(tests, status)
        line = result.stdout.splitlines()[-1]
        same = line == last and result.returncode == code
        good &= same
        print(f"{'ok' if same else 'not ok'} {number} {name}")
        if not same:
            print(f"# {line}, exit {result.returncode}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
