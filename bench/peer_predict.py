"""Times one prediction of a network in a runtime that only predicts, as one line of JSON: ONNX Runtime, OpenVINO or LiteRT.
Random weights; softmax included, as in ours.

peer_predict.py --runtime onnxruntime|openvino|litert --model FILE [--input HxWxC] [--batch 1] [--threads 1] [--steps 200]
peer_predict.py --save FILE.onnx [--net NAME]            writes the lecture's network, or mobile or mobilenet_v2 for
                                                         224x224x3 images, for the first two
peer_predict.py --save FILE.tflite [--net NAME]          writes it for LiteRT (with TensorFlow)
peer_predict.py --runtime NAME --model FILE --first      one prediction and nothing else, to be timed from outside
"""

import argparse
import importlib.metadata
import json
import os
import resource
import time

import numpy as np

SHAPES = {"w1": (32, 1, 5, 5), "b1": (32,), "w2": (64, 32, 5, 5), "b2": (64,), "w3": (1024, 1024), "b3": (1024,),
          "w4": (1024, 10), "b4": (10,)}


# ---- the network ----


def weights():
    random = np.random.default_rng(123)
    return {name: (random.standard_normal(shape) * 0.05).astype(np.float32) for name, shape in SHAPES.items()}


def onnx_bytes():
    """NCHW, as ONNX has it."""
    from onnx import TensorProto, helper, numpy_helper

    def layer(i, x, kind, **attributes):
        return [helper.make_node(kind, [x, f"w{i}", f"b{i}"], [f"z{i}"], **attributes)]

    def pooled(i):
        return [helper.make_node("Relu", [f"z{i}"], [f"h{i}"]),
                helper.make_node("MaxPool", [f"h{i}"], [f"p{i}"], kernel_shape=[2, 2], strides=[2, 2])]

    nodes = (layer(1, "x", "Conv") + pooled(1) + layer(2, "p1", "Conv") + pooled(2)
             + [helper.make_node("Flatten", ["p2"], ["flat"])] + layer(3, "flat", "Gemm")
             + [helper.make_node("Relu", ["z3"], ["h3"])] + layer(4, "h3", "Gemm")
             + [helper.make_node("Softmax", ["z4"], ["y"], axis=1)])
    graph = helper.make_graph(
        nodes, "lecture", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(w, n) for n, w in weights().items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def tflite_bytes():
    """NHWC: kernels as HWIO, and the rows of w3 in the order in which the maps are flattened here."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    w = {name: v.transpose(2, 3, 1, 0) if v.ndim == 4 else v for name, v in weights().items()}
    w["w3"] = w["w3"].reshape(64, 16, 1024).transpose(1, 0, 2).reshape(1024, 1024)

    @tf.function(input_signature=[tf.TensorSpec([None, 28, 28, 1], tf.float32)])
    def network(x):
        for i in "1", "2":
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w[f"w{i}"], 1, "VALID"), w[f"b{i}"]))
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        x = tf.nn.relu(tf.reshape(x, [-1, 1024]) @ w["w3"] + w["b3"])
        return tf.nn.softmax(x @ w["w4"] + w["b4"])

    return tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()]).convert()


# ---- runtimes: each returns a function that predicts one batch ----


def onnxruntime(model, size, batch, threads):
    import onnxruntime as runtime
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    x = sample(batch, channels_first(size))
    return lambda: session.run(None, {session.get_inputs()[0].name: x})[0]


def openvino(model, size, batch, threads):
    import openvino as runtime
    # Float32 is float32 here: else the library would compute in bfloat16 where the processor can.
    hints = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    core = runtime.Core()
    network = core.read_model(model)
    network.reshape([batch, *channels_first(size)])
    request = core.compile_model(network, "CPU", hints).create_infer_request()
    x = sample(batch, channels_first(size))
    return lambda: request.infer({0: x})[0]


def litert(model, size, batch, threads):
    from ai_edge_litert.interpreter import Interpreter
    network = Interpreter(model_path=model, num_threads=threads)
    entry, result = network.get_input_details()[0]["index"], network.get_output_details()[0]["index"]
    network.resize_tensor_input(entry, [batch, *size])
    network.allocate_tensors()
    x = sample(batch, size)

    def run():
        network.set_tensor(entry, x)
        network.invoke()
        return network.get_tensor(result)

    return run


RUNTIMES = {"onnxruntime": onnxruntime, "openvino": openvino, "litert": litert}
PACKAGES = {"litert": "ai-edge-litert"}


def channels_first(size):
    height, width, channels = size
    return channels, height, width


def sample(batch, shape):
    return np.random.default_rng(1).standard_normal((batch, *shape)).astype(np.float32)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--runtime", choices=RUNTIMES, default="onnxruntime")
    p.add_argument("--model")
    p.add_argument("--net", choices=["lecture", "mobile", "mobilenet_v2"], default="lecture")
    p.add_argument("--input", default="28x28x1")
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--steps", type=int, default=200)
    p.add_argument("--first", action="store_true")
    p.add_argument("--save")
    a = p.parse_args()
    if a.save and a.net != "lecture":
        import peer_networks
        peer_networks.save(a.net, a.save)
        return
    if a.save:
        with open(a.save, "wb") as file:
            file.write(tflite_bytes() if a.save.endswith(".tflite") else onnx_bytes())
        return
    run = RUNTIMES[a.runtime](a.model, tuple(map(int, a.input.split("x"))), a.batch, a.threads)
    if a.first:
        print(run().argmax())
        return
    times = []
    for i in range(-min(10, a.steps), a.steps):
        start = time.perf_counter()
        y = run()
        if i >= 0:
            times.append((time.perf_counter() - start) * 1e3)
    assert len(y) == a.batch and abs(float(y[0].sum()) - 1) < 1e-4, "not probabilities"
    times.sort()
    print(json.dumps({
        "name": a.runtime, "version": importlib.metadata.version(PACKAGES.get(a.runtime, a.runtime)), "threads": a.threads,
        "batch": a.batch, "median_ms": times[len(times) // 2], "min_ms": times[0], "p10_ms": times[len(times) // 10],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
