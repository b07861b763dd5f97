"""Convolution against NumPy, SciPy and ONNX Runtime, over grids of everything that changes a size or an index."""
import itertools
import unittest

import numpy as np
import scipy.signal
from onnx import helper

from op_runner import OpError, OpRunner
from ort import run_onnx


def same_pads(size, kernel, stride, dilation):
    """TensorFlow's SAME, by its documentation: out = ceil(size / stride), the odd element at the end."""
    extent = (kernel - 1) * dilation + 1
    out = -(-size // stride)
    total = max((out - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def onnx_conv(x, w, stride, dilation, pads, groups):
    """x NHWC and w HWIO, as Ocellus has them; pads (top, bottom, left, right)."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], strides=stride, dilations=dilation, group=groups,
                            pads=[pads[0], pads[2], pads[1], pads[3]])
    y, = run_onnx([node], {"x": x.transpose(0, 3, 1, 2), "w": w.transpose(3, 2, 0, 1)}, ["y"])
    return y.transpose(0, 2, 3, 1)


class Conv(unittest.TestCase):
    def setUp(self):
        self.runner = OpRunner()
        self.random = np.random.default_rng(7)

    def tearDown(self):
        self.runner.close()

    def noise(self, *shape, dtype=np.float64):
        return self.random.standard_normal(shape).astype(dtype)

    def test_line_is_numpy_convolve(self):
        """One dimension, flipped; NumPy swaps the two when the kernel is the longer one, which we undo."""
        for n, m in itertools.product(range(1, 10), range(1, 10)):
            x, w = self.noise(n), self.noise(m)
            y = self.runner.run("conv2d", [x.reshape(1, 1, n, 1), w.reshape(1, m, 1, 1)], flip=True, padding="full")
            np.testing.assert_allclose(y.ravel(), np.convolve(x, w, "full"), atol=1e-12)
            if m > n:
                continue
            y = self.runner.run("conv2d", [x.reshape(1, 1, n, 1), w.reshape(1, m, 1, 1)], flip=True, padding="valid")
            np.testing.assert_allclose(y.ravel(), np.convolve(x, w, "valid"), atol=1e-12)
            # NumPy centers "same" by putting the odd element in front.
            pad = (0, 0, m // 2, (m - 1) // 2)
            y = self.runner.run("conv2d", [x.reshape(1, 1, n, 1), w.reshape(1, m, 1, 1)], flip=True,
                                padding="explicit", pad=pad)
            np.testing.assert_allclose(y.ravel(), np.convolve(x, w, "same"), atol=1e-12)

    def test_image_is_scipy(self):
        """convolve2d with flip and correlate2d without, all modes, odd and even kernels."""
        for h, w, kh, kw in itertools.product((1, 4, 7), (2, 5), (1, 2, 3, 4), (1, 2, 5)):
            image, kernel = self.noise(h, w), self.noise(kh, kw)
            x, k = image.reshape(1, h, w, 1), kernel.reshape(kh, kw, 1, 1)
            for flip, function in ((True, scipy.signal.convolve2d), (False, scipy.signal.correlate2d)):
                full = self.runner.run("conv2d", [x, k], flip=flip, padding="full")[0, :, :, 0]
                np.testing.assert_allclose(full, function(image, kernel, "full"), atol=1e-12)
                if kh <= h and kw <= w:
                    valid = self.runner.run("conv2d", [x, k], flip=flip, padding="valid")[0, :, :, 0]
                    np.testing.assert_allclose(valid, function(image, kernel, "valid"), atol=1e-12)
                if kh % 2 and kw % 2:  # even kernels are centered in another way by SciPy
                    same = self.runner.run("conv2d", [x, k], flip=flip, padding="same")[0, :, :, 0]
                    np.testing.assert_allclose(same, function(image, kernel, "same"), atol=1e-12)

    def test_strides_pads_dilations_groups_are_onnxruntime(self):
        """float32: ONNX Runtime's Conv has no double on a CPU."""
        checked = 0
        for stride, dilation, groups, pads, (kh, kw) in itertools.product(
                ((1, 1), (2, 1), (1, 3), (3, 2)), ((1, 1), (2, 1), (1, 3)), (1, 2, 3),
                ((0, 0, 0, 0), (1, 1, 1, 1), (2, 0, 1, 3)), ((1, 1), (3, 2), (2, 4))):
            x = self.noise(2, 9, 11, 2 * groups, dtype=np.float32)
            w = self.noise(kh, kw, 2, 3 * groups, dtype=np.float32)
            expected = onnx_conv(x, w, stride, dilation, pads, groups)
            y = self.runner.run("conv2d", [x, w], stride=stride, dilation=dilation, groups=groups,
                                padding="explicit", pad=pads)
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
            checked += 1
        self.assertEqual(checked, 4 * 3 * 3 * 3 * 3)

    def test_depthwise_is_onnxruntime(self):
        for multiplier, stride in itertools.product((1, 2), (1, 2)):
            x, w = self.noise(2, 6, 7, 5, dtype=np.float32), self.noise(3, 3, 1, 5 * multiplier, dtype=np.float32)
            expected = onnx_conv(x, w, (stride, stride), (1, 1), (1, 1, 1, 1), 5)
            y = self.runner.run("conv2d", [x, w], stride=(stride, stride), groups=5, padding="explicit",
                                pad=(1, 1, 1, 1))
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)

    def test_same_is_tensorflows(self):
        """Our SAME against the rule written down a second time, and (without dilation) ONNX's SAME_UPPER."""
        for n, k, s, d in itertools.product((1, 2, 5, 8, 9), (1, 2, 3, 5), (1, 2, 3), (1, 2)):
            x, w = self.noise(1, n, n + 1, 1, dtype=np.float32), self.noise(k, k, 1, 2, dtype=np.float32)
            y = self.runner.run("conv2d", [x, w], stride=(s, s), dilation=(d, d), padding="same")
            pads = same_pads(n, k, s, d) + same_pads(n + 1, k, s, d)
            np.testing.assert_allclose(y, onnx_conv(x, w, (s, s), (d, d), pads, 1), rtol=1e-5, atol=1e-5)
            if d > 1:
                continue
            node = helper.make_node("Conv", ["x", "w"], ["y"], strides=[s, s], auto_pad="SAME_UPPER")
            other, = run_onnx([node], {"x": x.transpose(0, 3, 1, 2), "w": w.transpose(3, 2, 0, 1)}, ["y"])
            np.testing.assert_allclose(y, other.transpose(0, 2, 3, 1), rtol=1e-5, atol=1e-5)

    def test_chunks_do_not_matter(self):
        x, w = self.noise(5, 6, 5, 3, dtype=np.float32), self.noise(3, 3, 3, 4, dtype=np.float32)
        whole = self.runner.run("conv2d", [x, w])
        for chunk in (1, 2, 4):
            np.testing.assert_array_equal(self.runner.run("conv2d", [x, w], chunk=chunk), whole)

    def test_refusal_names_the_values(self):
        with self.assertRaisesRegex(OpError, "OC_E_NET kernel 7x7 is larger than the padded input 5x5"):
            self.runner.run("conv2d", [self.noise(1, 5, 5, 1), self.noise(7, 7, 1, 1)])


if __name__ == "__main__":
    unittest.main()
