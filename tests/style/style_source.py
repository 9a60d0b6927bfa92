# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the style rules see of a tree: its files, and C text without comments.

The tree is what git tracks or would track; without git (a tarball), every file
outside the build folders. Fixtures are left out: they are bad on purpose.
"""

import os
import re
import shutil
import subprocess

C_SUFFIXES = (".c", ".h")
SCRIPT_SUFFIXES = (".sh",)
WEB_SUFFIXES = (".ts", ".js", ".mjs")
SKIP_DIRS = re.compile(r"^(\.git|build.*|node_modules|dist|__pycache__)$")
FIXTURES = "tests/style/fixtures/"
C_NOISE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.S)


def blank(match):
    """The same text as spaces, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match.group(0))


class Source:
    """One text file, by its path from the top of the tree."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8",
                  errors="replace", newline="") as file:
            self.text = file.read()
        self.lines = self.text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()
        self.kind = self._kind()
        self._code = None

    def _kind(self):
        suffix = os.path.splitext(self.path)[1]
        if suffix in C_SUFFIXES:
            return "c"
        if suffix == ".py":
            return "py"
        if suffix in WEB_SUFFIXES:
            return "web"
        if suffix in SCRIPT_SUFFIXES:
            return "sh"
        first = self.lines[0] if self.lines else ""
        if re.match(r"#!.*\b(ba)?sh\b", first):
            return "sh"
        return "text"

    @property
    def code(self):
        """The lines of a C file without comments and string contents."""
        if self._code is None:
            self._code = C_NOISE.sub(blank, self.text).split("\n")
        return self._code

    def includes(self):
        """(line number, name, is a system header) of each #include."""
        text = re.sub(r"/\*.*?\*/", blank, self.text, flags=re.S)
        for number, line in enumerate(text.split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^">]+)[">]', line)
            if match:
                yield number, match.group(2), match.group(1) == "<"


def git_paths(root):
    """What git tracks or would track, or None without git."""
    if not os.path.exists(os.path.join(root, ".git")):
        return None
    if shutil.which("git") is None:
        return None
    git = subprocess.run(
        ["git", "-C", root, "-c", f"safe.directory={os.path.realpath(root)}",
         "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=False)
    if git.returncode != 0:
        return None
    names = set(git.stdout.decode().split("\0"))
    return [n for n in names if n and os.path.isfile(os.path.join(root, n))]


def walk_paths(root):
    found = []
    for folder, dirs, files in os.walk(root):
        dirs[:] = [d for d in dirs if not SKIP_DIRS.match(d)]
        found += [os.path.relpath(os.path.join(folder, f), root)
                  for f in files if f != ".git" and not f.endswith(".pyc")]
    return found


def list_paths(root):
    paths = git_paths(root)
    return sorted(walk_paths(root) if paths is None else paths)


def is_binary(path):
    with open(path, "rb") as file:
        return b"\0" in file.read(4096)


def load_tree(root):
    return [Source(root, path) for path in list_paths(root)
            if not path.startswith(FIXTURES)
            and not is_binary(os.path.join(root, path))]
