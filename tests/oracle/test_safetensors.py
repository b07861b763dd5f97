"""Model files and Python's safetensors package: each reads what the other wrote."""
import hashlib
import json
import os
import struct
import subprocess
import unittest

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

OCELLUS = os.environ["OCELLUS"]
DATA = "xo:300:60"
NET = "conv 3x3x4 relu | batchnorm | maxpool 2 | dense 8 relu | dense 2"


def ocellus(*arguments):
    return subprocess.run([OCELLUS, *arguments], capture_output=True, text=True, check=False)


def metadata_of(path):
    with safe_open(path, framework="numpy") as f:
        return f.metadata()


def data_of(path):
    """All bytes behind the header."""
    with open(path, "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        f.seek(8 + size)
        return f.read()


class ModelFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = ocellus("train", DATA, "--net", NET, "--epochs", "2", "--out", "run", "--force")
        assert done.returncode == 0, done.stderr
        cls.model, cls.last = "run/model.safetensors", "run/last.safetensors"

    def test_python_reads_names_shapes_and_types(self):
        tensors = load_file(self.model)
        self.assertEqual(tensors["conv_1/_weights"].shape, (3, 3, 1, 4))
        self.assertEqual(tensors["conv_1/_weights"].dtype, np.float32)
        self.assertEqual(tensors["input/mean"].ndim, 3)
        self.assertEqual(tensors["input/deviation"].shape, ())
        self.assertEqual(tensors["input/deviation"].dtype, np.float64)
        self.assertGreater(tensors["input/deviation"], 0)
        self.assertGreater(np.abs(tensors["conv_1/_weights"]).max(), 0)

    def test_python_reads_the_metadata(self):
        meta = metadata_of(self.model)
        self.assertEqual(meta["format"], "ocellus")
        self.assertEqual(meta["format_version"], "1")
        self.assertEqual(meta["net"], NET)
        self.assertEqual(json.loads(meta["classes"]), ["X", "O"])
        self.assertEqual(json.loads(meta["provenance"])["training"]["optimizer"], "adam")
        self.assertEqual(meta["sha256"], hashlib.sha256(data_of(self.model)).hexdigest())

    def test_python_reads_checkpoints(self):
        tensors = load_file(self.last)
        weights = [n for n in tensors if n.startswith("best/")]
        self.assertTrue(weights)
        for name in weights:
            self.assertEqual(tensors[name].shape, tensors[name[len("best/"):]].shape)

    def test_tensors_are_aligned(self):
        with open(self.model, "rb") as f:
            size, = struct.unpack("<Q", f.read(8))
            header = json.loads(f.read(size))
        self.assertEqual((8 + size) % 64, 0)
        for name, entry in header.items():
            if name != "__metadata__":
                self.assertEqual(entry["data_offsets"][0] % {"F32": 4, "F64": 8}[entry["dtype"]], 0)

    def rewrite(self, path, tensors):
        """Saves with Python's package, whose order of tensors is another, with the hash that belongs to it."""
        meta = metadata_of(self.model)
        save_file(tensors, path, metadata=meta)
        meta["sha256"] = hashlib.sha256(data_of(path)).hexdigest()
        save_file(tensors, path, metadata=meta)

    def test_we_read_what_python_wrote(self):
        self.rewrite("python.safetensors", load_file(self.model))
        self.assertNotEqual(data_of("python.safetensors"), b"")
        ours, theirs = (ocellus("test", path, DATA, "--json") for path in (self.model, "python.safetensors"))
        self.assertEqual(ours.returncode, 0, ours.stderr)
        self.assertEqual(theirs.returncode, 0, theirs.stderr)
        first, second = json.loads(ours.stdout), json.loads(theirs.stdout)
        self.assertEqual(first["confusion"], second["confusion"])
        self.assertEqual(first["loss"], second["loss"])

    def test_a_change_by_python_changes_the_answer(self):
        tensors = {name: t.copy() for name, t in load_file(self.model).items()}
        bias = next(n for n in tensors if n.startswith("fc_") and tensors[n].shape == (2,))
        tensors[bias] = np.array([-1000, 1000], np.float32)
        self.rewrite("biased.safetensors", tensors)
        done = ocellus("test", "biased.safetensors", DATA, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row[0] for row in json.loads(done.stdout)["confusion"]], [0, 0])

    def test_python_refuses_our_bad_frames_too(self):
        """What is wrong by the format itself must be wrong for the reference as well."""
        folder = os.path.join(os.environ["OCELLUS_SOURCE"], "tests", "bad", "model")
        ours_alone = {
            "shape-rank-9", "dtype-unknown",  # allowed there, beyond what this reader takes
            "name-with-escape", "tensors-only", "entry-has-more",  # stricter here
            "header-begins-with-space", "duplicate-tensor",  # forbidden by the format, but that reader lets them pass
        }
        with open(os.path.join(folder, "expected.txt"), encoding="utf-8") as f:
            names = [line.split(".")[0] for line in f]
        frames = names[: names.index("wrong-shape")]
        self.assertGreater(len(frames), 25)
        for name in frames:
            if name in ours_alone:
                continue
            with self.subTest(name), self.assertRaises(Exception):
                load_file(os.path.join(folder, name + ".safetensors"))

    def test_python_reads_our_good_file(self):
        load_file(os.path.join(os.environ["OCELLUS_SOURCE"], "tests", "bad", "model", "good.safetensors"))


if __name__ == "__main__":
    unittest.main()
