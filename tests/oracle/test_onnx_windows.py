"""ONNX files: does a model with padding, resizing or dilated pooling of any kind answer as in ONNX Runtime?"""
import unittest

import numpy as np
from onnx import TensorProto, helper

from test_onnx import C, H, I64, LIBRARY, W, image_case, node, normal, ocellus, onnx, save, tensor

LOW = np.float32(-1e9)  # as before a MaxPool
PADS = {
    "edge": image_case(node("Pad", "a p", "b", mode="edge"), p=I64(0, 0, 2, 0, 0, 0, 1, 3)),
    "reflect": image_case(node("Pad", "a p", "t", mode="reflect"), node("Conv", "t w", "b"), p=I64(0, 0, 1, 1, 0, 0, 1, 1), w=normal(4, C, 3, 3)),
    "reflect of channels": image_case(node("Pad", "a p", "b", mode="reflect"), p=I64(0, 2, 0, 0, 0, 1, 0, 7)),
    "channels": image_case(node("Pad", "a p v", "b"), p=I64(0, 1, 0, 0, 0, 2, 1, 0), v=np.float32(0.7)),
    "channels of zeros": image_case(node("Pad", "a p", "b"), p=I64(0, 1, 0, 0, 0, 2, 0, 0)),
    "low": image_case(node("Pad", "a p v", "t"), node("MaxPool", "t", "b", kernel_shape=[3, 3], strides=[2, 2]), p=I64(0, 0, 1, 1, 0, 0, 1, 1), v=LOW),
    "cut": image_case(node("Pad", "a p", "b"), p=I64(0, 0, -2, 1, 0, -1, 3, -2)),
    "cut edge": image_case(node("Pad", "a p", "b", mode="edge"), p=I64(0, 0, -2, 1, 0, 0, 3, -2)),
    "after zeros": image_case(node("Pad", "a p", "t"), node("Pad", "t q", "b", mode="edge"), p=I64(0, 0, 1, 0, 0, 0, 0, 2), q=I64(0, 0, 1, 1, 0, 0, 1, 1)),
    "cut zeros": image_case(node("Pad", "a p", "t"), node("Slice", "t i e k", "b"), p=I64(0, 0, 1, 2, 0, 0, 1, 2), i=I64(0, 1), e=I64(9, -1), k=I64(2, 3)),
    "split zeros": image_case(node("Pad", "a p", "t"), node("Split", "t", "u v", axis=3), node("Concat", "v u", "b", axis=1), p=I64(0, 0, 1, 2, 0, 0, 1, 2)),
    "three axes": image_case(node("Reshape", "a s3", "t"), node("Pad", "t p v", "b"), s3=I64(0, C, -1), p=I64(0, 1, 2, 0, 0, 3), v=np.float32(0.2)),
    "features": image_case(node("Flatten", "a", "f"), node("Pad", "f p", "t", mode="edge"), node("Unsqueeze", "t k", "b"), p=I64(0, 2, 0, 1), k=I64(2)),
}
NEWER = {
    "pad of axes": image_case(node("Pad", "a p v k", "b"), p=I64(1, 2, 0, 3), v=np.float32(0.2), k=I64(-1, 2)),
    "pad of axes by reflection": image_case(helper.make_node("Pad", ["a", "p", "", "k"], ["b"], mode="reflect"), p=I64(1, 2), k=I64(3)),
    "wrap": image_case(node("Pad", "a p", "b", mode="wrap"), p=I64(0, 0, 2, 11, 0, 0, 1, 3)),
    "mean and deviation": image_case(node("LayerNormalization", "a g", "t m d", axis=2), node("Add", "t m", "u"), node("Mul", "u d", "b"), g=normal(H, W)),
}


def resize(k, sizes=False, region=None, **attributes):
    names = ["a", "" if region is None else "region", "" if sizes else "k", *(["k"] if sizes else [])]
    return image_case(helper.make_node("Resize", names, ["b"], **attributes), k=k, **({} if region is None else {"region": np.float32(region)}))


CROP = {"coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": 0.3}
NEWER |= {
    "axes": resize(np.float32([0.7, 1.6]), axes=[3, 2], mode="linear"),
    "sizes of axes": resize(I64(5, 14), sizes=True, axes=[-1, -2], mode="nearest"),
    "not larger": resize(I64(7, 14), sizes=True, axes=[2, 3], mode="linear", keep_aspect_ratio_policy="not_larger"),
    "not smaller": resize(I64(7, 14), sizes=True, axes=[2, 3], mode="linear", keep_aspect_ratio_policy="not_smaller"),
    "symmetric": resize(np.float32([1, 1, 0.43, 1.3]), mode="linear", coordinate_transformation_mode="half_pixel_symmetric"),
    "smooth": resize(np.float32([1, 1, 0.43, 0.6]), mode="linear", antialias=1),
    "smooth inside": resize(np.float32([1, 1, 0.43, 1.6]), mode="linear", antialias=1, exclude_outside=1),
    "same size": resize(np.float32([1, 1, 1.1, 1.05]), mode="linear"),
    "one scale of the same size": resize(np.float32([1, 1, 1.1, 1.6]), mode="linear"),
} | {f"crop {mode}": resize(np.float32([1, 1, 0.8, 1.5]), region=[0, 0, 0.2, -0.1, 1, 1, 0.7, 1.3], mode=mode, **CROP) for mode in ("nearest", "linear")}
POOLS = {
    "max": image_case(node("Sub", "a h", "t"), node("MaxPool", "t", "b", kernel_shape=[3, 2], dilations=[2, 3], strides=[2, 1], pads=[1, 0, 1, 1]), h=np.float32(2)),
    "max of five": image_case(node("MaxPool", "a", "b", kernel_shape=[5, 7], dilations=[2, 1])),
    "max ceil": image_case(node("MaxPool", "a", "b", kernel_shape=[2, 2], dilations=[2, 2], strides=[2, 3], ceil_mode=1)),
} | {f"mean {counted}": image_case(node("AveragePool", "a", "b", kernel_shape=[3, 2], dilations=[2, 3], strides=[2, 1], pads=[1, 0, 2, 1],
                                        count_include_pad=counted)) for counted in (0, 1)}
LAST = node("Flatten", "b", "y")


def numbers(name, *values):
    return tensor(name, [len(values)], np.array(values, np.int64).tobytes(), TensorProto.INT64)


HOSTILE = [
    ("the batch", node("Pad", "x p", "b"), [numbers("p", 1, 0, 0, 0, 0, 0, 0, 0)], "padding of the batch"),
    ("huge", node("Pad", "x p", "b"), [numbers("p", 0, 0, 2 ** 40, 0, 0, 0, 0, 0)], "padding of more than"),
    ("huge edge", node("Pad", "x p", "b", mode="edge"), [numbers("p", 0, 0, 2 ** 30, 0, 0, 0, 0, 0)], "need more memory"),
    ("all cut", node("Pad", "x p", "b"), [numbers("p", 0, 0, -99, 0, 0, 0, 99, 0)], "padding of -99 and 0 around 9 elements"),
    ("few pads", node("Pad", "x p", "b"), [numbers("p", 0, 0, 1, 0, 0, 0)], "6 pads of 4 axes"),
    ("axis twice", helper.make_node("Pad", ["x", "p", "", "k"], ["b"]), [numbers("p", 1, 1, 1, 1), numbers("k", 2, -2)], "names axis 2 twice"),
    ("no mode", node("Pad", "x p", "b", mode="some"), [numbers("p", *[0] * 8)], "mode 'some'"),
    ("wide", node("MaxPool", "x", "b", kernel_shape=[2 ** 30, 1], dilations=[2 ** 30, 1], pads=[2 ** 30, 0, 2 ** 30, 0]), [], "dilated windows"),
    ("size 0", helper.make_node("Resize", ["x", "", "", "k"], ["b"]), [numbers("k", 0, C, 0, 0)], "sizes of anything|size 0"),
]


class Windows(unittest.TestCase):
    def check(self, cases, **options):
        for name, (nodes, weights) in cases.items():
            with self.subTest(name):
                pixels, expected = save("case.onnx", nodes, weights, (C, H, W), **options)
                found = LIBRARY.predict("case.onnx", pixels.transpose(0, 2, 3, 1), expected[0].shape[1])
                np.testing.assert_allclose(found, expected[0], rtol=1e-4, atol=1e-4)

    def test_padding(self):
        self.check(PADS)

    def test_newer_padding_and_resizing(self):
        self.check(NEWER, opset=19, ir=9)

    def test_dilated_pooling(self):
        self.check({name: case for name, case in POOLS.items() if "mean" not in name})
        self.check(POOLS, opset=19, ir=9)

    def test_what_makes_no_sense_is_refused(self):
        for name, operator, weights, words in HOSTILE:
            with self.subTest(name):
                graph = helper.make_graph([operator, LAST], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", C, H, W])],
                                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], weights)
                onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), "hostile.onnx")
                done = ocellus("show", "hostile.onnx")
                self.assertIn(done.returncode, (65, 69))
                self.assertRegex(done.stderr, words)


if __name__ == "__main__":
    unittest.main()
