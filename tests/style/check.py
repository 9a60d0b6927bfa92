#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check.py ROOT [RULE…]: holds a tree against the house rules.

Prints one line a finding, FILE:LINE: RULE: what is wrong, and exits 1 where
there is any. Without rules named, all are checked.
"""

import sys

from style_layers import LAYER_RULES
from style_rules import RULES
from style_source import load_tree

ALL_RULES = {**RULES, **LAYER_RULES}


def findings(root, names):
    tree = load_tree(root)
    for src in tree:
        for name in names:
            for line, message in ALL_RULES[name](src, tree):
                yield src.path, line, name, message


def main(argv):
    root = argv[1] if len(argv) > 1 else "."
    names = argv[2:] or list(ALL_RULES)
    unknown = [name for name in names if name not in ALL_RULES]
    if unknown:
        print(f"no rule “{unknown[0]}”; known: {', '.join(ALL_RULES)}")
        return 64
    count = 0
    for path, line, name, message in findings(root, names):
        print(f"{path}:{line}: {name}: {message}")
        count += 1
    print(f"{count} findings by {len(names)} rules")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
