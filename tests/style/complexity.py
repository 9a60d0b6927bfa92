#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""complexity.py ROOT BUILD: no C function is harder to follow than
clang-tidy's cognitive complexity of 25.

A file that passed is remembered in BUILD by its contents, so that only what
changed is read again. Exit 77 (skip) without clang-tidy. With --self-test it
shows that a tangled function is found.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

THRESHOLD = 25
CHECK = "readability-function-cognitive-complexity"
CONFIG = (f"{{Checks: '-*,{CHECK}', CheckOptions: ["
          f"{{key: {CHECK}.Threshold, value: '{THRESHOLD}'}}, "
          f"{{key: {CHECK}.IgnoreMacros, value: 'true'}}]}}")
BAD = ("int f (int a) {\n"
       + "  while (a) { if (a) { for (;;) { if (a == 1) a--; "
         "else if (a == 2) a -= 2; } } }\n" * 3
       + "  return a;\n}\n")


def tidy(build, path):
    command = ["clang-tidy", "--quiet", f"--config={CONFIG}",
               "--extra-arg=-Wno-everything"]
    command += ["-p", build, path] if build else [path, "--"]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    text = out.stdout + out.stderr
    found = re.findall(r"^\S+: warning: function '.*? \[readability.*$", text,
                       re.M)
    # a file that clang cannot read has not been checked
    found += re.findall(r"^\S+: error: .*$", text, re.M)
    if out.returncode != 0 and not found:
        found = [f"{path}: clang-tidy ended with {out.returncode}"]
    return found


def self_test():
    with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
        file.write(BAD)
        file.flush()
        if not tidy(None, file.name):
            print("a tangled function was not found")
            return 1
    return 0


def own_files(root, build):
    with open(os.path.join(build, "compile_commands.json"),
              encoding="utf-8") as file:
        entries = json.load(file)
    paths = {os.path.realpath(os.path.join(e["directory"], e["file"]))
             for e in entries}
    return sorted(p for p in paths if p.startswith(root + os.sep)
                  and not p.startswith(build + os.sep))


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(CONFIG.encode() + file.read()).hexdigest()


def read_seen(path):
    try:
        with open(path, encoding="utf-8") as file:
            return set(json.load(file))
    except (OSError, ValueError):
        return set()


def check(root, build):
    cache = os.path.join(build, "complexity-seen.json")
    seen = read_seen(cache)
    files = {path: digest(path) for path in own_files(root, build)}
    fresh = [path for path, sum_ in files.items() if sum_ not in seen]
    bad = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, found in zip(fresh, pool.map(
                lambda path: tidy(build, path), fresh)):
            bad += found
            if not found:
                seen.add(files[path])
    with open(cache, "w", encoding="utf-8") as file:
        json.dump(sorted(seen & set(files.values())), file)
    print("\n".join(line.replace(root + os.sep, "") for line in bad))
    print(f"{len(files)} files, {len(fresh)} of them read, {len(bad)} findings")
    return 1 if bad or not files else 0


def main(argv):
    if shutil.which("clang-tidy") is None:
        print("SKIP: clang-tidy is not installed")
        return 77
    if argv[1] == "--self-test":
        return self_test()
    return check(os.path.realpath(argv[1]), os.path.realpath(argv[2]))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
