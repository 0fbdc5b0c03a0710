"""The pictures of scripts/preview: one to send, and one of what a terminal shows.

usage: picture.py sample FILE          writes a PNG
       picture.py draw COLUMNS         reads what `tmux capture-pane -pe` prints, writes an SVG
       picture.py text                 reads the same, writes it without colours
"""

import html
import re
import struct
import sys
import unicodedata
import zlib

WIDTH, HEIGHT = 8, 17
FOREGROUND, BACKGROUND = "#d8d8d8", "#181818"
NORMAL = ["#181818", "#c04040", "#40a040", "#b08030", "#4060c0", "#a040a0", "#30a0a0", "#d8d8d8"]
BRIGHT = ["#606060", "#f06060", "#60d060", "#e0c050", "#6090f0", "#d060d0", "#60d0d0", "#ffffff"]


def sample(path):
    """A sun over hills: something whose small picture can be recognised."""
    width, height = 320, 200
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            hill = 130 + 20 * ((x // 8) % 8 - 4) / 4 - (x - 160) ** 2 / 900
            if (x - 230) ** 2 + (y - 50) ** 2 < 900:
                pixel = (255, 210, 60)
            elif y > hill:
                pixel = (40, 150 - (y - int(hill)) // 2 if y > hill else 0, 60)
            else:
                pixel = (90 + y // 2, 150 + y // 3, 235)
            rows += bytes(max(0, min(255, value)) for value in pixel)
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))))
        file.write(chunk(b"IEND", b""))


def palette(number):
    if number < 16:
        return (NORMAL + BRIGHT)[number]
    if number < 232:
        number -= 16
        steps = [0, 95, 135, 175, 215, 255]
        return "#%02x%02x%02x" % (steps[number // 36], steps[number // 6 % 6], steps[number % 6])
    return "#" + "%02x" % (8 + 10 * (number - 232)) * 3


def restyle(style, codes):
    codes = [int(code or 0) for code in codes]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style.update(fg=FOREGROUND, bg=BACKGROUND, bold=False, reverse=False)
        elif code in (1, 22):
            style["bold"] = code == 1
        elif code in (7, 27):
            style["reverse"] = code == 7
        elif code in (38, 48) and codes:
            kind = codes.pop(0)
            take = 1 if kind == 5 else 3
            values, codes = codes[:take], codes[take:]
            colour = palette(values[0]) if kind == 5 else "#%02x%02x%02x" % tuple(values)
            style["fg" if code == 38 else "bg"] = colour
        elif code in (39, 49):
            style["fg" if code == 39 else "bg"] = FOREGROUND if code == 39 else BACKGROUND
        else:
            for base, key, table in ((30, "fg", NORMAL), (40, "bg", NORMAL), (90, "fg", BRIGHT), (100, "bg", BRIGHT)):
                if base <= code < base + 8:
                    style[key] = table[code - base]


def cells(line, style):
    """The characters of a line with their colours."""
    for part in re.split(r"(\x1b\[[0-9;:]*m|\x1b\([AB0]|[\x0e\x0f])", line):
        if part.startswith("\x1b["):
            restyle(style, re.split("[;:]", part[2:-1]))
        elif part and not part.startswith("\x1b") and part not in "\x0e\x0f":
            for character in part:
                colours = (style["fg"], style["bg"])
                yield character, colours[::-1] if style["reverse"] else colours, style["bold"]


def lines():
    text = sys.stdin.read().rstrip("\n").split("\n")
    style = {}
    restyle(style, ["0"])
    return [list(cells(line, style)) for line in text]


def draw(columns):
    rows = lines()
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{columns * WIDTH}" height="{len(rows) * HEIGHT}">')
    print(f'<rect width="100%" height="100%" fill="{BACKGROUND}"/>')
    print('<g font-family="DejaVu Sans Mono, monospace" font-size="13" shape-rendering="crispEdges">')
    for number, row in enumerate(rows):
        x, y = 0, number * HEIGHT
        for character, (foreground, background), bold in row:
            wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if background != BACKGROUND:
                print(f'<rect x="{x}" y="{y}" width="{wide * WIDTH}" height="{HEIGHT}" fill="{background}"/>')
            if character.strip():
                weight = ' font-weight="bold"' if bold else ""
                print(f'<text x="{x}" y="{y + 13}" fill="{foreground}"{weight}>{html.escape(character)}</text>')
            x += wide * WIDTH
    print("</g></svg>")


if sys.argv[1] == "sample":
    sample(sys.argv[2])
elif sys.argv[1] == "draw":
    draw(int(sys.argv[2]))
else:
    for row in lines():
        print("".join(character for character, _, _ in row).rstrip())
