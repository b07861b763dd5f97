"""Does each transform, with given numbers, do what Pillow, SciPy or a definition in NumPy does, within 1 of 255? Each has 50 random
cases here; a transform of the registry without a case fails."""
import math
import os
import subprocess
import unittest

import numpy as np
from PIL import Image

CASES, SHAPES = 50, [(17, 23, 3), (16, 16, 1), (5, 9, 3), (28, 28, 1)]


class Runner:
    """augment_runner, by its pipe."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["OCELLUS_AUGMENT_RUNNER"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line, image=b"", size=0):
        self.process.stdin.write(line.encode() + b"\n" + image)
        self.process.stdin.flush()
        return self.process.stdout.read(size) if size else self.process.stdout.readline().decode()

    def image(self, line, x):
        return np.frombuffer(self.ask(line, x.tobytes(), x.size), np.uint8).reshape(x.shape)

    def drawn(self, name, x, numbers, seed=1, item=0):
        shape = "x".join(map(str, x.shape))
        return self.image(f"drawn {name} {shape} {seed} {item} {','.join(repr(float(n)) for n in numbers)}", x)

    def text(self, text, x, seed=1, epoch=0, item=0):
        shape = "x".join(map(str, x.shape))
        return self.image(f"text {seed} {epoch} {item} {shape} {text}", x)


RUNNER = Runner()


def pillow(x):
    return Image.fromarray(x[:, :, 0] if x.shape[2] == 1 else x)


def array(image, x):
    return np.asarray(image).reshape(x.shape)


def smooth(rng, shape):
    """An image with edges and with slopes, so that a wrong place or weight shows."""
    h, w, c = shape
    x = np.linspace(0, 1, w)[None, :, None] * rng.uniform(0, 255, c) + np.linspace(0, 1, h)[:, None, None] * rng.uniform(0, 255, c)
    x[rng.random((h, w)) < 0.3] = rng.uniform(0, 255, c)
    return np.ascontiguousarray(np.clip(x, 0, 255).astype(np.uint8))


def affine(x, forward):
    """Pillow's image for a matrix from points of the image to points of the result."""
    m = np.linalg.inv(forward)
    return array(pillow(x).transform((x.shape[1], x.shape[0]), Image.Transform.AFFINE, tuple(m[:2].ravel()), Image.Resampling.BILINEAR), x)


def around_center(x, linear):
    h, w, _ = x.shape
    to, back = np.eye(3), np.eye(3)
    to[:2, 2], back[:2, 2] = (-w / 2, -h / 2), (w / 2, h / 2)
    m = np.eye(3)
    m[:2, :2] = linear
    return back @ m @ to


# ---- each transform: what it draws, and what it then does ----------------------------------------------------------------


def shift(rng, x):
    d = rng.uniform(-4, 4, 2)
    if rng.random() < 0.3:
        d = np.round(d)  # whole pixels are copied
    return d, affine(x, np.array([[1, 0, d[0]], [0, 1, d[1]], [0, 0, 1]]))


def rotate(rng, x):
    degrees = rng.choice([rng.uniform(-180, 180), 180, 0])
    return [degrees], array(pillow(x).rotate(degrees, Image.Resampling.BILINEAR), x)


def flip(rng, x):
    sides = rng.integers(0, 2, 2)
    return sides, x[:: -1 if sides[1] else 1, :: -1 if sides[0] else 1]


ORACLES = {f.__name__: f for f in (shift, rotate, flip)}


class Transforms(unittest.TestCase):
    def test_each_transform_equals_its_oracle(self):
        for name in RUNNER.ask("list").split():
            self.assertIn(name, ORACLES, "the transform has no oracle here")
            rng = np.random.default_rng(list(name.encode()))
            changed = 0
            for case in range(CASES):
                x = smooth(rng, SHAPES[case % len(SHAPES)])
                numbers, expected = ORACLES[name](rng, x)
                got = RUNNER.drawn(name, x, numbers, item=case)
                far = np.abs(got.astype(int) - expected.astype(int))
                self.assertLessEqual(far.max(), 1, f"{name} {list(numbers)} of {x.shape}: {np.argwhere(far > 1)[:3]}")
                changed += bool((got != x).any())
            self.assertGreater(changed, CASES // 3, f"{name} changed too few images to be a test")

    def test_neighbors_that_move_pixels_are_one_resampling(self):
        """Two turns are as one, and a flip of a moved image is the moved image of the flip."""
        x = smooth(np.random.default_rng(0), (20, 20, 3))
        both = RUNNER.text("flip 1 0, flip 0 1", x)
        np.testing.assert_array_equal(both, x[::-1, ::-1])
        np.testing.assert_array_equal(RUNNER.text("rotate 30, flip 1", x, item=5), RUNNER.text("rotate 30", x, item=5)[:, ::-1])

    def test_what_is_drawn_follows_from_seed_epoch_item_and_place(self):
        x = smooth(np.random.default_rng(1), (20, 20, 1))
        one = RUNNER.text("shift 3", x, 1, 2, 3)
        np.testing.assert_array_equal(one, RUNNER.text("shift 3", x, 1, 2, 3))
        for key in ((2, 2, 3), (1, 3, 3), (1, 2, 4)):
            self.assertTrue((one != RUNNER.text("shift 3", x, *key)).any(), key)
        self.assertTrue((one != RUNNER.text("flip 0, shift 3", x, 1, 2, 3)).any())

    def test_angles_and_distances_fill_their_range(self):
        """Of a dot in the middle: where it goes."""
        x = np.zeros((31, 31, 1), np.uint8)
        x[15, 15] = 255
        places = []
        for item in range(400):
            y = RUNNER.text("shift 4", x, item=item).astype(float)[:, :, 0]
            places.append([(y * np.arange(31)).sum() / y.sum() - 15, (y * np.arange(31)[:, None]).sum() / y.sum() - 15])
        places = np.array(places)
        self.assertLess(np.abs(places).max(), 4.05)
        for axis in range(2):
            counts = np.histogram(places[:, axis], 8, (-4, 4))[0]
            self.assertLess(((counts - 50) ** 2 / 50).sum(), 26)  # chi squared, 7 degrees of freedom: 0.05%


if __name__ == "__main__":
    unittest.main()
