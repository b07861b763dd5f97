"""Puts BMP files together by hand, for the tests: every depth, header, order of rows and compression."""
import struct

RAW, RLE8, RLE4, BITFIELDS = 0, 1, 2, 3


def packed(row, bits):
    """Pixels of a row (indices, or numbers of 16 to 32 bits) as bytes, filled up to a multiple of four."""
    if bits <= 8:
        text = "".join(format(v, f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 8)
        out = bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))
    else:
        out = b"".join(int(v).to_bytes(bits // 8, "little") for v in row)
    return out + bytes(-len(out) % 4)


def bmp(rows, bits, palette=(), header=40, compression=RAW, masks=(), top_down=False, data=None, colors=None, gap=0, width=None,
        height=None, offset=None):
    """`rows` from the top; `data` instead of them for run lengths. What is given replaces what follows from the rows."""
    width = len(rows[0]) if width is None else width
    height = len(rows) if height is None else height
    if data is None:
        data = b"".join(packed(row, bits) for row in (rows if top_down else rows[::-1]))
    if header == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
        table = b"".join(bytes(c[::-1]) for c in palette)
    else:
        head = struct.pack("<IiiHHIIiiII", 40, width, -height if top_down else height, 1, bits, compression, len(data), 2835, 2835,
                           len(palette) if colors is None else colors, 0)
        head = struct.pack("<I", header) + head[4:] + b"".join(struct.pack("<I", m) for m in masks)
        head = head[:14 + header] if header == 40 else head.ljust(header, b"\0")
        if header == 40 and masks:
            head = head[:40] + b"".join(struct.pack("<I", m) for m in masks[:3])
        table = b"".join(bytes(c[::-1]) + b"\0" for c in palette)
    start = 14 + len(head) + len(table) + gap
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start if offset is None else offset) + head + table + bytes(gap) + data


def rle8(rows):
    """Runs and single pixels in turn, from the bottom."""
    out = b""
    for row in rows[::-1]:
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and run < 255 and row[x + run] == row[x]:
                run += 1
            if run == 1 and len(row) - x >= 3:
                out += bytes([0, 3]) + bytes(row[x:x + 3]) + b"\0"
                x += 3
            else:
                out += bytes([run, row[x]])
                x += run
        out += b"\0\0"
    return out[:-2] + b"\0\1"


def rle4(rows):
    """Pairs, and five pixels one by one, in turn, from the bottom."""
    out = b""
    for row in rows[::-1]:
        x, single = 0, False
        while x < len(row):
            if single and len(row) - x >= 5:
                a, b, c, d, e = row[x:x + 5]
                out += bytes([0, 5, a << 4 | b, c << 4 | d, e << 4, 0])
                x += 5
            else:
                pair = (row[x], row[x + 1] if x + 1 < len(row) else 0)
                run = 1
                while x + run < len(row) and run < 255 and row[x + run] == pair[run % 2]:
                    run += 1
                out += bytes([run, pair[0] << 4 | pair[1]])
                x += run
            single = not single
        out += b"\0\0"
    return out[:-2] + b"\0\1"
