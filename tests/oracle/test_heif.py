"""AVIF files that Pillow writes give the pixels that Pillow reads, turned as it turns them. HEIC files by x265 give the samples that
they were made of, in 8, 10 and 12 bits, with alpha and turned. Damage is refused."""
import io
import itertools
import pathlib
import unittest

import numpy as np
from images import decode, decode_with, over, probe, skip_without
from PIL import Image
from pictures import as_pillow, picture
from tiny_images import (ALPHA_QUARTERS, AV1_8, AV1_12, AV1_ALPHA, HEVC_8, HEVC_10, HEVC_ALPHA, QUARTERS, heif, mirrored,
                         rotated)

skip_without("libheif")
HERE = pathlib.Path(__file__).resolve().parent
SIZES = [(1, 1), (2, 3), (15, 17), (16, 16), (33, 31), (64, 65)]


def avif(image, **how):
    out = io.BytesIO()
    image.save(out, "AVIF", speed=8, **how)
    return out.getvalue()


class Avif(unittest.TestCase):
    def assert_as_pillow(self, content, most, message):
        """Within `most`, since color conversions round differently."""
        want = as_pillow(content)
        for under in (0, 90):
            got = decode(content, b"%d" % under)[0].astype(int)
            self.assertEqual(got.shape[:2], want.shape[:2], message)
            self.assertLessEqual(np.abs(got - over(want, under)).max(), most, message)
        details = probe(content)
        self.assertEqual((details.image.height, details.image.width), want.shape[:2], message)
        self.assertEqual(details.format, b"heif")
        self.assertEqual(details.stored.channels, decode_with(content)[1].stored.channels)

    def test_full_color_and_gray(self):
        for mode, (width, height), quality in itertools.product(("RGB", "RGBA"), SIZES, (40, 95)):
            for subsampling in ("4:4:4", "4:0:0"):
                content = avif(picture(mode, width, height), quality=quality, subsampling=subsampling)
                self.assert_as_pillow(content, 2, f"{mode} {width}x{height} quality {quality} {subsampling}")

    def test_half_color(self):
        """libheif repeats the colors of 2x2 pixels, Pillow's library interpolates them: equal where color does not change."""
        for mode, size in itertools.product(("RGB", "RGBA"), SIZES):
            image = Image.new(mode, size, (200, 40, 90, 77)[:len(mode)])
            self.assert_as_pillow(avif(image, quality=90, subsampling="4:2:0"), 2, f"{mode} {size}")

    def test_orientations(self):
        """Pillow writes boxes that turn the image; libheif turns it, and nothing else does again."""
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            content = avif(picture("RGBA", 20, 9), quality=95, subsampling="4:4:4", exif=exif)
            self.assert_as_pillow(content, 2, f"orientation {orientation}")
            self.assertEqual(probe(content).orientation, 1)

    def test_first_of_a_series(self):
        frames = [picture("RGB", 30, 20, seed) for seed in range(3)]
        content = avif(frames[0], save_all=True, append_images=frames[1:], quality=95, subsampling="4:4:4")
        self.assertEqual(content[8:12], b"avis")
        self.assert_as_pillow(content, 2, "a series")


def quarters(samples, bits, height, width):
    """The pixels of an image of tiny_images.py; the samples are of 10 bits."""
    v = np.asarray(samples)
    v = v if v.ndim == 3 else v[..., None]
    v = v >> (10 - bits) if bits <= 10 else v << (bits - 10)
    return np.round(v * 255 / (2 ** bits - 1)).astype(int).repeat(height // 2, axis=0).repeat(width // 2, axis=1)


class Heif(unittest.TestCase):
    CASES = [(HEVC_8, 8, 64, 64, 1), (HEVC_10, 10, 64, 64, 0), (AV1_8, 8, 16, 24, 1), (AV1_12, 12, 16, 24, 0)]

    def test_depths(self):
        for image, bits, height, width, most in self.CASES:
            got = decode(heif(image, (width, height)))[0].astype(int)
            self.assertLessEqual(np.abs(got - quarters(QUARTERS, bits, height, width)).max(), most, f"{image[0]} {bits}")

    def test_every_value(self):
        """All samples of 10 bits by x265 and of 12 bits by libaom, without loss, in files that libheif 1.15 wrote."""
        for name, bits in (("gray-10.heic", 10), ("gray-12.avif", 12)):
            values = np.arange(2 ** bits).reshape(2 ** (bits // 2), -1, 1)
            got = decode((HERE / "heif" / name).read_bytes())[0]
            np.testing.assert_array_equal(got, np.round(values * 255 / (2 ** bits - 1)).astype(np.uint8).repeat(3, axis=2), name)

    def test_alpha(self):
        for image, alpha, (height, width) in ((HEVC_8, HEVC_ALPHA, (64, 64)), (AV1_8, AV1_ALPHA, (16, 24))):
            content = heif(image, (width, height), alpha=alpha)
            colors, a = quarters(QUARTERS, 8, height, width), quarters(ALPHA_QUARTERS, 8, height, width)
            for under in (0, 90):
                want = (colors * a + under * (255 - a)) / 255
                self.assertLessEqual(np.abs(decode(content, b"%d" % under)[0] - want).max(), 2, f"{image[0]} {under}")
            self.assertTrue(probe(content).alpha)

    def test_premultiplied_alpha(self):
        """Over a background of 0, it is what is stored."""
        content = heif(AV1_8, (24, 16), alpha=AV1_ALPHA, premultiplied=True)
        a = quarters(ALPHA_QUARTERS, 8, 16, 24)
        want = np.minimum(quarters(QUARTERS, 8, 16, 24), a)  # a color above its alpha is cut
        self.assertLessEqual(np.abs(decode(content, b"0")[0] - want).max(), 1)

    def test_turns(self):
        for image, bits, height, width, most in self.CASES:
            want = quarters(QUARTERS, bits, height, width)
            for quarter in range(4):
                got = decode(heif(image, (width, height), rotated(quarter)))[0]
                self.assertLessEqual(np.abs(got - np.rot90(want, quarter)).max(), most, f"{image[0]} {quarter}")
            for axis in range(2 if bits == 8 else 0):  # libheif 1.15 refuses to mirror more bits
                got = decode(heif(image, (width, height), mirrored(axis)))[0]
                self.assertLessEqual(np.abs(got - np.flip(want, axis)).max(), most, f"{image[0]} axis {axis}")

    def test_exif_turns_nothing(self):
        """The boxes of the file decide, as ISO/IEC 23008-12 has it."""
        exif = Image.Exif()
        exif[0x0112] = 6
        for turns in ((), (rotated(3),)):
            content = heif(AV1_8, (24, 16), *turns, exif=exif.tobytes())
            np.testing.assert_array_equal(decode(content)[0], decode(heif(AV1_8, (24, 16), *turns))[0])
            self.assertEqual(probe(content).orientation, 1)

    def test_brands(self):
        want = decode(heif(AV1_8, (24, 16)))[0]
        for brand in (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"avis"):
            np.testing.assert_array_equal(decode(heif(AV1_8, (24, 16), brand=brand))[0], want, brand)

    def test_limits(self):
        content = heif(AV1_8, (24, 16))
        for limit in ({"max_pixels": 383}, {"max_side": 23}, {"max_bytes": 1151}):
            with self.assertRaisesRegex(ValueError, "the image is too large: 16x24x3"):
                decode_with(content, **limit)
        self.assertEqual(decode_with(content, max_pixels=384, max_side=24, max_bytes=1152)[0].shape, (16, 24, 3))

    def test_larger_than_a_socket(self):
        """Noise: more bytes in both directions than a socket holds."""
        image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (1000, 1500, 3), dtype=np.uint8), "RGB")
        content = avif(image, quality=80, subsampling="4:4:4", max_threads=1)
        self.assertGreater(len(content), 1 << 20)
        want = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
        self.assertLessEqual(np.abs(decode(content)[0] - want).max(), 2)


if __name__ == "__main__":
    unittest.main()
