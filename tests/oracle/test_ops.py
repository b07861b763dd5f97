"""Pooling, batch normalization, matrix products and activations against ONNX Runtime and SciPy, over grids."""
import itertools
import unittest

import numpy as np
import scipy.special
from onnx import helper

from op_runner import OpRunner
from ort import run_onnx
from test_conv import same_pads


class Ops(unittest.TestCase):
    def setUp(self):
        self.runner = OpRunner()
        self.random = np.random.default_rng(11)

    def tearDown(self):
        self.runner.close()

    def noise(self, *shape, dtype=np.float32):
        return self.random.standard_normal(shape).astype(dtype)

    def check_pool(self, op, onnx_op, exact, **attributes):
        for size, stride, padding, (h, w) in itertools.product(
                ((1, 1), (2, 2), (3, 2), (2, 5)), ((1, 1), (2, 2), (3, 1)), ("valid", "same"), ((5, 5), (6, 9), (8, 7))):
            pads = [same_pads(n, k, s, 1) if padding == "same" else (0, 0) for n, k, s in zip((h, w), size, stride)]
            x = self.noise(2, h, w, 3)
            node = helper.make_node(onnx_op, ["x"], ["y"], kernel_shape=size, strides=stride,
                                    pads=[pads[0][0], pads[1][0], pads[0][1], pads[1][1]], **attributes)
            expected, = run_onnx([node], {"x": x.transpose(0, 3, 1, 2)}, ["y"])
            y = self.runner.run(op, [x], size=size, stride=stride, padding=padding)
            np.testing.assert_allclose(y, expected.transpose(0, 2, 3, 1), rtol=0 if exact else 1e-6,
                                       atol=0 if exact else 1e-6)

    def test_max_pool(self):
        self.check_pool("max_pool", "MaxPool", True)

    def test_mean_pool(self):
        self.check_pool("mean_pool", "AveragePool", False, count_include_pad=0)

    def test_global_mean_pool(self):
        x = self.noise(3, 5, 4, 6)
        expected, = run_onnx([helper.make_node("GlobalAveragePool", ["x"], ["y"])], {"x": x.transpose(0, 3, 1, 2)}, ["y"])
        np.testing.assert_allclose(self.runner.run("global_mean_pool", [x]), expected[:, :, 0, 0], rtol=1e-6, atol=1e-6)

    def test_batch_norm_inference(self):
        for channels, epsilon in itertools.product((1, 3, 8), (1e-5, 1e-3)):
            x = self.noise(4, 3, 5, channels)
            gamma, beta, mean = (self.noise(channels) for _ in range(3))
            variance = np.abs(self.noise(channels)) + np.float32(0.1)
            node = helper.make_node("BatchNormalization", ["x", "g", "b", "m", "v"], ["y"], epsilon=epsilon)
            expected, = run_onnx([node], {"x": x.transpose(0, 3, 1, 2), "g": gamma, "b": beta, "m": mean, "v": variance},
                                 ["y"])
            y = self.runner.run("batch_norm", [x, gamma, beta, mean, variance, mean, variance], epsilon=epsilon)
            np.testing.assert_allclose(y, expected.transpose(0, 2, 3, 1), rtol=1e-5, atol=1e-5)

    def test_batch_statistics(self):
        x = self.noise(6, 3, 2, 4) + np.float32(3)
        mean = self.runner.run("batch_mean", [x], chunk=4)
        np.testing.assert_allclose(mean, x.mean((0, 1, 2)), rtol=1e-6)
        np.testing.assert_allclose(self.runner.run("batch_variance", [x, mean], chunk=4), x.var((0, 1, 2)), rtol=1e-5)

    def test_matmul(self):
        for m, k, n, ta, tb in itertools.product((1, 3, 8), (1, 5), (1, 4, 7), (False, True), (False, True)):
            a, b = self.noise(m, k), self.noise(k, n)
            expected, = run_onnx([helper.make_node("MatMul", ["a", "b"], ["y"])], {"a": a, "b": b}, ["y"])
            y = self.runner.run("matmul", [a.T if ta else a, b.T if tb else b], batched=(), transpose_a=ta,
                                transpose_b=tb)
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)

    def test_matmul_sum_over_samples(self):
        x, dy = self.noise(7, 3, dtype=np.float64), self.noise(7, 4, dtype=np.float64)
        y = self.runner.run("matmul", [x, dy], batched=(0, 1), chunk=3, transpose_a=True)
        np.testing.assert_allclose(y, x.T @ dy, rtol=1e-13)

    def test_arithmetic(self):
        ops = {"add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "maximum": "Max"}
        shapes = (((7, 4, 3), (7, 4, 3)), ((7, 4, 3), (7, 4, 1)), ((7, 4, 3), (7, 1, 3)), ((7, 4, 3), (4, 1)), ((7, 4, 3), (3,)),
                  ((7, 4, 3), ()), ((7, 1), (5,)), ((7, 4, 3), (1, 1, 1)))
        for (op, onnx_op), (first, second), turned in itertools.product(ops.items(), shapes, (False, True)):
            pair = [self.noise(*first), self.noise(*second)]
            batched = tuple(i for i in range(2) if pair[i].ndim and pair[i].shape[0] == 7)
            if turned:
                pair, batched = pair[::-1], tuple(1 - i for i in batched)
            expected, = run_onnx([helper.make_node(onnx_op, ["a", "b"], ["y"])], {"a": pair[0], "b": pair[1]}, ["y"])
            y = self.runner.run(op, pair, batched=tuple(sorted(batched)), chunk=3)
            self.assertEqual(y.shape, expected.shape)
            np.testing.assert_array_equal(y, expected)

    def test_power(self):
        for a, b in ((self.noise(5, 3), 2.0), (self.noise(5, 3), -3.0), (np.abs(self.noise(5, 3)), 0.5), (self.noise(5, 3), 0.5)):
            exponent = np.broadcast_to(np.float32(b), (3,)).copy()
            with np.errstate(invalid="ignore"):
                expected = a.astype(np.float64) ** exponent
            y = self.runner.run("power", [a, exponent], chunk=2)
            np.testing.assert_allclose(y, expected, rtol=1e-6, equal_nan=True)
        special = np.float32([[0, -0.0, np.inf, -np.inf, np.nan, 1, -8]])
        for b in (0, 1, 2, 3, -1, np.inf, np.nan):
            with np.errstate(all="ignore"):
                expected = np.power(special, np.float32(b))
            np.testing.assert_array_equal(self.runner.run("power", [special, np.float32([b])]), expected)

    def test_erf(self):
        x = np.concatenate([self.noise(4, 30), np.float32([[0, -0.0, np.inf, -np.inf, np.nan] * 6])])
        np.testing.assert_allclose(self.runner.run("erf", [x], chunk=2), scipy.special.erf(x), rtol=1e-6)

    def test_functions(self):
        for op, function in (("exp", np.exp), ("log", np.log), ("sqrt", np.sqrt)):
            x = np.abs(self.noise(6, 5)) * np.float32(20)
            np.testing.assert_allclose(self.runner.run(op, [x], chunk=4), function(x.astype(np.float64)), rtol=2e-7)

    def test_largest_element(self):
        for axes in itertools.chain.from_iterable(itertools.combinations((1, 2, 3), n) for n in (1, 2, 3)):
            x = np.round(self.noise(5, 3, 4, 2) * 2)  # with ties
            x[0, 0, 0, 0] = np.nan
            y = self.runner.run("reduce_max", [x], chunk=2, axes=sum(1 << a for a in axes))
            np.testing.assert_array_equal(y, x.max(axes))

    def test_softmax(self):
        for classes, scale in itertools.product((1, 2, 10, 33), (1, 30)):
            x = self.noise(4, classes) * np.float32(scale)
            for op, onnx_op in (("softmax", "Softmax"), ("log_softmax", "LogSoftmax")):
                expected, = run_onnx([helper.make_node(onnx_op, ["x"], ["y"], axis=-1)], {"x": x}, ["y"])
                np.testing.assert_allclose(self.runner.run(op, [x]), expected, rtol=1e-5, atol=1e-6)

    def test_activations(self):
        x = np.concatenate([self.noise(3, 50, dtype=np.float64) * 5, [np.linspace(-700, 700, 50)]])
        expected = {
            "relu": np.maximum(x, 0),
            "sigmoid": scipy.special.expit(x),
            "tanh": np.tanh(x),
            "gelu": x * scipy.special.ndtr(x),
            "softplus": np.logaddexp(x, 0),
            "relu6": np.clip(x, 0, 6),
            "silu": x * scipy.special.expit(x),
            "hard_swish": x * np.clip(x + 3, 0, 6) / 6,
        }
        for op, values in expected.items():
            with self.subTest(op=op):
                np.testing.assert_allclose(self.runner.run(op, [x]), values, rtol=1e-12, atol=1e-300)


if __name__ == "__main__":
    unittest.main()
