"""Small WebP, GIF and TIFF files, put together by hand, good and bad. Standard library only."""
import struct


class Bits:
    """A stream of bits, the lowest first."""

    def __init__(self):
        self.value, self.count = 0, 0

    def add(self, value, bits):
        self.value |= value << self.count
        self.count += bits

    def bytes(self):
        return self.value.to_bytes((self.count + 7) // 8, "little")


# ---- WebP ---------------------------------------------------------------------------------------------------------------

def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def vp8l(width, height, color=(9, 99, 200, 255)):
    """All pixels of one color (red, green, blue, alpha), by codes of one symbol each, which take no bits."""
    b = Bits()
    b.add(0x2F, 8)
    b.add(width - 1, 14)
    b.add(height - 1, 14)
    b.add(color[3] < 255, 1)
    b.add(0, 3 + 1 + 1 + 1)  # version; no transform, color cache or groups of codes
    for symbol in (color[1], color[0], color[2], color[3], 0):
        b.add(0b101, 3)  # a simple code of one symbol of 8 bits
        b.add(symbol, 8)
    return webp_chunk(b"VP8L", b.bytes())


# 3 x 2 pixels of one color, by libwebp at quality 50
VP8 = bytes.fromhex("56503820280000009001009d012a0300020002c04c25a002"
                    "74ba00039800feed4ddebbc5a51affe7a67f5b7f1ff8c800")


def vp8_of_size(width, height):
    return VP8[:14] + struct.pack("<HH", width, height) + VP8[18:]


def vp8x(width, height, flags=0):
    return webp_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3])


def anmf(x, y, width, height, *chunks):
    numbers = (x // 2, y // 2, width - 1, height - 1, 100)
    return webp_chunk(b"ANMF", b"".join(struct.pack("<I", n)[:3] for n in numbers) + b"\0" + b"".join(chunks))


def animation(canvas, *frames):
    return riff(vp8x(*canvas, 2), webp_chunk(b"ANIM", bytes(6)), *frames)


# ---- GIF ----------------------------------------------------------------------------------------------------------------

def lzw(indices, bits):
    """Never a code for more than one pixel: the table is cleared before the codes grow."""
    b = Bits()
    for i, index in enumerate(indices):
        if i % (2 ** bits - 2) == 0:
            b.add(2 ** bits, bits + 1)
        b.add(index, bits + 1)
    b.add(2 ** bits + 1, bits + 1)
    data = b.bytes()
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def gif(width, height, data, palette=(255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7), screen=None, place=(0, 0), transparent=None, interlace=0, end=b";"):
    """A frame with a palette of 4 colors for the file."""
    control = b"" if transparent is None else b"!\xf9\4\1\0\0" + bytes([transparent]) + b"\0"
    head = b"GIF89a" + struct.pack("<HH", *(screen or (width, height))) + (b"\x91" if palette else b"\x11") + b"\0\0" + bytes(palette or ())
    return head + control + b"," + struct.pack("<4HB", *place, width, height, interlace << 6) + data + end


# ---- TIFF ---------------------------------------------------------------------------------------------------------------

SIZES = {3: "H", 4: "I"}


def tiff(tags, data=b"", order="<"):
    """The tags are {number: (kind, values)} of shorts (3) and longs (4); `data` begins at byte 8."""
    entries, later = b"", b""
    start = 8 + len(data) + len(data) % 2
    end = start + 2 + 12 * len(tags) + 4
    for number, (kind, values) in sorted(tags.items()):
        value = struct.pack(order + str(len(values)) + SIZES[kind], *values)
        if len(value) > 4:
            at = struct.pack(order + "I", end + len(later))
            later += value
        else:
            at = value.ljust(4, b"\0")
        entries += struct.pack(order + "HHI", number, kind, len(values)) + at
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    return head + data + b"\0" * (len(data) % 2) + struct.pack(order + "H", len(tags)) + entries + bytes(4) + later


def tiff_tags(width, height, size, bits=8, samples=1, photometric=1, compression=1, **more):
    """Those of one strip of `size` bytes; more: tNUMBER=(kind, values)."""
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * samples), 259: (3, [compression]), 262: (3, [photometric]),
            273: (4, [8]), 277: (3, [samples]), 278: (4, [height]), 279: (4, [size])}
    tags.update({int(number[1:]): value for number, value in more.items()})
    return {number: value for number, value in tags.items() if value is not None}
