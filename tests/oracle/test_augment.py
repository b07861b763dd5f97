"""Does each transform, with given numbers, do what Pillow, SciPy or a definition in NumPy does, within 1 of 255? Each has 50 random
cases here; a transform of the registry without a case fails."""
import collections
import colorsys
import math
import os
import subprocess
import unittest

import numpy as np
import scipy.ndimage
import scipy.stats
from PIL import Image, ImageEnhance, ImageOps

CASES, SHAPES = 50, [(17, 23, 3), (16, 16, 1), (5, 9, 3), (28, 28, 1)]


class Runner:
    """augment_runner, by its pipe."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["OCELLUS_AUGMENT_RUNNER"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line, image=b"", size=0):
        self.process.stdin.write(line.encode() + b"\n" + image)
        self.process.stdin.flush()
        return self.process.stdout.read(size) if size else self.process.stdout.readline().decode()

    def image(self, line, x, shape=None):
        shape = shape or x.shape
        return np.frombuffer(self.ask(line, x.tobytes(), math.prod(shape)), np.uint8).reshape(shape)

    def drawn(self, name, x, numbers, seed=1, item=0):
        shape = "x".join(map(str, x.shape))
        return self.image(f"drawn {name} {shape} {seed} {item} {','.join(repr(float(n)) for n in numbers)}", x)

    def mixed(self, name, x, other, numbers):
        """The mixture, and the share of x in it."""
        shape = "x".join(map(str, x.shape))
        line = f"mix {name} {shape} {','.join(repr(float(n)) for n in numbers)}"
        return self.image(line, np.stack([x, other]), x.shape), float(self.process.stdout.readline())

    def drawn_by(self, name, count, shape, values):
        """What items 0 to count-1 draw: a list of (transform, numbers)."""
        numbers = ",".join(repr(float(v)) for v in values) or "0"
        line, rows = self.ask(f"{'pick' if name.endswith('augment') else 'draw'} {name} {count} {'x'.join(map(str, shape))} {numbers}"), []
        while line != "end\n":
            name, numbers = line.split()
            rows.append((name, [float(n) for n in numbers.split(",")]))
            line = self.process.stdout.readline().decode()
        return rows

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


def scale(rng, x):
    factor = rng.uniform(0.5, 1.6)
    return [factor], affine(x, around_center(x, np.eye(2) * factor))


def shear(rng, x):
    degrees = rng.uniform(-50, 50, 2) * [1, rng.integers(0, 2)]
    tangents = np.tan(np.radians(degrees))
    return degrees, affine(x, np.linalg.inv(around_center(x, [[1, -tangents[0]], [-tangents[1], 1]])))


def perspective(rng, x):
    ends, m = homography(rng, x)
    size = (x.shape[1], x.shape[0])
    return ends.ravel(), array(pillow(x).transform(size, Image.Transform.PERSPECTIVE, tuple(m), Image.Resampling.BILINEAR), x)


def homography(rng, x):
    """Where four corners go, and the eight numbers of a homography back by least squares, as in torchvision."""
    h, w, _ = x.shape
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], float)
    ends = corners + rng.uniform(0, 0.45, (4, 2)) * [w, h] * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    rows, right = [], []
    for (u, v), (a, b) in zip(ends, corners):
        rows += [[u, v, 1, 0, 0, 0, -a * u, -a * v], [0, 0, 0, u, v, 1, -b * u, -b * v]]
        right += [a, b]
    return ends, np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]


def crop(rng, x):
    """A border of 5 pixels, and a part of the former size."""
    h, w, _ = x.shape
    left, top = rng.integers(-5, 6, 2)
    return [left, top], np.pad(x, ((5, 5), (5, 5), (0, 0)))[top + 5 : top + 5 + h, left + 5 : left + 5 + w]


def resizedcrop(rng, x):
    h, w, _ = x.shape
    width, height = rng.integers(2, w + 1), rng.integers(2, h + 1)
    left, top = rng.integers(0, w - width + 1), rng.integers(0, h - height + 1)
    box = (left, top, left + width, top + height)
    return [left, top, width, height], array(pillow(x).resize((w, h), Image.Resampling.BILINEAR, box=box), x)


def enhance(kind):
    def by_pillow(rng, x):
        factor = rng.uniform(0, 2)
        return [factor], array(kind(pillow(x)).enhance(factor), x)

    return by_pillow


def hue(rng, x):
    way = rng.uniform(-0.5, 0.5)
    if x.shape[2] == 1:
        return [way], x
    turned = []
    for pixel in x.reshape(-1, 3) / 255:
        h, s, v = colorsys.rgb_to_hsv(*pixel)
        turned.append(colorsys.hsv_to_rgb((h + way) % 1, s, v))
    return [way], np.round(np.array(turned) * 255).astype(np.uint8).reshape(x.shape)


def posterize(rng, x):
    bits = int(rng.integers(1, 9))
    return [bits], array(ImageOps.posterize(pillow(x), bits), x)


def solarize(rng, x):
    threshold = rng.integers(0, 256)
    return [threshold], array(ImageOps.solarize(pillow(x), threshold), x)


def autocontrast(rng, x):
    return [0], array(ImageOps.autocontrast(pillow(x)), x)


def equalize(rng, x):
    return [0], array(ImageOps.equalize(pillow(x)), x)


def blur(rng, x):
    deviation = rng.uniform(0.1, 4)
    smooth = scipy.ndimage.gaussian_filter(x.astype(float), (deviation, deviation, 0), mode="mirror", truncate=4)
    return [deviation], np.round(smooth).astype(np.uint8)


# ---- those that are random once more: with the numbers of Philox 4x32-10 ------------------------------------------------

MASK = (1 << 64) - 1


def mix(z):
    z = (z + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def random_u32(count, item, seed=1, stream=100):
    """The first numbers of src/base/random.h for this item, in epoch 0."""
    k = mix((mix(seed) + stream) & MASK)
    k0, k1 = k & 0xFFFFFFFF, k >> 32
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    a, b, c, d = blocks, np.full_like(blocks, item), np.zeros_like(blocks), np.zeros_like(blocks)
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b, c, d = (p1 >> np.uint64(32)) ^ b ^ np.uint64(k0), p1 & low, (p0 >> np.uint64(32)) ^ d ^ np.uint64(k1), p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([a, b, c, d], 1).ravel()[:count]


def noise(rng, x, item):
    deviation = rng.uniform(1, 60)
    u = random_u32(x.size + x.size % 2, item).astype(float).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log((u[:, 0] + 1) / 2**32)), 2 * np.pi * u[:, 1] / 2**32
    normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()[: x.size].reshape(x.shape)
    return [deviation], np.clip(np.round(x + deviation * normal), 0, 255).astype(np.uint8)


def elastic(rng, x, item):
    h, w, c = x.shape
    distance, deviation = rng.uniform(1, 40), rng.uniform(1, 5)
    field = (random_u32(2 * h * w, item) / 2**31 - 1).reshape(2, h, w)
    dx, dy = (distance * scipy.ndimage.gaussian_filter(f, deviation, mode="mirror", truncate=4) for f in field)
    px, py = np.arange(w)[None, :] + 0.5 + dx, np.arange(h)[:, None] + 0.5 + dy
    inside = (px >= 0) & (px < w) & (py >= 0) & (py < h)
    y = [scipy.ndimage.map_coordinates(x[:, :, k].astype(float), [py - 0.5, px - 0.5], order=1, mode="nearest") for k in range(c)]
    return [distance, deviation], np.round(np.stack(y, 2) * inside[:, :, None]).astype(np.uint8)


def erase(rng, x, item):
    h, w, c = x.shape
    width, height = rng.integers(1, w), rng.integers(1, h)
    left, top = rng.integers(0, w - width + 1), rng.integers(0, h - height + 1)
    y = x.copy()
    y[top : top + height, left : left + width] = (random_u32(height * width * c, item) >> np.uint64(24)).reshape(height, width, c)
    return [left, top, width, height], y


# ---- borders: SciPy's and NumPy's ---------------------------------------------------------------------------------------

SCIPY, NUMPY = {"edge": "nearest", "reflect": "mirror"}, {"edge": "edge", "reflect": "reflect"}


def at(x, px, py, border):
    """x between its pixels, at points whose first one is the corner."""
    sides = [scipy.ndimage.map_coordinates(x[:, :, k].astype(float), [py - 0.5, px - 0.5], order=1, mode=SCIPY[border]) for k in range(x.shape[2])]
    return np.stack(sides, 2)


def through(x, m, border):
    """x by a homography from points of the result to points of the image."""
    h, w, _ = x.shape
    u, v = np.meshgrid(np.arange(w) + 0.5, np.arange(h) + 0.5)
    px, py, p = np.einsum("ij,jhw->ihw", np.array(m).reshape(3, 3), np.stack([u, v, np.ones_like(u)]))
    return at(x, px / p, py / p, border)


def bordered_shift(rng, x, border):
    d = rng.uniform(-1.5, 1.5, 2) * x.shape[1::-1]
    if rng.random() < 0.5:
        d = np.round(d)
    return d, through(x, [1, 0, -d[0], 0, 1, -d[1], 0, 0, 1], border)


def bordered_rotate(rng, x, border):
    degrees = rng.uniform(-180, 180)
    a = np.radians(degrees)
    return [degrees], through(x, around_center(x, [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]), border)


def bordered_scale(rng, x, border):
    factor = rng.uniform(0.2, 1.6)
    return [factor], through(x, around_center(x, np.eye(2) / factor), border)


def bordered_shear(rng, x, border):
    degrees = rng.uniform(-60, 60, 2)
    tangents = np.tan(np.radians(degrees))
    return degrees, through(x, around_center(x, [[1, -tangents[0]], [-tangents[1], 1]]), border)


def bordered_perspective(rng, x, border):
    ends, m = homography(rng, x)
    return ends.ravel(), through(x, [*m, 1], border)


def bordered_crop(rng, x, border):
    h, w, _ = x.shape
    left, top = rng.integers(-4, 5, 2)
    return [left, top], np.pad(x, ((4, 4), (4, 4), (0, 0)), NUMPY[border])[top + 4 : top + 4 + h, left + 4 : left + 4 + w]


BORDERED = {f.__name__.split("_")[1]: f for f in (bordered_shift, bordered_rotate, bordered_scale, bordered_shear, bordered_perspective, bordered_crop)}

# ---- mixtures: of an image and another one, with the share of the first --------------------------------------------------


def mixup(rng, x, other):
    share = rng.choice([rng.integers(0, 65537) / 65536, 0, 1])
    return [share], np.floor(share * x + (1 - share) * other + 0.5).astype(np.uint8), share


def cutmix(rng, x, other):
    h, w, _ = x.shape
    width, height = rng.integers(0, w + 1), rng.integers(0, h + 1)
    left, top = rng.integers(0, w - width + 1), rng.integers(0, h - height + 1)
    inside = np.zeros((h, w, 1), bool)
    inside[top : top + height, left : left + width] = True
    return [left, top, width, height], np.where(inside, other, x), 1 - inside.mean()


ORACLES = {f.__name__: f for f in (shift, rotate, flip, scale, shear, perspective, crop, resizedcrop, hue, posterize, solarize,
                                   autocontrast, equalize, blur)}
ORACLES |= {"brightness": enhance(ImageEnhance.Brightness), "contrast": enhance(ImageEnhance.Contrast),
            "saturation": enhance(ImageEnhance.Color), "sharpness": enhance(ImageEnhance.Sharpness)}
RANDOM = {f.__name__: f for f in (noise, elastic, erase)}
EXACT = {"flip", "crop", "posterize", "solarize", "equalize", "erase"}
MIXTURES = {f.__name__: f for f in (mixup, cutmix)}
SETTINGS = {"border"}  # of the transforms after it
POLICIES = {"randaugment", "trivialaugment"}  # whose draws are counted


class Transforms(unittest.TestCase):
    def test_each_transform_equals_its_oracle(self):
        for name in RUNNER.ask("list").split():
            if name in POLICIES or name in MIXTURES or name in SETTINGS:
                continue
            self.assertIn(name, ORACLES | RANDOM, "the transform has no oracle here")
            rng = np.random.default_rng(list(name.encode()))
            changed = 0
            for case in range(CASES):
                x = smooth(rng, SHAPES[case % len(SHAPES)])
                numbers, expected = ORACLES[name](rng, x) if name in ORACLES else RANDOM[name](rng, x, case)
                got = RUNNER.drawn(name, x, numbers, item=case)
                far = np.abs(got.astype(int) - expected.astype(int))
                most = 0 if name in EXACT else 1
                few = far.size // 200 if name == "elastic" else 0  # a point at the edge is inside or outside
                self.assertLessEqual((far > most).sum(), few, f"{name} {list(numbers)} of {x.shape}: {np.argwhere(far > 1)[:3]}")
                changed += bool((got != x).any())
            self.assertGreater(changed, CASES // 3, f"{name} changed too few images to be a test")

    def test_each_mixture_equals_its_definition(self):
        for name, definition in MIXTURES.items():
            rng = np.random.default_rng(list(name.encode()))
            for case in range(CASES):
                x, other = (smooth(rng, SHAPES[case % len(SHAPES)]) for _ in range(2))
                numbers, expected, share = definition(rng, x, other)
                got, its = RUNNER.mixed(name, x, other, numbers)
                np.testing.assert_array_equal(got, expected, f"{name} {numbers}")
                self.assertAlmostEqual(its, share, delta=1e-12)

    def test_each_border_equals_scipy_and_numpy(self):
        for border in ("edge", "reflect"):
            for name, oracle in BORDERED.items():
                rng = np.random.default_rng(list(name.encode()))
                for case in range(CASES):
                    x = smooth(rng, SHAPES[case % len(SHAPES)])
                    numbers, expected = oracle(rng, x, border)
                    far = np.abs(RUNNER.drawn(f"{border}/{name}", x, numbers).astype(int) - np.round(expected))
                    self.assertLessEqual(far.max(), 0 if name == "crop" else 1, f"{border} {name} {numbers} of {x.shape}")

    def test_elastic_has_borders(self):
        x = np.full((12, 12, 1), 200, np.uint8)
        self.assertIn(0, RUNNER.text("elastic 40", x))
        for border in ("edge", "reflect"):
            self.assertEqual(set(RUNNER.text(f"border {border}, elastic 40", x).ravel()), {200})

    def test_a_border_is_that_of_what_comes_after_it(self):
        x = np.full((12, 12, 1), 200, np.uint8)
        self.assertEqual(set(RUNNER.text("border edge, shift 9", x, item=4).ravel()), {200})
        for text in ("crop 9, border edge, crop 1", "border edge, flip, border background, shift 9"):
            self.assertIn(0, [RUNNER.text(text, x, item=i).min() for i in range(4)], text)
        self.assertIn(0, RUNNER.text("border background, shift 9", x, item=4))

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

    def test_alternate_flips_show_both_sides_in_two_epochs(self):
        x = smooth(np.random.default_rng(6), (9, 9, 3))
        first = 0
        for item in range(400):
            flipped = [bool((RUNNER.text("flip alternate", x, epoch=e, item=item) != x).any()) for e in range(5)]
            self.assertEqual(flipped, [flipped[0], not flipped[0]] * 2 + [flipped[0]])
            first += flipped[0]
        self.assertLess(abs(first - 200), 50)  # 5 standard deviations
        np.testing.assert_array_equal(RUNNER.text("flip 1", x), x[:, ::-1])
        both = {tuple(RUNNER.text("flip alternate 0.5", x, item=i)[[0, -1], [0, -1]].ravel()) for i in range(60)}
        self.assertEqual(len(both), 4)

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


def is_even(test, counts, total, cells):
    """Chi squared at about 1e-6: mean cells - 1, deviation sqrt(2 (cells - 1))."""
    test.assertEqual(len(counts), cells)
    expected = total / cells
    test.assertLess(sum((n - expected) ** 2 / expected for n in counts.values()), cells - 1 + 7 * math.sqrt(2 * (cells - 1)))


class Draws(unittest.TestCase):
    def test_ranges(self):
        """What each transform draws lies in its range, and comes near both of its ends."""
        cases = {"shift": ([3], [-3, -3], [3, 3]), "rotate": ([40], [-40], [40]), "scale": ([0.2], [0.8], [1.2]),
                 "shear": ([10, 5], [-10, -5], [10, 5]), "crop": ([4], [-4, -4], [4, 4]), "brightness": ([0.3], [0.7], [1.3]),
                 "contrast": ([0.3], [0.7], [1.3]), "saturation": ([0.3], [0.7], [1.3]), "sharpness": ([0.3], [0.7], [1.3]),
                 "hue": ([0.1], [-0.1], [0.1]), "blur": ([2, 1], [0.1], [2]),
                 "perspective": ([0.5, 1], [0, 0, 15, 0, 15, 11.25, 0, 11.25], [5, 3.75, 20, 3.75, 20, 15, 5, 15])}
        for name, (values, low, high) in cases.items():
            drawn = np.array([d[1][: len(low)] for d in RUNNER.drawn_by(name, 2000, (15, 20, 3), values)])
            low, high = np.array(low, float), np.array(high, float)
            self.assertTrue((drawn >= low - 1e-9).all() and (drawn <= high + 1e-9).all(), name)
            self.assertTrue((drawn.min(0) < low + 0.02 * (high - low)).all() and (drawn.max(0) > high - 0.02 * (high - low)).all(), name)
        self.assertEqual(len(set(tuple(d[1][:2]) for d in RUNNER.drawn_by("crop", 2000, (9, 9, 1), [2]))), 25)

    def test_elastic_has_the_numbers_of_its_text(self):
        self.assertEqual({tuple(d[1][:2]) for d in RUNNER.drawn_by("elastic", 5, (9, 9, 1), [10, 3])}, {(10, 3)})

    def test_erase_tries_ten_rectangles(self):
        """As torchvision's RandomErasing. Where one of them seldom fits, the number of tries decides how often one is erased."""
        smallest, largest, ratio, side, n = 0.7, 1, 2, 20, 40000
        rng = np.random.default_rng(1)
        area, wide = side * side * rng.uniform(smallest, largest, 10**6), np.exp(rng.uniform(-math.log(ratio), math.log(ratio), 10**6))
        fits = ((np.round(np.sqrt(area * wide)) < side) & (np.round(np.sqrt(area / wide)) < side)).mean()
        share = sum(d[0] == "erase" for d in RUNNER.drawn_by("erase", n, (side, side, 1), [1, smallest, largest, ratio])) / n
        wanted = 1 - (1 - fits) ** 10
        self.assertLess(abs(share - wanted), 5 * math.sqrt(wanted * (1 - wanted) / n))
        self.assertGreater(fits * (1 - wanted), 12 * math.sqrt(wanted * (1 - wanted) / n))  # an eleventh would show
        self.assertIn((1, 1), {tuple(d[1][2:4]) for d in RUNNER.drawn_by("erase", 100, (side, side, 1), [1, 1 / 400, 1 / 400, 1])})

    def test_the_range_of_a_blur_does_not_depend_on_its_probability(self):
        drawn = [d[1][0] for d in RUNNER.drawn_by("blur", 3000, (9, 9, 1), [2, 0.05]) if d[0] == "blur"]
        self.assertTrue(len(drawn) > 50 and min(drawn) >= 0.1)
        self.assertEqual({d[1][0] for d in RUNNER.drawn_by("blur", 20, (9, 9, 1), [0.05, 1])}, {0.05})

    def test_probabilities(self):
        for name, values in (("flip", [0.3]), ("perspective", [0.5, 0.3]), ("posterize", [4, 0.3]), ("solarize", [9, 0.3]),
                             ("autocontrast", [0.3]), ("equalize", [0.3]), ("blur", [1, 0.3]), ("erase", [0.3, 0.1, 0.2, 2])):
            drawn = RUNNER.drawn_by(name, 3000, (20, 20, 3), values)
            share = sum(d[0] == name for d in drawn) / 3000
            self.assertAlmostEqual(share, 0.3, delta=0.045, msg=name)  # 5.4 standard deviations

    def test_parts_have_the_areas_and_ratios_that_are_asked_for(self):
        for name, values in (("resizedcrop", [0.2, 0.5, 1.5]), ("resizedcrop", [0.5, 0.2, 1.5]), ("erase", [1, 0.2, 0.5, 1.5])):
            boxes = np.array([d[1][:4] for d in RUNNER.drawn_by(name, 2000, (100, 200, 3), values)])
            x, y, w, h = boxes.T
            area, ratio = w * h / 20000, w / h
            self.assertTrue((x >= 0).all() and (y >= 0).all() and (x + w <= 200).all() and (y + h <= 100).all(), name)
            self.assertTrue(0.19 < area.min() < 0.22 and 0.45 < area.max() < 0.51, (name, area.min(), area.max()))
            self.assertTrue(0.65 < ratio.min() < 0.75 and 1.3 < ratio.max() < 1.52, (name, ratio.min(), ratio.max()))
        narrow = {tuple(d[1][:4]) for d in RUNNER.drawn_by("resizedcrop", 50, (4, 400, 1), [1, 1, 2])}
        self.assertEqual(narrow, {(196, 0, 8, 4)})  # nothing fits: the middle
        narrow = {tuple(d[1][:4]) for d in RUNNER.drawn_by("resizedcrop", 50, (400, 4, 1), [1, 1, 2])}
        self.assertEqual(narrow, {(0, 196, 4, 8)})
        self.assertIn((1, 1), {tuple(d[1][2:4]) for d in RUNNER.drawn_by("resizedcrop", 100, (20, 20, 1), [1 / 400, 1 / 400, 1])})

    def test_shares_of_mixup_have_the_beta_distribution(self):
        """Mean, variance, and the whole distribution by Kolmogorov and Smirnov's test."""
        for alpha in (0.05, 0.2, 0.5, 1, 3, 100):
            shares = np.array([d[1][0] for d in RUNNER.drawn_by("mixup", 20000, (8, 8, 3), [alpha])])
            expected = scipy.stats.beta(alpha, alpha)
            self.assertTrue((shares == np.round(shares * 65536) / 65536).all())
            self.assertAlmostEqual(shares.mean(), 0.5, delta=5 * expected.std() / math.sqrt(20000), msg=alpha)
            self.assertAlmostEqual(shares.var() / expected.var(), 1, delta=0.05, msg=alpha)
            counts = np.histogram(shares, expected.ppf(np.linspace(0, 1, 11)))[0] if alpha > 0.1 else [2000] * 10
            self.assertLess(np.sum((np.array(counts) - 2000) ** 2 / 2000), 48, alpha)  # 9 degrees of freedom: 3e-7
            near_ends = ((shares < 0.001) | (shares > 0.999)).mean()
            self.assertAlmostEqual(near_ends, 2 * expected.cdf(0.001), delta=0.02, msg=alpha)

    def test_rectangles_of_cutmix_are_those_of_torchvision(self):
        """In distribution, against its steps in NumPy; and a share that follows from the area that is left."""
        h, w, count = 40, 25, 20000
        rng = np.random.default_rng(5)
        for alpha in (0.2, 1, 4):
            half = 0.5 * np.sqrt(1 - rng.beta(alpha, alpha, count))
            cx, cy, rw, rh = rng.integers(0, w, count), rng.integers(0, h, count), (half * w).astype(int), (half * h).astype(int)
            x1, x2, y1, y2 = (cx - rw).clip(0), (cx + rw).clip(max=w), (cy - rh).clip(0), (cy + rh).clip(max=h)
            boxes = np.array([d[1][:4] for d in RUNNER.drawn_by("cutmix", count, (h, w, 3), [alpha])])
            x, y, wide, high = boxes.T
            self.assertTrue((boxes >= 0).all() and (x + wide <= w).all() and (y + high <= h).all())
            for ours, its in ((x, x1), (y, y1), (wide, x2 - x1), (high, y2 - y1), (wide * high, (x2 - x1) * (y2 - y1))):
                self.assertGreater(scipy.stats.ks_2samp(ours, its).pvalue, 1e-5, alpha)

    def check_operations(self, name, values, count, rounds, expected):
        """Each of 14 operations as often as the others, in either direction as often; `expected`: the numbers that each can have drawn."""
        drawn = RUNNER.drawn_by(name, count, (3310, 6620, 3), values)
        self.assertEqual(len(drawn), count * rounds)
        kinds, numbers, sides = collections.Counter(), collections.defaultdict(set), collections.Counter()
        middle = {"rotate": 0, "shear_x": 0, "shear_y": 0, "shift_x": 0, "shift_y": 0, "brightness": 1, "saturation": 1, "contrast": 1,
                  "sharpness": 1}
        for op, (a, b, *_) in drawn:
            kind = op + ("" if op not in ("shear", "shift") or (a, b) == (0, 0) else "_x" if b == 0 else "_y")
            kinds[kind] += 1
            number = b if kind.endswith("_y") else a
            numbers[kind].add(round(number, 6))
            if number != middle.get(kind, number):
                sides[number > middle[kind]] += 1
        none = kinds.pop("shear", 0) + kinds.pop("shift", 0)  # magnitude 0: of x or of y
        self.assertLess(none, count * rounds * 4 / 14 / 31 * 1.6 + 1)
        is_even(self, kinds, count * rounds - none, 14)
        is_even(self, sides, sum(sides.values()), 2)
        for kind, wanted in expected.items():
            self.assertEqual(numbers[kind] - {0.0}, {round(float(w), 6) for w in wanted} - {0.0}, kind)

    def test_randaugment(self):
        """Magnitude 9 of 30, 2 operations."""
        lean = math.degrees(math.atan(0.09))
        self.check_operations("randaugment", [2, 9], 7000, 2, {
            "identity": [0], "shear_x": [lean, -lean], "shear_y": [lean, -lean], "shift_x": [900, -900], "shift_y": [450, -450],
            "rotate": [9, -9], "brightness": [0.73, 1.27], "saturation": [0.73, 1.27], "contrast": [0.73, 1.27],
            "sharpness": [0.73, 1.27], "posterize": [7], "solarize": [178.5], "autocontrast": [0], "equalize": [0]})

    def test_trivialaugment(self):
        """Any of 31 magnitudes, 1 operation."""
        steps = np.arange(31) / 30
        both = lambda top: [*(top * steps), *(-top * steps)]
        lean = [math.degrees(math.atan(t)) for t in both(0.99)]
        factors = [1 + f for f in both(0.99)]
        whole = [*np.floor(32 * steps + 0.5), *-np.floor(32 * steps + 0.5)]
        self.check_operations("trivialaugment", [], 20000, 1, {
            "identity": [0], "shear_x": lean, "shear_y": lean, "shift_x": whole, "shift_y": whole, "rotate": both(135),
            "brightness": factors, "saturation": factors, "contrast": factors, "sharpness": factors,
            "posterize": range(2, 9), "solarize": 255 * (1 - steps), "autocontrast": [0], "equalize": [0]})

    def test_policies_change_images(self):
        x = smooth(np.random.default_rng(3), (32, 32, 3))
        for text in ("randaugment", "trivialaugment", "flip, randaugment 3 15, erase 1"):
            seen = {RUNNER.text(text, x, item=item).tobytes() for item in range(40)}
            self.assertGreater(len(seen), 20, text)


if __name__ == "__main__":
    unittest.main()
