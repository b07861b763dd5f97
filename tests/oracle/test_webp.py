"""WebP files of every kind that Pillow writes give the pixels that Pillow reads, turned as EXIF says. Damage is refused, and
never read past its end."""
import io
import itertools
import struct
import unittest

import numpy as np
from images import decode, decode_with, over, probe, skip_without
from PIL import Image
from pictures import as_pillow, picture

skip_without("libwebp")
SIZES = [(1, 1), (2, 3), (15, 17), (16, 16), (33, 31), (64, 65)]


def webp(image, **how):
    out = io.BytesIO()
    image.save(out, "WEBP", **how)
    return out.getvalue()


class Webp(unittest.TestCase):
    def assert_as_pillow(self, content, message):
        want = as_pillow(content)
        for under in (0, 90):
            np.testing.assert_array_equal(decode(content, b"%d" % under)[0], over(want, under), message)
        details = probe(content)
        self.assertEqual((details.image.height, details.image.width), want.shape[:2], message)
        self.assertEqual(details.format, b"webp")
        self.assertEqual(details.stored.channels, decode_with(content)[1].stored.channels)

    def test_lossy_and_lossless(self):
        for mode, (width, height), lossless in itertools.product(("RGB", "RGBA"), SIZES, (False, True)):
            for quality in (5, 90):
                content = webp(picture(mode, width, height), lossless=lossless, quality=quality)
                self.assert_as_pillow(content, f"{mode} {width}x{height} lossless {lossless} quality {quality}")

    def test_lossless_is_exact(self):
        image = picture("RGB", 37, 23)
        np.testing.assert_array_equal(decode(webp(image, lossless=True))[0], np.asarray(image))

    def test_orientations(self):
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            content = webp(picture("RGBA", 20, 9), lossless=True, exif=exif)
            self.assert_as_pillow(content, f"orientation {orientation}")
            self.assertEqual(probe(content).orientation, orientation)

    def test_first_frame(self):
        frames = [picture("RGBA", 30, 20, seed) for seed in range(3)]
        for lossless in (False, True):
            content = webp(frames[0], save_all=True, append_images=frames[1:], lossless=lossless, duration=50)
            self.assertIn(b"ANMF", content)
            self.assert_as_pillow(content, f"lossless {lossless}")

    def test_frame_inside_the_canvas(self):
        """What the frame does not cover is transparent."""
        frames = [picture("RGB", 10, 8, seed) for seed in range(2)]
        content = webp(frames[0], save_all=True, append_images=frames[1:], lossless=True)
        at = content.index(b"VP8X") + 12
        content = content[:at] + struct.pack("<I", 24)[:3] + struct.pack("<I", 14)[:3] + content[at + 6:]
        at = content.index(b"ANMF") + 8
        content = content[:at] + b"\2\0\0\1\0\0" + content[at + 6:]
        want = np.full((15, 25, 3), 50)
        want[2:10, 4:14] = np.asarray(frames[0])
        np.testing.assert_array_equal(decode(content, b"50")[0], want)
        outside = content[:at] + b"\10\0\0" + content[at + 3:]
        with self.assertRaisesRegex(ValueError, "the frame leaves the canvas"):
            decode(outside)

    def test_cuts_and_flips(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        frames = [picture("RGBA", 12, 7, seed) for seed in range(2)]
        for content in (webp(frames[0]), webp(frames[0], lossless=True, exif=exif),
                        webp(frames[0], save_all=True, append_images=frames[1:])):
            for cut in range(12, len(content)):
                with self.assertRaisesRegex(ValueError, "corrupt WebP"):
                    decode(content[:cut])
            refused = 0
            for at in range(len(content)):
                flipped = bytearray(content)
                flipped[at] ^= 0xFF
                try:
                    decode(bytes(flipped))
                except ValueError as error:
                    self.assertTrue(str(error))
                    refused += 1
            self.assertGreater(refused, 10)


if __name__ == "__main__":
    unittest.main()
