#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bare-root.sh [--suite bookworm|trixie] [--only-build] [--keep] DIR
#
# The proof of the two commands: makes a bare Debian in DIR with debootstrap,
# clones the committed state of this repository into it, runs
# launcher/quickstart.sh --no-serve twice and then tests/run.sh in it, each
# without a question, and looks at what came out. Mirrors and proxies are taken
# from this machine's apt configuration. Needs root, git and debootstrap; not
# part of any suite, because it takes a quarter of an hour and the network.
#
# DIR/base is kept for the next run and DIR/root made from it anew; with --keep
# DIR/root stays at the end.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)

say () {
  printf '==== %s\n' "$*"
}

die () {
  printf 'bare-root.sh: %s\n' "$*" >&2
  exit 1
}

usage () {
  sed -n '4,16s/^# \{0,1\}//p' "$0"
  exit 64
}

# The mirrors this machine's apt uses for Debian proper, one address a line.
mirrors () {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
    /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' |
    tr ' ' '\n' | sed 's,/$,,' | grep "/debian$1\$" | sort -u
}

write_sources () {
  mirror=$(mirrors '' | head -n 1)
  printf 'deb %s %s main\n' "$mirror" "$suite"
  printf 'deb %s %s-updates main\n' "$mirror" "$suite"
  for security in $(mirrors -security); do
    printf 'deb %s %s-security main\n' "$security" "$suite"
  done
}

make_base () {
  mirror=$(mirrors '' | head -n 1)
  [ -n "$mirror" ] || die "no Debian mirror stands in /etc/apt/sources.list*."
  say "Making a bare $suite in $base."
  rm -rf "$base"
  debootstrap --variant=minbase "$suite" "$base.part" "$mirror" \
    >"$dir/debootstrap-$suite.log" 2>&1 ||
    die "debootstrap failed; see $dir/debootstrap-$suite.log."
  mv "$base.part" "$base"
}

# What of this machine's network settings a machine of one's own would have.
configure_root () {
  write_sources >"$root/etc/apt/sources.list"
  grep -hsE '^ *Acquire::(http|https|Check-[A-Za-z-]*)' /etc/apt/apt.conf \
    /etc/apt/apt.conf.d/* >"$root/etc/apt/apt.conf.d/00network" || true
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp /usr/local/share/ca-certificates/*.crt \
    "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
}

# in_root COMMAND…: in namespaces of its own, so that nothing of it outlives it.
# shellcheck disable=SC2016  # the inner shell expands it
in_root () {
  unshare --mount --pid --fork --kill-child sh -eu -c '
    root=$1; shift
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys" || true
    mount --rbind /dev "$root/dev"
    cd /
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
      HOME=/root TERM=dumb LANG=C.UTF-8 CI=true \
      NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
      ${http_proxy:+http_proxy="$http_proxy"} \
      ${https_proxy:+https_proxy="$https_proxy"} \
      ${no_proxy:+no_proxy="$no_proxy"} \
      sh -c "cd /root/vstream && exec \"\$@\"" sh "$@"
  ' sh "$root" "$@"
}

# step NAME COMMAND…: runs it in the root, with the time and room it took.
step () {
  name=$1
  shift
  say "$name: $*"
  before=$(date +%s)
  status=0
  in_root "$@" >"$dir/$suite-$name.log" 2>&1 || status=$?
  tail -n "${tail:-12}" "$dir/$suite-$name.log"
  say "$name: exit $status, $(($(date +%s) - before)) s, the root has now" \
    "$(du -smx "$root" | cut -f1) MB; all it printed: $dir/$suite-$name.log"
  [ "$status" = 0 ] || die "$name failed."
}

check_published () {
  out=$root/root/vstream/build/quickstart/out
  [ -s "$out/multivariant.m3u8" ] || die "no multivariant.m3u8 in $out."
  [ -s "$out/manifest.mpd" ] || die "no manifest.mpd in $out."
  count=$(grep -c '^#EXT-X-STREAM-INF' "$out/multivariant.m3u8" || true)
  [ "$count" = 3 ] || die "$count renditions in multivariant.m3u8, not 3."
  say "Published: $count renditions, $(find "$out" -type f | wc -l) files," \
    "$(du -sm "$out" | cut -f1) MB."
}

suite=bookworm
only_build=
keep=
dir=
while [ $# -gt 0 ]; do
  case $1 in
    --suite)
      [ $# -gt 1 ] || usage
      suite=$2
      shift
      ;;
    --only-build) only_build=yes ;;
    --keep) keep=yes ;;
    -*) usage ;;
    *) dir=$1 ;;
  esac
  shift
done
[ -n "$dir" ] || usage
[ "$(id -u)" = 0 ] || die "run this as root."
command -v debootstrap >/dev/null || die "install debootstrap first."
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
base=$dir/base-$suite
root=$dir/root-$suite

[ -d "$base" ] || make_base
say "Copying it to $root and cloning $(git -C "$top" describe --always --dirty) into it."
rm -rf --one-file-system "$root"
cp -a "$base" "$root"
configure_root
git clone -q --no-hardlinks "$top" "$root/root/vstream"

step first sh launcher/quickstart.sh --no-serve
check_published
step again sh launcher/quickstart.sh --no-serve
check_published
if [ -z "$only_build" ]; then
  tail=40 step tests sh tests/run.sh
  step tests-again sh tests/run.sh style
fi
[ -n "$keep" ] || rm -rf --one-file-system "$root"
say "Both commands work on a bare $suite."
