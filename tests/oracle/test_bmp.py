"""BMP files of every kind, put together by hand or written by Pillow, give just the pixels that Pillow reads. A damaged file is
refused with the reason, and never read past its end."""
import io
import itertools
import struct
import unittest

import numpy as np
from bmps import BITFIELDS, RLE4, RLE8, bmp, rle4, rle8
from images import decode
from PIL import Image

SIZES = [(1, 1), (2, 3), (3, 2), (7, 9), (8, 8), (17, 5), (33, 31), (65, 63)]
MASKS = {16: [(0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F)],
         32: [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF000000, 0xFF00, 0xFF, 0),
              (0xFF000000, 0xFF0000, 0xFF00, 0xFF), (0xFF, 0xFF00, 0xFF0000, 0xFF000000), (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
              (0, 0, 0, 0)]}


def noise(seed, largest, height, width):
    return np.random.default_rng(seed).integers(0, largest + 1, (height, width)).tolist()


def blocks(seed, largest, height, width):
    """Values in runs."""
    random, out = np.random.default_rng(seed), []
    for _ in range(height):
        row = np.repeat(random.integers(0, largest + 1, width), random.integers(1, 6, width))
        out.append(row[:width].tolist())
    return out


def palette(seed, count, gray=False):
    colors = np.random.default_rng(seed).integers(0, 256, (count, 3))
    return [tuple(int(v) for v in ([c[0]] * 3 if gray else c)) for c in colors]


class Bmp(unittest.TestCase):
    def assert_as_pillow(self, content, message):
        image = Image.open(io.BytesIO(content))
        if image.mode == "RGBA":
            want = np.asarray(image).astype(int)
            pixels, _ = decode(content, b"#000000")
            over = (want[..., :3] * want[..., 3:] * 2 + 255) // 510
            np.testing.assert_array_equal(np.broadcast_to(pixels, over.shape), over, message)
            return
        want = np.asarray(image.convert("RGB"))
        pixels, under = decode(content)
        self.assertEqual(pixels.shape[:2], want.shape[:2], message)
        np.testing.assert_array_equal(np.broadcast_to(pixels, want.shape), want, message)
        self.assertIsNone(under)

    def test_palettes(self):
        for bits, (width, height), header, top_down in itertools.product((1, 4, 8), SIZES, (12, 40, 64, 108, 124), (False, True)):
            if header == 12 and top_down:
                continue
            rows = noise(bits, 2 ** bits - 1, height, width)
            for gray in (False, True):
                content = bmp(rows, bits, palette(3, 2 ** bits, gray), header, top_down=top_down)
                self.assert_as_pillow(content, f"{bits} bits {width}x{height} header {header} top down {top_down}")
                self.assertEqual(decode(content)[0].shape[2], 1 if gray else 3)

    def test_short_palettes_and_gaps(self):
        rows = noise(1, 4, 9, 11)
        for bits in (4, 8):
            self.assert_as_pillow(bmp(rows, bits, palette(1, 5)), "five colors")
            self.assert_as_pillow(bmp(rows, bits, palette(1, 5), gap=10), "bytes before the pixels")
            self.assert_as_pillow(bmp(rows, bits, palette(1, 5), offset=54), "the palette is where the pixels should be")
        self.assert_as_pillow(bmp(noise(1, 255, 9, 11), 8, palette(1, 256), colors=0), "all colors")

    def test_true_colors(self):
        for bits, (width, height), header, top_down in itertools.product((16, 24, 32), SIZES, (12, 40, 56, 108), (False, True)):
            if header == 12 and (top_down or bits != 24):
                continue
            content = bmp(noise(bits, 2 ** bits - 1, height, width), bits, (), header, top_down=top_down)
            self.assert_as_pillow(content, f"{bits} bits {width}x{height} header {header} top down {top_down}")

    def test_masks(self):
        for bits, (width, height) in itertools.product(MASKS, SIZES):
            for masks, header in itertools.product(MASKS[bits], (40, 52, 56, 108, 124)):
                if header < 56 and any(masks[3:]):
                    continue
                if header < 56 and not any(masks):
                    continue
                content = bmp(noise(bits, 2 ** bits - 1, height, width), bits, (), header, BITFIELDS, masks)
                self.assert_as_pillow(content, f"{bits} bits masks {masks} {width}x{height} header {header}")

    def test_run_lengths(self):
        for width, height in SIZES:
            for made in (noise, blocks):
                rows = made(width, 255, height, width)
                content = bmp(rows, 8, palette(2, 256), compression=RLE8, data=rle8(rows))
                self.assert_as_pillow(content, f"8 bits {width}x{height}")
                rows = made(width, 15, height, width)
                content = bmp(rows, 4, palette(2, 16), compression=RLE4, data=rle4(rows))
                self.assert_as_pillow(content, f"4 bits {width}x{height}")

    def test_run_lengths_that_move(self):
        """Right and up, the end of a row and of the image before their last pixel, which Pillow refuses: by hand, from the bottom."""
        cases = [(b"\2\1\0\2\3\1\2\2\0\1", [[1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 2, 2], [0] * 7]),
                 (b"\3\1\0\0\2\2\0\0\0\0\0\1", [[1, 1, 1, 0, 0, 0, 0], [2, 2, 0, 0, 0, 0, 0], [0] * 7]),
                 (b"\0\2\1\1\x09\3\0\1", [[0] * 7, [0, 3, 3, 3, 3, 3, 3], [0] * 7]),
                 (b"\0\1", [[0] * 7] * 3)]
        for data, rows in cases:
            colors = palette(2, 4)
            want = np.array([[colors[i] for i in row] for row in rows[::-1]])
            np.testing.assert_array_equal(decode(bmp([[0] * 7] * 3, 8, colors, compression=RLE8, data=data))[0], want)

    def test_as_pillow_writes(self):
        for mode, (width, height) in itertools.product(("1", "L", "P", "RGB", "RGBA"), SIZES):
            pixels = np.random.default_rng(width).integers(0, 256, (height, width, 4), dtype=np.uint8)
            out = io.BytesIO()
            image = Image.fromarray(pixels)
            (image.convert("RGB").quantize(16) if mode == "P" else image.convert(mode)).save(out, "BMP")
            self.assert_as_pillow(out.getvalue(), f"{mode} {width}x{height}")

    def small(self):
        rows, few = noise(4, 255, 5, 7), noise(4, 15, 5, 7)
        return [bmp(rows, 8, palette(1, 256)), bmp(few, 4, palette(1, 16), 12), bmp(noise(1, 65535, 5, 7), 16),
                bmp(noise(1, 2 ** 32 - 1, 5, 7), 32, (), 108, BITFIELDS, MASKS[32][4]),
                bmp(rows, 8, palette(1, 256), compression=RLE8, data=rle8(rows)),
                bmp(few, 4, palette(1, 16), compression=RLE4, data=rle4(few))]

    def test_truncated_at_every_byte(self):
        """Refused, unless only bytes that fill up are missing."""
        for content in self.small():
            whole, read = decode(content)[0], 0
            for length in range(8, len(content)):
                try:
                    np.testing.assert_array_equal(decode(content[:length])[0], whole)
                    read += 1
                except ValueError as error:
                    self.assertRegex(str(error), "^(corrupt|unsupported) BMP: ")
            self.assertLessEqual(read, 3)

    def test_flipped_bytes(self):
        for content in self.small():
            for at, flip in itertools.product(range(2, len(content)), (0x01, 0x80, 0xFF)):
                damaged = content[:at] + bytes([content[at] ^ flip]) + content[at + 1:]
                try:
                    self.assertLessEqual(decode(damaged)[0].size, 1 << 26)
                except ValueError as error:
                    self.assertTrue(str(error))

    def test_sizes_that_lie(self):
        """Every 32-bit number of the headers in turn is replaced by large, small and negative ones."""
        numbers = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF, 0x10000, 0x8000)
        for content in self.small():
            for at, number in itertools.product(range(10, 66, 2), numbers):
                changed = content[:at] + struct.pack("<I", number) + content[at + 4:]
                try:
                    self.assertLessEqual(decode(changed)[0].size, 1 << 26)
                except ValueError as error:
                    self.assertTrue(str(error))


if __name__ == "__main__":
    unittest.main()
