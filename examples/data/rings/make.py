"""Draws the rings: pairs of nested ellipses, after Cuturi and Doucet (2014). Python 3, standard library alone."""

import math
import random
import struct
import zlib

SIDE = 24


def png(rows):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(pixels, 9)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def rings(draw):
    rows = [[0.0] * SIDE for _ in range(SIDE)]
    for size in (1.0, 0.5):
        middle = [SIDE / 2 - 0.5 + draw.uniform(-1.5, 1.5) for _ in range(2)]
        half = [size * draw.uniform(5.0, 9.0) for _ in range(2)]
        turn = draw.uniform(0.0, math.pi)
        for r in range(SIDE):
            for c in range(SIDE):
                y, x = r - middle[0], c - middle[1]
                u = x * math.cos(turn) + y * math.sin(turn)
                v = y * math.cos(turn) - x * math.sin(turn)
                off = (math.hypot(u / half[0], v / half[1]) - 1.0) * min(half) / 0.7
                rows[r][c] += 255.0 * math.exp(-off * off)
    return [[min(255, round(value)) if value >= 1.0 else 0 for value in row] for row in rows]


for k in range(1, 6):
    with open(f"{k}.png", "wb") as file:
        file.write(png(rings(random.Random(k))))
