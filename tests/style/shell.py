#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""shell.py ROOT: shellcheck finds nothing in the shell scripts. Exit 77 (skip)
where it is not installed."""

import os
import shutil
import subprocess
import sys

from style_source import load_tree


def main(argv):
    root = os.path.realpath(argv[1])
    if shutil.which("shellcheck") is None:
        print("SKIP: shellcheck is not installed")
        return 77
    paths = [src.path for src in load_tree(root) if src.kind == "sh"]
    result = subprocess.run(["shellcheck", "-x", *paths], cwd=root,
                            check=False)
    print(f"{len(paths)} scripts")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv))
