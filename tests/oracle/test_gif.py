"""The first frame of a GIF has the pixels that Pillow reads: palettes, transparency, interlaced rows, frames smaller than the
screen. Damage is refused, and never read past its end."""
import io
import itertools
import struct
import unittest

import numpy as np
from images import decode, decode_with, over, probe, skip_without
from PIL import Image

skip_without("giflib")
SIZES = [(1, 1), (2, 3), (8, 8), (17, 33), (64, 65)]


def picture(width, height, colors, seed=0):
    random = np.random.default_rng(seed + width * 100 + height)
    image = Image.fromarray(random.integers(0, colors, (height, width), dtype=np.uint8), "P")
    image.putpalette(random.integers(0, 256, 3 * 256, dtype=np.uint8).tobytes())
    return image


def gif(image, **how):
    out = io.BytesIO()
    image.save(out, "GIF", **how)
    return out.getvalue()


def as_pillow(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


class Gif(unittest.TestCase):
    def assert_as_pillow(self, content, message):
        want = as_pillow(content)
        for under in (0, 90):
            pixels = decode(content, b"%d" % under)[0]
            np.testing.assert_array_equal(np.broadcast_to(pixels, want.shape[:2] + (3,)), over(want, under), message)
        details = probe(content)
        self.assertEqual((details.image.height, details.image.width), want.shape[:2], message)
        self.assertEqual(details.stored.channels, decode_with(content)[1].stored.channels)

    def test_palettes(self):
        for colors, (width, height), interlace in itertools.product((2, 3, 16, 200, 256), SIZES, (0, 1)):
            content = gif(picture(width, height, colors), interlace=interlace, optimize=False)
            self.assert_as_pillow(content, f"{colors} colors {width}x{height} interlace {interlace}")

    def test_transparency(self):
        for colors, (width, height), interlace in itertools.product((2, 5, 256), SIZES, (0, 1)):
            content = gif(picture(width, height, colors), interlace=interlace, transparency=1, optimize=False)
            self.assert_as_pillow(content, f"{colors} colors {width}x{height} interlace {interlace}")
            self.assertTrue(probe(content).alpha)

    def test_gray_has_one_channel(self):
        values = np.arange(256, dtype=np.uint8).reshape(16, 16)
        pixels = decode(gif(Image.fromarray(values)))[0]
        np.testing.assert_array_equal(pixels[..., 0], values)

    def test_first_frame(self):
        frames = [picture(21, 12, 40, seed) for seed in range(3)]
        content = gif(frames[0], save_all=True, append_images=frames[1:], duration=40, comment=b"\x1b[31m")
        self.assert_as_pillow(content, "animation")

    def test_frame_inside_the_screen(self):
        for transparency in (None, 2):
            how = {} if transparency is None else {"transparency": transparency}
            content = gif(picture(9, 5, 4), optimize=False, **how)
            for width, height, left, top in ((9, 5, 0, 0), (20, 15, 3, 4), (4, 3, 0, 0), (9, 5, 2, 1)):
                at = content.index(b"," + struct.pack("<4H", 0, 0, 9, 5))
                moved = content[:6] + struct.pack("<2H", width, height) + content[10:at + 1] + struct.pack("<2H", left, top) + content[at + 5:]
                self.assert_as_pillow(moved, f"screen {width}x{height} at {left},{top} transparency {transparency}")

    def test_cuts_and_flips(self):
        for content in (gif(picture(12, 7, 16)), gif(picture(17, 17, 256), interlace=1, transparency=3)):
            accepted = []
            for cut in range(6, len(content)):
                try:
                    accepted.append(np.array_equal(decode(content[:cut])[0], decode(content)[0]))
                except ValueError as error:
                    self.assertIn("corrupt GIF", str(error))
            self.assertLessEqual(len(accepted), 3)  # the end of the file after the last pixel
            self.assertTrue(all(accepted))
            for at in range(len(content)):
                flipped = bytearray(content)
                flipped[at] ^= 0xFF
                try:
                    decode(bytes(flipped))
                except ValueError as error:
                    self.assertTrue(str(error))


if __name__ == "__main__":
    unittest.main()
