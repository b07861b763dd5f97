"""Holds a model in int8 against LiteRT: writes the same quantized network as .tflite, and compares LiteRT's numbers with those
of the simulator (the example in the file, layer by layer) and of the exported C code (all outputs of many images).

int8_litert.py MODEL DATA [--images N] [--mnist FOLDER] [--work FOLDER] [--tflite FILE]

MODEL is a run folder or a model's file, DATA what `ocellus export --calibrate` takes. Images are random, or with --mnist the
test set of MNIST. Needs .venv-bench, and the programs ocellus (OCELLUS) and cc. Prints how many numbers are equal and the
largest difference, for LiteRT's reference kernels and for its fast ones, and the time of one image. Fails above 1 unit.
"""

import argparse
import ctypes
import gzip
import json
import os
import pathlib
import struct
import subprocess
import sys
import time

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

ROOT = pathlib.Path(__file__).resolve().parents[1]
OCELLUS = os.environ.get("OCELLUS", str(ROOT / "build/release/ocellus"))
MOST = 1  # unit that two ways to round may differ by


# ---- the file of `ocellus export --to int8` ----


class Network:
    """Layers and values by name, arrays of each layer, and the example's numbers."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + size])
        described = json.loads(header.pop("__metadata__")["network"])
        self.classes, self.layers = described["classes"], described["layers"]
        self.values = {v["value"]: v for v in described["values"]}
        self.input = next(k for k, v in self.values.items() if v["input"])
        self.arrays = {}
        for name, row in header.items():
            begin, end = (8 + size + at for at in row["data_offsets"])
            self.arrays[name] = np.frombuffer(data[begin:end], "<f4" if row["dtype"] == "F32" else "<i4")

    def array(self, layer, name, kind):
        return self.arrays[f"layer/{layer}/{name}"].astype(kind)

    def example(self, value):
        return self.arrays[f"example/{value}"].astype(np.int8)


# ---- .tflite ----

OPERATORS = schema.BuiltinOperator
CLAMPS = {"relu": schema.ActivationFunctionType.RELU, "relu6": schema.ActivationFunctionType.RELU6}
TABLES = {"tanh": OPERATORS.TANH, "sigmoid": OPERATORS.LOGISTIC, "hard_swish": OPERATORS.HARD_SWISH, "relu": OPERATORS.RELU,
          "relu6": OPERATORS.RELU6, "gelu": OPERATORS.GELU}
VERSIONS = {OPERATORS.CONV_2D: 5, OPERATORS.DEPTHWISE_CONV_2D: 3, OPERATORS.FULLY_CONNECTED: 4, OPERATORS.RESHAPE: 1,
            OPERATORS.HARD_SWISH: 1}  # those of other operators in int8: 2


class Writer:
    """Adds a network's layers as operators of a TFLite model."""

    def __init__(self, network):
        self.network, self.graph, self.model = network, schema.SubGraphT(), schema.ModelT()
        self.model.version, self.model.operatorCodes, self.model.buffers = 3, [], [schema.BufferT()]
        self.model.subgraphs, self.graph.tensors, self.graph.operators = [self.graph], [], []
        self.of_value = {}

    def tensor(self, shape, kind, scale=None, zero=0, data=None, axis=0):
        t = schema.TensorT()
        t.name, t.shape, t.type, t.buffer = f"t{len(self.graph.tensors)}", list(shape), kind, 0
        if scale is not None:
            q = t.quantization = schema.QuantizationParametersT()
            q.scale = [float(s) for s in np.atleast_1d(scale)]
            q.zeroPoint, q.quantizedDimension = [zero] * len(q.scale), axis
        if data is not None:
            t.buffer = len(self.model.buffers)
            b = schema.BufferT()
            b.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(b)
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def value(self, number, shape):
        if number not in self.of_value:
            v = self.network.values[number]
            self.of_value[number] = self.tensor(shape, schema.TensorType.INT8, v["scale"], v["zero"])
        return self.of_value[number]

    def operator(self, code, inputs, output, kind=None, options=None):
        known = [c.builtinCode for c in self.model.operatorCodes]
        if code not in known:
            c = schema.OperatorCodeT()
            c.builtinCode, c.deprecatedBuiltinCode, c.version = code, min(code, 127), VERSIONS.get(code, 2)
            self.model.operatorCodes.append(c)
            known.append(code)
        o = schema.OperatorT()
        o.opcodeIndex, o.inputs, o.outputs = known.index(code), inputs, [output]
        o.builtinOptionsType, o.builtinOptions = kind or schema.BuiltinOptions.NONE, options
        self.graph.operators.append(o)

    def shaped(self, tensor, shape):
        """The tensor, or a reshaped one."""
        if list(self.graph.tensors[tensor].shape) == list(shape):
            return tensor
        q = self.graph.tensors[tensor].quantization
        to = self.tensor(shape, schema.TensorType.INT8, q.scale[0], q.zeroPoint[0])
        sizes = self.tensor([len(shape)], schema.TensorType.INT32, data=np.array(shape, np.int32))
        options = schema.ReshapeOptionsT()
        options.newShape = list(shape)
        self.operator(OPERATORS.RESHAPE, [tensor, sizes], to, schema.BuiltinOptions.ReshapeOptions, options)
        return to

    def padded(self, tensor, l):
        """With zeros around it as far as windows go."""
        rest = [max(0, (l["o" + a] - 1) * l["s" + a] + (l["k" + a] - 1) * l["dil_" + a] + 1 - l["p" + a] - l["i" + a]) for a in "hw"]
        if not (l["ph"] or l["pw"] or any(rest)):
            return tensor
        shape = [1, l["ih"] + l["ph"] + rest[0], l["iw"] + l["pw"] + rest[1], l["ic"]]
        q = self.graph.tensors[tensor].quantization
        to = self.tensor(shape, schema.TensorType.INT8, q.scale[0], q.zeroPoint[0])
        pads = np.array([[0, 0], [l["ph"], rest[0]], [l["pw"], rest[1]], [0, 0]], np.int32)
        self.operator(OPERATORS.PAD, [tensor, self.tensor([4, 2], schema.TensorType.INT32, data=pads)], to,
                      schema.BuiltinOptions.PadOptions, schema.PadOptionsT())
        return to

    # ---- layers

    def result(self, l, shape):
        """Where a layer's numbers go, before a table of its activation."""
        if l["activation"] in ("", *CLAMPS):
            return self.value(l["y"], shape)
        return self.tensor(shape, schema.TensorType.INT8, l["inner_scale"], l["inner_zero"])

    def function(self, name, x, y):
        if name not in TABLES:
            sys.exit(f"int8_litert.py: TFLite has no operator for {name}")
        kind, options = None, None
        if name == "gelu":
            kind, options = schema.BuiltinOptions.GeluOptions, schema.GeluOptionsT()
        self.operator(TABLES[name], [x], y, kind, options)

    def activated(self, l, inner, shape):
        if l["activation"] not in ("", *CLAMPS):
            self.function(l["activation"], inner, self.value(l["y"], shape))

    def convolution(self, number, l):
        n, depthwise, channels = self.network, l["kind"] == "depthwise", l["oc"]
        dense = not depthwise and l["operation"] == "matmul"
        shape = [1, l["oh"], l["ow"], channels] if not dense else [1, channels]
        scales = n.array(number, "scales", np.float32)
        if dense:
            sizes, axis = [channels, l["ic"]], 0
        else:
            sizes = [1, l["kh"], l["kw"], channels] if depthwise else [channels, l["kh"], l["kw"], l["group_in"]]
            axis = 3 if depthwise else 0
        weights = self.tensor(sizes, schema.TensorType.INT8, scales, 0, n.array(number, "weights", np.int8), axis)
        bias = self.tensor([channels], schema.TensorType.INT32, np.float32(n.values[l["x"]]["scale"]) * scales, 0,
                           n.array(number, "biases", np.int32))
        x, y = self.of_value[l["x"]], self.result(l, shape)
        if dense:
            options, kind, code = schema.FullyConnectedOptionsT(), schema.BuiltinOptions.FullyConnectedOptions, OPERATORS.FULLY_CONNECTED
            x = self.shaped(x, [1, l["ic"]])
        else:
            x = self.padded(self.shaped(x, [1, l["ih"], l["iw"], l["ic"]]), l)
            options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
            kind = schema.BuiltinOptions.DepthwiseConv2DOptions if depthwise else schema.BuiltinOptions.Conv2DOptions
            code = OPERATORS.DEPTHWISE_CONV_2D if depthwise else OPERATORS.CONV_2D
            options.padding, options.strideH, options.strideW = schema.Padding.VALID, l["sh"], l["sw"]
            options.dilationHFactor, options.dilationWFactor = l["dil_h"], l["dil_w"]
            if depthwise:
                options.depthMultiplier = 1
        options.fusedActivationFunction = CLAMPS.get(l["activation"], 0)
        self.operator(code, [x, weights, bias], y, kind, options)
        self.activated(l, y, shape)

    def pool(self, l):
        shape, options = [1, l["oh"], l["ow"], l["oc"]], schema.Pool2DOptionsT()
        options.padding = schema.Padding.SAME if l["oh"] * l["sh"] >= l["ih"] and l["kh"] > l["sh"] and l["ph"] + l["pw"] else schema.Padding.VALID
        options.strideH, options.strideW, options.filterHeight, options.filterWidth = l["sh"], l["sw"], l["kh"], l["kw"]
        options.fusedActivationFunction = CLAMPS.get(l["activation"], 0)
        x = self.shaped(self.of_value[l["x"]], [1, l["ih"], l["iw"], l["ic"]])
        code = OPERATORS.MAX_POOL_2D if l["kind"] == "max_pool" else OPERATORS.AVERAGE_POOL_2D
        self.operator(code, [x], self.value(l["y"], shape), schema.BuiltinOptions.Pool2DOptions, options)

    def pair(self, l):
        shape = [1, l["oh"], l["ow"], l["oc"]]
        kinds = {"add": (OPERATORS.ADD, schema.BuiltinOptions.AddOptions, schema.AddOptionsT),
                 "subtract": (OPERATORS.SUB, schema.BuiltinOptions.SubOptions, schema.SubOptionsT)}
        code, kind, make = kinds.get(l["operation"], (OPERATORS.MUL, schema.BuiltinOptions.MulOptions, schema.MulOptionsT))
        options = make()
        options.fusedActivationFunction = CLAMPS.get(l["activation"], 0)
        second = shape if l["x2_pixel"] else [1, 1, 1, l["oc"] if l["x2_channel"] else 1]
        inputs = [self.shaped(self.of_value[l["x"]], shape), self.shaped(self.of_value[l["x2"]], second)]
        y = self.result(l, shape)
        self.operator(code, inputs, y, kind, options)
        self.activated(l, y, shape)

    def concatenation(self, pieces):
        l = pieces[0]
        options = schema.ConcatenationOptionsT()
        options.axis = 3
        inputs = [self.shaped(self.of_value[p["x"]], [1, p["ih"], p["iw"], p["ic"]]) for p in pieces]
        self.operator(OPERATORS.CONCATENATION, inputs, self.value(l["y"], [1, l["oh"], l["ow"], l["oc"]]),
                      schema.BuiltinOptions.ConcatenationOptions, options)

    def softmax(self, l):
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        x = self.shaped(self.of_value[l["x"]], [1, l["oc"]])
        self.operator(OPERATORS.SOFTMAX, [x], self.value(l["y"], [1, l["oc"]]), schema.BuiltinOptions.SoftmaxOptions, options)

    def layer(self, number, l):
        kind = l["kind"]
        if kind in ("conv", "depthwise"):
            self.convolution(number, l)
        elif kind in ("max_pool", "mean_pool"):
            self.pool(l)
        elif kind in ("add", "multiply"):
            self.pair(l)
        elif kind == "softmax":
            self.softmax(l)
        elif kind == "table":
            shape = self.graph.tensors[self.of_value[l["x"]]].shape
            self.function(l["operation"], self.of_value[l["x"]], self.value(l["y"], shape))
        elif l["offset"] == 0:  # the first piece of a concatenation
            self.concatenation([p for p in self.network.layers if p["kind"] == "copy" and p["y"] == l["y"]])

    def bytes(self):
        first = next(l for l in self.network.layers if l["x"] == self.network.input)
        size = len(self.network.arrays[f"example/{self.network.input}"])
        flat = [1, first["ih"], first["iw"], first["ic"]]
        self.graph.inputs = [self.value(self.network.input, flat if first["ih"] > 1 else [1, size])]
        for number, l in enumerate(self.network.layers):
            self.layer(number, l)
        self.graph.outputs = [self.of_value[self.network.layers[-1]["y"]]]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output()), self.of_value


# ---- comparing ----


def interpreter(data, reference):
    kind = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    i = Interpreter(model_content=data, experimental_op_resolver_type=kind, num_threads=1,
                    experimental_preserve_all_tensors=reference)
    i.allocate_tensors()
    return i


def run(i, numbers):
    at = i.get_input_details()[0]
    i.set_tensor(at["index"], numbers.reshape(at["shape"]))
    i.invoke()
    return i.get_tensor(i.get_output_details()[0]["index"]).ravel()


def difference(a, b):
    d = np.abs(a.astype(int) - b.astype(int))
    return d.max(), int((d == 0).sum()), d.size


class Code:
    """The exported C, compiled."""

    def __init__(self, folder, flags):
        library = f"{folder}/{'-'.join(flags)}.so".replace("=", "")
        subprocess.run(["cc", "-std=c99", *flags, "-shared", "-fPIC", "-o", library, f"{folder}/model.c"], check=True)
        self.lib = ctypes.CDLL(os.path.abspath(library))
        header = pathlib.Path(f"{folder}/model.h").read_text()
        number = {name: int(header.split(f"MODEL_{name} ")[1].split("\n")[0]) for name in ("SCRATCH_BYTES", "HEIGHT", "WIDTH", "CHANNELS", "CLASSES")}
        self.shape, self.classes = (number["HEIGHT"], number["WIDTH"], number["CHANNELS"]), number["CLASSES"]
        self.scratch = np.zeros(number["SCRATCH_BYTES"], np.uint8)

    def decode(self, pixels):
        numbers = np.zeros(self.shape, np.int8)
        h, w, c = self.shape
        assert self.lib.model_decode(pixels.ctypes.data_as(ctypes.c_void_p), w, h, c, numbers.ctypes.data_as(ctypes.c_void_p), None) == 0
        return numbers

    def run(self, numbers):
        p = np.zeros(self.classes, np.float32)
        label = self.lib.model_run(numbers.ctypes.data_as(ctypes.c_void_p), p.ctypes.data_as(ctypes.c_void_p),
                                   self.scratch.ctypes.data_as(ctypes.c_void_p))
        assert label >= 0
        return (p * 256 - 128).astype(np.int16), label


def seconds(function, at_least=0.3):
    """The fastest of many calls."""
    best, end = float("inf"), time.perf_counter() + at_least
    while time.perf_counter() < end:
        begin = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - begin)
    return best


def read_mnist(folder):
    with gzip.open(f"{folder}/t10k-images-idx3-ubyte.gz") as f:
        pixels = np.frombuffer(f.read()[16:], np.uint8).reshape(-1, 28, 28, 1)
    with gzip.open(f"{folder}/t10k-labels-idx1-ubyte.gz") as f:
        return pixels, np.frombuffer(f.read()[8:], np.uint8)


def compare_layers(network, data, of_value):
    i, worst, equal, total = interpreter(data, True), 0, 0, 0
    run(i, network.example(network.input))
    for value, tensor in of_value.items():
        most, same, count = difference(i.get_tensor(tensor).ravel(), network.example(value))
        worst, equal, total = max(worst, most), equal + same, total + count
        if most > MOST:
            print(f"value {value}: differs by {most}")
    print(f"layers, reference kernels: {equal} of {total} numbers are equal, the largest difference is {worst}")
    return worst


def compare_answers(code, data, pixels, reference):
    i, worst, equal, total, same_class = interpreter(data, reference), 0, 0, 0, 0
    for image in pixels:
        numbers = code.decode(np.ascontiguousarray(image))
        theirs, (ours, label) = run(i, numbers), code.run(numbers)
        most, same, count = difference(theirs, ours)
        worst, equal, total = max(worst, most), equal + same, total + count
        same_class += int(theirs.argmax()) == label
    print(f"answers, {'reference' if reference else 'fast'} kernels: {equal} of {total} numbers are equal, the largest difference is "
          f"{worst}; the class of {same_class} of {len(pixels)} images is the same")
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--mnist")
    parser.add_argument("--work", default="int8-litert")
    parser.add_argument("--tflite")
    given = parser.parse_args()
    pathlib.Path(given.work).mkdir(exist_ok=True)
    common = ["--calibrate", given.data, "--force"]
    subprocess.run([OCELLUS, "export", given.model, "--to", "int8", "-o", f"{given.work}/network.safetensors", *common], check=True)
    subprocess.run([OCELLUS, "export", given.model, "--to", "c", "--int8", "--out", given.work, *common], check=True, stdout=subprocess.DEVNULL)
    network, code = Network(f"{given.work}/network.safetensors"), Code(given.work, ["-O3", "-march=native"])
    data, of_value = Writer(network).bytes()
    pathlib.Path(given.tflite or f"{given.work}/model.tflite").write_bytes(data)
    if given.mnist:
        pixels, labels = read_mnist(given.mnist)
        pixels = pixels[:given.images]
        right = sum(code.run(code.decode(np.ascontiguousarray(p)))[1] == l for p, l in zip(pixels, labels))
        print(f"accuracy in int8: {right / len(pixels):.4f}")
    else:
        pixels = np.random.default_rng(1).integers(0, 256, (given.images, *code.shape), np.uint8)
    worst = compare_layers(network, data, of_value)
    worst = max(worst, compare_answers(code, data, pixels, True), compare_answers(code, data, pixels, False))
    i, numbers, portable = interpreter(data, False), code.decode(np.ascontiguousarray(pixels[0])), Code(given.work, ["-O2"])
    print(f"one image, one thread: LiteRT {seconds(lambda: run(i, numbers)) * 1e3:.3f} ms, C with -O3 -march=native "
          f"{seconds(lambda: code.run(numbers)) * 1e3:.3f} ms, with -O2 {seconds(lambda: portable.run(numbers)) * 1e3:.3f} ms")
    return 1 if worst > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
