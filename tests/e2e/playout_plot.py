#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws figures.csv of playout.py: memory, threads and descriptors over time,
each on a scale of its own from zero.

playout_plot.py figures.csv > playout.svg"""

import csv
import sys

WIDTH, HEIGHT, LEFT, TOP, GAP = 720, 110, 70, 30, 34
PLOTS = (("rss_kb", "resident memory, MB", 1024, "#1f6feb"),
         ("threads", "threads", 1, "#bf3989"),
         ("descriptors", "descriptors", 1, "#1a7f37"))


def draw_plot(rows, top, key, title, unit, colour):
    values = [float(row[key]) / unit for row in rows]
    times = [float(row["seconds"]) for row in rows]
    most = max(values) * 1.1
    points = " ".join(
        f"{LEFT + t / times[-1] * WIDTH:.1f},{top + HEIGHT * (1 - v / most):.1f}"
        for t, v in zip(times, values))
    yield (f'<text x="{LEFT}" y="{top - 6}">{title}: {min(values):.0f} to '
           f"{max(values):.0f}</text>")
    yield (f'<path d="M{LEFT} {top}v{HEIGHT}h{WIDTH}" fill="none" '
           'stroke="#8c959f"/>')
    for value in (0, most / 2, most):
        y = top + HEIGHT * (1 - value / most)
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.0f}</text>'
    yield (f'<polyline points="{points}" fill="none" stroke="{colour}" '
           'stroke-width="1.5"/>')


def draw(rows):
    bottom = TOP + len(PLOTS) * (HEIGHT + GAP)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 '
           f'{LEFT + WIDTH + 30} {bottom + 10}" font-family="sans-serif" '
           'font-size="12" fill="#57606a">')
    for number, plot in enumerate(PLOTS):
        yield from draw_plot(rows, TOP + number * (HEIGHT + GAP), *plot)
    seconds = float(rows[-1]["seconds"])
    for minute in range(0, int(seconds // 60) + 1, 5):
        x = LEFT + minute * 60 / seconds * WIDTH
        yield (f'<text x="{x:.1f}" y="{bottom - GAP + 16}" text-anchor="middle">'
               f"{minute} min</text>")
    yield "</svg>"


def main():
    with open(sys.argv[1], encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    print("\n".join(draw(rows)))


if __name__ == "__main__":
    main()
