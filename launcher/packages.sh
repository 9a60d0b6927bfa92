# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2086
#
# What quickstart.sh and tests/run.sh share: the lists of Debian packages, and
# how they are installed and built with. Sourced, with $top set to the top of
# the repository.
#
# An entry is PACKAGE, or PACKAGE:COMMAND where it does not matter which
# package the command came from, or PACKAGE? where a release that does not
# have it can go without. Lists are split into words on purpose.

BUILD_PACKAGES="meson ninja-build pkg-config gcc libc6-dev libglib2.0-dev
  libglib2.0-dev-bin libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libsoup-3.0-dev libcurl4-openssl-dev libjson-glib-dev libebur128-dev libswscale-dev
  libzimg-dev libsqlite3-dev libssl-dev libx264-dev libhiredis-dev python3 ca-certificates
  nodejs:node npm:npm"
RUN_PACKAGES="gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-x
  gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav bubblewrap shared-mime-info"
TEST_PACKAGES="ffmpeg valgrind libxml2-utils clang-tidy clang-format-14?
  chromium-headless-shell shellcheck nginx libnginx-mod-rtmp python3-gi
  gir1.2-gst-rtsp-server-1.0 radosgw ceph-mon ceph-osd ceph-common openssl
  s3cmd redis-server python3-jsonschema python3-prometheus-client
  faketime curl"

build=$top/build
log=$build/setup.log

say () {
  printf '== %s\n' "$*"
}

# die [CODE] SENTENCE: ends the script, with an exit code of sysexits.h.
die () {
  code=1
  case $1 in
    6?|7?) code=$1 && shift ;;
  esac
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit "$code"
}

# quietly WHAT COMMAND…: the output goes to the log, and is shown on failure.
quietly () {
  what=$1
  shift
  mkdir -p "$build"
  if ! "$@" </dev/null >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die "$what failed; the lines above are the end of $log."
  fi
}

is_installed () {
  case $1 in
    *:*) command -v "${1#*:}" >/dev/null && return 0 ;;
  esac
  dpkg-query -W -f='${db:Status-Status}\n' "${1%%[:?]*}" 2>/dev/null |
    grep -qx installed
}

# missing_packages ENTRY…: the packages of the entries that are not installed.
missing_packages () {
  for entry in "$@"; do
    is_installed "$entry" || printf '%s\n' "$entry"
  done
}

# Leaves out what this release does not have and can go without; prints names.
available_names () {
  for entry in "$@"; do
    case $entry in
      *\?) apt-cache show "${entry%\?}" >/dev/null 2>&1 || continue ;;
    esac
    printf '%s ' "${entry%%[:?]*}"
  done
}

# install_packages ENTRY…: installs what is missing; nothing missing, no network.
install_packages () {
  command -v dpkg-query >/dev/null ||
    die "this is not Debian: install what corresponds to these packages, then use meson and ninja as CONTRIBUTING.md says: $*."
  missing=$(missing_packages "$@")
  required=$(printf '%s\n' "$missing" | grep -v '?$' || true)
  if [ -z "$missing" ]; then
    say "All Debian packages are installed."
    return 0
  fi
  if [ "$(id -u)" != 0 ]; then
    [ -n "$required" ] || return 0
    die "run this as root, or first install: apt-get install --no-install-recommends$(printf ' %s' $required | sed 's/:[^ ]*//g')"
  fi
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  if [ -n "$required" ] || [ -z "$(available_names $missing)" ]; then
    say "Fetching Debian's package lists."
    mkdir -p "$build"
    apt_get update >"$log" 2>&1 ||
      say "The package lists could not all be fetched; going on with those at hand."
  fi
  names=$(available_names $missing)
  [ -n "$names" ] || return 0
  say "Installing $(printf '%s\n' $names | wc -l) Debian packages and what they need: $names"
  # shellcheck disable=SC2086
  quietly "Installing packages" apt_get install --no-install-recommends $names
}

apt_get () {
  apt-get -y -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# build_all OPTION…: configures ./build where it is not, or with the options
# where there are any, and builds.
build_all () {
  if [ ! -f "$build/build.ninja" ]; then
    say "Configuring the build in $build."
    quietly "meson setup" meson setup "$@" "$build" "$top"
  elif [ $# -gt 0 ]; then
    quietly "meson configure" meson configure "$@" "$build"
  fi
  say "Building."
  quietly "The build" ninja -C "$build"
}

# The environment in which the build is used without installing it.
use_build () {
  GST_PLUGIN_PATH=$build/gst${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}
  VS_PRESET_DIR=$top/presets
  PATH=$build/launcher:$PATH
  export GST_PLUGIN_PATH VS_PRESET_DIR PATH
}
