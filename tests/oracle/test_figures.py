"""Gradients, optimizers, losses, activations and moving averages against stored figures of PyTorch and Keras, over the grids of
figures.py; make_figures.py made them. Each case runs in a session, with plans, fusions and kernels: in float64, and in float32 at
every instruction-set level that this CPU has.
"""
import os
import re
import unittest

import numpy as np

import figures
from op_runner import GraphRunner

OPTIMIZERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "train", "optimizers.def")
ADD = "append a case at the end of its grid in figures.py, then run make_figures.py for that grid"
WORDS = {"train": "train", "norm": "norm"}
ILL = {"batch_norm": 10}  # two samples that are almost equal: their variance is a small difference


def load(grid):
    with np.load(os.path.join(figures.FOLDER, f"{grid}.npz")) as file:
        lines, numbers = str(file["shapes"]).split("\n"), file["numbers"]
    arrays, at = {}, 0
    for line in lines:
        name, dims = line.split(":")
        shape = tuple(int(d) for d in dims.split(",") if d)
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = numbers[at:at + count].reshape(shape)
        at += count
    assert at == len(numbers)
    return arrays


class Figures(unittest.TestCase):
    def check_array(self, got, want, tolerance, what):
        self.assertEqual(got.shape, want.shape, what)
        scale = max(float(np.abs(want).max()), 1e-3) if want.size else 1
        error = float(np.abs(got.astype(np.float64) - want).max()) / scale if want.size else 0
        self.assertLessEqual(error, tolerance, f"{what}: relative error {error:.3g}")

    def check_grid(self, grid, dtype, tolerance):
        stored, runner, compared = load(grid), GraphRunner(), 0
        self.addCleanup(runner.close)
        for name, number, case in ((n, i, c) for g, n, i, c in figures.numbered() if g == grid):
            self.assertIn(f"{name}.0", stored, f"{grid} {case['op']} has no stored figures: {ADD}")
            arrays = [a.astype(dtype) for a in figures.inputs_of(case, number)]
            out = runner.run_all(case["op"], arrays, case["batched"], word=WORDS.get(grid), **case["options"])
            allowed = tolerance * (ILL.get(case["op"], 1) if dtype == np.float32 else 1)
            for i, got in enumerate(out):
                self.check_array(got, stored[f"{name}.{i}"], allowed, f"{grid} {name} {case['op']} {case['options']} result {i}")
            compared += len(out)
        self.assertEqual(compared, len(stored), f"figures of {grid} without a case: {ADD}")

    def check(self, grid, tolerance):
        self.check_grid(grid, np.float64, 3e-7)  # figures are stored as float32
        for level in ("portable", "avx2", "avx512"):
            with self.subTest(level=level):
                os.environ["OCELLUS_CPU"] = level
                self.check_grid(grid, np.float32, tolerance)
        del os.environ["OCELLUS_CPU"]

    def test_convolutions(self):
        self.check("conv", 1e-5)

    def test_convolution_blocks(self):
        self.check("block", 1e-5)

    def test_poolings(self):
        self.check("pool", 1e-6)

    def test_activations_losses_products(self):
        self.check("values", 3e-6)

    def test_optimizers(self):
        self.check("train", 3e-6)

    def test_every_optimizer_has_a_case(self):
        with open(OPTIMIZERS, encoding="utf-8") as file:
            rows = re.findall(r"^OC_ROW\((\w+)\)", file.read(), re.M)
        self.assertGreater(len(rows), 4)
        missing = set(rows) - {case["op"] for grid, _, _, case in figures.numbered() if grid == "train"}
        self.assertEqual(missing, set(), f"optimizers without figures: {ADD}")

    def test_moving_averages(self):
        self.check("norm", 3e-6)


if __name__ == "__main__":
    unittest.main()
