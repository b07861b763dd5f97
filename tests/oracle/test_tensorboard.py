"""What the real tensorboard package reads from the files of a training run and of the library call, compared with what
the run measured elsewhere (metrics.jsonl, the model file), with NumPy, and with TensorFlow's own messages."""
import ctypes
import glob
import io
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import numpy as np
from google.protobuf import unknown_fields
from PIL import Image
from safetensors.numpy import load_file
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto import event_pb2, graph_pb2, summary_pb2
from tensorboard.util import tensor_util

SOURCE = pathlib.Path(os.environ["OCELLUS_SOURCE"])
NET = "conv 5x5x8 relu | maxpool 2 | conv 3x3x4 same stride 2 | batchnorm | dense 16 relu | dropout 0.5 | dense CLASSES"
EPOCHS, BATCH, IMAGES = 3, 64, 500
STEPS = math.ceil(IMAGES / BATCH)


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(77)


def ocellus(*arguments):
    done = subprocess.run([os.environ["OCELLUS"], *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode == 69:
        skip("this build cannot write for TensorBoard (no protobuf-c)")
    return done


def train(folder, *more):
    done = ocellus("train", "digits:600:100", "--net", NET, "--lr", "2e-3", "--epochs", str(EPOCHS), "--quiet",
                   "--out", f"{folder}/run", "--tensorboard", f"{folder}/logs", *more)
    assert done.returncode == 0, done.stderr


def load(folder):
    loaded = event_accumulator.EventAccumulator(str(folder), event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE)
    return loaded.Reload()


def events(folder):
    return [e for path in sorted(glob.glob(f"{folder}/*")) for e in LegacyEventFileLoader(path).Load()]


def scalars(loaded, tag):
    return {e.step: e.value for e in loaded.Scalars(tag)}


def histograms(loaded, tag):
    return {e.step: e.histogram_value for e in loaded.Histograms(tag)}


def image(loaded, tag):
    e = loaded.Images(tag)[-1]
    image = Image.open(io.BytesIO(e.encoded_image_string))
    assert (e.width, e.height) == image.size
    return np.asarray(image)


def text(loaded, tag):
    return tensor_util.make_ndarray(loaded.Tensors(tag)[0].tensor_proto).item().decode()


def unknown(message):
    """Fields of a message, at any depth, that TensorFlow's definitions do not have."""
    found = [f.field_number for f in unknown_fields.UnknownFieldSet(message)]
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            parts = [v for v in value.values() if hasattr(v, "ListFields")]
        else:
            parts = [value] if hasattr(value, "ListFields") else list(value)
        for part in parts:
            found += unknown(part)
    return found


def check_graph(test, graph):
    """Every input names an operation (with that many outputs) that stands somewhere, control inputs last."""
    nodes = {n.name: n for n in graph.node}
    test.assertEqual(len(nodes), len(graph.node))
    for n in graph.node:
        controls = [i.startswith("^") for i in n.input]
        test.assertEqual(controls, sorted(controls), n.name)
        for i in n.input:
            name, _, output = i.lstrip("^").partition(":")
            test.assertIn(name, nodes, n.name)
            if not i.startswith("^"):
                test.assertLess(int(output or 0), len(nodes[name].attr["_output_shapes"].list.shape), n.name)
    return nodes


def shapes(node):
    return [[d.size for d in s.dim] for s in node.attr["_output_shapes"].list.shape]


class Messages(unittest.TestCase):
    def test_numbers_and_types_are_tensorflows(self):
        """Each field of event.proto against the field of that number in the real message."""
        real = {"Event": event_pb2.Event, "SessionLog": event_pb2.SessionLog, "Summary": summary_pb2.Summary,
                "SummaryMetadata": summary_pb2.SummaryMetadata, "GraphDef": graph_pb2.GraphDef}
        real = {k: v.DESCRIPTOR for k, v in real.items()}
        real["HistogramProto"] = real["Summary"].nested_types_by_name["Value"].fields_by_name["histo"].message_type
        real["NodeDef"] = real["GraphDef"].fields_by_name["node"].message_type
        real["VersionDef"] = real["GraphDef"].fields_by_name["versions"].message_type
        real["AttrValue"] = real["NodeDef"].nested_types_by_name["AttrEntry"].fields_by_name["value"].message_type
        real["TensorProto"] = real["AttrValue"].fields_by_name["tensor"].message_type
        real["TensorShapeProto"] = real["AttrValue"].fields_by_name["shape"].message_type
        path, checked = [], 0
        for line in (SOURCE / "src/formats/proto/event.proto").read_text().splitlines():
            line = line.split("//")[0].strip()
            if opened := re.match(r"(message|enum|oneof) (\w+) \{", line):
                path.append(opened.groups())
            elif line == "}":
                path.pop()
            elif field := re.match(r"(repeated )?(\w+) (\w+) = (\d+);", line):
                names = [name for kind, name in path if kind == "message"]
                descriptor = real[names[0]]
                for name in names[1:]:
                    descriptor = descriptor.nested_types_by_name[name]
                wanted = descriptor.fields_by_name[field[3]]
                kind = wanted.message_type or wanted.enum_type
                types = {1: "double", 2: "float", 3: "int64", 5: "int32", 8: "bool", 9: "string", 12: "bytes"}
                self.assertEqual(wanted.number, int(field[4]), line)
                self.assertEqual(kind.name if kind else types[wanted.type], field[2], line)
                self.assertEqual(wanted.is_repeated, bool(field[1]), line)
                checked += 1
            elif value := re.match(r"(\w+) = (\d+);", line):
                enum = {"DataType": real["TensorProto"].fields_by_name["dtype"].enum_type,
                        "SessionStatus": real["SessionLog"].fields_by_name["status"].enum_type}[path[-1][1]]
                self.assertEqual(enum.values_by_name[value[1]].number, int(value[2]), line)
                checked += 1
        self.assertGreater(checked, 50)


class Training(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree("training", ignore_errors=True)
        train("training")
        cls.loaded = load("training/logs")
        cls.metrics = [json.loads(x) for x in pathlib.Path("training/run/metrics.jsonl").read_text().splitlines()]
        cls.ends = [STEPS * e for e in range(1, EPOCHS + 1)]

    def test_no_field_is_unknown(self):
        read = events("training/logs")
        self.assertEqual(read[0].file_version, "brain.Event:2")
        self.assertEqual([e.session_log.status for e in read if e.HasField("session_log")], [1])
        for e in read:
            self.assertEqual(unknown(e), [])
            self.assertGreater(e.wall_time, 1.6e9)
            if e.graph_def:
                self.assertEqual(unknown(graph_pb2.GraphDef.FromString(e.graph_def)), [])

    def test_curves(self):
        steps = list(range(1, EPOCHS * STEPS + 1))
        for tag in "loss/step", "learning_rate", "gradient_norm", "images_per_second/step":
            self.assertEqual([e.step for e in self.loaded.Scalars(tag)], steps, tag)
        for tag in "loss/epoch", "loss/validation", "accuracy/validation", "images_per_second/epoch":
            self.assertEqual([e.step for e in self.loaded.Scalars(tag)], self.ends, tag)
        self.assertEqual(set(scalars(self.loaded, "learning_rate").values()), {np.float32(2e-3)})

    def test_epochs_are_those_of_the_metrics(self):
        for tag, key in (("loss/epoch", "loss"), ("accuracy/validation", "valid_accuracy"),
                         ("images_per_second/epoch", "images_per_second")):
            np.testing.assert_allclose(list(scalars(self.loaded, tag).values()), [m[key] for m in self.metrics],
                                       rtol=1e-6)

    def test_loss_of_an_epoch_is_the_mean_over_its_images(self):
        loss = scalars(self.loaded, "loss/step")
        sizes = [BATCH] * (STEPS - 1) + [IMAGES - BATCH * (STEPS - 1)]
        for i, end in enumerate(self.ends):
            mean = np.average([loss[s] for s in range(end - STEPS + 1, end + 1)], weights=sizes)
            np.testing.assert_allclose(mean, self.metrics[i]["loss"], rtol=1e-6)

    def test_gradient_norm_agrees_with_the_histograms(self):
        norm = scalars(self.loaded, "gradient_norm")
        tags = [t for t in self.loaded.Tags()["histograms"] if t.endswith("/gradient")]
        self.assertEqual(len(tags), 10)  # weights and biases of four layers, gamma and beta
        for end in self.ends:
            squares = sum(histograms(self.loaded, t)[end].sum_squares for t in tags)
            np.testing.assert_allclose(norm[end], math.sqrt(squares), rtol=1e-6)

    def test_histograms_of_the_last_weights_are_numpys(self):
        weights = load_file("training/run/last.safetensors")
        tags = [t for t in self.loaded.Tags()["histograms"] if not t.endswith("/gradient")]
        self.assertEqual(len(tags), 12)
        for tag in tags:
            w, all_h = weights[tag].astype(np.float64), histograms(self.loaded, tag)
            self.assertEqual(list(all_h), [0] + self.ends, tag)
            h = all_h[self.ends[-1]]
            self.assertEqual((h.num, h.min, h.max), (w.size, w.min(), w.max()), tag)
            np.testing.assert_allclose([h.sum, h.sum_squares], [w.sum(), (w * w).sum()], rtol=1e-9, atol=1e-12)
            edges = np.concatenate([[h.min], h.bucket_limit])
            np.testing.assert_allclose(edges, np.linspace(w.min(), w.max(), 65), rtol=1e-12)
            # A value on an edge may be counted on either side of it.
            self.assertLessEqual(np.abs(np.cumsum(h.bucket) - np.cumsum(np.histogram(w, edges)[0])).max(), 1, tag)

    def test_pictures(self):
        for tag in "first_layer/kernels", "validation/mistakes", "validation/confusion":
            self.assertEqual([e.step for e in self.loaded.Images(tag)],
                             ([0] if "kernels" in tag else []) + self.ends, tag)
        confusion = image(self.loaded, "validation/confusion")
        self.assertEqual(confusion.shape[0], confusion.shape[1])
        self.assertGreater(np.ptp(confusion.astype(int), axis=2).max(), 50)  # it has colors

    def test_kernels_are_the_weights(self):
        """Blue where a weight is negative, red where positive, the darker the larger."""
        w = load_file("training/run/last.safetensors")["conv_1/_weights"]
        drawn = image(self.loaded, "first_layer/kernels").astype(int)
        for k in range(8):
            top, left = 4 + k // 3 * 44, 4 + k % 3 * 44
            for y in range(5):
                for x in range(5):
                    red, _, blue = drawn[top + 8 * y + 4, left + 8 * x + 4]
                    share = w[y, x, 0, k] / np.abs(w).max()
                    self.assertAlmostEqual(red if share < 0 else blue, 255 - abs(share) * (255 - (33 if share < 0 else 43)),
                                           delta=1.01)

    def test_mistakes_are_counted(self):
        """The sheet is as high as its rows need: six to a row, six rows at most."""
        wrong = round((1 - self.metrics[-1]["valid_accuracy"]) * 100)
        rows = min(6, math.ceil(wrong / 6))
        self.assertEqual(image(self.loaded, "validation/mistakes").shape, (14 + 16 + rows * 118, 632, 3))

    def test_texts(self):
        options = dict(re.findall(r"^\| (\w+) \| (.*) \|$", text(self.loaded, "options"), re.M))
        recorded = json.loads(pathlib.Path("training/run/run.json").read_text())["provenance"]["training"]
        for key in recorded:
            self.assertIn(key, options)
        self.assertEqual(options["net"].replace("\\|", "|"), recorded["net"])
        self.assertEqual((options["optimizer"], float(options["learning_rate"]), options["epochs"]), ("adam", 2e-3, "3"))
        layers = text(self.loaded, "layers").splitlines()
        self.assertEqual(layers[2], "| conv_1 | conv 5x5x8 relu | (?, 24, 24, 8) | 208 | 115200 |")

    def test_graph(self):
        nodes = check_graph(self, self.loaded.Graph())
        wanted = {"tf_x": "Placeholder", "tf_y": "Placeholder", "conv_1/_weights": "VariableV2",
                  "conv_1/Conv2D": "Conv2D", "conv_1/net_pre-activation": "BiasAdd", "conv_1/activation": "Relu",
                  "maxpool_1/MaxPool": "MaxPool", "conv_2/Conv2D": "Conv2D", "fc_3/Reshape": "Reshape",
                  "fc_3/MatMul": "MatMul", "dropout_1/keep_prob": "Const", "dropout_1/dropout": "Dropout",
                  "fc_4/MatMul": "MatMul", "probabilities": "Softmax", "labels": "ArgMax", "tf_y_onehot": "OneHot",
                  "cross_entropy_loss": "Mean", "correct_preds": "Equal", "accuracy": "Mean"}
        for name, op in wanted.items():
            self.assertEqual(nodes[name].op, op, name)
        self.assertEqual(list(nodes["conv_1/Conv2D"].input), ["tf_x", "conv_1/_weights"])
        self.assertEqual(list(nodes["conv_1/net_pre-activation"].input), ["conv_1/Conv2D", "conv_1/_biases"])
        self.assertEqual(shapes(nodes["tf_x"]), [[-1, 28, 28, 1]])
        self.assertEqual(shapes(nodes["conv_1/activation"]), [[-1, 24, 24, 8]])
        self.assertEqual(shapes(nodes["cross_entropy_loss"]), [[]])
        self.assertEqual(shapes(nodes["labels"]), [[-1]])

    def test_graph_is_the_one_that_is_trained(self):
        """With gradients, updates and train_op, which are a part of it."""
        nodes = check_graph(self, self.loaded.Graph())
        variables = [n for n in nodes if re.fullmatch(r"(conv|fc)_\d/_(weights|biases)|batchnorm_1/(gamma|beta)", n)]
        self.assertEqual(len(variables), 10)
        for name in variables:
            update = nodes[f"train/{name}/ApplyAdam"]
            self.assertEqual(list(update.input)[:3], [name, f"{name}/Adam", f"{name}/Adam_1"])
            self.assertTrue(any(i.startswith("gradients/") for i in update.input), list(update.input))
        weights = {tuple(shapes(n)[0]) for n in nodes.values() if n.op == "Conv2DBackpropFilter"}
        self.assertEqual(weights, {(5, 5, 1, 8), (3, 3, 8, 4)})
        self.assertEqual(nodes["train_op"].op, "NoOp")
        self.assertTrue(all(i.startswith("^") for i in nodes["train_op"].input))

    def test_attributes(self):
        nodes = {n.name: n for n in self.loaded.Graph().node}
        conv = nodes["conv_2/Conv2D"].attr
        self.assertEqual(list(conv["strides"].list.i), [1, 2, 2, 1])
        self.assertEqual(list(conv["dilations"].list.i), [1, 1, 1, 1])
        self.assertEqual((conv["padding"].s, conv["data_format"].s, conv["T"].type), (b"SAME", b"NHWC", 1))
        self.assertEqual(nodes["conv_1/Conv2D"].attr["padding"].s, b"VALID")
        pool = nodes["maxpool_1/MaxPool"].attr
        self.assertEqual(list(pool["ksize"].list.i), [1, 2, 2, 1])
        self.assertEqual(list(pool["strides"].list.i), [1, 2, 2, 1])
        self.assertEqual([d.size for d in nodes["conv_1/_weights"].attr["shape"].shape.dim], [5, 5, 1, 8])
        keep = tensor_util.make_ndarray(nodes["dropout_1/keep_prob"].attr["value"].tensor)
        self.assertEqual((keep.shape, keep.dtype, keep.item()), ((), np.float32, 0.5))
        self.assertEqual((nodes["Cast"].attr["SrcT"].type, nodes["Cast"].attr["DstT"].type), (4, 1))

    def test_resumed_run_goes_on_where_it_stopped(self):
        """Two epochs more in the same folder: one curve, and nothing of it twice."""
        shutil.copytree("training", "resumed", dirs_exist_ok=True)
        done = ocellus("train", "--resume", "resumed/run", "--epochs", str(EPOCHS + 2), "--quiet",
                       "--tensorboard", "resumed/logs")
        self.assertEqual(done.returncode, 0, done.stderr)
        loaded = load("resumed/logs")
        self.assertEqual([e.step for e in loaded.Scalars("loss/step")], list(range(1, (EPOCHS + 2) * STEPS + 1)))
        self.assertEqual(len(loaded.Scalars("accuracy/validation")), EPOCHS + 2)
        shutil.rmtree("resumed")

    def test_new_run_in_an_old_folder_takes_its_place(self):
        shutil.copytree("training/logs", "again/logs", dirs_exist_ok=True)
        train("again", "--valid", "100", "--batch", "250", "--force")
        self.assertEqual([e.step for e in load("again/logs").Scalars("loss/step")], [1, 2, 3, 4, 5, 6])
        shutil.rmtree("again")


# ---- the library call, by ctypes

class Shape(ctypes.Structure):
    _fields_ = [("rank", ctypes.c_int), ("dim", ctypes.c_int64 * 8)]


class Node(ctypes.Structure):
    _fields_ = [("number", ctypes.c_int32), ("out", ctypes.c_int32)]


class Tensor(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_int), ("shape", Shape), ("data", ctypes.c_void_p)]


class Init(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("value", ctypes.c_double), ("not_trainable", ctypes.c_bool)]


class Conv2d(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("stride", ctypes.c_int64 * 2), ("dilation", ctypes.c_int64 * 2), ("groups", ctypes.c_int64),
                ("padding", ctypes.c_int), ("pad", ctypes.c_int64 * 4), ("flip", ctypes.c_bool)]


class ImageShape(ctypes.Structure):
    _fields_ = [("height", ctypes.c_int64), ("width", ctypes.c_int64), ("channels", ctypes.c_int64)]


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("where", ctypes.c_char * 256), ("message", ctypes.c_char * 512),
                ("hint", ctypes.c_char * 256)]


def shape_of(*dims):
    return Shape(len(dims), (ctypes.c_int64 * 8)(*dims))


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lib = ctypes.CDLL(os.environ["OCELLUS_LIBRARY"])
        for name in "placeholder variable scalar relu add multiply reduce_mean conv2d minimize".split():
            getattr(cls.lib, "oc_" + name).restype = Node
        cls.lib.oc_scalar.argtypes = [ctypes.c_void_p, ctypes.c_double]
        cls.lib.oc_tensorboard_scalar.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.c_double,
                                                  ctypes.c_void_p]
        shutil.rmtree("board", ignore_errors=True)

    def call(self, name, *arguments):
        err = Error()
        status = getattr(self.lib, name)(*arguments, ctypes.byref(err))
        if status == 11:
            self.skipTest("this build cannot write for TensorBoard (no protobuf-c)")
        self.assertEqual(status, 0, (err.where, err.message))

    def board(self, folder):
        board = ctypes.c_void_p()
        self.call("oc_tensorboard_open", folder.encode(), ctypes.c_int64(0), ctypes.byref(board))
        return board

    def graph(self):
        """Two convolutions of one input, explicit padding and true convolution among them, and a training step."""
        g, lib = ctypes.c_void_p(), self.lib
        self.call("oc_graph_create", None, ctypes.byref(g))
        x = lib.oc_placeholder(g, b"x", 0, shape_of(-1, 9, 8, 4))
        sums = []
        for i, (padding, pad, groups, flip) in enumerate(((3, (1, 0, 2, 3), 2, True), (1, (0,) * 4, 1, False))):
            lib.oc_scope_push(g, b"side_%d" % i)
            w = lib.oc_variable(g, b"w", shape_of(3, 2, 4 // groups, 6), Init(3, 0, False))
            options = Conv2d(0, (1, 2), (2, 1), groups, padding, pad, flip)
            y = lib.oc_relu(g, lib.oc_conv2d(g, x, w, ctypes.byref(options)))
            sums.append(lib.oc_reduce_mean(g, lib.oc_multiply(g, y, y), 0))
            lib.oc_scope_pop(g)
        lib.oc_minimize(g, lib.oc_add(g, *sums), None)
        self.call("oc_graph_status", g)
        return g

    def test_graph_with_its_training_step(self):
        g, board = self.graph(), self.board("board/graph")
        self.call("oc_tensorboard_graph", board, g)
        self.call("oc_tensorboard_close", board)
        self.lib.oc_graph_free(g)
        nodes = check_graph(self, load("board/graph").Graph())
        first, second = nodes["side_0/Conv2D"].attr, nodes["side_1/Conv2D"].attr
        self.assertEqual(first["padding"].s, b"EXPLICIT")
        self.assertEqual(list(first["explicit_paddings"].list.i), [0, 0, 1, 0, 2, 3, 0, 0])
        self.assertEqual((first["groups"].i, first["flip"].b), (2, True))
        self.assertEqual(list(first["strides"].list.i), [1, 1, 2, 1])
        self.assertEqual(list(first["dilations"].list.i), [1, 2, 1, 1])
        self.assertEqual(second["padding"].s, b"SAME")
        for name in "side_0", "side_1":
            update = nodes[f"train/{name}/w/ApplyAdam"]
            self.assertEqual(update.op, "ApplyAdam")
            self.assertEqual(list(update.input)[:3], [f"{name}/w", f"{name}/w/Adam", f"{name}/w/Adam_1"])
            self.assertAlmostEqual(update.attr["beta2"].f, 0.999, places=6)
            self.assertNotIn("_output_shapes", update.attr)
        step = [n for n in nodes.values() if n.op == "Conv2DBackpropFilter"]
        self.assertEqual(sorted(shapes(n)[0] for n in step), [[3, 2, 2, 6], [3, 2, 4, 6]])
        self.assertEqual({n.attr["padding"].s for n in step}, {b"EXPLICIT", b"SAME"})
        self.assertEqual(nodes["train_op"].op, "NoOp")
        self.assertTrue(nodes["train_op"].input and all(i.startswith("^") for i in nodes["train_op"].input))
        self.assertTrue(any(i.startswith("^") for i in nodes["train/AssignAdd"].input))

    def test_any_number(self):
        board, values = self.board("board/scalars"), [0.0, -1.5, 1e-30, 3.4e38, math.inf, -math.inf, math.nan]
        for i, value in enumerate(values):
            self.call("oc_tensorboard_scalar", board, b"a b/c-d.e_f", i, value)
        self.call("oc_tensorboard_close", board)
        read = [e.value for e in load("board/scalars").Scalars("a b/c-d.e_f")]
        np.testing.assert_array_equal(read, np.array(values, np.float32))

    def test_histograms_of_every_type(self):
        board, random = self.board("board/histograms"), np.random.default_rng(5)
        made = [random.standard_normal((7, 11)).astype(np.float32), random.standard_normal(1000) * 1e-200,
                random.integers(0, 256, 300, np.uint8), random.integers(-10**9, 10**9, (2, 3, 4), np.int32),
                np.full(9, -2.5), np.array(3.0)]
        for i, values in enumerate(made):
            dtype = ["float32", "float64", "uint8", "int32"].index(values.dtype.name)
            tensor = Tensor(dtype, shape_of(*values.shape), values.ctypes.data)
            self.call("oc_tensorboard_histogram", board, b"h%d" % i, ctypes.c_int64(-i), ctypes.byref(tensor))
        self.call("oc_tensorboard_close", board)
        loaded = load("board/histograms")
        for i, values in enumerate(made):
            (step, h), = histograms(loaded, f"h{i}").items()
            self.assertEqual((step, h.num, h.min, h.max), (-i, values.size, values.min(), values.max()))
            np.testing.assert_allclose(h.sum, values.sum(dtype=np.float64), rtol=1e-9)
            self.assertEqual(sum(h.bucket), values.size)
            if values.min() < values.max():
                counted = np.histogram(values.astype(np.float64), np.concatenate([[h.min], h.bucket_limit]))[0]
                self.assertLessEqual(np.abs(np.cumsum(h.bucket) - np.cumsum(counted)).max(), 1)

    def test_images_are_what_was_given(self):
        board, random = self.board("board/images"), np.random.default_rng(6)
        made = {1: random.integers(0, 256, (31, 17, 1), np.uint8), 3: random.integers(0, 256, (8, 200, 3), np.uint8)}
        for channels, pixels in made.items():
            self.call("oc_tensorboard_image", board, b"p%d" % channels, ctypes.c_int64(7),
                      ImageShape(*pixels.shape), pixels.ctypes.data_as(ctypes.c_void_p))
        self.call("oc_tensorboard_close", board)
        loaded = load("board/images")
        for channels, pixels in made.items():
            np.testing.assert_array_equal(image(loaded, f"p{channels}").reshape(pixels.shape), pixels)

    def test_text_in_any_language(self):
        board, words = self.board("board/texts"), "# Überschrift\n\n| α | β |\n|---|---|\n| 一 | 二 |\n"
        self.call("oc_tensorboard_text", board, b"note", ctypes.c_int64(0), words.encode())
        self.call("oc_tensorboard_close", board)
        self.assertEqual(text(load("board/texts"), "note"), words)

    def test_damaged_record_is_noticed(self):
        """The reader itself checks the sums: it stops at a record with one bit turned."""
        board = self.board("board/damaged")
        for i in range(3):
            self.call("oc_tensorboard_scalar", board, b"a", i, 1.0)
        self.call("oc_tensorboard_close", board)
        path, = glob.glob("board/damaged/*")
        content = bytearray(pathlib.Path(path).read_bytes())
        self.assertEqual(len(events("board/damaged")), 5)
        content[-6] ^= 1
        pathlib.Path(path).write_bytes(content)
        self.assertEqual(len(events("board/damaged")), 4)


if __name__ == "__main__":
    unittest.main()
