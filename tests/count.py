#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""count.py TESTLOG.JSON STATUS: what a run of meson test came to.

Counts single cases: a TAP program's each, else the program. Prints what was
skipped and why, what failed and its last words, and as the last line "N passed,
N failed, N skipped". Exits 1 where anything failed, meson's STATUS was not 0,
or nothing passed.
"""

import json
import re
import sys

LAST_LINES = 12
CASE = re.compile(r"^(ok|not ok)\b[^#\n]*(?:#\s*(skip|todo)\b\s*(.*))?$",
                  re.I | re.M)


def read_log(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [json.loads(line) for line in file if line.strip()]
    except OSError:
        return []


def skip_reason(test):
    for line in (test.get("stdout") or "").splitlines():
        if "skip" in line.lower():
            return line.strip()
    return "no reason given"


def last_words(test):
    """What a program printed last, but for its TAP."""
    text = f"{test.get('stdout') or ''}\n{test.get('stderr') or ''}"
    lines = [line for line in text.splitlines()
             if line.strip() and not re.match(r"ok\b|# (Start|End) of", line)]
    return lines[-LAST_LINES:]


def count(test):
    """(passed, failed, [reason of each skipped case]) of one program."""
    result, name = test["result"], test["name"]
    cases = CASE.findall(test.get("stdout") or "")
    skips = [f"{name}: {reason or 'no reason given'}"
             for _, mark, reason in cases if mark.lower() == "skip"]
    failed = sum(1 for state, mark, _ in cases
                 if state.lower() == "not ok" and not mark)
    passed = len(cases) - failed - len(skips)
    if result in ("OK", "EXPECTEDFAIL"):
        return (passed, 0, skips) if cases else (1, 0, [])
    if result == "SKIP":
        return 0, 0, skips or [f"{name}: {skip_reason(test)}"]
    return passed, max(failed, 1), skips


def main(argv):
    status = int(argv[2])
    passed, failed, skipped, bad = 0, 0, [], []
    for test in read_log(argv[1]):
        good, wrong, skips = count(test)
        passed += good
        failed += wrong
        skipped += skips
        if wrong:
            bad.append(f"{test['name']}: {test['result']}")
            bad += [f"  {line}" for line in last_words(test)]
    for line in skipped:
        print(f"skipped: {line}")
    for line in bad:
        print(line if line.startswith(" ") else f"failed: {line}")
    if status != 0 and not failed:
        print(f"failed: meson test ended with {status}")
        failed = 1
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
