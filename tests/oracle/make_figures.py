"""Computes the figures of tests/oracle/figures/ with PyTorch and Keras, in float64. Needs torch and tensorflow, which nothing else here
does: run it by hand, with any Python that has both, after a change of figures.py.

    PYTHON tests/oracle/make_figures.py [GRID]

GRID is conv, block, pool, values (PyTorch), train or norm (Keras).
Without GRID each grid is computed in a process of its own: PyTorch and TensorFlow cannot be loaded into one. The files hold float32: the
test allows for that. Optimizers and moving averages are Keras's: TensorFlow's Adam adds epsilon to sqrt(v) before the bias correction, as
ours, where PyTorch's does so after it; and Keras averages the biased variance. All else is PyTorch's.
"""
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np

import figures

KERAS = ("train", "norm")
if len(sys.argv) > 1 and sys.argv[1] in KERAS:
    import keras
    keras.backend.set_floatx("float64")
elif len(sys.argv) > 1:
    import torch
    import torch.nn.functional as F


def image(x):
    return x.permute(0, 3, 1, 2)


def back(x):
    return x.permute(0, 2, 3, 1)


def padded(x, sizes, kernel, options, value=0.0):
    top, bottom, left, right = figures.pads_of(sizes, kernel, options)
    return F.pad(x, (left, right, top, bottom), value=value)


def conv2d(inputs, options):
    x, w = inputs[0], inputs[1]
    if options.get("flip"):
        w = torch.flip(w, (0, 1))
    y = F.conv2d(padded(image(x), x.shape[1:3], w.shape[:2], options), w.permute(3, 2, 0, 1), None, options.get("stride", (1, 1)),
                 0, options.get("dilation", (1, 1)), options.get("groups", 1))
    return back(y)


def block(inputs, options):
    y = conv2d(inputs, options) + inputs[2]
    return back(F.max_pool2d(image(F.relu(y)), 2))


def pool(op, x, options):
    size, stride = options["size"], options["stride"]
    if op == "max_pool":
        return back(F.max_pool2d(padded(image(x), x.shape[1:3], size, options, -np.inf), size, stride))
    ones = padded(image(torch.ones_like(x)), x.shape[1:3], size, options)
    sums = F.avg_pool2d(padded(image(x), x.shape[1:3], size, options), size, stride)
    return back(sums / F.avg_pool2d(ones, size, stride))


def batch_norm(x, gamma, beta, epsilon):
    return back(F.batch_norm(image(x), None, None, gamma, beta, True, 0, epsilon))


def value(op, inputs, options):
    x = inputs[0]
    simple = {"relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "gelu": F.gelu, "softplus": F.softplus,
              "relu6": F.relu6, "silu": F.silu, "hard_swish": F.hardswish,
              "softmax": lambda a: F.softmax(a, -1), "log_softmax": lambda a: F.log_softmax(a, -1),
              "global_mean_pool": lambda a: a.mean((1, 2)), "l2_penalty": lambda a: (a * a).sum() / 2,
              "leaky_relu": lambda a: F.leaky_relu(a, options["slope"]),
              "clip": lambda a: torch.clamp(a, options["low"], options["high"])}
    if op in simple:
        return simple[op](x)
    if op == "matmul":
        return x @ (inputs[1].T if options["transpose_b"] else inputs[1])
    if op == "bias_add":
        return x + inputs[1]
    if op == "prelu":
        return F.prelu(x.movedim(-1, 1), inputs[1]).movedim(1, -1)
    if op == "channel_scale":
        return x * inputs[1][:, None, None, :]
    if op == "softmax_cross_entropy":
        return F.cross_entropy(x, inputs[1], reduction="none")
    if op == "batch_norm":
        return batch_norm(x, inputs[1], inputs[2], options["epsilon"])
    raise KeyError(op)


def grad_figures(case, arrays):
    """y, then the gradients of sum(y * r)."""
    op, options = case["op"], case["options"]
    inputs = [torch.tensor(a, requires_grad=True) for a in arrays]
    if op in ("conv2d", "block"):
        y = (conv2d if op == "conv2d" else block)(inputs, options)
    elif op in ("max_pool", "mean_pool"):
        y = pool(op, inputs[0], options)
    else:
        y = value(op, inputs, options)
    (y * inputs[-1]).sum().backward()
    wanted = options.get("wanted", len(inputs) - 1)
    return [y.detach().numpy()] + [t.grad.numpy() for t in inputs[:wanted]]


def keras_optimizer(case):
    options = case["options"]
    shared = {"learning_rate": options.get("learning_rate", 1e-4), "global_clipnorm": options.get("clip_norm") or None}
    shared["weight_decay"] = options.get("weight_decay", 0.01 if case["op"] == "adamw" else 0) or None
    if case["op"] in ("sgd", "momentum", "nesterov"):
        momentum = 0 if case["op"] == "sgd" else options.get("momentum", 0.9)
        return keras.optimizers.SGD(momentum=float(momentum), nesterov=case["op"] == "nesterov", **shared)
    beta1, beta2 = (np.float64(options.get(key, usual)) for key, usual in (("beta1", 0.9), ("beta2", 0.999)))
    # Keras turns a Python float into float32 first, a NumPy one not.
    return keras.optimizers.Adam(beta_1=beta1, beta_2=beta2, epsilon=np.float64(options.get("epsilon", 1e-8)), **shared)


def train_figures(case, arrays):
    w, b = (keras.Variable(a, dtype="float64", name=name) for a, name in zip(arrays[:2], "wb"))
    optimizer = keras_optimizer(case)
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_list=[b])
    out = []
    for gw, gb in zip(arrays[2], arrays[3]):
        optimizer.apply([keras.ops.convert_to_tensor(gw), keras.ops.convert_to_tensor(gb)], [w, b])
        out += [w.numpy().copy(), b.numpy().copy()]
    return out


def norm_figures(case, arrays):
    options = case["options"]
    layer = keras.layers.BatchNormalization(epsilon=options["epsilon"], momentum=options["momentum"], dtype="float64")
    layer.build(arrays[0].shape[1:])
    layer.gamma.assign(arrays[1])
    layer.beta.assign(arrays[2])
    out = []
    for x in arrays[0]:
        y = layer(keras.ops.convert_to_tensor(x), training=True).numpy()
        out += [y, layer.moving_mean.numpy().copy(), layer.moving_variance.numpy().copy()]
    return out + [layer(keras.ops.convert_to_tensor(arrays[0][-1]), training=False).numpy()]


def save(grid):
    makers = {"train": train_figures, "norm": norm_figures}
    arrays = {}
    for _, name, number, case in (c for c in figures.numbered() if c[0] == grid):
        for i, array in enumerate(makers.get(grid, grad_figures)(case, figures.inputs_of(case, number))):
            arrays[f"{name}.{i}"] = np.asarray(array, np.float32)
    # All numbers in one array, with their names and shapes in another: a zip entry for each costs more than its numbers.
    names = sorted(arrays)
    shapes = ["{}:{}".format(n, ",".join(map(str, arrays[n].shape))) for n in names]
    np.savez_compressed(os.path.join(figures.FOLDER, f"{grid}.npz"), shapes=np.array("\n".join(shapes)),
                        numbers=np.concatenate([arrays[n].ravel() for n in names]))


def main():
    if len(sys.argv) > 1:
        save(sys.argv[1])
        return
    for grid in figures.GRIDS:
        subprocess.run([sys.executable, os.path.abspath(__file__), grid], check=True)


if __name__ == "__main__":
    main()
