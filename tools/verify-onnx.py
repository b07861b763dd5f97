#!/usr/bin/env python3
"""Holds exported ONNX files against ONNX's checker and ONNX Runtime, and against Ocellus reading them back.

Every preset, and a network of the other layers, is trained for one epoch on built-in handwriting, exported for opsets 13, 17 and
21, checked, and asked for 1 and 7 random images. Prints the largest difference of a probability, and fails above 1e-4.

Usage: tools/verify-onnx.py [NET ...] in a folder for its files, with a Python that has onnx and onnxruntime (.venv);
OCELLUS and OCELLUS_LIBRARY name the program and libocellus.so."""
import ctypes
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parents[1]
OCELLUS = os.environ.get("OCELLUS", str(ROOT / "build/release/ocellus"))
LIBRARY = os.environ.get("OCELLUS_LIBRARY", str(ROOT / "build/release/libocellus.so"))
OPSETS, BATCHES, CLASSES, TOLERANCE = (13, 17, 21), (1, 7), 10, 1e-4
LAYERS = {
    "activations": "conv 3x3x8 gelu | conv 3x3x8 stride 2 same hardswish | depthwise 3x3 silu | conv 3x3x6 softplus | "
                   "conv 3x3x6 tanh | conv 1x1x8 prelu | leakyrelu 0.1 | dense 12 sigmoid | dense 12 prelu | dense CLASSES",
    "shapes": "conv 3x3x8 dilation 2 relu6 | { conv 1x1x4 ; conv 3x3x4 same bn relu ; } concat | se 4 | meanpool 3 stride 2 same | "
              "maxpool 3 stride 2 same | flatten | dropout 0.2 | dense 16 bn relu | dense CLASSES",
    "global": "conv 5x5x8 groups 1 nobias relu | spatialdropout 0.1 | batchnorm | residual { conv 3x3x8 same bn } | globalmeanpool | "
              "dense CLASSES",
}


def ocellus(*arguments):
    done = subprocess.run([OCELLUS, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"ocellus {' '.join(arguments)}: {done.stderr}")


class Library:
    """libocellus through its C interface: answers of a model's file for uint8 images."""

    def __init__(self):
        self.lib = ctypes.CDLL(LIBRARY)
        self.lib.oc_model_free.restype = None

    def predict(self, path, pixels, size=CLASSES):
        model, pixels = ctypes.c_void_p(), np.ascontiguousarray(pixels)
        assert self.lib.oc_model_load(str(path).encode(), None, ctypes.byref(model), None) == 0, path
        answers = np.zeros((len(pixels), size), np.float32)
        pointer = (ctypes.c_void_p * 1)(answers.ctypes.data)
        status = self.lib.oc_model_predict_outputs(model, pixels.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(len(pixels)),
                                                   pointer, None)
        self.lib.oc_model_free(model)
        assert status == 0, path
        return answers


def runtime(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def check_file(library, run, path, opset):
    """The largest difference of a probability: Ocellus, ONNX Runtime, and Ocellus with the exported file."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version == opset
    session, worst = runtime(path), 0
    name, shape = session.get_inputs()[0].name, session.get_inputs()[0].shape
    for batch in BATCHES:
        pixels = np.random.default_rng(batch).integers(0, 256, (batch, *shape[2:], shape[1]), dtype=np.uint8)
        expected = library.predict(run, pixels)
        found, = session.run(None, {name: pixels.astype(np.float32).transpose(0, 3, 1, 2)})
        worst = max(worst, np.abs(found - expected).max(), np.abs(library.predict(path, pixels) - expected).max())
    return worst


def check_net(library, name, net):
    run = f"run-{name}"
    ocellus("train", "digits:96:32", "--net", net, "--epochs", "1", "--lr", "1e-3", "--out", run, "--force", "--batch", "16")
    failures = 0
    for opset in OPSETS:
        path = f"{name}-{opset}.onnx"
        ocellus("export", run, "--to", "onnx", "-o", path, "--opset", str(opset), "--force")
        worst = check_file(library, f"{run}/model.safetensors", path, opset)
        failures += not worst <= TOLERANCE
        print(f"{name:12} opset {opset}: {worst:.1e}{'' if worst <= TOLERANCE else '  DIFFERS'}", flush=True)
    return failures


def main():
    presets = re.findall(r"^OC_ROW\((\w+)\)", (ROOT / "src/net/presets.def").read_text(encoding="utf-8"), re.M)
    nets = {name: name for name in presets} | LAYERS
    if sys.argv[1:]:
        nets = {f"net-{i}": net for i, net in enumerate(sys.argv[1:], 1)}
    library = Library()
    return 1 if sum(check_net(library, name, net) for name, net in nets.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
