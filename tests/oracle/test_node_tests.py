"""The node tests of ONNX: does `ocellus run` compute what each of them expects?

They are in the PyPI wheel onnx 1.17.0 (tools/node-tests.sh fetches it; without a network this test is skipped). Counted are
all in which

- every operator is one that Ocellus reads (src/formats/onnx/onnx_ops.def) or should (SHOULD), of the default domain,
- what goes in and comes out are tensors of float32, int64 or bool, of which one is float32,
- Conv, pooling and Resize have at most two spatial dimensions, and no Resize is cubic.

node_tests.txt names each of these that does not pass, with the reason. A test that fails and is not in it is an error, and
so is one that passes and is: the number of those that pass can only rise. `python tests/oracle/test_node_tests.py --list`
prints what fails, to compare with the list."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import unittest

import onnx
from onnx import TensorProto

ROOT = pathlib.Path(os.environ["OCELLUS_SOURCE"])
OCELLUS = os.environ["OCELLUS"]
FOLDER = ROOT / "build/node-tests"
DATA = FOLDER / "onnx/backend/test/data"
TOLERANCE = "1e-5"
SHOULD = {"Resize", "LRN", "InstanceNormalization", "LayerNormalization"}
READ = set(re.findall(r"^OC_ROW\((\w+)\)", (ROOT / "src/formats/onnx/onnx_ops.def").read_text(encoding="utf-8"), re.M))
SPATIAL = {"Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Resize", "InstanceNormalization"}
TYPES = {TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL}


def values(graph):
    """Inputs that are fed, and outputs."""
    constants = {i.name for i in graph.initializer}
    return [v for v in graph.input if v.name not in constants], list(graph.output)


def is_counted(graph):
    operators = {n.op_type for n in graph.node}
    fed, outputs = values(graph)
    if not operators <= READ | SHOULD or any(n.domain not in ("", "ai.onnx") for n in graph.node):
        return False
    if any(v.type.WhichOneof("value") != "tensor_type" for v in fed + outputs):
        return False
    types = {v.type.tensor_type.elem_type for v in fed + outputs}
    if not types <= TYPES or TensorProto.FLOAT not in types:
        return False
    if any(a.name == "mode" and a.s == b"cubic" for n in graph.node if n.op_type == "Resize" for a in n.attribute):
        return False
    return not (operators & SPATIAL and any(len(v.type.tensor_type.shape.dim) > 4 for v in fed))


def run(folder):
    """"" if it passes, else the error."""
    graph = onnx.load(folder / "model.onnx").graph
    fed, outputs = values(graph)
    data = folder / "test_data_set_0"
    words = [OCELLUS, "run", folder / "model.onnx", "--threads", "1", "--tolerance", TOLERANCE]
    for i, value in enumerate(fed):
        words += ["--feed", f"{value.name}={data}/input_{i}.pb"]
    for i in range(len(outputs)):
        words += ["--expect", data / f"output_{i}.pb"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    return "" if done.returncode == 0 else done.stderr.replace(f"{data}/", "").replace(f"{folder}/", "") or "no message"


def run_all():
    folders = [d for kind in sorted(DATA.iterdir()) for d in sorted(kind.iterdir())]
    counted = [d for d in folders if is_counted(onnx.load(d / "model.onnx").graph)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return {f"{d.parent.name}/{d.name}": error for d, error in zip(counted, pool.map(run, counted))}


def read_list():
    lines = (pathlib.Path(__file__).with_name("node_tests.txt")).read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:])


class NodeTests(unittest.TestCase):
    def test_all_pass_but_those_that_are_listed(self):
        least, listed = read_list()
        results = run_all()
        failed = {name for name, error in results.items() if error}
        passed = len(results) - len(failed)
        print(f"{passed} of {len(results)} node tests pass")
        self.assertEqual({name: results[name] for name in failed - set(listed)}, {}, "these pass no longer")
        self.assertEqual(sorted(set(listed) - failed), [], "these pass, or are not counted: take them out of node_tests.txt")
        self.assertGreaterEqual(passed, least, "the number that node_tests.txt states")


if __name__ == "__main__":
    if os.environ.get("OCELLUS_MINIMAL") == "1":
        sys.exit(77)  # built without protobuf-c
    if subprocess.run([ROOT / "tools/node-tests.sh"], check=False).returncode != 0:
        print("SKIPPED: the node tests of ONNX cannot be fetched from PyPI here")
        sys.exit(77)
    if "--list" in sys.argv:
        for test, why in run_all().items():
            if why:
                print(f"{test}: {why.splitlines()[0].split('error: ')[-1]}")
    else:
        unittest.main()
