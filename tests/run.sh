#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh [SUITE…]
#
# On a bare Debian 12 or 13, as root: installs what vstream and its tests need,
# builds in ./build and runs all suites, or those named. The last line is
# "N passed, N failed, N skipped"; the exit code is 0 only where something
# passed and nothing failed.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=launcher/packages.sh
. "$top/launcher/packages.sh"

# The packages of the tests that run in node: as the lock file says.
install_node_packages () {
  [ -f "$top/tests/js/package-lock.json" ] || return 0
  stamp=$top/tests/js/node_modules/.package-lock.json
  if [ -f "$stamp" ] &&
    [ -z "$(find "$top/tests/js/package-lock.json" -newer "$stamp")" ]; then
    return 0
  fi
  say "Fetching the npm packages of tests/js."
  quietly "npm ci in tests/js" \
    npm ci --prefix "$top/tests/js" --no-audit --no-fund
}

suites=
for suite in "$@"; do
  case $suite in
    -*) sed -n '4,10s/^# \{0,1\}//p' "$0" && exit 64 ;;
  esac
  suites="$suites --suite $suite"
done

# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $RUN_PACKAGES $TEST_PACKAGES
install_node_packages
build_all -Dtests=true

say "Running the tests; what each printed is in $build/meson-logs/testlog.txt."
json=$build/meson-logs/testlog.json
rm -f "$json"
status=0
# shellcheck disable=SC2086
meson test -C "$build" --no-rebuild --print-errorlogs $suites </dev/null ||
  status=$?
python3 -B "$top/tests/count.py" "$json" "$status"
