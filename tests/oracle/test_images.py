"""The same samples give the same pixels, in every format and depth: round(v * 255 / max), alpha likewise, against NumPy. The
PNG and PNM files are put together here by hand, so that nothing stands between a sample and its file."""
import io
import itertools
import struct
import unittest
import zlib

import numpy as np
from images import decode, decode_with, probe
from PIL import Image, ImageOps
from pictures import noise


def to_bytes(v, largest):
    return np.round(np.asarray(v, np.float64) * 255 / largest).astype(np.uint8)


# ---- files ------------------------------------------------------------------------------------------------------------

ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
COLOR_TYPES = {"gray": 0, "rgb": 2, "palette": 3, "gray+alpha": 4, "rgba": 6}
CHANNELS = {"gray": 1, "rgb": 3, "palette": 1, "gray+alpha": 2, "rgba": 4}
DEPTHS = {"gray": (1, 2, 4, 8, 16), "rgb": (8, 16), "palette": (1, 2, 4, 8), "gray+alpha": (8, 16), "rgba": (8, 16)}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack(samples, depth):
    """Rows of samples (height x width x channels) as PNG stores them, each after the number of its filter (none)."""
    out = b""
    for row in samples.reshape(len(samples), -1):
        if depth == 16:
            out += b"\0" + row.astype(">u2").tobytes()
        else:
            bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            out += b"\0" + np.packbits(bits.astype(np.uint8).ravel()).tobytes()
    return out


def png(samples, kind, depth, interlace=False, palette=None, trns=None):
    height, width = samples.shape[:2]
    head = struct.pack(">IIBBBBB", width, height, depth, COLOR_TYPES[kind], 0, 0, int(interlace))
    passes = ADAM7 if interlace else [(0, 0, 1, 1)]
    rows = b"".join(pack(samples[y::dy, x::dx], depth) for y, x, dy, dx in passes if x < width and y < height)
    extra = b"" if palette is None else chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    extra += b"" if trns is None else chunk(b"tRNS", trns)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pnm(samples, largest, text):
    height, width, channels = samples.shape
    kind = {(1, True): 2, (3, True): 3, (1, False): 5, (3, False): 6}[channels, text]
    head = b"P%d\n%d %d\n%d\n" % (kind, width, height, largest)
    if text:
        return head + b" ".join(b"%d" % v for v in samples.ravel())
    return head + samples.astype(">u2" if largest > 255 else np.uint8).tobytes()


def composite(colors, alpha, under):
    """8-bit colors under 8-bit alpha, over a color of as many channels."""
    a = alpha.astype(np.float64)[..., None]
    return np.round((colors * a + np.asarray(under, np.float64) * (255 - a)) / 255).astype(np.uint8)


def chosen(colors, alpha):
    """White where the ink is dark on the whole, otherwise black."""
    c = colors.astype(np.int64)
    light = c[..., 0] if c.shape[2] == 1 else (299 * c[..., 0] + 587 * c[..., 1] + 114 * c[..., 2] + 500) // 1000
    a = alpha.astype(np.int64)
    return 255 if 2 * (light * a).sum() < 255 * a.sum() else 0


SIZES = [(1, 1), (1, 9), (5, 3), (8, 8), (17, 13)]


class Png(unittest.TestCase):
    def assert_blended(self, content, colors, alpha, message):
        """With a background chosen, and with one given."""
        if alpha.min() == 255:
            pixels, under = decode(content)
            np.testing.assert_array_equal(pixels, colors, message)
            self.assertIsNone(under)
            return
        level = chosen(colors, alpha)
        pixels, under = decode(content)
        self.assertEqual(under, (level, level, level), message)
        np.testing.assert_array_equal(pixels, composite(colors, alpha, [level] * colors.shape[2]), message)
        pixels, under = decode(content, b"77")
        np.testing.assert_array_equal(pixels, composite(colors, alpha, [77] * colors.shape[2]), message)
        pixels, under = decode(content, b"#0180fe")
        three = np.broadcast_to(colors, colors.shape[:2] + (3,))
        np.testing.assert_array_equal(pixels, composite(three, alpha, [1, 128, 254]), message)

    def test_every_kind_and_depth(self):
        for kind, (height, width), interlace in itertools.product(("gray", "rgb", "gray+alpha", "rgba"), SIZES, (False, True)):
            for depth in DEPTHS[kind]:
                v = noise(depth + height, depth, height, width, CHANNELS[kind])
                content, want = png(v, kind, depth, interlace), to_bytes(v, 2 ** depth - 1)
                message = f"{kind} {depth} bits {height}x{width} interlace {interlace}"
                if CHANNELS[kind] in (1, 3):
                    np.testing.assert_array_equal(decode(content)[0], want, message)
                else:
                    self.assert_blended(content, want[..., :-1], want[..., -1], message)

    def test_palettes(self):
        for depth, (height, width), interlace, alphas in itertools.product((1, 2, 4, 8), SIZES, (False, True), (0, 1, 9)):
            entries = 2 ** depth
            v = noise(depth + width, depth, height, width, 1)
            palette = noise(depth, 8, entries, 3)
            alpha = np.full(entries, 255)
            given = min(alphas, entries)
            alpha[:given] = noise(alphas + 7, 8, given)
            trns = alpha[:given].astype(np.uint8).tobytes() if given else None
            content = png(v, "palette", depth, interlace, palette, trns)
            index = v[..., 0]
            self.assert_blended(content, palette[index].astype(np.uint8), alpha[index].astype(np.uint8),
                                f"palette {depth} bits {height}x{width} interlace {interlace} {given} alphas")

    def test_index_beyond_the_palette(self):
        """libpng would make it black."""
        for depth, interlace in itertools.product((1, 2, 4, 8), (False, True)):
            v = np.zeros((3, 5, 1), np.int64)
            v[2, 4] = 1
            content = png(v, "palette", depth, interlace, noise(1, 8, 1, 3))
            with self.assertRaisesRegex(ValueError, "row 2, column 4 has color 1 of a palette of 1"):
                decode(content)

    def test_one_transparent_color(self):
        """tRNS of gray and rgb: the sample counts with all its bits, though two may become one byte."""
        for kind, (height, width), interlace in itertools.product(("gray", "rgb"), SIZES, (False, True)):
            for depth in DEPTHS[kind]:
                v = noise(depth * 3 + width, depth, height, width, CHANNELS[kind])
                key = v[0, 0].copy()
                near = key.copy()
                near[0] ^= 1
                v[height // 2, width // 2] = near
                alpha = np.where((v == key).all(axis=2), 0, 255).astype(np.uint8)
                content = png(v, kind, depth, interlace, trns=key.astype(">u2").tobytes())
                self.assert_blended(content, to_bytes(v, 2 ** depth - 1), alpha, f"{kind} {depth} bits {height}x{width}")

    def test_as_pillow(self):
        """Up to 8 bits: Pillow's RGBA, over the background that was chosen; turned by the chunk eXIf."""
        for kind, depths in DEPTHS.items():
            for depth, interlace, alphas in itertools.product((d for d in depths if d <= 8), (False, True), (0, 3)):
                v = noise(depth, depth, 13, 17, CHANNELS[kind])
                palette = noise(depth, 8, 2 ** depth, 3) if kind == "palette" else None
                trns = None
                if alphas and kind == "palette":
                    trns = bytes(noise(7, 8, min(alphas, 2 ** depth)).astype(np.uint8))
                elif alphas and (kind == "rgb" or (kind, depth) == ("gray", 8)):  # of less, Pillow takes another gray
                    trns = v[3, 4].astype(">u2").tobytes()
                content = png(v, kind, depth, interlace, palette, trns)
                for orientation in (None, 1, 3, 6, 8):
                    exif = Image.Exif()
                    exif[0x0112] = orientation or 1
                    turned = content[:33] + chunk(b"eXIf", exif.tobytes()[6:]) + content[33:] if orientation else content
                    image = ImageOps.exif_transpose(Image.open(io.BytesIO(turned)))
                    want = np.asarray(image.convert("RGBA")).astype(int)
                    for under in (0, 200):
                        pixels = decode(turned, b"%d" % under)[0].astype(int)
                        alpha = want[..., 3:]
                        over = (want[..., :3] * alpha + under * (255 - alpha) + 127) // 255
                        np.testing.assert_array_equal(np.broadcast_to(pixels, over.shape), over, f"{kind} {depth} {orientation}")
                    details = probe(turned)
                    self.assertEqual((details.image.height, details.image.width), want.shape[:2])
                    self.assertEqual(details.stored.channels, decode_with(turned)[1].stored.channels)
                    self.assertEqual(bool(details.alpha), trns is not None or kind.endswith("a") or "alpha" in kind)

    def test_all_values_of_sixteen_bits(self):
        v = np.arange(65536).reshape(256, 256, 1)
        np.testing.assert_array_equal(decode(png(v, "gray", 16))[0], to_bytes(v, 65535))
        alpha = np.concatenate([np.full_like(v, 65535), v], axis=2)
        want = to_bytes(v, 65535)
        pixels, under = decode(png(alpha, "gray+alpha", 16))
        self.assertEqual(under, (0, 0, 0))
        np.testing.assert_array_equal(pixels, want)


class Pnm(unittest.TestCase):
    def assert_scaled(self, v, largest, texts=(False, True)):
        want = to_bytes(v, largest)
        for text in texts:
            np.testing.assert_array_equal(decode(pnm(v, largest, text))[0], want, f"maxval {largest}, text {text}")

    def test_every_value_of_small_maxvals(self):
        for largest in range(1, 600):
            self.assert_scaled(np.arange(largest + 1).reshape(1, -1, 1), largest)

    def test_larger_maxvals(self):
        random = np.random.default_rng(5)
        for largest in [*random.integers(600, 65536, 200), 1023, 1024, 4095, 4096, 32767, 32768, 65534, 65535]:
            v = random.integers(0, largest + 1, (3, 5, 3))
            v[0, 0, 0], v[0, 0, 1] = largest, 0
            self.assert_scaled(v, largest)

    def test_bitmaps(self):
        """PBM as Pillow writes it, and as text, against the samples; a bit is 1 for black."""
        for height, width in SIZES:
            bits = noise(height, 1, height, width)
            out = io.BytesIO()
            Image.fromarray(bits == 0).save(out, "PPM")
            text = b"P1\n# a comment\n%d %d\n" % (width, height)
            spaced = text + b" ".join(b"%d" % b for b in bits.ravel()) + b"\n"
            packed = text + b"\n".join(b"".join(b"%d" % b for b in row) for row in bits)
            for content in (out.getvalue(), spaced, packed):
                np.testing.assert_array_equal(decode(content)[0][..., 0], 255 - 255 * bits)

    def test_all_values_of_sixteen_bits(self):
        self.assert_scaled(np.arange(65536).reshape(256, 256, 1), 65535)

    def test_as_png(self):
        for depth in (1, 2, 4, 8, 16):
            v = noise(depth, depth, 9, 7, 1)
            largest = 2 ** depth - 1
            np.testing.assert_array_equal(decode(png(v, "gray", depth))[0], decode(pnm(v, largest, False))[0])


if __name__ == "__main__":
    unittest.main()
