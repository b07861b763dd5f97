"""Convolution and pooling by hand against NumPy and SciPy: any sizes from 1 to 40, all modes and boundaries."""
import itertools
import os
import tempfile
import unittest

import numpy as np
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from convolve import (Refused, convolve1d, convolve2d, convolve_nhwc, load, number_text, parse, parse_argument, pool2d,
                      save)

settings.register_profile("ocellus", max_examples=300, deadline=None, derandomize=True, database=None)
settings.load_profile("ocellus")

SIZE = st.integers(1, 40)
SEED = st.integers(0, 2 ** 32 - 1)
MODE = st.sampled_from(["full", "same", "valid"])
BOUNDARY = st.sampled_from(["fill", "wrap", "symm"])
STEP = st.integers(1, 5)


def noise(seed, *shape):
    """Numbers of all sizes, some of them zero."""
    random = np.random.default_rng(seed)
    values = random.standard_normal(shape) * 10.0 ** random.integers(-3, 4, shape)
    values[random.random(shape) < 0.1] = 0
    return values


def assert_same(ours, theirs, weight):
    """Equal up to the rounding of a sum: `weight` is what the sum of the absolute products can be."""
    np.testing.assert_equal(ours.shape, theirs.shape)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * max(weight, 1e-300))


def spread(w, dilation):
    """The kernel with dilation-1 zeros between its elements, in each direction."""
    out = np.zeros([(size - 1) * d + 1 for size, d in zip(w.shape, dilation)])
    out[tuple(slice(None, None, d) for d in dilation)] = w
    return out


def tf_same(size, extent, stride):
    """TensorFlow's rule, written down a second time."""
    total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


class OneDimension(unittest.TestCase):
    @given(SIZE, SIZE, MODE, st.booleans(), SEED)
    def test_numpy(self, n, m, mode, correlate, seed):
        x, w = noise(seed, n), noise(seed + 1, m)
        theirs = (np.correlate if correlate else np.convolve)(x, w, mode)
        assert_same(convolve1d(x, w, mode, correlate=correlate), theirs, np.abs(x).max() * np.abs(w).sum())

    def test_numpy_every_small_size(self):
        for n, m, mode in itertools.product(range(1, 10), range(1, 10), ("full", "same", "valid")):
            x, w = noise(n, n), noise(m + 100, m)
            weight = np.abs(x).max() * np.abs(w).sum()
            assert_same(convolve1d(x, w, mode), np.convolve(x, w, mode), weight)
            assert_same(convolve1d(x, w, mode, correlate=True), np.correlate(x, w, mode), weight)

    @given(SIZE, st.integers(1, 12), MODE, STEP, STEP, st.booleans(), SEED)
    def test_stride_and_dilation(self, n, m, mode, stride, dilation, correlate, seed):
        x, w = noise(seed, n), noise(seed + 1, m)
        function = np.correlate if correlate else np.convolve
        theirs = function(x, spread(w, (dilation,)), mode)[::stride]
        ours = convolve1d(x, w, mode, stride=stride, dilation=dilation, correlate=correlate)
        assert_same(ours, theirs, np.abs(x).max() * np.abs(w).sum())

    def test_every_size_padding_and_stride(self):
        """The lecture's formula, and each stride as a slice of stride 1."""
        checked = 0
        for n, m, p, s in itertools.product(range(1, 10), repeat=4):
            x, w = noise(n, n), noise(m + 100, m)
            if m > n + 2 * p:
                with self.assertRaisesRegex(Refused, f"covers {m}.*{p} \\+ {n} \\+ {p} = {n + 2 * p}"):
                    convolve1d(x, w, pad=(p, p), stride=s)
                continue
            ours = convolve1d(x, w, pad=(p, p), stride=s)
            self.assertEqual(ours.size, (n + 2 * p - m) // s + 1)
            padded = np.pad(x, p)
            first = np.array([padded[i:i + m] @ w[::-1] for i in range(n + 2 * p - m + 1)])
            assert_same(ours, first[::s], np.abs(x).max() * np.abs(w).sum())
            np.testing.assert_array_equal(ours, convolve1d(x, w, pad=(p, p))[::s])
            checked += 1
        self.assertGreater(checked, 6000)

    @given(SIZE, st.integers(1, 9), st.tuples(st.integers(0, 50), st.integers(0, 50)),
           st.sampled_from([("fill", "constant"), ("wrap", "wrap"), ("symm", "symmetric")]), st.floats(-9, 9), SEED)
    def test_boundaries_are_numpy_pad(self, n, m, pad, boundary, fill, seed):
        x, w = noise(seed, n), noise(seed + 1, m)
        if m > n + sum(pad):
            return
        constant = {"constant_values": fill} if boundary[0] == "fill" else {}
        padded = np.pad(x, pad, boundary[1], **constant)
        ours = convolve1d(x, w, pad=pad, boundary=boundary[0], fill=fill, correlate=True)
        assert_same(ours, np.array([padded[i:i + m] @ w for i in range(padded.size - m + 1)]),
                    np.abs(padded).max() * np.abs(w).sum())

    def test_nan_and_infinity_stay_where_they_are(self):
        x = np.array([1, 2, np.nan, 4, 5, np.inf, 7, 8, 9, 10.0])
        for w, mode in itertools.product(([1, 2, 3], [1, np.nan, 3], [np.inf, 1], np.arange(1, 14.0)),
                                         ("full", "same", "valid")):
            np.testing.assert_allclose(convolve1d(x, w, mode), np.convolve(x, w, mode), rtol=1e-12)
        short, long = [1.0, 2.0], np.array([1, np.nan, 3, np.inf, 5])
        np.testing.assert_allclose(convolve1d(short, long, "valid"), np.convolve(short, long, "valid"))


class TwoDimensions(unittest.TestCase):
    @given(SIZE, SIZE, SIZE, SIZE, MODE, BOUNDARY, st.booleans(), SEED)
    def test_scipy(self, h, w, kh, kw, mode, boundary, correlate, seed):
        x, k = noise(seed, h, w), noise(seed + 1, kh, kw)
        function = scipy.signal.correlate2d if correlate else scipy.signal.convolve2d
        if mode == "valid" and not (h >= kh and w >= kw or h <= kh and w <= kw):
            self.assertRaises(ValueError, function, x, k, mode, boundary)
            with self.assertRaisesRegex(Refused, f"input {h}x{w} and kernel {kh}x{kw}"):
                convolve2d(x, k, mode, boundary=boundary, correlate=correlate)
            return
        ours = convolve2d(x, k, mode, boundary=boundary, correlate=correlate)
        assert_same(ours, function(x, k, mode, boundary), np.abs(x).max() * np.abs(k).sum())

    @given(SIZE, SIZE, st.integers(1, 6), st.integers(1, 6), st.floats(-5, 5), st.booleans(), SEED)
    def test_scipy_fill_value(self, h, w, kh, kw, fill, correlate, seed):
        x, k = noise(seed, h, w), noise(seed + 1, kh, kw)
        function = scipy.signal.correlate2d if correlate else scipy.signal.convolve2d
        assert_same(convolve2d(x, k, "full", fill=fill, correlate=correlate), function(x, k, "full", "fill", fill),
                    (np.abs(x).max() + abs(fill)) * np.abs(k).sum())

    @given(st.tuples(SIZE, SIZE), st.tuples(st.integers(1, 6), st.integers(1, 6)), st.sampled_from(["full", "same"]),
           BOUNDARY, st.tuples(STEP, STEP), st.tuples(STEP, STEP), st.booleans(), SEED)
    def test_stride_and_dilation(self, size, kernel, mode, boundary, stride, dilation, correlate, seed):
        x, k = noise(seed, *size), noise(seed + 1, *kernel)
        function = scipy.signal.correlate2d if correlate else scipy.signal.convolve2d
        theirs = function(x, spread(k, dilation), mode, boundary)[::stride[0], ::stride[1]]
        ours = convolve2d(x, k, mode, boundary=boundary, stride=stride, dilation=dilation, correlate=correlate)
        assert_same(ours, theirs, np.abs(x).max() * np.abs(k).sum())

    def test_padding_per_side(self):
        x, k = noise(1, 6, 7), noise(2, 3, 2)
        for pad in itertools.product(range(4), repeat=4):
            padded = np.pad(x, (pad[:2], pad[2:]))
            assert_same(convolve2d(x, k, pad=pad), scipy.signal.convolve2d(padded, k, "valid"), 1e4)

    def test_tensorflows_same(self):
        for n, m, s, d in itertools.product(range(1, 10), range(1, 6), range(1, 5), range(1, 4)):
            x, k = noise(n, n, n + 3), noise(m, m, 2)
            pads = tf_same(n, (m - 1) * d + 1, s) + tf_same(n + 3, d + 1, s)
            ours = convolve2d(x, k, "tf-same", stride=(s, s), dilation=(d, d), correlate=True)
            self.assertEqual(ours.shape, (-(-n // s), -(-(n + 3) // s)))
            assert_same(ours, convolve2d(x, k, pad=pads, stride=(s, s), dilation=(d, d), correlate=True), 1e4)

    @given(st.integers(0, 3), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4),
           st.integers(1, 4), st.integers(1, 4), MODE, BOUNDARY, st.booleans(), SEED)
    def test_batch_and_channels(self, n, h, w, c, o, kh, kw, mode, boundary, correlate, seed):
        """The lecture's rule: output k is the sum over the channels of convolutions in two dimensions."""
        x, k = noise(seed, n, h, w, c), noise(seed + 1, kh, kw, c, o)
        function = scipy.signal.correlate2d if correlate else scipy.signal.convolve2d
        if mode == "valid" and not (h >= kh and w >= kw or h <= kh and w <= kw):
            return
        ours = convolve_nhwc(x, k, mode, boundary=boundary, correlate=correlate)
        self.assertEqual((ours.shape[0], ours.shape[3]), (n, o))
        for i, j in itertools.product(range(n), range(o)):
            theirs = sum(function(x[i, :, :, q], k[:, :, q, j], mode, boundary) for q in range(c))
            assert_same(ours[i, :, :, j], theirs, np.abs(x).max() * np.abs(k).sum())

    def test_refusals(self):
        x, k = np.ones((3, 4)), np.ones((2, 2))
        for pattern, options in (("stride -2 of the rows is out of range: 1 to", {"stride": (-2, 1)}),
                                 ("stride -1 of the columns", {"stride": (1, -1)}),
                                 ("dilation -1 of the rows", {"dilation": (-1, 1)}),
                                 ("padding -1 of the columns is out of range: 0", {"pad": (0, 0, 0, -1)}),
                                 ("covers 7 columns \\(2 with dilation 6\\).*0 \\+ 4 \\+ 0 = 4",
                                  {"dilation": (1, 6), "pad": (0, 0, 0, 0)})):
            with self.assertRaisesRegex(Refused, pattern):
                convolve2d(x, k, **options)


class Pooling(unittest.TestCase):
    @given(SIZE, SIZE, st.integers(1, 5), st.integers(1, 5), STEP, STEP, st.integers(1, 3),
           st.sampled_from(["max", "mean"]), st.booleans(), SEED)
    def test_windows(self, h, w, kh, kw, sh, sw, channels, kind, same, seed):
        x = noise(seed, 2, h, w, channels)
        pads = tf_same(h, kh, sh) + tf_same(w, kw, sw) if same else (0, 0, 0, 0)
        if not same and (kh > h or kw > w):
            with self.assertRaisesRegex(Refused, "more than the padded input"):
                pool2d(x, kind, (kh, kw), (sh, sw))
            return
        padded = np.pad(x, ((0, 0), pads[:2], pads[2:], (0, 0)), constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), (1, 2))[:, ::sh, ::sw]
        theirs = (np.nanmax if kind == "max" else np.nanmean)(windows, (-2, -1))
        assert_same(pool2d(x, kind, (kh, kw), (sh, sw), "tf-same" if same else "valid"), theirs, np.abs(x).max())

    def test_nan_wins(self):
        x = np.arange(16.0).reshape(1, 4, 4, 1)
        x[0, 1, 1, 0] = np.nan
        for kind in ("max", "mean"):
            np.testing.assert_array_equal(np.isnan(pool2d(x, kind)[0, :, :, 0]), [[True, False], [False, False]])
        minus = np.full((1, 2, 2, 1), -np.inf)
        self.assertEqual(pool2d(minus)[0, 0, 0, 0], -np.inf)

    def test_padding_must_leave_something(self):
        with self.assertRaisesRegex(Refused, "padding 2 and 0 of the rows must be less than the window's 2"):
            pool2d(np.ones((1, 4, 4, 1)), pad=(2, 0, 0, 0))


class Numbers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def test_every_type_numpy_saves(self):
        for dtype, shape, order in itertools.product(
                "f8 f4 i8 i4 i2 i1 u8 u4 u2 u1 ?".split(), ((5,), (3, 4), (2, 3, 4), (2, 3, 4, 5)), "CF"):
            random = np.random.default_rng(3)
            array = np.asarray(random.integers(0, 100, shape) - (50 if dtype[0] in "fi" else 0)).astype(dtype)
            np.save(self.path("a.npy"), np.asarray(array, order=order))
            np.testing.assert_array_equal(load(self.path("a.npy")), array.astype(np.float64))

    def test_what_we_save_numpy_loads(self):
        for shape in ((1,), (7,), (3, 4), (1, 9), (2, 3, 4), (5, 1, 3), (2, 3, 4, 5), (1, 1, 1, 1)):
            array = noise(5, *shape)
            save(array, self.path("a.npy"))
            np.testing.assert_array_equal(np.load(self.path("a.npy"), allow_pickle=False), array)
            np.testing.assert_array_equal(load(self.path("a.npy")), array)
            if array.ndim == 2:
                save(array, self.path("a.csv"))
                np.testing.assert_array_equal(np.loadtxt(self.path("a.csv"), delimiter=",", ndmin=2), array)

    @given(st.floats())
    def test_a_number_reads_back(self, value):
        text = number_text(value)
        np.testing.assert_array_equal(parse(text), [value])
        self.assertLessEqual(len(text), 24)

    def test_a_number_is_short(self):
        self.assertEqual([number_text(v) for v in (4.6, 0.1 + 0.2, -5.0, 1e300, float("nan"), -float("inf"))],
                         ["4.6", "0.30000000000000004", "-5", "1e+300", "nan", "-inf"])

    @given(st.lists(st.lists(st.floats(allow_nan=False), min_size=2, max_size=4), min_size=1, max_size=6),
           st.sampled_from([",", " ", " , ", "\t"]), st.sampled_from([";", "\n", "\r\n", " ;\n# and\n"]))
    def test_typed_text(self, rows, comma, line):
        width = min(map(len, rows))
        rows = [row[:width] for row in rows]
        array = parse_argument(line.join(comma.join(map(repr, row)) for row in rows))
        np.testing.assert_array_equal(array, np.array(rows) if len(rows) > 1 else rows[0])

    def test_numpy_arrays_that_are_refused(self):
        for array, pattern in ((np.zeros((0,)), "the array must not be empty"), (np.zeros((2, 0, 3, 1)), "axis 1"),
                               (np.array([None, 1]), "type \\|O"), (np.zeros(()), "got 0"),
                               (np.zeros((1, 1, 1, 1, 1)), "got 5"), (np.zeros(3, "f2"), "type <f2"),
                               (np.zeros(3, complex), "type <c16"), (np.array(["a"]), "type <U1"),
                               (np.zeros(2, [("a", "f4")]), "structured types"),
                               (np.array([2 ** 53 + 1]), "beyond 2\\^53")):
            np.save(self.path("a.npy"), array)
            with self.assertRaisesRegex(Refused, f"a.npy.*{pattern}"):
                load(self.path("a.npy"))


if __name__ == "__main__":
    unittest.main()
