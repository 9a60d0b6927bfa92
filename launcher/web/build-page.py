#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds the page into C source.

npm works on a copy of the sources below the build folder, so that nothing of
it ends up in the source tree; packages are installed again only where the
lock file has changed. Where npm is absent, or fails and may fail, the plain
page takes the place.
"""

import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys
from xml.sax.saxutils import escape

COPIED = ("index.html", "service.html", "package.json", "package-lock.json",
          "tsconfig.json", "vite.config.mjs", "src")
PREFIX = "/vstream/web"
C_NAME = "vs_web"


def read_arguments():
    parser = argparse.ArgumentParser()
    for name in ("source", "work", "output", "header"):
        parser.add_argument("--" + name, type=lambda p: pathlib.Path(p).absolute(),
                            required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--npm")
    parser.add_argument("--must-build", action="store_true")
    return parser.parse_args()


def copy_sources(source, work):
    work.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        target = work / name
        if target.is_dir():
            shutil.rmtree(target)
        if (source / name).is_dir():
            shutil.copytree(source / name, target)
        else:
            shutil.copyfile(source / name, target)


def run(command, folder):
    print("+", *command, flush=True)
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)


def install_packages(npm, work):
    stamp = work / "node_modules" / ".lock-digest"
    lock = (work / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund",
         "--loglevel=error"], work)
    stamp.write_text(digest)


def build(arguments):
    """The folder of the built page."""
    copy_sources(arguments.source, arguments.work)
    install_packages(arguments.npm, arguments.work)
    run([arguments.npm, "run", "--silent", "build"], arguments.work)
    return arguments.work / "dist"


def choose_folder(arguments):
    plain = arguments.source / "plain"
    if not arguments.npm:
        print("npm is not there: the page will not have players")
        return plain
    try:
        return build(arguments)
    except (OSError, subprocess.CalledProcessError) as error:
        if arguments.must_build:
            sys.exit(f"The page could not be built: {error}")
        print(f"The page could not be built ({error}); it will not have "
              "players. With -Dweb=enabled this is an error; to try again, "
              f"remove {arguments.output}.")
        return plain


def list_resources(folder):
    names = sorted(p.relative_to(folder).as_posix()
                   for p in folder.rglob("*") if p.is_file())
    entries = "".join(
        f'    <file compressed="true">{escape(name)}</file>\n'
        for name in names)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<gresources>\n'
            f'  <gresource prefix="{PREFIX}">\n{entries}'
            "  </gresource>\n</gresources>\n")


def main():
    arguments = read_arguments()
    folder = choose_folder(arguments)
    arguments.work.mkdir(parents=True, exist_ok=True)
    listing = arguments.work / "page.gresource.xml"
    listing.write_text(list_resources(folder), encoding="utf-8")
    for kind, output in (("--generate-source", arguments.output),
                         ("--generate-header", arguments.header)):
        run([arguments.compiler, str(listing), f"--sourcedir={folder}",
             f"--target={output}", kind, f"--c-name={C_NAME}", "--internal"],
            arguments.work)


if __name__ == "__main__":
    main()
