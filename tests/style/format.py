#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""format.py ROOT: every C file is as clang-format 14 with the repository's
.clang-format would write it. Exit 77 (skip) where that version is not there:
another one breaks lines at other places. `format.py --self-test ROOT` shows
that a badly formatted file is found.
"""

import os
import shutil
import subprocess
import sys
import tempfile

from style_source import load_tree

VERSION = "14"
BAD = "static int  a(void){return 1;}\n"


def find_tool():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path and f"version {VERSION}." in subprocess.run(
                [path, "--version"], capture_output=True, text=True,
                check=True).stdout:
            return path
    return None


def run(tool, root, paths):
    return subprocess.run(
        [tool, "--dry-run", "-Werror", "--ferror-limit=1",
         f"--style=file:{os.path.join(root, '.clang-format')}", *paths],
        capture_output=True, text=True, check=False, cwd=root)


def self_test(tool, root):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
        file.write(BAD)
        file.flush()
        if run(tool, root, [file.name]).returncode == 0:
            print("a badly formatted file was not found")
            return 1
    return 0


def main(argv):
    root = os.path.realpath(argv[-1])
    tool = find_tool()
    if tool is None:
        print(f"SKIP: clang-format {VERSION} is not installed, other versions "
              "format differently")
        return 77
    if argv[1] == "--self-test":
        return self_test(tool, root)
    paths = [src.path for src in load_tree(root) if src.kind == "c"]
    result = run(tool, root, paths)
    print("\n".join(line for line in result.stderr.splitlines()
                    if "error:" in line))
    print(f"{len(paths)} files; to mend: {os.path.basename(tool)} -i FILE")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv))
