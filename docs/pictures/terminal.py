#!/usr/bin/env python3
"""A screen as tmux captures it (capture-pane -e -p -N), to a PNG file.

    terminal.py OUT.png COLUMNS <capture

Needs python3-pil and fonts-dejavu-core; docs/pictures/make.sh calls it.
"""
import re
import sys

from PIL import Image, ImageDraw, ImageFont

CELL = 8, 16
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
PLAIN = (170, 170, 170), (0, 0, 0)


def colour(n):
    """One of 256, of which only greys are used."""
    if n >= 232:
        return (8 + 10 * (n - 232),) * 3
    return {16: (0, 0, 0), 231: (255, 255, 255)}[n]


def cells(lines):
    """Row, column, character and colours; tmux names a colour once."""
    ink, ground = PLAIN
    for row, line in enumerate(lines):
        column = 0
        for m in re.finditer(r"\x1b\[([0-9;]*)m|(.)", line):
            if m[2] is not None:
                yield row, column, m[2], ink, ground
                column += 1
                continue
            codes = [int(c or 0) for c in m[1].split(";")]
            while codes:
                code = codes.pop(0)
                if code in (0, 39, 49):
                    ink, ground = PLAIN
                elif code in (38, 48):
                    assert codes.pop(0) == 5
                    value = colour(codes.pop(0))
                    if code == 38:
                        ink = value
                    else:
                        ground = value


def main(out, columns):
    lines = sys.stdin.read().rstrip("\n").split("\n")
    w, h = CELL
    picture = Image.new("RGB", (int(columns) * w, len(lines) * h))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(FONT, 13)
    for row, column, c, ink, ground in cells(lines):
        x, y = column * w, row * h
        draw.rectangle((x, y, x + w - 1, y + h - 1), fill=ground)
        if c == "▀":
            draw.rectangle((x, y, x + w - 1, y + h // 2 - 1), fill=ink)
        elif c == "▄":
            draw.rectangle((x, y + h // 2, x + w - 1, y + h - 1), fill=ink)
        elif c != " ":
            draw.text((x, y), c, font=font, fill=ink)
    picture.quantize(16).save(out, optimize=True)


main(*sys.argv[1:])
