#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# sanitize.sh [SUITE…]
#
# Builds in ./build-sanitize with AddressSanitizer and UBSan and runs the suites
# core, elements, store and fuzz, or those named. The last line is
# "N passed, N failed, N skipped". The packages are those of tests/run.sh.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=launcher/packages.sh
. "$top/launcher/packages.sh"
build=$top/build-sanitize
log=$build/setup.log

[ $# -gt 0 ] || set -- core elements store fuzz
suites=
for suite in "$@"; do
  suites="$suites --suite $suite"
done

if [ ! -f "$build/build.ninja" ]; then
  build_all -Db_sanitize=address,undefined -Db_lundef=false -Dweb=disabled
else
  build_all
fi

# The scanner is not instrumented and could not load the plugin. Leaks are told
# for core alone: elsewhere codecs and drivers leak at exit, and the leaks tracer
# and valgrind tell ours from theirs.
leaks=0
[ "$*" = core ] && leaks=1
GST_REGISTRY_FORK=no
ASAN_OPTIONS=detect_leaks=$leaks:abort_on_error=1
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export GST_REGISTRY_FORK ASAN_OPTIONS UBSAN_OPTIONS

json=$build/meson-logs/testlog.json
rm -f "$json"
status=0
# shellcheck disable=SC2086
meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 4 \
  $suites </dev/null || status=$?
python3 -B "$top/tests/count.py" "$json" "$status"
