"""The networks for photographs that the runtimes predict with, as files: the preset `mobile`, and MobileNetV2 as torchvision
and keras.applications have it. Random weights; softmax included. ONNX from PyTorch, TFLite from Keras.
"""

import os
import warnings


def torch_network(name):
    import torch
    if name == "mobilenet_v2":
        import torchvision
        net = torchvision.models.mobilenet_v2(weights=None)
    else:
        import peer_torch
        net = peer_torch.mobile(224)
    return torch.nn.Sequential(net, torch.nn.Softmax(1)).eval()


def onnx_file(name, path):
    """NCHW. The exporter folds batch normalization into the convolutions."""
    import torch
    torch.manual_seed(123)
    axes = {"image": {0: "n"}, "probabilities": {0: "n"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(torch_network(name), torch.zeros(1, 3, 224, 224), path, input_names=["image"], dynamo=False,
                          output_names=["probabilities"], dynamic_axes=axes, opset_version=17)


def tflite_file(name, path):
    """NHWC."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import peer_keras
    import tensorflow as tf
    from keras import Input, Model, applications, layers
    if name == "mobilenet_v2":
        net = applications.MobileNetV2(weights=None, input_shape=(224, 224, 3))
    else:
        x = Input((224, 224, 3))
        net = Model(x, layers.Softmax()(peer_keras.mobile(x)))
    with open(path, "wb") as file:
        file.write(tf.lite.TFLiteConverter.from_keras_model(net).convert())


def save(name, path):
    (tflite_file if path.endswith(".tflite") else onnx_file)(name, path)
