# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layer rules: arrows point down only.

core sees GLib's base library and itself; store sees core; playout, the library
of the elements that play against the clock, sees core and store; an element
sees core, store, itself and playout; the launcher sees core and store. Some libraries live
in one room: gst in launcher/worker, libsoup in launcher/http, curl in
gst/store/*s3*, x264 (which is GPL) in gst/x264.
"""

import os
import re

CORE_SYSTEM = re.compile(
    r"glib\.h$|glib/|(?:assert|ctype|errno|float|inttypes|limits|math|stdalign|"
    r"stdarg|stdbool|stddef|stdint|stdlib|string)\.h$")
NOT_ELEMENTS = ("core", "store")
# for elements alone
ELEMENT_LIBRARIES = ("playout",)
# library prefix of a system header: where under gst/ and launcher/ it may be
ROOMS = {
    "curl/": re.compile(r"gst/store/[\w-]*s3"),
    "hiredis/": re.compile(r"gst/store/[\w-]*redis|launcher/jobs/"),
    "libsoup/": re.compile(r"launcher/http/"),
    "x264.h": re.compile(r"gst/x264/"),
    "gst/": re.compile(r"gst/(?!core/|store/)|launcher/worker/"),
}
GTYPE = re.compile(
    r"\b(G_DEFINE_(?:\w+_)?(?:TYPE|INTERFACE|BOXED|ENUM|FLAGS)\w*|"
    r"G_DECLARE_\w+|g_type_\w+)\b")
GOBJECT = re.compile(r"\b(g_object_\w+|g_signal_\w+|GObject|GType)\b")
CLOCK = re.compile(
    r"(?<![\w.>])(g_get_real_time|g_get_monotonic_time|g_get_current_time|"
    r"g_date_time_new_now\w*|g_timer_\w+|g_random_\w+|g_rand_new|"
    r"g_uuid_string_random|time|clock|gettimeofday|clock_gettime|rand|random|"
    r"getrandom)\s*\(")
IO = re.compile(
    r"(?<![\w.>])(fopen|open|openat|creat|read|write|close|unlink|rename|"
    r"printf|fprintf|puts|fputs|getenv|g_getenv|g_file_\w+|g_fopen|g_open|"
    r"g_unlink|g_rename|g_mkdir\w*|g_remove|g_print|g_printerr|g_dir_open|"
    r"g_io_channel_\w+|g_mapped_file_\w+|g_key_file_load_from_file|"
    r"g_key_file_load_from_d\w*_?dirs|g_key_file_save_to_file|g_spawn_\w+|"
    r"socket|connect|mmap)\s*\(")


def room_of(path, tree):
    """The layer of a path: core, store, element NAME, launcher, or None."""
    parts = path.split("/")
    if parts[0] == "launcher":
        return "launcher"
    if parts[0] != "gst" or len(parts) < 3:
        return None
    return parts[1]


def resolve(src, name, paths):
    """Where a quoted include leads, by the include paths of the build."""
    here = os.path.dirname(src.path)
    for base in (here, "gst", "launcher", ""):
        path = os.path.normpath(os.path.join(base, name))
        if path in paths:
            return path
    first = name.split("/")[0]
    if first in NOT_ELEMENTS + ELEMENT_LIBRARIES or any(p.startswith(f"gst/{first}/")
                                    for p in paths):
        return f"gst/{name}"
    return None


def may_see(room, other):
    if other is None or other == room:
        return True
    if room == "core":
        return False
    if room == "store":
        return other == "core"
    if other in ELEMENT_LIBRARIES:
        return room != "launcher"
    return other in NOT_ELEMENTS


def layer(src, tree):
    room = room_of(src.path, tree)
    if src.kind != "c" or room is None:
        return
    paths = {s.path for s in tree}
    for number, name, system in src.includes():
        if system:
            if room == "core" and not CORE_SYSTEM.match(name):
                yield number, f"core includes only glib and itself, not <{name}>"
            for prefix, allowed in ROOMS.items():
                if name.startswith(prefix) and not allowed.match(src.path):
                    yield number, f"<{name}> has no place in {src.path}"
        else:
            path = resolve(src, name, paths)
            other = room_of(path, tree) if path else None
            if not may_see(room, other):
                yield number, f"{room} may not include \"{name}\" ({other})"


def matches(src, rooms, pattern, message):
    if src.kind != "c" or room_of(src.path, None) not in rooms:
        return
    for number, line in enumerate(src.code, 1):
        for match in pattern.finditer(line):
            yield number, f"{match.group(1)}: {message}"


def gtype(src, _tree):
    yield from matches(src, NOT_ELEMENTS, GTYPE,
                       "core and store hold no GType (it would be registered "
                       "twice in one process)")
    yield from matches(src, ("core",), GOBJECT, "core knows no GObject")


def core_clock(src, _tree):
    yield from matches(src, ("core",), CLOCK,
                       "time and chance are arguments in core")


def core_io(src, _tree):
    yield from matches(src, ("core",), IO, "core does no I/O")


LAYER_RULES = {
    "layer": layer,
    "gtype": gtype,
    "core-clock": core_clock,
    "core-io": core_io,
}
