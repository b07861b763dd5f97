"""Networks of torchvision and keras.applications with random weights: exported as ONNX, imported with `ocellus import`, and held
against ONNX Runtime on random images. Prints for each how far the answers are apart, relative to the largest, and the time of a
prediction in both programs (one image, one thread, runs that alternate). Fails if one is further apart than 1e-4.

bench/zoo.py [NAME ...] [--folder FOLDER] [--seconds 0.5] [--list]
with a Python that has the packages of bench/requirements.txt; OCELLUS and OCELLUS_LIBRARY name the program and libocellus.so.
"""

import argparse
import ctypes
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

os.environ.setdefault("KERAS_BACKEND", "torch")  # whose models PyTorch exports
import numpy as np
import onnxruntime
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
OCELLUS = os.environ.get("OCELLUS", str(ROOT / "build/release/ocellus"))
LIBRARY = os.environ.get("OCELLUS_LIBRARY", str(ROOT / "build/release/libocellus.so"))
MEAN, DEVIATION, TOLERANCE, IMAGES = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 1e-4, 4
OPSET, SPREAD = 17, 3.0

# ---- the networks: name, side of the images, how to make it ----


def lenet():
    """LeNet-5 (LeCun et al. 1998) in color."""
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))


def of_torchvision(name):
    import torchvision
    return getattr(torchvision.models, name)(weights=None)


def of_keras(name, side):
    import keras
    return getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), classifier_activation=None)


TORCHVISION = {"vgg11": 224, "resnet18": 224, "mobilenet_v2": 224, "mobilenet_v3_small": 96, "mobilenet_v3_large": 96,
               "efficientnet_b0": 96, "squeezenet1_1": 96, "densenet121": 64, "shufflenet_v2_x1_0": 96, "convnext_tiny": 64}
# PyTorch's exporter refuses Xception.
KERAS = {"MobileNet": 96, "MobileNetV2": 96, "ResNet50": 64, "EfficientNetB0": 64, "DenseNet121": 64}
NETS = {"lenet": (32, lenet),
        **{name: (side, lambda name=name: of_torchvision(name)) for name, side in TORCHVISION.items()},
        **{f"keras:{name}": (side, lambda name=name, side=side: of_keras(name, side)) for name, side in KERAS.items()}}

# ---- export ----


def is_keras(net):
    return type(net).__module__.startswith("keras")


def randomize(net):
    """Statistics of batch normalization that are not those of a new network."""
    for name, value in [*net.named_parameters(), *net.named_buffers()]:
        kind = name.rsplit(".", 1)[-1]
        if kind in ("running_mean",):
            value.normal_(0, 0.3)
        elif kind in ("running_var",):
            value.uniform_(0.5, 2)
    if is_keras(net):
        for layer in net.layers:
            if type(layer).__name__ == "BatchNormalization":
                layer.moving_mean.value.normal_(0, 0.3)
                layer.moving_variance.value.uniform_(0.5, 2)


def spread(net, images):
    """Scales the last product, so that the answers are neither all alike nor too far apart for a softmax."""
    answers = net(images)
    factor = SPREAD / float(answers.std())
    last = [p for p in net.parameters() if p.ndim >= 2][-1]
    last.mul_(factor)


def export(name, path):
    side, make = NETS[name]
    torch.manual_seed(123)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = make().eval()
        shape = (1, side, side, 3) if is_keras(net) else (1, 3, side, side)
        randomize(net)
        spread(net, torch.rand(shape))
        torch.onnx.export(net, (torch.rand(shape),), str(path), dynamo=False, opset_version=OPSET, input_names=["image"],
                          output_names=["answers"], dynamic_axes={"image": {0: "batch"}, "answers": {0: "batch"}})
    return side, is_keras(net)


# ---- both programs ----


def ocellus(*arguments):
    done = subprocess.run([OCELLUS, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[0])
    return done.stdout


class Session(ctypes.Structure):
    """The first members of oc_session_options."""
    _fields_ = [("struct_size", ctypes.c_size_t), ("seed", ctypes.c_uint64), ("seed_set", ctypes.c_bool), ("threads", ctypes.c_int),
                ("rest", ctypes.c_byte * 256)]


class Model:
    """A model's file through the C interface, with one thread."""

    def __init__(self, path):
        self.lib, self.model = ctypes.CDLL(LIBRARY), ctypes.c_void_p()
        self.lib.oc_model_free.restype = None
        if self.lib.oc_model_load(str(path).encode(), ctypes.byref(Session(threads=1)), ctypes.byref(self.model), None) != 0:
            raise RuntimeError(f"cannot load {path}")
        self.classes = self.lib.oc_model_classes(self.model)

    def __del__(self):
        self.lib.oc_model_free(self.model)

    def predict(self, pixels):
        answers = np.empty((len(pixels), self.classes), np.float32)
        status = self.lib.oc_model_predict(self.model, pixels.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(len(pixels)),
                                           answers.ctypes.data_as(ctypes.c_void_p), None)
        if status != 0:
            raise RuntimeError(f"cannot predict: status {status}")
        return answers


def runtime(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def centered(logits):
    """What a softmax leaves of its inputs: their differences."""
    return logits - logits.mean(axis=1, keepdims=True)


def difference(session, images, model, pixels):
    expected, = session.run(None, {"image": images})
    found = np.log(model.predict(pixels).astype(np.float64))
    return np.abs(centered(found) - centered(expected)).max() / np.abs(centered(expected)).max()


def median(call, seconds):
    until, took = time.perf_counter() + seconds, []
    while len(took) < 5 or time.perf_counter() < until:
        start = time.perf_counter()
        call()
        took.append(1e3 * (time.perf_counter() - start))
    return statistics.median(took)


def measure(calls, seconds):
    """Medians of runs that alternate, in ms."""
    runs = [[median(call, seconds / 3) for call in calls] for _ in range(3)]
    return [statistics.median(times) for times in zip(*runs)]


def check(name, folder, seconds):
    path, model = folder / "net.onnx", folder / "net.safetensors"
    side, last = export(name, path)
    ocellus("import", path, "-o", model, "--force", "--mean", ",".join(map(str, MEAN)), "--deviation",
            ",".join(map(str, DEVIATION)))
    pixels = np.random.default_rng(1).integers(0, 256, (IMAGES, side, side, 3), dtype=np.uint8)
    images = ((pixels / np.float32(255) - np.float32(MEAN)) / np.float32(DEVIATION)).astype(np.float32)
    images = np.ascontiguousarray(images if last else images.transpose(0, 3, 1, 2))
    session, model = runtime(path), Model(model)
    apart = difference(session, images, model, pixels)
    calls = (lambda: model.predict(pixels[:1])), (lambda: session.run(None, {"image": images[:1]}))
    return side, apart, *(measure(calls, seconds) if seconds > 0 else [float("nan")] * 2)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("names", nargs="*")
    p.add_argument("--folder", type=pathlib.Path, help="keep the files of the last network here")
    p.add_argument("--seconds", type=float, default=0.5, help="time to measure each program; 0: not at all")
    p.add_argument("--list", action="store_true")
    a = p.parse_args()
    if a.list:
        print("\n".join(NETS))
        return
    unknown = [n for n in a.names if n not in NETS]
    if unknown:
        sys.exit(f"unknown network {unknown[0]}: bench/zoo.py --list")
    failed = 0
    print(f"{'network':22} {'side':>4} {'apart':>8} {'ocellus':>9} {'onnxruntime':>12} {'factor':>7}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = a.folder or pathlib.Path(temporary)
        folder.mkdir(exist_ok=True)
        for name in a.names or NETS:
            try:
                side, apart, ours, theirs = check(name, folder, a.seconds)
                failed += not apart <= TOLERANCE
                times = f" {ours:6.2f} ms {theirs:9.2f} ms {theirs / ours:6.2f}x" if a.seconds > 0 else ""
                print(f"{name:22} {side:4} {apart:8.1e}{times}", flush=True)
            except RuntimeError as error:
                failed += 1
                print(f"{name:22} {str(error).splitlines()[0]}", flush=True)
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
