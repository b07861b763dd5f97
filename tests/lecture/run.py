#!/usr/bin/env python3
"""The lecture, slide by slide: runs the commands of every row and compares what they print with the slide's figures.

run.py [--full] [--rows 5,12] [--report FILE] [--programs FOLDER]

Prints a line a row: its number, its state, the slide, what was compared. --report writes command, output and figure of each
row. Rows that train take 2 epochs of MNIST, with --full the lecture's 20. MNIST is looked for in OCELLUS_MNIST, then in
../shared/data/mnist next to the source tree; without it those rows run on built-in digits, and say which figure was not
compared. FOLDER holds ocellus and examples/lecture; by default the folder of OCELLUS, or build/release.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

import rows

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def find_mnist():
    for folder in os.environ.get("OCELLUS_MNIST"), SOURCE.parent / "shared/data/mnist":
        if folder and list(pathlib.Path(folder).glob("train-images-idx3-ubyte*")):
            return str(pathlib.Path(folder).resolve())
    return None


class Lecture:
    """Runs commands in one working folder, each once, and remembers what they printed."""

    def __init__(self, programs, mnist, full, folder):
        self.mnist, self.full, self.folder = mnist, full, folder
        self.epochs = 20 if full else 2
        self.data = mnist or "digits:3000:1000"
        self.test = mnist + "/t10k-images-idx3-ubyte.gz" if mnist else "digits"
        if mnist and not os.path.exists(self.test):
            self.test = self.test.removesuffix(".gz")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("OCELLUS_") and k != "NO_COLOR"}
        self.environment.update(PATH=f"{programs}:{programs}/examples/lecture:{os.environ['PATH']}", LC_ALL="C.UTF-8")
        self.outputs, self.log = {}, []

    def run(self, command):
        """What the command prints. {DATA}, {TEST} and {EPOCHS} in it are filled in; it must end with exit code 0."""
        command = command.replace("{DATA}", self.data).replace("{TEST}", self.test).replace("{EPOCHS}", str(self.epochs))
        if command not in self.outputs:
            done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment, capture_output=True,
                                  stdin=subprocess.DEVNULL, text=True, errors="replace")
            if done.returncode:
                raise AssertionError(f"exit code {done.returncode}: {command}\n{done.stderr}")
            self.outputs[command] = done.stdout + done.stderr
        self.log.append((command, self.outputs[command]))
        return self.outputs[command]


def show(lecture, row, report):
    """Runs one row; True if it holds."""
    lecture.log = []
    try:
        compared = row.check(lecture)
        state = "holds"
    except (AssertionError, ValueError, IndexError, KeyError, AttributeError) as problem:
        where = traceback.extract_tb(problem.__traceback__)[-1]
        compared = f"{problem or where.line}"
        state = "FAILED"
    left_out = "" if lecture.mnist or not row.needs_mnist else f"; NOT COMPARED (no MNIST): {row.figure}"
    print(f"{row.number:2d}  {state:6}  {row.slide}: {compared}{left_out}", flush=True)
    if report:
        report.write(f"== {row.number}  {row.slide}: {state}\nslide: {row.figure}\ncompared: {compared}{left_out}\n")
        for command, output in lecture.log:
            report.write(f"$ {command}\n{output}")
        report.write("\n")
    return state == "holds"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--full", action="store_true", help="20 epochs where the lecture has 20")
    parser.add_argument("--rows", help="only these, such as 5,12")
    parser.add_argument("--report", help="file for commands, outputs and figures")
    parser.add_argument("--programs", help="folder of the program")
    options = parser.parse_args()
    wanted = [int(n) for n in options.rows.split(",")] if options.rows else [row.number for row in rows.ROWS]
    unknown = set(wanted) - {row.number for row in rows.ROWS}
    if unknown:
        parser.error(f"there are no rows {sorted(unknown)}")
    program = os.environ.get("OCELLUS", SOURCE / "build/release/ocellus")
    programs = pathlib.Path(options.programs or pathlib.Path(program).parent).resolve()
    mnist = find_mnist()
    started = time.time()
    print(f"data: {mnist or 'built-in digits; no MNIST in OCELLUS_MNIST or ../shared/data/mnist'}")
    with tempfile.TemporaryDirectory() as folder:
        lecture = Lecture(programs, mnist, options.full, folder)
        report = open(options.report, "w", encoding="utf-8") if options.report else None
        failed = [row.number for row in rows.ROWS if row.number in wanted and not show(lecture, row, report)]
    print(f"{len(wanted) - len(failed)} of {len(wanted)} rows hold, {time.time() - started:.0f} s"
          + (f"; not: {failed}" if failed else ""))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
