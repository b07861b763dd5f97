"""Small data for the tests of the program, in the current folder, the same each time.

  make_data.py mnist FOLDER END [TRAIN [TEST [HEIGHT WIDTH]]]   four IDX files as MNIST has them, ten classes; END is
                                                               ".gz" for gzipped ones, or ""
  make_data.py png FILE HEIGHT WIDTH CHANNELS               a PNG
  make_data.py pgm FILE HEIGHT WIDTH                        a PGM
"""
import gzip
import os
import random
import struct
import sys
import zlib


def image(label, height, width, rng):
    """Noise, with a bright block at a position that gives the class."""
    cells = bytearray(rng.randrange(60) for _ in range(height * width))
    top, left = (label // 5) * height // 2, (label % 5) * width // 5
    for y in range(top, min(top + height // 3, height)):
        for x in range(left, min(left + width // 5, width)):
            cells[y * width + x] = 200 + rng.randrange(56)
    return bytes(cells)


def write_idx(path, sizes, payload):
    head = struct.pack(">BBBB", 0, 0, 8, len(sizes)) + b"".join(struct.pack(">I", n) for n in sizes)
    with open(path, "wb") as file:
        file.write(gzip.compress(head + payload, mtime=0) if path.endswith(".gz") else head + payload)


def make_mnist(folder, end, train=300, test=100, height=28, width=28):
    os.makedirs(folder, exist_ok=True)
    rng = random.Random(1)
    for name, count in (("train", train), ("t10k", test)):
        labels = [i % 10 for i in range(count)]
        pixels = b"".join(image(label, height, width, rng) for label in labels)
        write_idx(f"{folder}/{name}-images-idx3-ubyte{end}", (count, height, width), pixels)
        write_idx(f"{folder}/{name}-labels-idx1-ubyte{end}", (count,), bytes(labels))


def make_png(path, height, width, channels):
    gray = image(7, height, width, random.Random(2))
    rows = b"".join(
        b"\0" + b"".join(bytes([gray[y * width + x]]) * channels for x in range(width)) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def make_pgm(path, height, width):
    with open(path, "wb") as file:
        file.write(b"P5\n%d %d\n255\n" % (width, height) + image(7, height, width, random.Random(2)))


if __name__ == "__main__":
    maker = {"mnist": make_mnist, "png": make_png, "pgm": make_pgm}[sys.argv[1]]
    maker(sys.argv[2], *(int(word) if word.isdigit() else word for word in sys.argv[3:]))
