"""Runs single operations of Ocellus (their reference implementations) on NumPy arrays.

    runner = OpRunner()
    y = runner.run("conv2d", [x, w], stride=(1, 2), padding="same")

The program that does it is named by OCELLUS_OP_RUNNER; see op_runner.c for what it understands.
"""
import os
import subprocess

import numpy as np

PADDING = {"valid": 0, "same": 1, "full": 2, "explicit": 3}


class OpError(Exception):
    """The shape rule refused; the text is its status and message."""


class OpRunner:
    VARIABLE = "OCELLUS_OP_RUNNER"
    WORD = "op"

    def __init__(self):
        program = os.environ.get(self.VARIABLE)
        if not program:
            raise SystemExit(f"{self.VARIABLE} must name the program that runs the cases (ctest sets it)")
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise RuntimeError("the runner failed")

    def run(self, op, inputs, batched=(0,), chunk=0, **options):
        """`batched`: which inputs have the batch as their first axis. Returns the first output.

        All inputs of a floating type have the same one, which decides between the float and the double definition.
        """
        return self.run_all(op, inputs, batched, chunk, **options)[0]

    def run_all(self, op, inputs, batched=(0,), chunk=0, word=None, **options):
        inputs = [np.asarray(a) for a in inputs]
        double = any(a.dtype == np.float64 for a in inputs)
        batch = inputs[batched[0]].shape[0] if batched else 1
        words = [f"{key}={self._text(value)}" for key, value in options.items()]
        lines = [f"{word or self.WORD} {op} {'f64' if double else 'f32'} {batch} {chunk} {len(inputs)} {' '.join(words)}\n".encode()]
        for i, a in enumerate(inputs):
            dims = [-1 if i in batched and axis == 0 else n for axis, n in enumerate(a.shape)]
            lines.append(f"{a.dtype.name} {','.join(map(str, dims)) or '-'}\n".encode())
            lines.append(np.ascontiguousarray(a).tobytes())
        self.process.stdin.write(b"".join(lines))
        self.process.stdin.flush()
        return self._answer()

    @staticmethod
    def _text(value):
        if isinstance(value, str):
            return str(PADDING.get(value, value))
        if isinstance(value, (tuple, list)):
            return ",".join(str(v) for v in value)
        return str(int(value) if isinstance(value, bool) else value)

    def _answer(self):
        first = self.process.stdout.readline().decode().rstrip("\n")
        if first.startswith("error "):
            raise OpError(first[6:])
        if not first.startswith("ok "):
            raise RuntimeError("the runner ended; its message is above")
        return [self._array() for _ in range(int(first[3:]))]

    def _array(self):
        name, dims = self.process.stdout.readline().decode().split()
        shape = () if dims == "-" else tuple(map(int, dims.split(",")))
        count = int(np.prod(shape, dtype=np.int64))
        data = self.process.stdout.read(count * np.dtype(name).itemsize)
        return np.frombuffer(data, name).reshape(shape)


class GraphRunner(OpRunner):
    """The same for whole small graphs in a session: graph_runner.c."""
    VARIABLE = "OCELLUS_GRAPH_RUNNER"
    WORD = "grad"
