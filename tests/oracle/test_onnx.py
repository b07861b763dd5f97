"""ONNX files: does ONNX Runtime compute what Ocellus computes, with what Ocellus wrote, and with what others wrote?"""
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(os.environ["OCELLUS_SOURCE"])
OCELLUS = os.environ["OCELLUS"]
if os.environ.get("OCELLUS_MINIMAL") == "1":
    sys.exit(77)  # built without protobuf-c

SPEC = importlib.util.spec_from_file_location("verify_onnx", ROOT / "tools/verify-onnx.py")
verify = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(verify)
LIBRARY = verify.Library()


def ocellus(*arguments):
    return subprocess.run([OCELLUS, *arguments], capture_output=True, text=True, check=False)


class Messages(unittest.TestCase):
    """src/formats/proto/onnx.proto says what ONNX's own messages say."""

    def test_fields_have_the_numbers_and_types_of_onnx(self):
        text = re.sub(r"//[^\n]*", "", (ROOT / "src/formats/proto/onnx.proto").read_text(encoding="utf-8"))
        types = {"int32": 5, "int64": 3, "uint64": 4, "float": 2, "double": 1, "string": 9, "bytes": 12}
        seen, scope = 0, []
        for line in text.split("\n"):
            opened, field = re.match(r"\s*(message|enum|oneof) (\w+) \{", line), re.match(r"\s*(?:repeated |optional )?([\w.]+) (\w+) = (\d+)", line)
            if opened:
                scope.append((opened[1], opened[2]))
            elif field and all(kind != "enum" for kind, _ in scope):
                cls = onnx
                for kind, name in scope:
                    cls = getattr(cls, name) if kind == "message" else cls
                theirs = cls.DESCRIPTOR.fields_by_name[field[2]]
                self.assertEqual(theirs.number, int(field[3]), line)
                if field[1] in types and field[2] not in ("sparse_initializer", "functions"):  # seen as bytes, and refused
                    self.assertEqual(theirs.type, types[field[1]], line)
                seen += 1
            elif "}" in line:
                scope.pop()
        self.assertGreater(seen, 40)


class Exported(unittest.TestCase):
    def test_every_preset_is_right_in_onnxruntime_and_read_back(self):
        self.assertEqual(verify.main(), 0)

    def test_the_same_model_gives_the_same_bytes_and_names_its_classes(self):
        self.assertEqual(ocellus("train", "xo:80:20", "--net", "conv 3x3x4 relu | dense CLASSES", "--epochs", "1", "--out", "xo", "--force").returncode, 0)
        for path in ("a.onnx", "b.onnx"):
            self.assertEqual(ocellus("export", "xo", "--to", "onnx", "-o", path, "--force").returncode, 0)
        self.assertEqual(pathlib.Path("a.onnx").read_bytes(), pathlib.Path("b.onnx").read_bytes())
        model = onnx.load("a.onnx")
        meta = {p.key: p.value for p in model.metadata_props}
        self.assertEqual(len(json.loads(meta["classes"])), 2)
        self.assertIn("resize", json.loads(meta["preprocessing"]))
        self.assertEqual([i.name for i in model.graph.input], ["image"])
        self.assertEqual([o.name for o in model.graph.output], ["probabilities"])
        self.assertNotIn("Transpose", [n.op_type for n in model.graph.node])


def save(path, nodes, weights, shape, opset=17, outputs=("y",), batch="n", ir=8):
    """A model whose answers are vectors of any length, so that Ocellus gives all of them."""
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *shape])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    pixels = np.random.default_rng(1).integers(0, 256, (3 if batch != 1 else 1, *shape), dtype=np.uint8)
    onnx.save(model, path)
    expected = verify.runtime(path).run(None, {"x": pixels.astype(np.float32)})
    helper.set_model_props(model, {"preprocessing": '{"resize":"pad"}', "outputs": json.dumps(
        [{"name": f"o{i}", "kind": "vector", "size": e.shape[1]} for i, e in enumerate(expected)])})
    onnx.save(model, path)
    return pixels, expected


def node(op, inputs, outputs="y", **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def normal(*shape, seed=0, scale=0.1):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


SMALL = {"s": np.float32(1 / 255)}
C, H, W = 3, 9, 8


def image_case(*nodes, **weights):
    """Nodes from "a", an image of small numbers, to "b", which is flattened."""
    return [node("Mul", "x s", "a"), *nodes, node("Flatten", "b", "y", axis=1)], SMALL | weights


I64 = lambda *values: np.array(values, np.int64)  # noqa: E731
CASES = {
    "conv": image_case(node("Conv", "a w c", "b", pads=[1, 0, 2, 1], strides=[2, 1], dilations=[1, 2]), w=normal(4, C, 3, 2), c=normal(4)),
    "conv groups": image_case(node("Conv", "a w", "b", group=3, kernel_shape=[3, 3]), w=normal(6, 1, 3, 3)),
    "conv upper": image_case(node("Conv", "a w", "b", auto_pad="SAME_UPPER", strides=[2, 2]), w=normal(4, C, 3, 3)),
    "conv lower": image_case(node("Conv", "a w", "b", auto_pad="SAME_LOWER", strides=[2, 2]), w=normal(4, C, 4, 4)),
    "conv valid": image_case(node("Conv", "a w", "b", auto_pad="VALID"), w=normal(4, C, 4, 3)),
    "conv f16": image_case(node("Cast", "w", "v", to=1), node("Conv", "a v", "b"), w=normal(4, C, 3, 3).astype(np.float16)),
    "pad": image_case(node("Pad", "a p", "q"), node("Conv", "q w", "b", strides=[2, 2]), p=I64(0, 0, 0, 1, 0, 0, 1, 2), w=normal(4, C, 3, 3)),
    "maxpool": image_case(node("MaxPool", "a", "b", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])),
    "maxpool ceil": image_case(node("MaxPool", "a", "b", kernel_shape=[2, 3], strides=[2, 2], ceil_mode=1)),
    "averagepool": image_case(node("AveragePool", "a", "b", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])),
    "averagepool counted": image_case(node("AveragePool", "a", "b", kernel_shape=[3, 3], count_include_pad=1)),
    "global mean": image_case(node("GlobalAveragePool", "a", "b")),
    "global max": image_case(node("GlobalMaxPool", "a", "b")),
    "norm": image_case(node("BatchNormalization", "a g c m v", "b"), g=normal(C), c=normal(C), m=normal(C), v=np.abs(normal(C))),
    "clip": image_case(node("Clip", "a l h", "b"), l=np.float32(0.2), h=np.float32(0.7)),
    "clip low": image_case(node("Clip", "a l", "b"), l=np.float32(0.5)),
    "leaky": image_case(node("Sub", "a h", "t"), node("LeakyRelu", "t", "b"), h=np.float32(0.5)),
    "prelu": image_case(node("Sub", "a h", "t"), node("PRelu", "t w", "b"), h=np.float32(0.5), w=normal(C, 1, 1)),
    "hard sigmoid": image_case(node("HardSigmoid", "a", "b", alpha=0.3, beta=0.1)),
    "hard swish": image_case(node("HardSwish", "a", "b")),
    "elu": image_case(node("Sub", "a h", "t"), node("Elu", "t", "b", alpha=0.7), h=np.float32(0.5)),
    "selu": image_case(node("Sub", "a h", "t"), node("Selu", "t", "b"), h=np.float32(0.5)),
    "negative": image_case(node("Neg", "a", "t"), node("Exp", "t", "b")),
    "reciprocal": image_case(node("Add", "a h", "t"), node("Reciprocal", "t", "b"), h=np.float32(0.5)),
    "min": image_case(node("Min", "a h", "t"), node("Sigmoid", "t", "u"), node("Min", "t u", "b"), h=np.float32([[[0.6]], [[0.5]], [[0.4]]])),
    "softplus": image_case(node("Softplus", "a", "b")),
    "silu": image_case(node("Sigmoid", "a", "t"), node("Mul", "a t", "b")),
    "gelu": image_case(node("Div", "a r", "t"), node("Erf", "t", "e"), node("Add", "e o", "f"), node("Mul", "a f", "g"), node("Mul", "g h", "b"),
                       r=np.float32(2 ** 0.5), o=np.float32(1), h=np.float32(0.5)),
    "channels": image_case(node("Add", "a w", "t"), node("Div", "t v", "b"), w=normal(C, 1, 1), v=np.float32([[[[2]], [[3]], [[4]]]])),
    "constant first": image_case(node("Sub", "o a", "t"), node("Div", "o t", "b"), o=np.float32(2)),
    "add": image_case(node("Relu", "a", "t"), node("Add", "a t", "b")),
    "max": image_case(node("Sigmoid", "a", "t"), node("Max", "a t", "b")),
    "concat": image_case(node("Conv", "a w", "t"), node("Concat", "a t", "b", axis=1), w=normal(4, C, 1, 1)),
    "concat rows": image_case(node("Relu", "a", "t"), node("Concat", "a t", "b", axis=-2)),
    "squeeze excite": image_case(node("GlobalAveragePool", "a", "p"), node("Conv", "p w", "q"), node("Sigmoid", "q", "r"), node("Mul", "a r", "b"),
                                 w=normal(C, C, 1, 1)),
    "transpose": image_case(node("Transpose", "a", "t", perm=[0, 2, 3, 1]), node("Relu", "t", "u"), node("Transpose", "u", "b", perm=[0, 3, 1, 2])),
    "transpose flat": image_case(node("Transpose", "a", "b", perm=[0, 2, 3, 1])),
    "shuffle": image_case(node("Conv", "a w", "t"), node("Reshape", "t p", "u"), node("Transpose", "u", "v", perm=[0, 2, 1, 3, 4]),
                          node("Reshape", "v q", "b"), w=normal(6, C, 1, 1), p=I64(-1, 2, 3, H, W), q=I64(0, 6, H, W)),
    "slice": image_case(node("Slice", "a i e k", "b"), i=I64(1, 2), e=I64(3, -1), k=I64(1, 3)),
    "softmax": image_case(node("Softmax", "a", "b", axis=1)),
    "reduce": image_case(node("ReduceMean", "a", "b", axes=[2, 3], keepdims=1)),
    "reduce max": image_case(node("ReduceMax", "a", "b", axes=[1], keepdims=1)),
    "reduce sum": image_case(node("ReduceSum", "a k", "b", keepdims=1), k=I64(3)),
    "identity": image_case(node("Dropout", "a", "t"), node("Identity", "t", "b")),
    "pad for a pool": image_case(node("Pad", "a p v", "t"), node("MaxPool", "t", "b", kernel_shape=[3, 3], strides=[2, 2]),
                                 p=I64(0, 0, 2, 0, 0, 0, 1, 3), v=np.float32(-0.3)),
    "pad of rows in front": image_case(node("Transpose", "a", "t", perm=[0, 2, 3, 1]), node("Pad", "t p", "u"),
                                       node("Transpose", "u", "v", perm=[0, 3, 1, 2]), node("Conv", "v w", "z", strides=[2, 1]), node("Pad", "u q", "m"),
                                       node("Pad", "m r", "n"), node("Flatten", "n", "f"), node("Flatten", "z", "g"), node("Concat", "f g", "b", axis=1),
                                       p=I64(0, 0, 1, 0, 0, 2, 0, 0), q=I64(0, 1, 0, 0, 0, 0, 3, 0), r=I64(0, 0, 0, 0, 0, 1, 0, 0), w=normal(4, C, 3, 3)),
    "pad for two": image_case(node("Pad", "a p", "t"), node("Conv", "t w", "u"), node("Add", "t u", "b"), p=I64(0, 0, 1, 1, 0, 0, 0, 2),
                              w=normal(C, C, 1, 1)),
    "averagepool padded": image_case(node("AveragePool", "a", "b", kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1], count_include_pad=1)),
    "lrn": image_case(node("Conv", "a w", "t"), node("LRN", "t", "b", size=3, alpha=0.9, beta=0.6, bias=1.5), w=normal(6, C, 1, 1)),
    "instance norm": image_case(node("InstanceNormalization", "a g c", "b", epsilon=1e-3), g=normal(C), c=normal(C)),
    "layer norm": image_case(node("LayerNormalization", "a g c", "b"), g=normal(W), c=normal(W)),
    "layer norm of channels": image_case(node("Transpose", "a", "t", perm=[0, 2, 3, 1]), node("LayerNormalization", "t g", "u", epsilon=1e-6),
                                         node("Transpose", "u", "b", perm=[0, 3, 1, 2]), g=normal(C)),
    "layer norm of all": image_case(node("LayerNormalization", "a g c", "b", axis=1), g=normal(C, H, W), c=normal(C, H, W)),
    "matmul of channels": image_case(node("Transpose", "a", "t", perm=[0, 2, 3, 1]), node("MatMul", "t w", "u"), node("Add", "c u", "b"),
                                     w=normal(C, 5), c=normal(5)),
    "matmul of columns": image_case(node("MatMul", "a w", "b"), w=normal(W, 5)),
    "matmul of three axes": image_case(node("Reshape", "a p", "t"), node("MatMul", "t w", "b"), w=normal(H * W, 4), p=I64(0, C, -1)),
    "split": image_case(node("Split", "a", "t u v", axis=1), node("Concat", "v t u", "b", axis=1)),
    "split in sizes": image_case(node("Split", "a p", "t u", axis=-2), node("Concat", "u t", "b", axis=2), p=I64(2, 7)),
    "rows as one axis": image_case(node("Reshape", "a p", "t"), node("Softmax", "t", "b"), p=I64(0, C, H * W)),
    "axes apart": image_case(node("Reshape", "a p", "t"), node("Transpose", "t", "u", perm=[0, 3, 1, 2]), node("Reshape", "u q", "b"),
                             p=I64(0, C, 3, -1), q=I64(0, 24, C, 3)),
    "averagepool padded at the end": image_case(node("AveragePool", "a", "b", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 2, 1], count_include_pad=1)),
    "pow": image_case(node("Pow", "a e", "t"), node("Pow", "t n", "b"), e=np.float32([[[0.5]], [[1.5]], [[2]]]), n=I64(3)),
    "erf": image_case(node("Erf", "a", "b")),
    "erf of a gelu": image_case(node("Div", "a r", "t"), node("Erf", "t", "e"), node("Add", "e o", "f"), node("Mul", "a f", "g"), node("Add", "g e", "b"),
                                r=np.float32(2 ** 0.5), o=np.float32(1)),
    "split off": image_case(node("Split", "a k", "t u", axis=1), node("Concat", "u t", "b", axis=1), k=I64(1, 2)),
    "gather": image_case(node("Gather", "a k", "b", axis=2), k=I64(-1, 3, 4, 5, 0)),
    "slice steps": image_case(node("Slice", "a i e k v", "b"), i=I64(-1, 1), e=I64(-99, 99), k=I64(2, 3), v=I64(-2, 3)),
    "expand": image_case(node("GlobalAveragePool", "a", "t"), node("Expand", "t k", "b"), k=I64(1, C, 2, 3)),
    "max of three": image_case(node("Sigmoid", "a", "t"), node("Max", "a h t", "b"), h=np.float32(0.55)),
    "prelu of pixels": image_case(node("Sub", "a h", "t"), node("PRelu", "t w", "b"), h=np.float32(0.5), w=normal(C, H, W)),
    "topk": image_case(node("TopK", "a k", "b places", axis=1), k=I64(2)),
    "softmax of rows": image_case(node("Softmax", "a", "b", axis=2)),
    "computed constants": image_case(node("Range", "p q r", "t"), node("Cast", "t", "u", to=1), node("Expand", "u z", "v"), node("Where", "m v o", "w"),
                                     node("Add", "a w", "b"), p=np.int64(0), q=np.int64(W), r=np.int64(1), z=I64(C, 1, W),
                                     m=np.array([[[True]], [[False]], [[True]]]), o=np.float32(-1)),
}


def resize(inputs, **attributes):
    """Inputs may be left out."""
    return helper.make_node("Resize", inputs, ["b"], **attributes)


SCALES = np.float32([1, 1, 1.6, 0.7])
CASES |= {f"resize {mode} {transform}": image_case(resize(["a", "", "k"], mode=mode, coordinate_transformation_mode=transform), k=SCALES)
          for mode in ("nearest", "linear") for transform in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")}
CASES |= {f"resize {way}": image_case(resize(["a", "", "k"], mode="nearest", nearest_mode=way, coordinate_transformation_mode="asymmetric"), k=SCALES)
          for way in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")}
CASES["resize to sizes"] = image_case(node("Shape", "a", "s1"), node("Slice", "s1 zero two", "s2"), node("Concat", "s2 rest", "s3", axis=0),
                                      resize(["a", "", "", "s3"], mode="linear"), zero=I64(0), two=I64(2), rest=I64(14, 5))
FEATURES = C * H * W
VECTORS = {
    "gemm": ([node("Flatten", "a", "f"), node("Gemm", "f w c", "y")], {"w": normal(FEATURES, 5), "c": normal(5)}),
    "gemm transposed": ([node("Flatten", "a", "f"), node("Gemm", "f w c", "y", transB=1, alpha=0.5)], {"w": normal(5, FEATURES), "c": normal(1, 5)}),
    "matmul": ([node("Flatten", "a", "f"), node("MatMul", "f w", "t"), node("Add", "t c", "y")], {"w": normal(FEATURES, 5), "c": normal(5)}),
    "relu between": ([node("Flatten", "a", "f"), node("Relu", "f", "g"), node("MatMul", "g w", "y")], {"w": normal(FEATURES, 5)}),
    "features": ([node("Flatten", "a", "f"), node("Mul", "f v", "g"), node("MatMul", "g w", "y")], {"v": normal(FEATURES), "w": normal(FEATURES, 5)}),
    "computed shape": ([node("Shape", "a", "s1"), node("Gather", "s1 zero", "s2", axis=0), node("Unsqueeze", "s2 first", "s3"),
                        node("Concat", "s3 rest", "s4", axis=0), node("Reshape", "a s4", "f"), node("MatMul", "f w", "y")],
                       {"zero": np.int64(0), "first": I64(0), "rest": I64(-1), "w": normal(FEATURES, 5)}),
    "shapes from both ends": ([node("Slice", "t from to k by", "u"), node("Transpose", "u", "v"), node("Reshape", "v all", "p"), node("Pad", "a p", "q"),
                               node("Flatten", "q", "y")],
                              {"t": I64([1, 2], [3, 0], [0, 0], [0, 0], [7, 7]), "from": I64(-2), "to": I64(-2 ** 63 + 1), "k": I64(0),
                               "by": I64(-1), "all": I64(-1)}),
    "log softmax": ([node("GlobalAveragePool", "a", "p"), node("Squeeze", "p k", "q"), node("LogSoftmax", "q", "y")], {"k": I64(2, 3)}),
    "constant": ([helper.make_node("Constant", [], ["k"], value=numpy_helper.from_array(normal(FEATURES, 4))), node("Flatten", "a", "f"),
                  node("MatMul", "f k", "y")], {}),
    "norm of vectors": ([node("Flatten", "a", "f"), node("MatMul", "f w", "t"), node("BatchNormalization", "t g c m v", "y", epsilon=0.01)],
                        {"w": normal(FEATURES, 5), "g": normal(5), "c": normal(5), "m": normal(5), "v": np.abs(normal(5))}),
}


def tensor(name, dims, data=b"", kind=TensorProto.FLOAT):
    t = TensorProto(name=name, data_type=kind, raw_data=data)
    t.dims.extend(dims)
    return t


def outside(name, location):
    t = tensor(name, [4, C, 1, 1])
    t.ClearField("raw_data")
    t.data_location = TensorProto.EXTERNAL
    t.external_data.add(key="location", value=location)
    return t


LAST = node("Flatten", "b", "y")
HOSTILE = [
    ("a cycle", [node("Add", "x c", "b"), node("Relu", "b", "c"), LAST], [], "input 'c' is computed later"),
    ("itself", [node("Add", "x b", "b"), LAST], [], "computed later, or from this node"),
    ("missing", [node("Conv", "x w", "b"), LAST], [], "input 'w' does not exist"),
    ("twice", [node("Relu", "x", "b"), node("Relu", "x", "b"), LAST], [], "two values are called 'b'"),
    ("no output", [node("Relu", "x", "b")], [], "no node computes the output y"),
    ("dims overflow", [node("Conv", "x w", "b"), LAST], [tensor("w", [2 ** 40, 2 ** 40, 3, 3])], "product is too large"),
    ("dims negative", [node("Conv", "x w", "b"), LAST], [tensor("w", [4, -C, 1, 1])], "negative"),
    ("dims lie", [node("Conv", "x w", "b"), LAST], [tensor("w", [4, C, 1, 1], b"1234")], "not as long as its shape"),
    ("2^31 constants", [node("ConstantOfShape", "s", "w"), node("Conv", "x w", "b"), LAST],
     [tensor("s", [4], np.array([2 ** 10, 2 ** 9, 2 ** 6, 2 ** 6], np.int64).tobytes(), TensorProto.INT64)], "need more memory than 8 times the file"),
    ("endless constants", [node("ConstantOfShape", "s", "w"), node("Conv", "x w", "b"), LAST],
     [tensor("s", [2], np.array([2 ** 62, 2 ** 62], np.int64).tobytes(), TensorProto.INT64)], "need more memory"),
    ("2^31 by Expand", [node("Expand", "s t", "w"), node("Add", "x w", "b"), LAST],
     [tensor("s", [1], bytes(4)), tensor("t", [4], np.array([1, 2 ** 11, 2 ** 10, 2 ** 10], np.int64).tobytes(), TensorProto.INT64)], "need more memory"),
    ("a range of 2^62", [node("Range", "s t u", "w"), node("Reshape", "x w", "y")],
     [tensor(n, [], np.int64(v).tobytes(), TensorProto.INT64) for n, v in (("s", 0), ("t", 2 ** 52), ("u", 1))], "a range without end"),
    ("a range that stands still", [node("Range", "s t u", "w"), node("Reshape", "x w", "y")],
     [tensor(n, [], np.int64(v).tobytes(), TensorProto.INT64) for n, v in (("s", 0), ("t", 9), ("u", 0))], "a range without end"),
    ("more than all", [node("TopK", "x s", "b c"), LAST], [tensor("s", [1], np.int64(99).tobytes(), TensorProto.INT64)], "the 99 largest of the last axis"),
    ("parts", [node("Split", "x s", "b c", axis=1), LAST], [tensor("s", [2], np.array([2, 2], np.int64).tobytes(), TensorProto.INT64)], "parts of 4 of 3"),
    ("index", [node("Gather", "x s", "b", axis=1), LAST], [tensor("s", [1], np.int64(C).tobytes(), TensorProto.INT64)], "index 3 of 3"),
    ("step 0", [node("Slice", "x s t u v", "b"), LAST], [tensor(n, [1], np.int64(v).tobytes(), TensorProto.INT64) for n, v in (("s", 0), ("t", 2), ("u", 1), ("v", 0))],
     "a step of 0"),
    ("wrong type", [node("Conv", "x w", "b"), LAST], [tensor("w", [1, C, 1, 1], bytes(24), TensorProto.INT64)], "not a constant of real numbers"),
    ("complex", [node("Conv", "x w", "b"), LAST], [tensor("w", [1, C, 1, 1], bytes(24), TensorProto.COMPLEX64)], "type of elements is not supported"),
    ("strings", [node("Conv", "x w", "b"), LAST], [tensor("w", [1, C, 1, 1], bytes(24), TensorProto.STRING)], "type of elements is not supported"),
    ("outside", [node("Conv", "x w", "b"), LAST], [outside("w", "../../etc/passwd")], "outside of the folder of the model"),
    ("huge stride", [node("Conv", "x w", "b", strings=["a"]), LAST], [tensor("w", [1, C, 1, 1], bytes(12))], "attribute 'strings'"),
    ("huge pads", [node("MaxPool", "x", "b", kernel_shape=[2, 2], pads=[2 ** 62] * 4), LAST], [], "pads must be 0 to"),
    ("window 0", [node("MaxPool", "x", "b", kernel_shape=[0, 0]), LAST], [], "kernel_shape must be 1 to"),
    ("nodes", [node("Relu", "x", f"b{i}") for i in range(100001)], [], "too many nodes"),
    ("other domain", [helper.make_node("Relu", ["x"], ["b"], domain="com.microsoft"), LAST], [], "domain 'com.microsoft'"),
    ("a graph inside", [helper.make_node("If", ["x"], ["b"], then_branch=helper.make_graph([], "t", [], []),
                                         else_branch=helper.make_graph([], "e", [], [])), LAST], [], "unsupported"),
    ("division by 0", [node("Div", "s t", "u"), node("Reshape", "x u", "y")],
     [tensor("s", [2], np.array([1, 1], np.int64).tobytes(), TensorProto.INT64), tensor("t", [2], bytes(16), TensorProto.INT64)], "divided by 0"),
    ("not finite", [node("Conv", "x w", "b"), LAST], [tensor("w", [1, C, 1, 1], np.full(C, np.nan, np.float32).tobytes())], "'w' has a value that is not finite"),
]


class Imported(unittest.TestCase):
    def check(self, path, nodes, weights, **options):
        pixels, expected = save(path, nodes, weights, (C, H, W), **options)
        found = LIBRARY.predict(path, pixels.transpose(0, 2, 3, 1), expected[0].shape[1])
        np.testing.assert_allclose(found, expected[0], rtol=1e-4, atol=1e-4)

    def test_operators_on_images(self):
        for name, (nodes, weights) in CASES.items():
            with self.subTest(name):
                self.check("case.onnx", nodes, weights)

    def test_operators_on_vectors(self):
        for name, (nodes, weights) in VECTORS.items():
            with self.subTest(name):
                self.check("case.onnx", [node("Mul", "x s", "a"), *nodes], SMALL | weights)

    def test_a_batch_fixed_to_1(self):
        self.check("case.onnx", [node("Reshape", "x p", "f"), node("MatMul", "f w", "y")], {"p": I64(1, -1), "w": normal(FEATURES, 5, scale=1e-3)}, batch=1)

    def test_newer_operators(self):
        for name, nodes in {"mish": [node("Mish", "a", "b")], "gelu": [node("Gelu", "a", "b")], "hard swish": [node("HardSwish", "a", "b")],
                            "split": [node("Split", "a", "t u", axis=2, num_outputs=2), node("Concat", "u t", "b", axis=2)],
                            "reduce": [node("ReduceMean", "a k", "b")]}.items():
            with self.subTest(name):
                self.check("case.onnx", *image_case(*nodes, **({"k": I64(1)} if name == "reduce" else {})), opset=20, ir=9)

    def test_older_operators(self):
        nodes, weights = image_case(helper.make_node("Clip", ["a"], ["b"], min=0.1, max=0.6))
        self.check("case.onnx", nodes, weights, opset=9, ir=4)
        nodes, weights = image_case(helper.make_node("Split", ["a"], ["t", "u"], axis=1, split=[1, 2]), node("Concat", "u t", "b", axis=1))
        self.check("case.onnx", nodes, weights, opset=11, ir=6)
        nodes, weights = image_case(node("Upsample", "a k", "b", mode="nearest"), k=np.float32([1, 1, 2, 3]))
        self.check("case.onnx", nodes, weights, opset=9, ir=4)

    def test_what_is_not_supported_is_named(self):
        nodes, weights = image_case(resize(["a", "", "k"], mode="cubic"), k=SCALES)
        save("case.onnx", nodes, weights, (C, H, W))
        done = ocellus("show", "case.onnx")
        self.assertEqual(done.returncode, 69)
        self.assertRegex(done.stderr, r"case.onnx: node 'b' \(Resize, opset 17\): unsupported: mode 'cubic'")

    def test_a_chain_of_nodes_that_ends_in_itself_and_missing_values_are_refused(self):
        for name, nodes, weights, words in HOSTILE:
            with self.subTest(name):
                graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", C, H, W])],
                                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], weights)
                onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), "hostile.onnx")
                done = ocellus("show", "hostile.onnx")
                self.assertIn(done.returncode, (65, 69))
                self.assertRegex(done.stderr, words)

    def test_data_in_other_files(self):
        nodes, weights = image_case(node("Conv", "a w c", "b"), w=normal(4, C, 3, 3), c=normal(4))
        pixels, expected = save("whole.onnx", nodes, weights, (C, H, W))
        for one, name in ((True, "one"), (False, "each")):
            os.makedirs(name, exist_ok=True)
            onnx.save(onnx.load("whole.onnx"), f"{name}/model.onnx", save_as_external_data=True, all_tensors_to_one_file=one,
                      location="weights.bin" if one else None, size_threshold=0)
            found = LIBRARY.predict(f"{name}/model.onnx", pixels.transpose(0, 2, 3, 1), expected[0].shape[1])
            np.testing.assert_allclose(found, expected[0], rtol=1e-4, atol=1e-4)

    def test_what_is_not_beneath_the_folder_or_not_whole_is_refused(self):
        size = 4 * 4 * C
        os.makedirs("model/deeper", exist_ok=True)
        for name in ("secret", "model/plain", "model/linked", "model/short"):
            pathlib.Path(name).write_bytes(bytes(size if name != "model/short" else size - 4))
        for link, target in (("model/soft", "plain"), ("model/up", "../secret"), ("model/folder", "deeper")):
            if not os.path.islink(link):
                os.symlink(target, link)
        if not os.path.exists("model/second"):
            os.link("model/linked", "model/second")
        if not os.path.exists("model/pipe"):
            os.mkfifo("model/pipe")
        absolute = os.path.abspath("model/plain")
        cases = [({"location": "plain"}, 0, ""), ({"location": "deeper/../plain", "offset": "0", "length": str(size)}, 0, ""),
                 ({"location": "../secret"}, 69, "outside of the folder"), ({"location": "deeper/../../secret"}, 69, "outside"),
                 ({"location": absolute}, 69, "outside"), ({"location": "soft"}, 69, "symbolic link"), ({"location": "up"}, 69, "symbolic link"),
                 ({"location": "folder/../plain"}, 69, "symbolic link"), ({"location": "linked"}, 69, "more than one name"),
                 ({"location": "pipe"}, 69, "not a regular file"), ({"location": "deeper"}, 69, "not a regular file"),
                 ({"location": "absent"}, 66, "no such file"), ({"location": "short"}, 65, "not within the file"),
                 ({"location": "plain", "offset": "4"}, 65, "not within the file"), ({"location": "plain", "offset": "-4"}, 65, "must be numbers"),
                 ({"location": "plain", "offset": "9" * 18}, 65, "not within the file"), ({"location": "plain", "length": str(size - 4)}, 65, "not that of the tensor"),
                 ({"location": "plain", "length": "x"}, 65, "must be numbers"), ({"location": ""}, 65, "no location"), ({"offset": "0"}, 65, "no location")]
        for keys, code, words in cases:
            with self.subTest(keys):
                w = outside("w", "")
                del w.external_data[:]
                for key, value in keys.items():
                    w.external_data.add(key=key, value=value)
                graph = helper.make_graph([node("Conv", "x w", "b"), LAST], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", C, H, W])],
                                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [w])
                pathlib.Path("model/m.onnx").write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
                done = ocellus("show", "model/m.onnx")
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)

    def test_a_file_without_a_rule_for_images_is_shown_and_refused(self):
        pixels, _ = save("case.onnx", *image_case(node("GlobalAveragePool", "a", "b")), (C, H, W))
        model = onnx.load("case.onnx")
        del model.metadata_props[:]
        onnx.save(model, "case.onnx")
        self.assertEqual(ocellus("show", "case.onnx").returncode, 0)
        self.assertEqual(ocellus("plan", "case.onnx", "--inference").returncode, 0)
        pathlib.Path("image.ppm").write_bytes(b"P6 8 9 255\n" + pixels[0].transpose(1, 2, 0).tobytes())
        done = ocellus("predict", "case.onnx", "image.ppm")
        self.assertEqual(done.returncode, 69)
        self.assertIn("rule for images", done.stderr)


if __name__ == "__main__":
    unittest.main()
