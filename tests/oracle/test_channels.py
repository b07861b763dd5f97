"""The slide on color channels against SciPy: Y = sum over c of W[:, :, c] * X[:, :, c], A = Y + b, H = phi(A), for a grid
of sizes, strides, paddings, dilations, channels and outputs, with the kernel turned (the slide's star) and not (as in
networks): in the library, and through the program from .npy of rank 3 and 4, from text, with every sum traced."""
import itertools
import json
import os
import subprocess
import tempfile
import unittest

import numpy as np
import scipy.signal
import scipy.special

from convolve import activate, convolve_nhwc

PHI = {"none": lambda a: a, "relu": lambda a: np.maximum(a, 0), "sigmoid": scipy.special.expit, "tanh": np.tanh}


def noise(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def slides(x, w, pad, stride, dilation, correlate):
    """The formula on the slide, by SciPy: x HWC, w HWIO."""
    function = scipy.signal.correlate2d if correlate else scipy.signal.convolve2d
    spread = np.zeros([(w.shape[i] - 1) * dilation[i] + 1 for i in (0, 1)] + list(w.shape[2:]))
    spread[::dilation[0], ::dilation[1]] = w
    padded = np.pad(x, (pad[:2], pad[2:], (0, 0)))
    return np.stack([sum(function(padded[:, :, c], spread[:, :, c, k], "valid") for c in range(x.shape[2]))
                     [::stride[0], ::stride[1]] for k in range(w.shape[3])], -1)


def text_of(array):
    """One channel as it is typed."""
    return "; ".join(" ".join(repr(float(v)) for v in row) for row in array)


class Library(unittest.TestCase):
    def test_grid(self):
        checked = 0
        for (h, w), (kh, kw), c, o, stride, pad, dilation, correlate in itertools.product(
                ((5, 5), (6, 9)), ((1, 1), (3, 2), (3, 3)), (1, 2, 3), (1, 4), ((1, 1), (2, 1), (3, 2)),
                ((0, 0, 0, 0), (1, 1, 1, 1), (2, 0, 1, 3)), ((1, 1), (2, 1)), (False, True)):
            x, k = noise(h + c, h, w, c), noise(kh + o, kh, kw, c, o)
            ours = convolve_nhwc(x[None], k, pad=pad, stride=stride, dilation=dilation, correlate=correlate)[0]
            np.testing.assert_allclose(ours, slides(x, k, pad, stride, dilation, correlate), rtol=1e-12, atol=1e-12)
            checked += 1
        self.assertEqual(checked, 2 * 3 * 3 * 2 * 3 * 3 * 2 * 2)

    def test_bias_and_activation(self):
        y = noise(1, 2, 3, 4, 5) * 10
        y[0, 0, 0, :3] = np.nan, np.inf, -np.inf
        for name, bias in itertools.product(PHI, (None, noise(2, 5))):
            a, h = activate(y, bias, name)
            np.testing.assert_array_equal(a, y if bias is None else y + bias)
            np.testing.assert_allclose(h, PHI[name](a), rtol=1e-14)


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_program(self, *arguments, code=0):
        run = subprocess.run([os.environ["OCELLUS"], "conv", *map(str, arguments)], cwd=self.folder, text=True,
                             capture_output=True)
        self.assertEqual(run.returncode, code, run)
        return run.stdout if code == 0 else run.stderr

    def save(self, name, array):
        np.save(os.path.join(self.folder, name), array)
        return name

    def test_npy_of_rank_3_and_4(self):
        cases = itertools.product((((5, 6), (3, 3)), ((4, 4), (2, 3))), (1, 3), (1, 2), ((1, 1), (2, 3)),
                                  ((0, 0, 0, 0), (1, 0, 2, 1)), (False, True))
        for ((h, w), (kh, kw)), c, o, stride, pad, correlate in cases:
            x, k, b = noise(h + c, h, w, c), noise(kh + o, kh, kw, c, o), noise(o, o)
            self.save("x.npy", x)
            self.save("w.npy", np.asfortranarray(k) if o > 1 else k[:, :, :, 0])
            self.save("b.npy", b)
            self.run_program("x.npy", "--w", "w.npy", "--bias", "b.npy", "--activation", "tanh", "--pad",
                             ",".join(map(str, pad)), "--stride", f"{stride[0]}x{stride[1]}", "--out", "h.npy", "-q",
                             *["--correlate"] * correlate)
            theirs = np.tanh(slides(x, k, pad, stride, (1, 1), correlate) + b)
            ours = np.load(os.path.join(self.folder, "h.npy"))
            np.testing.assert_allclose(ours.reshape(theirs.shape), theirs, rtol=1e-12, atol=1e-12)
            self.assertEqual(ours.ndim, 3 if o > 1 else 2)

    def test_text_and_files_for_each_channel(self):
        x, k = noise(3, 4, 5, 2), noise(4, 2, 3, 2, 3)
        for c in range(2):
            np.savetxt(os.path.join(self.folder, f"x{c}.csv"), x[:, :, c], delimiter=";", fmt="%.17g")
        kernel = " || ".join(" | ".join(text_of(k[:, :, c, o]) for c in range(2)) for o in range(3))
        for correlate in (False, True):
            printed = json.loads(self.run_program("x0.csv | x1.csv", "--w", kernel, "--mode", "valid", "--json",
                                                  *["--correlate"] * correlate))
            theirs = slides(x, k, (0, 0, 0, 0), (1, 1), (1, 1), correlate)
            np.testing.assert_allclose(np.moveaxis(np.array(printed["result"]), 0, -1), theirs, rtol=1e-13)

    def test_every_sum_can_be_traced(self):
        x, k, b = noise(5, 4, 4, 3), noise(6, 3, 2, 3, 2), noise(7, 2)
        arguments = (self.save("x.npy", x), "--w", self.save("w.npy", k), "--bias", self.save("b.npy", b),
                     "--activation", "relu", "--pad", 1, "--json")
        for correlate in (False, True):
            turned = ["--correlate"] * correlate
            y = slides(x, k, (1, 1, 1, 1), (1, 1), (1, 1), correlate)
            padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
            laid = k if correlate else k[::-1, ::-1]
            steps = json.loads(self.run_program(*arguments, "--steps", *turned))["steps"]
            self.assertEqual(len(steps), y.size)
            for step in steps:
                (i, j), o = step["place"], step["output"]
                np.testing.assert_array_equal([c["window"] for c in step["channels"]],
                                              np.moveaxis(padded[i:i + 3, j:j + 2], -1, 0))
                np.testing.assert_array_equal([c["products"] for c in step["channels"]],
                                              np.moveaxis(padded[i:i + 3, j:j + 2] * laid[:, :, :, o], -1, 0))
                np.testing.assert_allclose(sum(c["sum"] for c in step["channels"]), y[i, j, o], rtol=1e-10)
                self.assertEqual(step["a"], step["y"] + b[o])
                self.assertEqual(step["h"], max(0, step["a"]))
            one = json.loads(self.run_program(*arguments, "--at", "3,2,1", *turned))["steps"]
            self.assertEqual(one, [s for s in steps if s["place"] == [3, 2] and s["output"] == 1])

    def test_what_does_not_fit_is_refused(self):
        self.save("x.npy", noise(1, 4, 4, 3))
        self.save("w.npy", noise(2, 2, 2, 2, 3))
        self.assertRegex(self.run_program("x.npy", "--w", "w.npy", code=65), "the kernel has 2 channels, but x has 3")
        self.assertRegex(self.run_program("w.npy", "--w", "w.npy", code=65), "expected an input of at most 3 axes, got 4")


class SlideLoop(unittest.TestCase):
    """The lecture's conv1d and conv2d, run, against what --slide-loop says they give."""

    @staticmethod
    def conv1d(x, w, p, s):
        padded, turned, out = np.pad(np.array(x, float), p), np.array(w, float)[::-1], []
        try:
            for i in range(0, int(len(x) / s), s):
                out.append(np.sum(padded[i:i + len(w)] * turned))
        except ValueError:
            return out, True
        return out, False

    @staticmethod
    def conv2d(x, w, p, s):
        padded, turned = np.pad(x, ((p, p), (p, p))), w[::-1, ::-1]
        end = [int((padded.shape[i] - w.shape[i]) / s) + 1 for i in (0, 1)]
        return [[np.sum(padded[i:i + w.shape[0], j:j + w.shape[1]] * turned) for j in range(0, end[1], s)]
                for i in range(0, end[0], s)]

    def said(self, *arguments):
        run = subprocess.run([os.environ["OCELLUS"], "conv", *map(str, arguments), "--slide-loop", "--json"],
                             capture_output=True, check=True)
        return json.loads(run.stdout)["slide_loop"]

    def test_conv1d(self):
        for n, m, p, s in itertools.product((3, 6, 8), (1, 2, 5), (0, 2, 4), (1, 2, 3)):
            if m > n + 2 * p:
                continue
            x, w = list(range(1, n + 1)), list(range(2, m + 2))
            said = self.said("--x", ",".join(map(str, x)), "--w", ",".join(map(str, w)), "--pad", p, "--stride", s)
            self.assertEqual((said["result"], said["stops_with_error"]), self.conv1d(x, w, p, s), (n, m, p, s))

    def test_conv2d(self):
        for n, m, p, s in itertools.product((3, 5), (2, 3), (0, 1, 2), (1, 2, 3)):
            x, w = np.arange(n * n).reshape(n, n) % 7 + 1.0, np.arange(m * m).reshape(m, m) + 1.0
            said = self.said("--x", text_of(x), "--w", text_of(w), "--pad", p, "--stride", s)
            self.assertEqual(said["result"], self.conv2d(x, w, p, s), (n, m, p, s))


if __name__ == "__main__":
    unittest.main()
