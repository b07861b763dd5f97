"""The operations on shapes against NumPy, over 5 to 8 axes and every type of element."""
import itertools
import unittest

import numpy as np

from op_runner import OpError, OpRunner

TYPES = (np.float32, np.float64, np.uint8, np.int32, np.int64)


class Shapes(unittest.TestCase):
    def setUp(self):
        self.runner = OpRunner()
        self.random = np.random.default_rng(5)

    def tearDown(self):
        self.runner.close()

    def shape(self, rank):
        return tuple(int(n) for n in self.random.integers(1, 4, rank))

    def values(self, shape, dtype):
        if np.issubdtype(dtype, np.integer):
            limits = np.iinfo(dtype)
            return self.random.integers(limits.min, limits.max, shape, dtype, endpoint=True)
        return self.random.standard_normal(shape).astype(dtype)

    def cases(self):
        """A few shapes for each rank and type, batched and not."""
        for rank, dtype, batched in itertools.product((5, 6, 7, 8), TYPES, ((), (0,))):
            for _ in range(3):
                yield rank, self.values(self.shape(rank), dtype), batched

    def same(self, got, expected):
        self.assertEqual(got.shape, expected.shape)
        self.assertEqual(got.dtype, expected.dtype)
        np.testing.assert_array_equal(got, expected)

    def test_transpose(self):
        for rank, x, batched in self.cases():
            first = [0] if batched else []
            perm = first + [int(i) for i in self.random.permutation(np.arange(len(first), rank))]
            self.same(self.runner.run("transpose", [x], batched=batched, chunk=2, perm=perm), x.transpose(perm))

    def test_reshape(self):
        for rank, x, batched in self.cases():
            rest = x.size // x.shape[0]
            shape = [x.shape[0], *([1] * (rank - 2)), rest]
            given = [-1, *shape[1:]] if batched else shape
            self.same(self.runner.run("reshape", [x], batched=batched, shape=given), x.reshape(shape))

    def test_concat_and_slice(self):
        for rank, x, batched in self.cases():
            axis = int(self.random.integers(1 if batched else 0, rank))
            other = self.values(tuple(2 if i == axis else n for i, n in enumerate(x.shape)), x.dtype.type)
            both = np.concatenate([x, other], axis)
            joined = self.runner.run("concat", [x, other], batched=(0, 1) if batched else (), chunk=2, axis=axis)
            self.same(joined, both)
            begin = int(self.random.integers(0, both.shape[axis]))
            end = int(self.random.integers(begin, both.shape[axis] + 1))
            cut = self.runner.run("slice", [both], batched=batched, chunk=2, axis=axis, begin=begin, end=end)
            self.same(cut, np.take(both, np.arange(begin, end), axis))

    def test_reductions(self):
        for rank, x, batched in self.cases():
            if not np.issubdtype(x.dtype, np.floating):
                continue
            mask = int(self.random.integers(1, 1 << rank))
            axes = tuple(i for i in range(rank) if mask >> i & 1)
            for op, expected in (("reduce_sum", x.sum(axes, np.float64)), ("reduce_mean", x.mean(axes, np.float64))):
                y = self.runner.run(op, [x], batched=batched, axes=mask)
                self.assertEqual(y.shape, expected.shape)
                np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)

    def test_casts(self):
        for source, target in itertools.product(TYPES, TYPES):
            x = self.values((4, 1, 2, 1, 3, 1, 1, 2), source)
            real = np.issubdtype(source, np.floating), np.issubdtype(target, np.floating)
            if target == np.float64 and source != target or all(real) and source != target:
                continue  # a graph has one floating type: here float64 if the input has it
            expected = x
            if not real[1]:
                limits = np.iinfo(target)
                whole = [int(v) for v in x.ravel()]
                expected = np.array([min(max(v, limits.min), limits.max) for v in whole]).reshape(x.shape)
            y = self.runner.run("cast", [x], chunk=3, dtype=target.__name__)
            self.same(y, expected.astype(target))

    def test_equal(self):
        for dtype in (np.uint8, np.int32, np.int64):
            a = self.values(self.shape(8), dtype)
            b = np.where(self.random.random(a.shape) < 0.5, a, a ^ dtype(1))
            self.same(self.runner.run("equal", [a, b], batched=(0, 1)), (a == b).astype(np.uint8))

    def test_argmax(self):
        for rank in (5, 6, 7, 8):
            x = self.values(self.shape(rank), np.float32)
            self.same(self.runner.run("argmax", [x], chunk=2), x.argmax(-1).astype(np.int32))

    def test_top_k(self):
        for k, smallest in ((0, False), (1, False), (3, False), (7, False), (4, True)):
            x = np.round(self.random.standard_normal((5, 2, 7)) * 2).astype(np.float32)  # with ties
            x[0, 0, 3] = np.nan
            order = np.argsort(np.where(np.isnan(x), np.inf, x) * (1 if smallest else -1), axis=-1, kind="stable")[..., :k]
            y, places = self.runner.run_all("top_k", [x], chunk=2, k=k, smallest=smallest)
            self.same(places, order.astype(np.int32))
            self.same(y, np.take_along_axis(x, order, -1))

    def test_one_hot(self):
        labels = np.array([0, 4, 2, 5, -1, 2**40, -2**40], np.int64)
        expected = (labels[:, None] == np.arange(5)).astype(np.float32)
        self.same(self.runner.run("one_hot", [labels], chunk=2, depth=5), expected)

    def test_nine_axes_are_refused(self):
        with self.assertRaisesRegex(OpError, "got 9"):
            self.runner.run("reshape", [self.values((2, 3), np.float32)], batched=(), shape=[2, 3, *[1] * 7])


if __name__ == "__main__":
    unittest.main()
