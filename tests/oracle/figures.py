"""The grids of cases whose figures make_figures.py computes with PyTorch and Keras, and test_figures.py compares with ours.

A case is a dict: `op`, `inputs` (shapes, or arrays of a rule below), `options` as the runners take them. The inputs follow from
the number of a case alone, so that no file holds them. That number is the first one of its grid plus the place of the case in it. So append
cases at the end of their grid, and run make_figures.py for that grid: no other figures change.
"""
import itertools
import os

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "figures")


def noise(shape, seed, kind="signed"):
    """Numbers of 12 bits in [-1, 1), all exact in float32, from a linear congruential generator (Knuth's MMIX)."""
    count = int(np.prod(shape, dtype=np.int64))
    state = np.uint64(seed * 7919 + 1)
    out = np.empty(count, np.float64)
    with np.errstate(over="ignore"):
        for i in range(count):
            state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            out[i] = (int(state >> np.uint64(52)) - 2048) / 2048
    if kind == "distinct":  # no two equal: a maximum is not a matter of order
        out = (np.argsort(np.argsort(out, kind="stable")) - count / 2) / max(count, 1)
    if kind == "shares":  # rows that sum to 1, as labels do
        out = np.abs(out).reshape(shape) + 1 / 64
        out = np.round(out / out.sum(-1, keepdims=True) * 4096) / 4096
        out[..., 0] += 1 - out.sum(-1)
    if kind == "wide":  # past where activations bend
        out *= 8
    return out.reshape(shape)


def inputs_of(case, number):
    return [noise(shape, number * 8 + i, kind) for i, (shape, kind) in enumerate(case["inputs"])]


def signed(*shape):
    return shape, "signed"


def window(size, kernel, stride, dilation, padding):
    """(before, after) of one axis."""
    extent = (kernel - 1) * dilation + 1
    if padding == "full":
        return extent - 1, extent - 1
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + extent - size, 0)
        return total // 2, total - total // 2
    return 0, 0


def pads_of(sizes, kernel, options):
    """Top, bottom, left, right."""
    if options.get("padding") == "explicit":
        return options["pad"]
    stride, dilation = options.get("stride", (1, 1)), options.get("dilation", (1, 1))
    both = [window(sizes[i], kernel[i], stride[i], dilation[i], options.get("padding", "valid")) for i in range(2)]
    return (*both[0], *both[1])


def outputs(sizes, kernel, options):
    pad = pads_of(sizes, kernel, options)
    stride, dilation = options.get("stride", (1, 1)), options.get("dilation", (1, 1))
    return [(sizes[i] + pad[2 * i] + pad[2 * i + 1] - (kernel[i] - 1) * dilation[i] - 1) // stride[i] + 1 for i in range(2)]


def conv_case(op, sizes, kernel, channels, **options):
    """channels: input, output; `groups` among the options."""
    ic, oc = channels
    y = outputs(sizes, kernel, options)
    inputs = [signed(2, *sizes, ic), signed(*kernel, ic // options.get("groups", 1), oc)]
    if op == "block":
        inputs.append(signed(oc))
        y = [n // 2 for n in y]
    return {"op": op, "inputs": inputs + [signed(2, *y, oc)], "batched": (0, len(inputs)), "options": options}


def conv_cases():
    plain = [conv_case("conv2d", sizes, kernel, (2, 3), stride=stride, padding=padding)
             for sizes, kernel, stride, padding in itertools.product(
                 ((5, 5), (7, 6)), ((1, 1), (3, 3), (2, 5)), ((1, 1), (2, 3)), ("valid", "same", "full"))]
    dilated = [conv_case("conv2d", (9, 8), kernel, (2, 3), dilation=dilation, stride=stride, padding=padding)
               for kernel, dilation, stride, padding in itertools.product(
                   ((3, 3), (2, 3)), ((2, 2), (1, 3)), ((1, 1), (2, 1)), ("valid", "same"))]
    grouped = [conv_case("conv2d", (6, 7), (3, 3), (ic, oc), groups=groups, stride=stride, padding="same")
               for (ic, oc, groups), stride in itertools.product(
                   ((4, 4, 4), (3, 6, 3), (4, 6, 2), (17, 17, 17)), ((1, 1), (2, 2)))]
    odd = [conv_case("conv2d", (5, 7), (3, 2), (3, 2), padding="explicit", pad=pad) for pad in ((1, 0, 2, 1), (0, 2, 0, 3))]
    odd += [conv_case("conv2d", (6, 6), (3, 3), (2, 3), flip=True, padding=padding) for padding in ("valid", "same")]
    wide = [conv_case("conv2d", (8, 9), (k, k), (8, 17), padding="same") for k in (1, 3, 5)]
    return plain + dilated + grouped + odd + wide


def block_cases():
    return [conv_case("block", sizes, (k, k), channels, padding=padding)
            for sizes, k, channels, padding in itertools.product(
                ((8, 8), (9, 7)), (3, 5), ((1, 8), (3, 5), (8, 9)), ("valid", "same"))]


def pool_cases():
    cases = []
    for op, sizes, size, stride, padding in itertools.product(
            ("max_pool", "mean_pool"), ((5, 5), (8, 7)), ((2, 2), (3, 2)), ((1, 1), (2, 2), (3, 2)), ("valid", "same")):
        options = {"size": size, "stride": stride, "padding": padding}
        y = outputs(sizes, size, options)
        cases.append({"op": op, "inputs": [((2, *sizes, 3), "distinct"), signed(2, *y, 3)], "batched": (0, 1), "options": options})
    for sizes in ((1, 1), (4, 5), (7, 7)):
        cases.append({"op": "global_mean_pool", "inputs": [signed(3, *sizes, 5), signed(3, 5)], "batched": (0, 1), "options": {}})
    return cases


def each(op, shape=(5, 7), **options):
    return {"op": op, "inputs": [signed(*shape), signed(*shape)], "batched": (0, 1), "options": options}


def value_cases():
    """Activations, losses, products and batch normalization."""
    cases = [each(op, (n, 17)) for op in ("relu", "sigmoid", "tanh", "gelu", "softplus") for n in (1, 6)]
    cases += [each("leaky_relu", slope=slope) for slope in (0.0, 0.125, 0.75)]
    cases += [each("clip", low=low, high=high) for low, high in ((-0.5, 0.25), (0.0, 6.0))]
    cases += [each(op, (4, n)) for op in ("softmax", "log_softmax") for n in (1, 2, 10, 33)]
    for n, classes in ((1, 2), (5, 10), (3, 33)):
        cases.append({"op": "softmax_cross_entropy", "inputs": [signed(n, classes), ((n, classes), "shares"), signed(n)],
                      "batched": (0, 1, 2), "options": {"wanted": 1}})
    cases.append({"op": "l2_penalty", "inputs": [signed(4, 3), signed()], "batched": (), "options": {}})
    for n, sums, columns, transposed in itertools.product((1, 6), (1, 9), (4, 17), (0, 1)):
        w = (columns, sums) if transposed else (sums, columns)
        cases.append({"op": "matmul", "inputs": [signed(n, sums), signed(*w), signed(n, columns)], "batched": (0, 2),
                      "options": {"transpose_b": transposed}})
    cases.append({"op": "bias_add", "inputs": [signed(2, 3, 4, 5), signed(5), signed(2, 3, 4, 5)], "batched": (0, 2),
                  "options": {}})
    for n, sizes, channels, epsilon in itertools.product((2, 5), ((1, 1), (3, 4)), (1, 5), (1e-3, 1e-5)):
        x = signed(n, *sizes, channels)
        cases.append({"op": "batch_norm", "inputs": [x, signed(channels), signed(channels), x], "batched": (0, 3),
                      "options": {"epsilon": epsilon}})
    for op, n in itertools.product(("relu6", "silu", "hard_swish"), (1, 6)):
        cases.append({"op": op, "inputs": [((n, 17), "wide"), signed(n, 17)], "batched": (0, 1), "options": {}})
    for shape in ((3, 5), (2, 3, 4, 17)):
        cases.append({"op": "prelu", "inputs": [signed(*shape), signed(shape[-1]), signed(*shape)], "batched": (0, 2), "options": {}})
        x = signed(shape[0], *(shape[1:3] if len(shape) > 2 else (1, 1)), shape[-1])
        cases.append({"op": "channel_scale", "inputs": [x, signed(shape[0], shape[-1]), x], "batched": (0, 1, 2), "options": {}})
    return cases


def train_cases():
    steps, w, b = 6, (3, 4), (4,)
    inputs = [signed(*w), signed(*b), signed(steps, *w), signed(steps, *b)]

    def case(name, **options):
        return {"op": name, "inputs": inputs, "batched": (), "options": options}
    cases = [case("sgd", learning_rate=0.125, weight_decay=d, clip_norm=c) for d in (0, 0.25) for c in (0, 1.5, 100)]
    for name in ("momentum", "nesterov"):
        cases += [case(name, learning_rate=0.0625, momentum=m, weight_decay=d, clip_norm=c)
                  for m, d, c in itertools.product((0, 0.5, 0.9), (0, 0.25), (0, 1.5))]
    cases += [case("adam", learning_rate=lr, beta1=b1, beta2=b2, epsilon=e, clip_norm=c, weight_decay=d)
              for lr, b1, b2, e, c, d in ((0.01, 0.9, 0.999, 1e-8, 0, 0), (0.01, 0, 0.999, 1e-8, 0, 0), (0.01, 0.9, 0, 1e-8, 0, 0),
                                          (0.1, 0.5, 0.75, 1e-3, 0, 0), (0.1, 0.9, 0.99, 0.125, 1.5, 0),
                                          (0.01, 0.9, 0.999, 1e-8, 0, 0.25))]
    cases += [case("adamw", learning_rate=0.05, beta1=0.9, beta2=0.95, epsilon=1e-6, clip_norm=c, weight_decay=d)
              for c, d in ((0, 0.01), (0, 0.5), (1.5, 0.25), (0, 0))]
    cases.append(case("adamw", learning_rate=0.05))  # its own decay, 0.01
    cases.append(case("adam"))  # all defaults
    return cases


def norm_cases():
    """Several steps of moving averages."""
    return [{"op": "batch_norm", "inputs": [signed(4, n, *sizes, channels), signed(channels), signed(channels)], "batched": (),
             "options": {"epsilon": epsilon, "momentum": momentum}}
            for n, sizes, channels, (epsilon, momentum) in itertools.product(
                (2, 5), ((1, 1), (3, 2)), (1, 4), ((1e-3, 0.99), (1e-5, 0.5), (0.125, 0.0)))]


# The first number and the cases of each grid. A stored file depends on its first number: never change one. Cases of two grids may have the
# same number, and then equal noise in their inputs, which does no harm.
GRIDS = {"conv": (1, conv_cases), "block": (68, block_cases), "pool": (92, pool_cases), "values": (143, value_cases),
         "train": (203, train_cases), "norm": (245, norm_cases)}


def numbered():
    """Yields grid, name, number and case."""
    for grid, (first, cases) in GRIDS.items():
        for i, case in enumerate(cases()):
            yield grid, f"{i:03d}", first + i, case
