"""Makes tests/golden/blocks: a small network of each family that torchvision has, one of Keras, and some of operators that
PyTorch's exporter does not write. All have random weights. They are ONNX files, each with ONNX Runtime's probabilities
(softmax) for the images of tests/unit/test_blocks.c.

tests/oracle/make_blocks.py, with a Python that has the packages of bench/requirements.txt
"""

import os
import pathlib
import warnings

os.environ["KERAS_BACKEND"] = "torch"  # whose models PyTorch exports
import keras
import numpy as np
import onnx
import onnxruntime
import torch
import torchvision
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torchvision.models import densenet, efficientnet, mobilenetv2, mobilenetv3, resnet, shufflenetv2, squeezenet
from torchvision.models.convnext import CNBlock, LayerNorm2d

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "golden/blocks"
SIDE, CLASSES, IMAGES, MOST_BYTES = 16, 10, 2, 200_000


def images():
    """The pixels of tests/unit/test_blocks.c, from 0 to 1."""
    state, pixels = 1, np.empty(IMAGES * SIDE * SIDE * 3, np.float32)
    for i in range(pixels.size):
        state = (state * 1664525 + 1013904223) % 2**32
        pixels[i] = state >> 24
    return np.ascontiguousarray((pixels / np.float32(255)).reshape(IMAGES, SIDE, SIDE, 3).transpose(0, 3, 1, 2))


# ---- blocks of torchvision ----


def head(channels):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES)]


def inverted(kernel, expanded, out, activation, stride):
    return mobilenetv3.InvertedResidual(
        mobilenetv3.InvertedResidualConfig(8, kernel, expanded, out, True, activation, stride, 1, 1), nn.BatchNorm2d)


def first(channels, activation=nn.ReLU):
    return [nn.Conv2d(3, channels, 3, 2, 1, bias=False), nn.BatchNorm2d(channels), activation()]


def down(channels, out):
    return nn.Sequential(nn.Conv2d(channels, out, 1, 2, bias=False), nn.BatchNorm2d(out))


BLOCKS = {
    "lenet": lambda: [nn.Conv2d(3, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 3), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
                      nn.Linear(64, 30), nn.Tanh(), nn.Linear(30, CLASSES)],
    "vgg": lambda: [nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, padding=1), nn.ReLU(),
                    nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(192, 32), nn.ReLU(), nn.Dropout(),
                    nn.Linear(32, CLASSES)],
    "resnet": lambda: [*first(8), nn.MaxPool2d(3, 2, 1), resnet.BasicBlock(8, 8), resnet.BasicBlock(8, 12, 2, down(8, 12)),
                       *head(12)],
    "mobilenetv2": lambda: [*first(8, nn.ReLU6), mobilenetv2.InvertedResidual(8, 8, 1, 3),
                            mobilenetv2.InvertedResidual(8, 12, 2, 3), *head(12)],
    "mobilenetv3": lambda: [*first(8, nn.Hardswish), inverted(3, 24, 8, "HS", 1), inverted(5, 24, 16, "RE", 2), *head(16)],
    "efficientnet": lambda: [*first(8, nn.SiLU),
                             efficientnet.MBConv(efficientnet.MBConvConfig(3, 3, 1, 8, 8, 1), 0.1, nn.BatchNorm2d),
                             efficientnet.MBConv(efficientnet.MBConvConfig(3, 5, 2, 8, 16, 1), 0.1, nn.BatchNorm2d), *head(16)],
    "squeezenet": lambda: [*first(8), nn.MaxPool2d(3, 2, ceil_mode=True), squeezenet.Fire(8, 4, 8, 8), nn.Conv2d(16, CLASSES, 1),
                           nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()],
    "densenet": lambda: [*first(8), densenet._DenseBlock(2, 8, 2, 6, 0), densenet._Transition(20, 10),
                         densenet._DenseBlock(1, 10, 2, 6, 0), nn.BatchNorm2d(16), nn.ReLU(), *head(16)],
    "shufflenet": lambda: [*first(8), shufflenetv2.InvertedResidual(8, 16, 2), shufflenetv2.InvertedResidual(16, 16, 1), *head(16)],
    "convnext": lambda: [nn.Conv2d(3, 8, 4, 4), LayerNorm2d(8, eps=1e-6), CNBlock(8, 1e-1, 0),
                         LayerNorm2d(8, eps=1e-6), nn.Conv2d(8, 12, 2, 2), CNBlock(12, 1e-1, 0), nn.AdaptiveAvgPool2d(1),
                         LayerNorm2d(12, eps=1e-6), nn.Flatten(), nn.Linear(12, CLASSES)],
}


def of_keras():
    """Images as (n,h,w,c), and padding as a layer of its own."""
    layers = keras.layers
    net = keras.Sequential([
        keras.Input((SIDE, SIDE, 3)), layers.ZeroPadding2D(((0, 1), (0, 1))), layers.Conv2D(8, 3, 2, use_bias=False),
        layers.BatchNormalization(), layers.ReLU(6.0), layers.ZeroPadding2D(1), layers.DepthwiseConv2D(3, 2, use_bias=False),
        layers.BatchNormalization(), layers.Activation("swish"), layers.Conv2D(12, 1), layers.GlobalAveragePooling2D(),
        layers.Dense(CLASSES)])
    for layer in net.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_mean.value.normal_(0, 0.3)
            layer.moving_variance.value.uniform_(0.5, 2)
    return net


def randomize(net):
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)


def last(net):
    """The weights of the last product or convolution."""
    return [p for p in net.parameters() if p.ndim >= 2][-1]


def images_for(name):
    return np.ascontiguousarray(images().transpose(0, 2, 3, 1)) if name == "keras" else images()


def export_block(name, path):
    torch.manual_seed(123)
    keras.utils.set_random_seed(123)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = (of_keras() if name == "keras" else nn.Sequential(*BLOCKS[name]())).eval()
        example = torch.from_numpy(images_for(name))
        randomize(net)
        last(net).mul_(3 / float(net(example).std()))
        torch.onnx.export(net, (torch.zeros(1, *example.shape[1:]),), str(path), dynamo=False, opset_version=17, input_names=["image"],
                          output_names=["answers"], dynamic_axes={"image": {0: "batch"}, "answers": {0: "batch"}})


# ---- operators that PyTorch's exporter does not write ----


def operators(kind):
    """Nodes from `image` to `y`, with their constants."""
    random = np.random.default_rng(5)
    w = {"w": random.standard_normal((8, 3, 3, 3)) * 0.3, "scale": random.uniform(0.5, 2, 8), "shift": random.standard_normal(8)}
    node, conv = helper.make_node, helper.make_node("Conv", ["image", "w"], ["x"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    ends, places = np.array([0, 0, 1, 2, 0, 0, 0, 3], np.int64), np.array([2, 6], np.int64)
    lists = {
        "lrn": [node("LRN", ["x"], ["y"], size=5, alpha=0.5, beta=0.75, bias=1.0)],
        "instancenorm": [node("InstanceNormalization", ["x", "scale", "shift"], ["y"], epsilon=1e-4)],
        "resize": [node("Resize", ["x", "", "larger"], ["a"], mode="linear"),
                   node("Resize", ["a", "", "smaller"], ["b"], mode="nearest", nearest_mode="floor",
                        coordinate_transformation_mode="asymmetric"),
                   node("Resize", ["b", "", "third"], ["y"], mode="linear", coordinate_transformation_mode="align_corners")],
        "pad": [node("Pad", ["x", "ends", "filler"], ["a"]), node("MaxPool", ["a"], ["b"], kernel_shape=[2, 2], strides=[2, 2]),
                node("AveragePool", ["b"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)],
        "split": [node("Split", ["x", "places"], ["a", "b"], axis=1), node("Concat", ["b", "a"], ["c"], axis=1),
                  node("Sigmoid", ["x"], ["d"]), node("Mul", ["c", "d"], ["y"])],
    }
    w.update(larger=np.array([1, 1, 1.25, 1.7], np.float32), smaller=np.array([1, 1, 0.5, 0.7], np.float32),
             third=np.array([1, 1, 0.7, 2.5], np.float32), ends=ends, filler=np.array(0.25, np.float32), places=places)
    return [conv, *lists[kind]], w


def export_operators(kind, path):
    nodes, w = operators(kind)
    random = np.random.default_rng(6)
    nodes += [helper.make_node("GlobalAveragePool", ["y"], ["means"]), helper.make_node("Flatten", ["means"], ["flat"]),
              helper.make_node("Gemm", ["flat", "m"], ["answers"])]
    w["m"] = random.standard_normal((8, CLASSES)) * 2
    used = {name for n in nodes for name in n.input}
    constants = [numpy_helper.from_array(v if v.dtype == np.int64 else v.astype(np.float32), k) for k, v in w.items() if k in used]
    graph = helper.make_graph(
        nodes, kind, [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("answers", TensorProto.FLOAT, ["batch", CLASSES])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def answers(name, path):
    """Softmax of ONNX Runtime's answers, for one image at a time: a file may not have a free batch inside."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits = np.concatenate([session.run(None, {"image": x[None]})[0] for x in images_for(name)]).astype(np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype("<f4")


def main():
    FOLDER.mkdir(exist_ok=True)
    for name in [*BLOCKS, "keras", "lrn", "instancenorm", "resize", "pad", "split"]:
        path = FOLDER / f"{name}.onnx"
        (export_block if name in BLOCKS or name == "keras" else export_operators)(name, path)
        assert path.stat().st_size < MOST_BYTES, name
        found = answers(name, path)
        found.tofile(FOLDER / f"{name}.f32")
        print(f"{name:14} {path.stat().st_size:7} bytes, probabilities up to {found.max():.3f}")


if __name__ == "__main__":
    main()
