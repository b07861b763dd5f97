"""int8: does NumPy, by TFLite's specification, compute the numbers of every layer from the file of `ocellus export --to int8`,
bit for bit? The operators of a layer stand here as the specification has them, in whole numbers of any size."""
import json
import os
import pathlib
import struct
import subprocess
import unittest

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf, expit

OCELLUS = os.environ["OCELLUS"]
DATA = "xo:80:20"
NETS = {
    "plain": "conv 3x3x6 relu | maxpool 2 | dense 9 relu | dense CLASSES",
    "padded": "conv 5x4x7 stride 2 same relu6 | depthwise 3x3 same relu | meanpool 3 stride 2 same | batchnorm | dense CLASSES",
    "tables": "conv 3x3x5 tanh | conv 3x3x5 sigmoid | conv 1x1x6 gelu | conv 1x1x6 silu | conv 1x1x6 hardswish | conv 3x3x8 dilation 2 "
              "same softplus | conv 1x1x4 | leakyrelu 0.1 | dense CLASSES",
    "joined": "{ conv 3x3x8 same ; conv 1x1x4 ; } concat | relu | { conv 3x3x13 same bn ; } add | relu | se 4 | globalmeanpool | dense CLASSES",
}
FUNCTIONS = {
    "tanh": np.tanh, "sigmoid": expit, "silu": lambda x: x * expit(x), "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6, "softplus": lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.1 * x), "relu": lambda x: np.maximum(x, 0),
}


def ocellus(*arguments):
    done = subprocess.run([OCELLUS, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def half_away(numerator, denominator):
    """numerator / denominator > 0, rounded to the nearest, halves away from 0."""
    return np.sign(numerator) * ((2 * np.abs(numerator) + denominator) // (2 * denominator))


def scaled(x, multiplier, shift):
    """x * multiplier / 2^31 * 2^shift with the two roundings of gemmlowp."""
    x, multiplier, shift = np.broadcast_arrays(x.astype(object), multiplier.astype(object), shift.astype(object))
    left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
    high = (x * 2 ** left * multiplier + 2 ** 30) // 2 ** 31
    return half_away(high, 2 ** right).astype(np.int64)


class File:
    def __init__(self, path):
        self.tensors = load_file(path)
        data = pathlib.Path(path).read_bytes()
        header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
        self.description = json.loads(header["__metadata__"]["network"])
        self.values = {v["value"]: v for v in self.description["values"]}

    def array(self, layer, name):
        return self.tensors[f"layer/{layer}/{name}"].astype(np.int64)


class Layer:
    """One layer on the example's numbers."""

    def __init__(self, file, number):
        self.file, self.number, self.l = file, number, file.description["layers"][number]

    def array(self, name):
        return self.file.array(self.number, name)

    def input(self):
        l = self.l
        return self.file.tensors[f"example/{l['x']}"].reshape(l["ih"], l["iw"], l["ic"]).astype(np.int64)

    def second(self):
        l = self.l
        flat = self.file.tensors[f"example/{l['x2']}"].astype(np.int64)
        return flat.reshape((l["oh"], l["ow"], l["oc"]) if l["x2_pixel"] else (1, 1, -1)) - l["x2_zero"]

    def windows(self, fill):
        """Of each place and tap, the pixel that it meets, with `fill` outside: (oh, ow, kh, kw, ic)."""
        l, x = self.l, self.input()
        out = np.full((l["oh"], l["ow"], l["kh"], l["kw"], l["ic"]), fill, np.int64)
        for oy, ox, ky, kx in np.ndindex(out.shape[:4]):
            iy, ix = oy * l["sh"] - l["ph"] + ky * l["dil_h"], ox * l["sw"] - l["pw"] + kx * l["dil_w"]
            if 0 <= iy < l["ih"] and 0 <= ix < l["iw"]:
                out[oy, ox, ky, kx] = x[iy, ix]
        return out

    def result(self, sums, multipliers, shifts):
        y = np.clip(scaled(sums, multipliers, shifts) + self.l["y_zero"], self.l["low"], self.l["high"])
        return self.array("table")[y + 128] if f"layer/{self.number}/table" in self.file.tensors else y

    # ---- the kinds

    def conv(self):
        l = self.l
        w = self.array("weights").reshape(l["oc"], l["kh"], l["kw"], l["group_in"])
        x = self.windows(l["x_zero"]) - l["x_zero"]
        sums = np.zeros((l["oh"], l["ow"], l["oc"]), np.int64)
        for c in range(l["oc"]):
            begin = c // l["group_out"] * l["group_in"]
            sums[..., c] = (x[..., begin:begin + l["group_in"]] * w[c]).sum(axis=(2, 3, 4))
        return self.result(sums + self.array("biases"), self.array("multipliers"), self.array("shifts"))

    def depthwise(self):
        l = self.l
        w = self.array("weights").reshape(l["kh"], l["kw"], l["oc"])
        sums = ((self.windows(l["x_zero"]) - l["x_zero"]) * w).sum(axis=(2, 3)) + self.array("biases")
        return self.result(sums, self.array("multipliers"), self.array("shifts"))

    def max_pool(self):
        return np.clip(self.windows(-128).max(axis=(2, 3)), self.l["low"], self.l["high"])

    def mean_pool(self):
        outside = 1 << 20
        x = self.windows(outside)
        count = (x != outside).sum(axis=(2, 3))
        return np.clip(half_away(np.where(x == outside, 0, x).sum(axis=(2, 3)), count), self.l["low"], self.l["high"])

    def table(self):
        return self.array("table")[self.input() + 128]

    def add(self):
        m, s, x = self.array("multipliers"), self.array("shifts"), self.input() - self.l["x_zero"]
        a, b = scaled(x << 20, m[0], s[0]), scaled(self.second() << 20, m[1], s[1])
        return self.result(a + b, m[2], s[2])

    def multiply(self):
        product = (self.input() - self.l["x_zero"]) * self.second()
        return self.result(product, self.array("multipliers")[0], self.array("shifts")[0])

    def softmax(self):
        """Its numbers in float64: the polynomials of the specification are to be right within one unit."""
        x = self.input() * self.file.values[self.l["x"]]["scale"]
        e = np.exp(x - x.max())
        return np.round(e / e.sum() * 256) - 128


class Int8(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = {}
        for name, net in NETS.items():
            ocellus("train", DATA, "--net", net, "--epochs", "1", "--lr", "1e-2", "--out", name, "--force", "--quiet")
            ocellus("export", name, "--to", "int8", "--calibrate", DATA, "--calibrate-count", "40", "-o", f"{name}-int8.safetensors", "--force")
            cls.files[name] = File(f"{name}-int8.safetensors")

    def layers(self):
        for name, file in self.files.items():
            for number, row in enumerate(file.description["layers"]):
                yield name, file, Layer(file, number), row

    def test_every_layer_has_the_numbers_of_the_specification(self):
        seen = set()
        for name, file, layer, row in self.layers():
            got = file.tensors[f"example/{row['y']}"].reshape(row["oh"], row["ow"], row["oc"])
            if row["kind"] == "copy":
                got, wanted = got[..., row["offset"]:row["offset"] + row["ic"]], layer.input()
            else:
                wanted = getattr(layer, row["kind"])()
            tolerance = 1 if row["kind"] == "softmax" else 0
            self.assertLessEqual(np.abs(got - wanted).max(), tolerance, f"{name}: {row['name']}")
            seen.add(row["kind"])
        self.assertEqual(seen, {"conv", "depthwise", "max_pool", "mean_pool", "table", "copy", "add", "multiply", "softmax"})

    def test_tables_have_the_functions(self):
        seen = set()
        for name, file, layer, row in self.layers():
            if f"layer/{layer.number}/table" not in file.tensors:
                continue
            function = row["activation"] or row["operation"]
            x = (np.arange(-128, 128) - row["inner_zero"]) * row["inner_scale"]
            if row["kind"] == "table":
                v = file.values[row["x"]]
                x = (np.arange(-128, 128) - v["zero"]) * v["scale"]
            y = file.values[row["y"]]
            wanted = np.clip(np.round(FUNCTIONS[function](x) / y["scale"]) + y["zero"], -128, 127)
            wrong = np.abs(layer.array("table") - wanted)
            self.assertLessEqual(wrong.max(), 1, f"{name}: {function}")
            self.assertLess(wrong.sum(), 4, f"{name}: {function}")  # halves
            seen.add(function)
        self.assertGreaterEqual(seen, {"tanh", "sigmoid", "gelu", "silu", "hard_swish", "softplus", "leaky_relu"})

    def test_weights_and_scales_are_those_of_the_model(self):
        file, model = self.files["plain"], load_file("plain/model.safetensors")
        w = model["conv_1/_weights"].transpose(3, 0, 1, 2).reshape(6, -1)
        scales, x = file.tensors["layer/0/scales"], file.values[file.description["layers"][0]["x"]]
        y = file.values[file.description["layers"][0]["y"]]
        np.testing.assert_allclose(scales, np.abs(w).max(axis=1) / 127, rtol=1e-6)
        self.assertLessEqual(np.abs(file.array(0, "weights").reshape(6, -1) * scales[:, None] - w).max(), scales.max() / 2 * 1.001)
        factors = file.array(0, "multipliers") / 2.0 ** 31 * 2.0 ** file.array(0, "shifts")
        np.testing.assert_allclose(factors, x["scale"] * scales.astype(float) / y["scale"], rtol=1e-6)
        self.assertEqual(y["zero"], -128)  # after relu
        probabilities = file.values[file.description["layers"][-1]["y"]]
        self.assertEqual((probabilities["scale"], probabilities["zero"]), (1 / 256, -128))


if __name__ == "__main__":
    unittest.main()
