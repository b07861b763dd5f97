"""JPEG files of every kind that Pillow writes give the pixels that Pillow reads, turned as EXIF says, within 2 of 255. A damaged
file is refused with the reason, and never read past its end."""
import io
import itertools
import unittest

import numpy as np
from images import decode, decode_with, probe
from PIL import Image, ImageOps

SIZES = [(1, 1), (2, 3), (7, 9), (8, 8), (15, 17), (16, 16), (33, 31), (65, 63)]
MODES = ["L", "RGB", "CMYK"]


def picture(mode, width, height, seed=0):
    """Soft shapes with a little noise, as a photograph has."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    random = np.random.default_rng(seed + width * 100 + height)
    small = Image.fromarray(random.integers(0, 256, (4, 4, channels), dtype=np.uint8).squeeze(), mode if channels > 1 else "L")
    smooth = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC)).astype(int).reshape(height, width, channels)
    noisy = np.clip(smooth + random.integers(-8, 9, smooth.shape), 0, 255).astype(np.uint8)
    return Image.fromarray(noisy.squeeze(2) if channels == 1 else noisy, mode)


def jpeg(image, **how):
    out = io.BytesIO()
    image.save(out, "JPEG", **how)
    return out.getvalue()


def as_pillow(content):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    return np.asarray(image if image.mode == "L" else image.convert("RGB")).reshape(image.height, image.width, -1)


def oriented(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def segment_at(content, marker):
    """Where the segment with this marker begins, and its length with the marker."""
    at = 2
    while content[at + 1] != marker:
        at += 2 + int.from_bytes(content[at + 2:at + 4], "big")
    return at, 2 + int.from_bytes(content[at + 2:at + 4], "big")


class Jpeg(unittest.TestCase):
    def assert_as_pillow(self, content, message):
        want = as_pillow(content).astype(int)
        pixels, under = decode(content)
        self.assertEqual(pixels.shape, want.shape, message)
        self.assertLessEqual(np.abs(pixels.astype(int) - want).max(), 2, message)
        self.assertIsNone(under)

    def test_sizes_modes_and_qualities(self):
        for mode, (width, height), quality in itertools.product(MODES, SIZES, (5, 60, 95)):
            for progressive in (False, True):
                content = jpeg(picture(mode, width, height), quality=quality, progressive=progressive)
                self.assert_as_pillow(content, f"{mode} {width}x{height} quality {quality} progressive {progressive}")

    def test_subsampling(self):
        for sub, (width, height), progressive in itertools.product(("4:4:4", "4:2:2", "4:2:0"), SIZES, (False, True)):
            content = jpeg(picture("RGB", width, height), quality=80, subsampling=sub, progressive=progressive)
            self.assert_as_pillow(content, f"{sub} {width}x{height} progressive {progressive}")

    def test_rgb_without_conversion(self):
        for width, height in SIZES:
            content = jpeg(picture("RGB", width, height), quality=90, keep_rgb=True)
            self.assert_as_pillow(content, f"{width}x{height}")

    def test_cmyk_and_ycck(self):
        """Adobe's marker as it is, with YCCK declared, and without the marker."""
        for (width, height), progressive in itertools.product(SIZES, (False, True)):
            content = jpeg(picture("CMYK", width, height), quality=90, progressive=progressive)
            at, length = segment_at(content, 0xEE)
            transform = at + length - 1
            self.assertEqual(content[transform], 0)
            self.assert_as_pillow(content, "CMYK")
            self.assert_as_pillow(content[:transform] + b"\2" + content[transform + 1:], "YCCK")
            self.assert_as_pillow(content[:at] + content[at + length:], "CMYK without Adobe's marker")

    def test_restart_markers(self):
        for mode, blocks in itertools.product(MODES, (1, 2, 7)):
            self.assert_as_pillow(jpeg(picture(mode, 61, 47), restart_marker_blocks=blocks), f"{mode}, each {blocks} blocks")
            self.assert_as_pillow(jpeg(picture(mode, 61, 47), restart_marker_rows=1, progressive=True), mode)

    def test_orientations(self):
        for orientation, mode, (width, height) in itertools.product(range(1, 9), MODES, [(1, 1), (5, 3), (17, 40)]):
            content = jpeg(picture(mode, width, height), exif=oriented(orientation), quality=90)
            self.assert_as_pillow(content, f"orientation {orientation} {mode} {width}x{height}")

    def test_scaled_as_draft(self):
        """At 1/2, 1/4 and 1/8, the smallest that is at least twice the target in each direction."""
        for mode, (width, height), progressive in itertools.product(MODES, [(64, 48), (131, 77), (250, 400)], (False, True)):
            content = jpeg(picture(mode, width, height), quality=85, progressive=progressive)
            for scale in (1, 2, 4, 8):
                draft = Image.open(io.BytesIO(content))
                draft.draft(None, (width // scale, height // scale))
                want = np.asarray(draft if mode == "L" else draft.convert("RGB")).reshape(draft.height, draft.width, -1)
                target = {"target_height": draft.height // 2, "target_width": draft.width // 2}
                pixels, details = decode_with(content, **target)
                message = f"{mode} {width}x{height} 1/{scale} progressive {progressive}"
                self.assertEqual(pixels.shape, want.shape, message)
                self.assertLessEqual(np.abs(pixels.astype(int) - want).max(), 1 if mode != "CMYK" else 2, message)
                self.assertEqual((details.stored.height, details.stored.width), (height, width))
                target["target_height"] += 1  # one more, and the next larger scale is needed
                larger = decode_with(content, **target)[0].shape
                self.assertEqual(larger[0] > pixels.shape[0], scale > 1, message)

    def test_scaled_and_turned(self):
        """The target is that of the upright image."""
        content = jpeg(picture("RGB", 160, 80), exif=oriented(6), quality=90)
        self.assertEqual(decode_with(content, target_height=40, target_width=20)[0].shape, (80, 40, 3))
        self.assertEqual(decode_with(content, target_height=20, target_width=40)[0].shape, (160, 80, 3))
        self.assertEqual(probe(content).image.height, 160)
        self.assertEqual(probe(content).orientation, 6)

    def test_truncated_is_accepted(self):
        """What is there before the cut is as in the whole file; the rest is gray. Without the option it is an error."""
        for mode, progressive in itertools.product(MODES, (False, True)):
            content = jpeg(picture(mode, 96, 120), quality=80, progressive=progressive, exif=oriented(1))
            whole = decode(content)[0]
            accepted, best = 0, 0
            for cut in range(4, len(content) - 1, 13):
                with self.assertRaisesRegex(ValueError, "corrupt JPEG"):
                    decode(content[:cut])
                try:
                    pixels, details = decode_with(content[:cut], accept_truncated=True)
                except ValueError as error:
                    self.assertRegex(str(error), "corrupt JPEG")
                    self.assertEqual(accepted > 0 and not progressive, False, "later cuts are accepted too")
                    continue
                accepted += 1
                self.assertTrue(details.truncated)
                self.assertEqual(pixels.shape, whole.shape)
                same = (pixels == whole).all(axis=(1, 2))
                rows = len(same) if same.all() else int(same.argmin())
                self.assertTrue(progressive or rows >= best, f"cut {cut}: {rows} rows, {best} with fewer bytes")
                best = max(best, rows)
            self.assertGreater(accepted, 20)
            self.assertGreaterEqual(best, 96)
            self.assertFalse(decode_with(content, accept_truncated=True)[1].truncated)
            self.assertFalse(decode_with(content + b"\xff" * 9, accept_truncated=True)[1].truncated)

    def test_details(self):
        for mode, channels in (("L", 1), ("RGB", 3), ("CMYK", 3)):
            content = jpeg(picture(mode, 33, 20), exif=oriented(8))
            for details in (decode_with(content)[1], probe(content)):
                self.assertEqual(details.format, b"jpeg")
                self.assertEqual((details.stored.height, details.stored.width, details.stored.channels), (20, 33, channels))
                self.assertEqual((details.orientation, details.alpha, details.truncated), (8, False, False))
            size = probe(content).image
            self.assertEqual((size.height, size.width, size.channels), (33, 20, channels))
            self.assertFalse(size.pixels)

    def test_profile_and_comment_change_nothing(self):
        image = picture("RGB", 20, 10)
        content = jpeg(image, icc_profile=bytes(range(256)) * 500, comment=b"\x1b[31m", exif=oriented(1))
        np.testing.assert_array_equal(decode(content)[0], decode(jpeg(image))[0])

    def small(self):
        return [jpeg(picture(mode, 19, 11), quality=70, progressive=progressive, restart_marker_blocks=restart, exif=oriented(6))
                for mode, progressive, restart in (("L", False, 0), ("RGB", False, 2), ("RGB", True, 0), ("CMYK", True, 1))]

    def test_truncated_at_every_byte(self):
        for content in self.small():
            for length in range(3, len(content)):
                with self.assertRaisesRegex(ValueError, "^corrupt JPEG: "):
                    decode(content[:length])

    def test_flipped_bytes(self):
        """Each byte in turn: an error in words, or an image of a permitted size."""
        for content in self.small():
            refused = 0
            for at in range(len(content)):
                for flip in (0x01, 0x80, 0xFF):
                    damaged = content[:at] + bytes([content[at] ^ flip]) + content[at + 1:]
                    try:
                        self.assertLessEqual(decode(damaged)[0].size, 1 << 26)
                    except ValueError as error:
                        self.assertTrue(str(error))
                        refused += 1
            self.assertGreater(refused, len(content) // 2)


if __name__ == "__main__":
    unittest.main()
