#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# quickstart.sh and run.sh before they touch the machine: options and errors.
# Prints TAP. $1: top of the repository.
set -u
top=$1
number=0

# expect CODE PATTERN SCRIPT ARGUMENT…
expect () {
  code=$1 pattern=$2
  shift 2
  number=$((number + 1))
  output=$(sh "$@" 2>&1 </dev/null)
  status=$?
  if [ "$status" = "$code" ] && printf '%s' "$output" | grep -q "$pattern"; then
    printf 'ok %s %s\n' "$number" "$*"
  else
    printf 'not ok %s %s\n# exit %s: %s\n' "$number" "$*" "$status" "$output"
  fi
}

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

echo 1..6
expect 0 'no-serve' "$top/launcher/quickstart.sh" --help
expect 64 "option '--wrong'" "$top/launcher/quickstart.sh" --wrong
expect 66 "no file '$folder/none.mp4'" "$top/launcher/quickstart.sh" none.mp4
expect 64 'one FILE' "$top/launcher/quickstart.sh" a.mp4 b.mp4
expect 64 'takes no FILE' "$top/launcher/quickstart.sh" --service a.mp4
expect 64 'run.sh' "$top/tests/run.sh" --wrong
