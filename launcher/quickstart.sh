#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# quickstart.sh [--no-serve | --service] [FILE]
#
# On a bare Debian 12 or 13, as root: installs what vstream needs, builds it in
# ./build, publishes FILE (or a clip with a running clock and a tone) as HLS
# and DASH in three renditions, and serves a page that plays it. --no-serve
# publishes and ends; --service starts the service instead, with a page that
# takes films. A second run installs nothing and builds what changed.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=launcher/packages.sh
. "$top/launcher/packages.sh"

usage () {
  sed -n '4,10s/^# \{0,1\}//p' "$0"
}

# The clip that stands in for a file of one's own: 20 s of 1080p with a clock.
make_clip () {
  say "Making a clip with a running clock and a tone: $1"
  quietly "Making the clip" gst-launch-1.0 -q \
    videotestsrc num-buffers=600 pattern=smpte horizontal-speed=2 ! \
    video/x-raw,width=1920,height=1080,framerate=30/1 ! \
    timeoverlay halignment=center valignment=center font-desc="Sans 48" ! \
    x264enc speed-preset=ultrafast bitrate=8000 ! h264parse ! queue ! \
    mp4mux name=mux ! filesink location="$1.part" \
    audiotestsrc num-buffers=938 samplesperbuffer=1024 wave=ticks volume=0.3 ! \
    audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! \
    aacparse ! queue ! mux.
  mv "$1.part" "$1"
}

# The first free port from 8080 on.
free_port () {
  python3 - <<'PY'
import socket
for port in range(8080, 8180):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(port)
        break
PY
}

serve=yes
input=
while [ $# -gt 0 ]; do
  case $1 in
    --no-serve) serve=no ;;
    --service) serve=service ;;
    -h | --help) usage && exit 0 ;;
    -*) usage >&2 && die 64 "unknown option '$1'." ;;
    *)
      [ -z "$input" ] || die 64 "one FILE at a time: '$input' or '$1'."
      input=$1
      ;;
  esac
  shift
done
[ "$serve" != service ] || [ -z "$input" ] ||
  die 64 "--service takes no FILE: give it to the page."
case $input in
  '' | *://* | /*) ;;
  *) input=$PWD/$input ;;
esac
case $input in
  '' | *://*) ;;
  *) [ -r "$input" ] || die 66 "there is no file '$input' that can be read." ;;
esac

# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $RUN_PACKAGES
if [ -f "$build/build.ninja" ]; then
  build_all
else
  build_all -Dtests=false
fi
use_build

work=$build/quickstart
out=$work/out
mkdir -p "$work"
if [ "$serve" = service ]; then
  port=$(free_port)
  [ -n "$port" ] || die "no port from 8080 to 8179 is free on 127.0.0.1."
  say "The service; its page: http://127.0.0.1:$port/ (Ctrl-C ends it)"
  exec vstream-launcher --state "$work/service" --listen "127.0.0.1:$port"
fi
if [ -z "$input" ]; then
  input=$work/clip.mp4
  [ -s "$input" ] || make_clip "$input"
fi
rm -rf "$out"

say "Publishing $input as HLS and DASH in $out."
if [ "$serve" = no ]; then
  vstream-launcher --preset vod --input "$input" --output "$out"
  say "Done: $out/multivariant.m3u8 and $out/manifest.mpd."
  exit 0
fi
port=$(free_port)
[ -n "$port" ] || die "no port from 8080 to 8179 is free on 127.0.0.1."
say "The page that plays it: http://127.0.0.1:$port/ (Ctrl-C ends it)"
exec vstream-launcher --preset vod --input "$input" --output "$out" \
  --serve "127.0.0.1:$port"
