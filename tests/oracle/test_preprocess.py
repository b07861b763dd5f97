"""Does oc_preprocess give Pillow's pixels? Image.resize, ImageOps.pad and ImageOps.fit with its bilinear filter, over 200 sizes
up and down, gray and color: the same bytes as by two resizes, and within 1 of one; and its refusals."""
import ctypes
import os
import unittest

import numpy as np
from PIL import Image, ImageOps

LIBRARY = ctypes.CDLL(os.environ["OCELLUS_LIBRARY"])
AUTO, PAD, CROP, STRETCH = range(4)
BILINEAR = Image.Resampling.BILINEAR
UNSUPPORTED_SHAPES = [(0, 5, 1), (5, 0, 1), (5, 5, 2), (5, 5, 4), (70000, 5, 1), (-1, 5, 1)]


class Shape(ctypes.Structure):
    _fields_ = [("height", ctypes.c_int64), ("width", ctypes.c_int64), ("channels", ctypes.c_int64)]


class OcImage(ctypes.Structure):
    _fields_ = [("size", Shape), ("pixels", ctypes.c_void_p), ("transparent", ctypes.c_bool), ("background", ctypes.c_uint8 * 3)]


class Rule(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("shape", Shape), ("resize", ctypes.c_int),
                ("background", ctypes.c_uint8 * 3), ("background_set", ctypes.c_bool), ("background_each", ctypes.c_bool)]


def preprocess(pixels, shape, mode, background=None, shown=None):
    """The pixels, or None if they are refused. `shown` is the background of the transparent parts of the image."""
    pixels = np.ascontiguousarray(pixels)
    image = OcImage(Shape(*pixels.shape), pixels.ctypes.data, shown is not None, (ctypes.c_uint8 * 3)(*(shown or (0, 0, 0))))
    rule = Rule(0, Shape(*shape), mode, (ctypes.c_uint8 * 3)(*(background or (0, 0, 0))), background is not None)
    out = np.full(shape, 77, np.uint8) if min(shape) > 0 else np.zeros(1, np.uint8)
    status = LIBRARY.oc_preprocess(ctypes.byref(rule), ctypes.byref(image), out.ctypes.data_as(ctypes.c_void_p), None)
    return out if status == 0 else None


def by_passes(image, size, box=None):
    """Image.resize, the horizontal pass first. Pillow 13 has the vertical one first where that is less work, and rounds between."""
    left, top, right, bottom = box or (0, 0, image.width, image.height)
    across = image.resize((size[0], image.height), BILINEAR, box=(left, 0, right, image.height))
    return across.resize(size, BILINEAR, box=(0, top, size[0], bottom))


class ByPasses:
    """What ImageOps.pad and fit resize in place of an image."""

    def __init__(self, image):
        self.image = image

    def __getattr__(self, name):
        return getattr(self.image, name)

    def resize(self, size, resample, box=None):
        assert resample == BILINEAR
        return by_passes(self.image, size, box)


def expected(pixels, shape, mode, background, exact):
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).convert("L" if shape[2] == 1 else "RGB")
    image, size = ByPasses(image) if exact else image, (shape[1], shape[0])
    if mode == STRETCH:
        image = image.resize(size, BILINEAR)
    elif mode == CROP:
        image = ImageOps.fit(image, size, BILINEAR)
    else:
        color = Image.new("RGB", (1, 1), background).convert(image.mode).getpixel((0, 0))
        image = ImageOps.pad(image, size, BILINEAR, color=color)
    return np.asarray(image).reshape(shape)


def picture(random, height, width, channels):
    """Noise, or a gradient with edges: both ends of what is resampled."""
    if random.random() < 0.5:
        return random.integers(0, 256, (height, width, channels)).astype(np.uint8)
    y, x = np.mgrid[:height, :width]
    plane = (y * 3 + x * 5 + 120 * ((x // 7 + y // 5) % 2)) % 256
    return np.stack([(plane + 40 * c) % 256 for c in range(channels)], axis=2).astype(np.uint8)


class Preprocess(unittest.TestCase):
    def test_200_sizes(self):
        random = np.random.default_rng(18)
        for i in range(200):
            height, width = (int(v) for v in random.integers(1, 400 if i % 10 == 0 else 120, 2))
            goal = [int(v) for v in random.integers(1, 300 if i % 10 == 5 else 100, 2)]
            channels, wanted, mode = (int(v) for v in (random.choice([1, 3]), random.choice([1, 3]), 1 + i % 3))
            if mode == PAD and min(width / height * goal[0] / goal[1], height / width * goal[1] / goal[0]) * max(goal) < 1:
                mode = CROP  # Pillow fails where the image would become less than a pixel
            pixels, shape = picture(random, height, width, channels), (*goal, wanted)
            with self.subTest(size=pixels.shape, shape=shape, mode=mode):
                self.check(pixels, shape, mode)

    def check(self, pixels, shape, mode):
        mine = preprocess(pixels, shape, mode, (9, 8, 7)).astype(int)
        self.assertEqual(np.abs(mine - expected(pixels, shape, mode, (9, 8, 7), True)).max(), 0)
        self.assertLessEqual(np.abs(mine - expected(pixels, shape, mode, (9, 8, 7), False)).max(), 1)

    def test_one_side_alone(self):
        pixels = picture(np.random.default_rng(19), 40, 50, 3)
        for shape in ((40, 17, 3), (13, 50, 3), (40, 50, 1), (40, 50, 3)):
            self.check(pixels, shape, STRETCH)

    def test_large(self):
        """Rows of more than the 64 KB at which fewer of them are taken together."""
        pixels = picture(np.random.default_rng(20), 9, 90000, 3)
        for shape in ((7, 600, 3), (30, 7, 1)):
            self.check(pixels, shape, STRETCH)

    def test_auto(self):
        pixels = picture(np.random.default_rng(21), 30, 60, 3)
        self.assertEqual(preprocess(pixels, (20, 20, 1), AUTO).tobytes(), preprocess(pixels, (20, 20, 1), PAD).tobytes())
        self.assertEqual(preprocess(pixels, (20, 20, 3), AUTO).tobytes(), preprocess(pixels, (20, 20, 3), CROP).tobytes())

    def test_border(self):
        light, dark = np.full((4, 8, 1), 200, np.uint8), np.full((4, 8, 1), 100, np.uint8)
        for pixels, background, shown, border in ((light, None, None, 255), (dark, None, None, 0), (light, (7, 7, 7), None, 7),
                                                  (light, None, (0, 0, 0), 0), (dark, None, (255, 0, 0), 76)):
            out = preprocess(pixels, (8, 8, 1), PAD, background, shown)
            self.assertEqual(set(out[:2].ravel()) | set(out[6:].ravel()), {border})
            self.assertEqual(set(out[2:6].ravel()), {pixels[0, 0, 0]})
        self.assertEqual(tuple(preprocess(light, (8, 8, 3), PAD, (1, 2, 3))[0, 0]), (1, 2, 3))

    def test_refused(self):
        pixels = np.zeros((5, 5, 1), np.uint8)
        for shape in UNSUPPORTED_SHAPES:
            self.assertIsNone(preprocess(pixels, shape, PAD))
        self.assertIsNone(preprocess(pixels, (4, 4, 1), 4))
        self.assertIsNone(preprocess(np.zeros((1, 32769, 1), np.uint8), (4, 2, 1), STRETCH))
        self.assertIsNotNone(preprocess(np.zeros((1, 32768, 1), np.uint8), (4, 2, 1), STRETCH))


if __name__ == "__main__":
    unittest.main()
