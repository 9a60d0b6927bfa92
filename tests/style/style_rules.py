# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules. Each yields (line, message) for one source file.

RULES maps a rule's name to its function; the fixtures hold each of them to
what it promises (test_fixtures.py).
"""

import ast
import os
import re

FILE_LINES = 600
FUNCTION_LINES = 60
CLASS_INIT_LINES = 120


def file_size(src, _tree):
    if src.kind != "text" and len(src.lines) > FILE_LINES:
        yield 1, f"{len(src.lines)} lines, at most {FILE_LINES}: split it"


# Functions ---------------------------------------------------------------

def c_functions(src):
    """In GNU style a body begins and ends with a brace in column 0; its head
    is what stands above it up to a blank line or the end of something."""
    start = None
    for number, line in enumerate(src.code):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            head = start
            while head > 0 and not re.search(
                    r"^\s*$|^#|[;}]\s*$", src.code[head - 1]):
                head -= 1
            name = re.search(r"(\w+)\s*\(", " ".join(src.code[head:start]))
            yield (name.group(1) if name else "?", head + 1,
                   number - head + 1)
            start = None


def py_functions(src):
    for node in ast.walk(ast.parse(src.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def indented_functions(src, head):
    """A head that ends in a brace, up to the closing brace in its column."""
    for number, line in enumerate(src.lines):
        match = re.match(head, line)
        if not match:
            continue
        close = match.group(1) + "}"
        for end in range(number + 1, len(src.lines)):
            if src.lines[end].startswith(close):
                yield match.group(2), number + 1, end - number + 1
                break


WEB_HEAD = (r"(\s*)(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:static\s+)?"
            r"(?:function\s*\*?\s*|(?:const|let)\s+(?=\w+\s*=.*=>)|"
            r"(?!(?:if|for|while|switch|catch|function|return)\b)"
            r"(?=\w+\s*\([^()]*\)\s*(?::[^{]+)?\{$))(\w+).*\{$")
SH_HEAD = r"(\s*)(\w+)\s*\(\)\s*\{$"


def functions(src):
    if src.kind == "c":
        return c_functions(src)
    if src.kind == "py":
        return py_functions(src)
    if src.kind == "web":
        return indented_functions(src, WEB_HEAD)
    if src.kind == "sh":
        return indented_functions(src, SH_HEAD)
    return []


def function_size(src, _tree):
    for name, line, size in functions(src):
        most = (CLASS_INIT_LINES if name.endswith("_class_init")
                else FUNCTION_LINES)
        if size > most:
            yield line, f"{name} has {size} lines, at most {most}"


# Banned calls ------------------------------------------------------------

C_BANNED = {
    "sprintf": "g_snprintf or g_strdup_printf",
    "vsprintf": "g_vsnprintf", "strcpy": "g_strlcpy", "strcat": "GString",
    "stpcpy": "g_strlcpy", "gets": "fgets", "strtok": "g_strsplit",
    "system": "GSubprocess", "popen": "GSubprocess",
    "g_spawn_command_line_sync": "GSubprocess",
    "g_spawn_command_line_async": "GSubprocess",
    "sleep": "wait for the event", "usleep": "wait for the event",
    "nanosleep": "wait for the event", "g_usleep": "wait for the event",
    "atoi": "g_ascii_string_to_signed", "atol": "g_ascii_string_to_signed",
    "atoll": "g_ascii_string_to_signed", "atof": "g_ascii_strtod",
    "alloca": "g_new or a fixed array", "g_alloca": "g_new",
    "g_newa": "g_new", "tmpnam": "g_dir_make_tmp", "mktemp": "mkstemp",
    "setjmp": "an error return", "longjmp": "an error return",
}
C_BANNED_RE = re.compile(
    r"(?<![\w.>])(" + "|".join(C_BANNED) + r")\s*\(|\b(goto)\s+\w")
OTHER_BANNED = {
    "sh": (re.compile(r"(?:^|[;&|]|\b(?:do|then|else)\b)\s*"
                      r"(u?sleep|killall|pkill|eval)\b"),
           "wait for the event, end what you started by its id"),
    "web": (re.compile(r"(?<![$.\w])(eval|document\.write|execSync)\s*\(|"
                       r"\b(waitForTimeout|innerHTML\s*=)"),
            "wait for the event, build nodes from text"),
}


PY_BANNED = {"time.sleep": "wait for the event",
             "os.system": "subprocess.run", "os.popen": "subprocess.run",
             "eval": "ast.literal_eval", "exec": "a function"}


def py_banned(src):
    for node in ast.walk(ast.parse(src.text)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in PY_BANNED:
            yield node.lineno, f"{name} is banned: use {PY_BANNED[name]}"
        if any(k.arg == "shell" and ast.unparse(k.value) != "False"
               for k in node.keywords):
            yield node.lineno, "a shell is banned: give a list of arguments"


def banned_call(src, _tree):
    if src.kind == "py":
        yield from py_banned(src)
    elif src.kind == "c":
        for number, line in enumerate(src.code, 1):
            for match in C_BANNED_RE.finditer(line):
                name = match.group(1) or match.group(2)
                yield number, (f"{name} is banned: use "
                               f"{C_BANNED.get(name, 'g_autoptr')}")
    elif src.kind in OTHER_BANNED:
        pattern, instead = OTHER_BANNED[src.kind]
        for number, line in enumerate(src.lines, 1):
            match = pattern.search(line)
            if match and not re.match(r"\s*(#|//|\*|/\*)", line):
                name = match.group(1) or match.group(2)
                yield number, f"{name} is banned: {instead}"


# Heads of files ----------------------------------------------------------

def spdx(src, _tree):
    want = "SPDX-License-Identifier: LGPL-2.1-or-later"
    if src.kind != "text" and want not in "\n".join(src.lines[:3]):
        yield 1, f"no “{want}” at the top"


def header_guard(src, _tree):
    if src.path.endswith(".h") and not any(
            re.match(r"#\s*pragma\s+once\b", line) for line in src.code):
        yield 1, "no “#pragma once”"


# Words -------------------------------------------------------------------

LATER = re.compile(r"\b(TO[D]O|FI[X]ME|X[X]X|HA[C]K)\b(?:\s*\(([^)]+)\))?")
MACHINE = re.compile(
    r"(?<![\w.])/wor[k]/|(?<![\w.])/hom[e]/\w|registry[.]npm|deb[.]debian[.]|"
    r"registry[.]yarn|registry[.]nod|localhost:487[3]")


def todo(src, tree):
    """What is left for later has a name, and that name a line in status."""
    if src.kind == "text":
        return
    status = next((s.text for s in tree if s.path == "docs/status.md"), "")
    for number, line in enumerate(src.lines, 1):
        match = LATER.search(line)
        if match and not (match.group(2) and match.group(2) in status):
            yield number, (f"{match.group(1)} without an entry in "
                           f"docs/status.md: write {match.group(1)}(name)")


def machine_path(src, _tree):
    for number, line in enumerate(src.lines, 1):
        match = MACHINE.search(line)
        if match:
            yield number, f"“{match.group(0)}” belongs to one machine"


def whitespace(src, _tree):
    if src.path == "COPYING" or src.path.endswith((".md", ".svg")):
        return
    for number, line in enumerate(src.lines, 1):
        if re.search(r"[ \t\r]$", line):
            yield number, "space at the end of the line"
    if src.text and not src.text.endswith("\n"):
        yield len(src.lines), "no newline at the end of the file"


def link(src, tree):
    """A page's relative links and pictures lead to files of the tree."""
    if not src.path.endswith(".md"):
        return
    paths = {s.path for s in tree}
    for number, line in enumerate(src.lines, 1):
        for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", line):
            if re.match(r"\w+:", target):
                continue
            path = os.path.normpath(
                os.path.join(os.path.dirname(src.path), target))
            if path not in paths and not any(
                    p.startswith(path + "/") for p in paths):
                yield number, f"“{target}” leads nowhere"


RULES = {
    "file-size": file_size,
    "function-size": function_size,
    "banned-call": banned_call,
    "spdx": spdx,
    "header-guard": header_guard,
    "todo": todo,
    "machine-path": machine_path,
    "whitespace": whitespace,
    "link": link,
}
