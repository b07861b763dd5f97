"""Computes the values of each layer in NumPy, written from its definition, and prints tests/unit/layer_cases.def:

    .venv/bin/python tests/oracle/layers.py > tests/unit/layer_cases.def

A case is a net text on one image of 3x3x2. The inputs follow from formulas: see x and variable. test_row_values.c uses the same ones.
"""
import math

import numpy as np

SHAPE = (3, 3, 2)


def x():
    return (np.arange(18) * 7 % 11 - 5.0).reshape(SHAPE) / 4


def variable(number, *shape):
    """Of the number-th variable of a network: all above 0, as a variance must be."""
    return ((np.arange(math.prod(shape)) * 5 + number * 3) % 9 + 1.0).reshape(shape) / 8


def windows(a, height, width, stride=1):
    """Yields row, column and the values of each window."""
    for r in range((a.shape[0] - height) // stride + 1):
        for c in range((a.shape[1] - width) // stride + 1):
            yield r, c, a[r * stride:r * stride + height, c * stride:c * stride + width]


def conv(a, w, b, stride=1):
    out = {(r, c): np.einsum("hwi,hwio->o", v, w) + b for r, c, v in windows(a, *w.shape[:2], stride)}
    rows, columns = (1 + max(k[i] for k in out) for i in (0, 1))
    return np.array([[out[r, c] for c in range(columns)] for r in range(rows)])


def depthwise(a, w, b):
    return np.array([[np.einsum("hwc,hwc->c", a[r:r + 2, c:c + 2], w.reshape(2, 2, 2)) + b for c in (0, 1)] for r in (0, 1)])


def pool(a, function):
    return np.array([[function(a[r:r + 2, c:c + 2], axis=(0, 1)) for c in (0, 1)] for r in (0, 1)])


def normalize(a, first, epsilon):
    channels = a.shape[-1]
    gamma, beta, mean, variance = (variable(first + i, channels) for i in range(4))
    return gamma * (a - mean) / np.sqrt(variance + epsilon) + beta


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def prelu(a, slope):
    return np.where(a > 0, a, slope * a)


def squeeze_and_excite(a, units):
    channels = a.shape[-1]
    squeezed = np.maximum(a.mean((0, 1)) @ variable(0, channels, units) + variable(1, units), 0)
    return a * sigmoid(squeezed @ variable(2, units, channels) + variable(3, channels))


def gelu(a):
    return a * 0.5 * (1 + np.vectorize(math.erf)(a / math.sqrt(2)))


# (layer, net text, values): at least one row for each layer of src/net/layers.def.
CASES = [
    ("conv", "conv 2x2x2", conv(x(), variable(0, 2, 2, 2, 2), variable(1, 2))),
    ("conv", "conv 1x1x3 sigmoid stride 2", sigmoid(conv(x(), variable(0, 1, 1, 2, 3), variable(1, 3), 2))),
    ("depthwise", "depthwise 2x2", depthwise(x(), variable(0, 2, 2, 2), variable(1, 2))),
    ("maxpool", "maxpool 2 stride 1", pool(x(), np.max)),
    ("meanpool", "meanpool 2 stride 1", pool(x(), np.mean)),
    ("globalmeanpool", "globalmeanpool", x().mean((0, 1))),
    ("dense", "dense 3", x().ravel() @ variable(0, 18, 3) + variable(1, 3)),
    ("flatten", "flatten", x()),
    ("dropout", "dropout 0.5", x()),  # of inference
    ("batchnorm", "batchnorm 0.125", normalize(x(), 0, 0.125)),
    ("relu", "relu", np.maximum(x(), 0)),
    ("leakyrelu", "leakyrelu 0.25", np.where(x() > 0, x(), 0.25 * x())),
    ("relu6", "conv 1x1x2 relu6", np.clip(conv(x(), variable(0, 1, 1, 2, 2), variable(1, 2)), 0, 6)),
    ("relu6", "dense 2 relu6", np.clip(x().ravel() @ variable(0, 18, 2) + variable(1, 2), 0, 6)),
    ("silu", "silu", x() * sigmoid(x())),
    ("hardswish", "hardswish", x() * np.clip(x() + 3, 0, 6) / 6),
    ("prelu", "prelu", prelu(x(), variable(0, 2))),
    ("prelu", "conv 1x1x2 prelu", prelu(conv(x(), variable(0, 1, 1, 2, 2), variable(1, 2)), variable(2, 2))),
    ("se", "se 2", squeeze_and_excite(x(), 1)),
    ("spatialdropout", "spatialdropout 0.5", x()),  # of inference
    ("sigmoid", "sigmoid", sigmoid(x())),
    ("tanh", "tanh", np.tanh(x())),
    ("gelu", "gelu", gelu(x())),
    ("softplus", "softplus", np.log1p(np.exp(x()))),
    ("residual", "residual { sigmoid }", x() + sigmoid(x())),
    ("residual", "residual { conv 1x1x3 stride 2 } project",
     conv(x(), variable(0, 1, 1, 2, 3), variable(1, 3), 2) +
     normalize(conv(x(), variable(2, 1, 1, 2, 3), np.zeros(3), 2), 3, 1e-3)),
    ("add", "{ sigmoid ; ; tanh } add", x() + sigmoid(x()) + np.tanh(x())),
    ("concat", "{ maxpool 2 stride 1 ; conv 2x2x3 } concat",
     np.concatenate([pool(x(), np.max), conv(x(), variable(0, 2, 2, 2, 3), variable(1, 3))], -1)),
    ("conv", "conv 2x2x2 bn sigmoid", sigmoid(normalize(conv(x(), variable(0, 2, 2, 2, 2), np.zeros(2)), 1, 1e-3))),
]


def rows():
    yield "/* layer_cases.def: OC_ROW(layer, net text, values ..) on one image of 3x3x2, made by tests/oracle/layers.py. At least one row"
    yield " * for each layer of src/net/layers.def. */"
    yield "/* clang-format off */"
    for layer, text, values in CASES:
        numbers = ["%.9g" % v for v in np.asarray(values).ravel()]
        lines = [", ".join(numbers[i:i + 8]) for i in range(0, len(numbers), 8)]
        yield f'OC_ROW("{layer}", "{text}",\n       ' + ",\n       ".join(lines) + ")"


if __name__ == "__main__":
    print("\n".join(rows()))
