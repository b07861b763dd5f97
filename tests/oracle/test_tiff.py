"""TIFF files give the pixels that Pillow reads, and those put together here by hand, of any number of bits, in strips, tiles and
planes, give round(v * 255 / max) as NumPy computes it. Damage is refused, and never read past its end."""
import io
import itertools
import struct
import unittest

import numpy as np
from images import decode, decode_with, over, probe, skip_without
from PIL import Image, ImageOps
from pictures import noise

skip_without("libtiff")
COMPRESSIONS = ["raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate"]
MINISWHITE, MINISBLACK, RGB, PALETTE, CMYK = 0, 1, 2, 3, 5


def packed(samples, bits, order):
    """Rows of samples: 16 bits in the order of the file, others as bits, the highest first."""
    rows = samples.reshape(len(samples), -1)
    if bits == 16:
        return rows.astype(order + "u2").tobytes()
    stream = ((rows[:, :, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).reshape(len(rows), -1)
    return np.packbits(stream, axis=1).tobytes()


def tiff(samples, bits, photometric, order="<", tile=None, rows_per_strip=None, planes=False, extra=None, colormap=None, orientation=None):
    height, width, count = samples.shape
    parts = []
    for plane in ([samples[..., k:k + 1] for k in range(count)] if planes else [samples]):
        step, across = (tile or (rows_per_strip or height, width))
        for y, x in itertools.product(range(0, height, step), range(0, width, across)):
            block = plane[y:y + step, x:x + across]
            if tile:
                block = np.pad(block, ((0, step - block.shape[0]), (0, across - block.shape[1]), (0, 0)))
            parts.append(packed(block, bits, order))
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * count), 259: (3, [1]), 262: (3, [photometric]),
            277: (3, [count]), 284: (3, [2 if planes else 1])}
    data, offsets = b"", []
    for part in parts:
        offsets.append(8 + len(data))
        data += part + b"\0" * (len(part) % 2)
    sizes = [len(part) for part in parts]
    if tile:
        tags.update({322: (4, [tile[1]]), 323: (4, [tile[0]]), 324: (4, offsets), 325: (4, sizes)})
    else:
        tags.update({273: (4, offsets), 278: (4, [rows_per_strip or height]), 279: (4, sizes)})
    if extra is not None:
        tags[338] = (3, [extra])
    if colormap is not None:
        tags[320] = (3, list(colormap.T.ravel()))
    if orientation:
        tags[274] = (3, [orientation])
    entries, later = b"", b""
    start = 8 + len(data)
    end = start + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in sorted(tags.items()):
        value = struct.pack(order + str(len(values)) + ("H" if kind == 3 else "I"), *values)
        if len(value) > 4:
            at = struct.pack(order + "I", end + len(later))
            later += value + b"\0" * (len(value) % 2)
        else:
            at = value.ljust(4, b"\0")
        entries += struct.pack(order + "HHI", tag, kind, len(values)) + at
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    return head + data + struct.pack(order + "H", len(tags)) + entries + bytes(4) + later


def to_bytes(v, bits):
    return np.round(np.asarray(v, np.float64) * 255 / (2 ** bits - 1)).astype(int)


def picture(mode, width, height):
    channels = len(Image.new(mode, (1, 1)).getbands())
    small = Image.fromarray(noise(width, 8, 4, 4, channels).astype(np.uint8).squeeze(), mode if channels > 1 else "L")
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def saved(image, **how):
    out = io.BytesIO()
    image.save(out, "TIFF", **how)
    return out.getvalue()


class ByHand(unittest.TestCase):
    def test_bits(self):
        for bits, order, (photometric, count) in itertools.product(range(1, 17), "<>", ((MINISBLACK, 1), (MINISWHITE, 1), (RGB, 3))):
            v = noise(bits, bits, 13, 21, count)
            content = tiff(v, bits, photometric, order, rows_per_strip=5)
            want = to_bytes(v, bits)
            want = 255 - want if photometric == MINISWHITE else want
            np.testing.assert_array_equal(decode(content)[0], want, f"{bits} bits {order} photometric {photometric}")

    def test_tiles_strips_and_planes(self):
        for bits, planes, tile, rows in itertools.product((1, 8, 12, 16), (False, True), (None, (16, 32)), (None, 1, 7)):
            v = noise(bits, bits, 37, 50, 3)
            content = tiff(v, bits, RGB, tile=tile, rows_per_strip=rows, planes=planes)
            np.testing.assert_array_equal(decode(content)[0], to_bytes(v, bits), f"{bits} bits planes {planes} tile {tile} rows {rows}")

    def test_alpha(self):
        """Of its own, multiplied into the colors, and a sample that is not alpha."""
        for bits, planes, (photometric, colors) in itertools.product((8, 16), (False, True), ((MINISBLACK, 1), (RGB, 3))):
            v = noise(bits, bits, 9, 8, colors + 1)
            b = to_bytes(v, bits)
            for extra in (0, 1, 2):
                content = tiff(v, bits, photometric, planes=planes, extra=extra)
                c = b[..., :colors]
                alpha = b[..., colors:]
                if extra == 1:
                    c = np.where(alpha > 0, np.minimum(255, 255 * c // np.maximum(alpha, 1)), c)
                want = c if extra == 0 else (c * alpha + 60 * (255 - alpha) + 127) // 255
                np.testing.assert_array_equal(decode(content, b"60")[0], want, f"{bits} bits planes {planes} extra {extra}")
                self.assertEqual(probe(content).alpha, extra > 0)

    def test_palettes(self):
        for bits in (1, 2, 4, 8):
            v = noise(bits, bits, 7, 11, 1)
            colormap = noise(bits + 9, 16, 2 ** bits, 3)
            content = tiff(v, bits, PALETTE, colormap=colormap)
            np.testing.assert_array_equal(decode(content)[0], (colormap >> 8)[v[..., 0]], f"{bits} bits")

    def test_cmyk(self):
        v = noise(3, 8, 9, 7, 4)
        image = Image.fromarray(v.astype(np.uint8), "CMYK")
        for planes in (False, True):
            np.testing.assert_array_equal(decode(tiff(v, 8, CMYK, planes=planes))[0], np.asarray(image.convert("RGB")))

    def test_all_values_of_sixteen_bits(self):
        v = np.arange(65536).reshape(256, 256, 1)
        np.testing.assert_array_equal(decode(tiff(v, 16, MINISBLACK))[0], to_bytes(v, 16))

    def test_refused(self):
        v = noise(1, 8, 4, 4, 3)
        good = tiff(v, 8, RGB)
        with self.assertRaisesRegex(ValueError, "unsupported TIFF: photometric interpretation 8"):
            decode(tiff(v, 8, 8))
        with self.assertRaisesRegex(ValueError, "unsupported TIFF: bits per sample: 32"):
            decode(tiff(np.zeros((2, 2, 1), np.int64), 32, MINISBLACK))
        entry = struct.pack("<HHI", 259, 3, 1)
        with self.assertRaisesRegex(ValueError, "unsupported TIFF: compression 50000"):
            decode(good.replace(entry + struct.pack("<H", 1), entry + struct.pack("<H", 50000)))
        height = struct.pack("<HHI", 257, 4, 1)
        for rows in (4000, 4_000_000, 0xFFFFFFFF):
            with self.assertRaisesRegex(ValueError, "too many for|too large|Cannot handle zero"):
                decode(good.replace(height + struct.pack("<I", 4), height + struct.pack("<I", rows)))

    def test_cuts_and_flips(self):
        colormap = noise(2, 16, 16, 3)
        for content in (tiff(noise(1, 4, 5, 9, 1), 4, PALETTE, colormap=colormap, orientation=6),
                        tiff(noise(1, 8, 9, 8, 4), 8, RGB, tile=(16, 16), extra=1), saved(picture("RGB", 12, 9), compression="tiff_lzw")):
            for cut in range(4, len(content), 3):
                try:
                    decode(content[:cut])
                except ValueError as error:
                    self.assertTrue(str(error))
            for at in range(4, len(content)):
                for flip in (0xFF, 1, 0x80):
                    flipped = bytearray(content)
                    flipped[at] ^= flip
                    try:
                        decode(bytes(flipped))
                    except ValueError as error:
                        self.assertTrue(str(error))


class AsPillow(unittest.TestCase):
    def assert_as_pillow(self, content, message, most=0):
        want = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGBA"))
        pixels = decode(content, b"40")[0].astype(int)
        difference = np.abs(np.broadcast_to(pixels, want.shape[:2] + (3,)) - over(want, 40)).max()
        self.assertLessEqual(difference, most, message)
        details = probe(content)
        self.assertEqual((details.image.height, details.image.width), want.shape[:2], message)
        self.assertEqual(details.stored.channels, decode_with(content)[1].stored.channels)

    def test_modes_and_compressions(self):
        for mode, compression, (width, height) in itertools.product(("1", "L", "P", "RGB", "RGBA", "CMYK", "LA"), COMPRESSIONS,
                                                                    ((1, 1), (9, 5), (40, 33))):
            content = saved(picture(mode, width, height), compression=compression)
            self.assert_as_pillow(content, f"{mode} {compression} {width}x{height}")

    def test_fax(self):
        for compression in ("group3", "group4", "tiff_ccitt"):
            self.assert_as_pillow(saved(picture("1", 40, 33), compression=compression), compression)

    def test_jpeg(self):
        for mode in ("L", "RGB", "CMYK"):
            self.assert_as_pillow(saved(picture(mode, 40, 33), compression="jpeg", quality=90), mode, 2)

    def test_orientations(self):
        for orientation in range(1, 9):
            content = saved(picture("RGB", 9, 5), tiffinfo={274: orientation})
            self.assert_as_pillow(content, f"orientation {orientation}")
            self.assertEqual(probe(content).orientation, orientation)

    def test_big_endian_and_big_tiff(self):
        self.assert_as_pillow(saved(picture("RGB", 9, 5), big_tiff=True), "BigTIFF")


if __name__ == "__main__":
    unittest.main()
