"""Times one prediction of the lecture's network in ONNX Runtime, as one line of JSON.

peer_onnx.py [--batch 1] [--threads 1] [--steps 200]
peer_onnx.py --save FILE                 writes the network
peer_onnx.py --first FILE                one prediction of a file's network and nothing else, to be timed from outside
"""

import argparse
import json
import resource
import time

import numpy as np
import onnxruntime


def network():
    """The graph with random weights, NCHW as ONNX has it."""
    from onnx import TensorProto, helper, numpy_helper  # not where a file is run: it takes long to load
    random = np.random.default_rng(123)
    shapes = {"w1": (32, 1, 5, 5), "b1": (32,), "w2": (64, 32, 5, 5), "b2": (64,), "w3": (1024, 1024), "b3": (1024,),
              "w4": (1024, 10), "b4": (10,)}
    weights = [numpy_helper.from_array((random.standard_normal(s) * 0.05).astype(np.float32), n) for n, s in shapes.items()]

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
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--steps", type=int, default=200)
    p.add_argument("--save")
    p.add_argument("--first")
    a = p.parse_args()
    if a.save:
        with open(a.save, "wb") as file:
            file.write(network())
        return
    if a.first:
        session = onnxruntime.InferenceSession(a.first, providers=["CPUExecutionProvider"])
        print(session.run(None, {"x": np.zeros((1, 1, 28, 28), np.float32)})[0].argmax())
        return
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = a.threads
    session = onnxruntime.InferenceSession(network(), options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).standard_normal((a.batch, 1, 28, 28)).astype(np.float32)
    times = []
    for i in range(-10, a.steps):
        start = time.perf_counter()
        session.run(None, {"x": x})
        if i >= 0:
            times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    print(json.dumps({
        "name": "onnxruntime", "version": onnxruntime.__version__, "threads": a.threads, "batch": a.batch,
        "median_ms": times[len(times) // 2], "min_ms": times[0], "p10_ms": times[len(times) // 10],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
