#!/usr/bin/python3
"""Do the tests notice a wrong operator or number? Makes seeded mutants of every operation and kernel, of transforms of images, and of
losses, metrics and training, and lists those that no test kills.

    tools/mutate.py [--build build/release] [--per-file 8] [--seed 1] [--files WORD] [--limit N] [--isa LEVEL]
                    [--narrow] [--again]

A mutant is one file with one operator or number changed. Only its objects are compiled (kernels for one instruction-set level, the best
of this CPU, or for each if the file distinguishes them) and linked before the library into the tests that name the operation: unit and
gradient tests, test_kernels with the kernel's name, and the programs of the outside oracle; for other folders, those that FOLDERS names.
What these leave alive meets all unit tests that build a graph. A mutant is killed by a test that fails, crashes or computes for ten times
as long as without it. Build the tests first: make test, or the targets tests_unit, tests_kernels and tests_gradients.

A build with sanitizers (--build build/asan) finds reads outside of arrays, too.

The answers are kept in BUILD/mutate.jsonl by the file's content, so that a run that was stopped continues where it was; --again tests its
survivors once more, after a change of the tests. --narrow leaves out the outside oracle and the tests of graphs, for a first look:
--again then tests what it left. A survivor that changes no result is listed, with the reason, in tools/mutate-accepted.txt: FILE | LINE |
MUTATED LINE | REASON. Exit code 1 if others survive. Standard library only; not part of CI: all mutants take hours.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import random
import re
import resource
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACCEPTED = ROOT / "tools" / "mutate-accepted.txt"
OPERATORS = {" + ": (" - ",), " - ": (" + ",), " * ": (" + ", " / "), " / ": (" * ",), " < ": (" <= ",), " <= ": (" < ",),
             " > ": (" >= ",), " >= ": (" > ",), " == ": (" != ",), " != ": (" == ",), " && ": (" || ",), " || ": (" && ",),
             " += ": (" -= ",), " -= ": (" += ",), "++": ("--",), "_min_": ("_max_",), "_max_": ("_min_",)}
POINT = re.compile("|".join(re.escape(o) for o in sorted(OPERATORS, key=len, reverse=True)) + r"|(?<![\w.\"])\d+(?:\.\d+)?(?![\w.])")
TOKENS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\[^\n])*", re.M)
# What cannot change a result: costs, messages, and sizes that only cost memory.
QUIET = re.compile(r"oc_fail|oc_graph_fail|_cost\b|flops|\.tolerance|OC_UNROLL|prefetch|OC_DEFINE_|^ *\w+ \w+\[\d+\]")
# Which kernels use the files of a folder, besides those that a file defines itself.
USERS = {"winograd": ["winograd"], "dense": ["matmul", "dense_block"], "core": ["gemm", "matmul"], "conv": ["conv"]}
# Unit tests that build graphs, and take seconds for other things.
SLOW = {"test_damage", "test_file", "test_fit_resume", "test_option_sizes", "test_safetensors", "test_zeroed"}
# An index outside of an array is a crash, as in the sanitizers' runs.
TRAPS = ("-fsanitize=bounds", "-fsanitize-undefined-trap-on-error")
ENGINE = ("src/ops/*.c", "src/kernels/simd/*/*.c")
# Other files: the unit tests and the scripts of the outside oracle that ask about them.
FOLDERS = {
    "src/data/augment/*.c": ("augment augment_fit tta registries_of_runs loader", ["test_augment.py"]),
    "src/data/transform/*.c": ("preprocess image_statistics model_rule batches own_data image_folders", ["test_preprocess.py", "test_augment.py"]),
    "src/net/loss*.c": ("losses heads heads_fit fit", []),
    "src/net/metric*.c": ("losses heads heads_fit fit", []),
    "src/train/*.c": ("schedule row_values settings losses minimize recipe balance variable_average registries registries_of_runs "
                      "registry_refuses variable_table heads fit registry heads_fit finite patience callbacks", []),
}
ORACLES = ["test_figures.py", "test_ops.py", "test_conv.py"]
# What the scripts of the outside oracle run, and the variable that names it.
ORACLE_PROGRAMS = {"op_runner": "OCELLUS_OP_RUNNER", "graph_runner": "OCELLUS_GRAPH_RUNNER", "augment_runner": "OCELLUS_AUGMENT_RUNNER",
                   "libocellus.so.0.1.0": "OCELLUS_LIBRARY"}
LEVELS = ("avx512", "avx2", "portable")
SECONDS = 300


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def points(text):
    """(offset, old, new) of all that can be changed, outside comments, strings, directives and cost functions."""
    code = DIRECTIVE.sub(blank, TOKENS.sub(blank, text))
    code = re.sub(r"^(static (inline )?)?(oc_cost \w+|double oc_io_bytes)\(.*?^\}", blank, code, flags=re.M | re.S)
    found = []
    for match in POINT.finditer(code):
        line = code[code.rfind("\n", 0, match.start()) + 1:code.find("\n", match.end())]
        if QUIET.search(line) or not line.startswith(" "):
            continue
        old = match.group()
        news = OPERATORS.get(old) or (str(int(old) + 1) if "." not in old else old + "1", )
        if old == " * " and re.search(r"\b(char|float|double|real|int64_t|void|const|\w+_t|oc_\w+)$", code[:match.start()]):
            continue  # a pointer
        found += [(match.start(), old, new) for new in news]
    return found


class Mutant:
    def __init__(self, path, text, point):
        self.path, (self.at, self.old, self.new) = path, point
        self.text = text[:self.at] + self.new + text[self.at + len(self.old):]
        self.line = text.count("\n", 0, self.at) + 1
        self.before = text.split("\n")[self.line - 1].strip()
        self.after = self.text.split("\n")[self.line - 1].strip()
        self.name = path.relative_to(ROOT).as_posix()
        self.id = hashlib.sha256((text + f"|{self.at}|{self.new}").encode()).hexdigest()[:16]

    def row(self):
        return f"{self.name}:{self.line}: {self.before}  ->  {self.after}"


class Runner:
    def __init__(self, build, isa, narrow):
        self.build, self.isa, self.narrow = build.resolve(), isa, narrow
        self.entries = {}
        for entry in json.loads((self.build / "compile_commands.json").read_text()):
            self.entries.setdefault(str(pathlib.Path(entry["directory"], entry["file"]).resolve()), []).append(entry)
        self.links, self.sound = {}, {}

    # ---- compiling and linking

    def compile(self, mutant, level, folder):
        """The mutant's objects for a level, by the objects they replace, or None if it does not compile."""
        source = folder / mutant.path.name
        source.write_text(mutant.text)
        entries = self.entries[str(mutant.path)]
        if "simd" in mutant.path.parts:
            entries = [e for e in entries if f"-DOC_ISA={level}" in e["command"]]
        objects = {}
        for i, entry in enumerate(entries):
            words = shlex.split(entry["command"])
            words = words[[w.endswith(("cc", "gcc", "clang")) and "ccache" not in w for w in words].index(True):]
            out = folder / f"{i}.o"
            built = words[words.index("-o") + 1]
            words[words.index("-o") + 1] = str(out)
            words[-1] = str(source)
            for flag in ("-MF", "-MT"):
                if flag in words:
                    words[words.index(flag) + 1] = os.devnull if flag == "-MF" else "x"
            done = subprocess.run(words + ["-w", *TRAPS], cwd=entry["directory"], capture_output=True, timeout=SECONDS, check=False)
            if done.returncode:
                return None
            objects[built] = str(out)
        return objects

    def link_words(self, program):
        if program not in self.links:
            text = subprocess.run(["ninja", "-t", "commands", program], cwd=self.build, check=True, capture_output=True, text=True).stdout
            line = text.strip().split("\n")[-1]
            words = shlex.split(line.split("&&")[1] if line.startswith(": &&") else line)
            self.links[program] = words
        return self.links[program]

    def link(self, program, objects, folder):
        words = [objects.get(w, w) for w in self.link_words(program)]
        out = folder / program
        words[words.index("-o") + 1] = str(out)
        if "-shared" not in words:
            first = next(i for i, w in enumerate(words) if w.endswith(".a"))
            words[first:first] = objects.values()
        subprocess.run(words, cwd=self.build, check=True, capture_output=True)
        return out

    # ---- testing

    def kernel_words(self, mutant):
        stem = mutant.path.stem
        if "ops" in mutant.path.parts:
            return [f"f32_{stem}_"] if f"f32_{stem}_" in self.kernels() else []
        rows = re.findall(r"OC_DEFINE_(?:KERNEL|VARIANT)\((\w+), (\w+), (?:(\w+),)?", mutant.text)
        own = ["_".join(("f32", *filter(None, row), "")) for row in rows]
        return own + USERS.get(mutant.path.parent.name, [] if own else [""])

    def kernels(self):
        return "".join(f"f32_{row}_" for row in re.findall(r"^OC_ROW\w*\((\w+)", (ROOT / "src/kernels/kernels.def").read_text(), re.M))

    def tests(self, mutant, level):
        """(program, arguments), the fastest first: those that name the operation, or of the file's folder."""
        of_folder = folder_of(mutant.path)
        found = self.folder_tests(mutant, *of_folder) if of_folder else self.engine_tests(mutant, level)
        if self.narrow:
            return found
        rest = [] if of_folder else [("oracle", ORACLES)]
        return found + [test for test in self.graph_tests() if test not in found] + rest

    def folder_tests(self, mutant, names, scripts):
        """Those first that name the file."""
        word = re.compile(rf"\b(oc_)?{mutant.path.stem}\b")
        ordered = sorted(names.split(), key=lambda name: not word.search((ROOT / "tests" / "unit" / f"test_{name}.c").read_text()))
        return [(f"unit_test_{name}", []) for name in ordered] + [("oracle", scripts)] * bool(scripts)

    def engine_tests(self, mutant, level):
        stem = mutant.path.stem
        names = {stem, *re.findall(r"OC_DEFINE_OP\((\w+)", mutant.text)}
        names |= {re.sub(r"_grad(_\w+)?$", "", name) for name in names}
        found = []
        if "ops" in mutant.path.parts:
            word = re.compile(rf"\b(oc_)?({'|'.join(sorted(names))})\b")
            for kind in ("unit", "gradients"):
                pattern = "test_*.c" if kind == "gradients" else "test_ops_*.c"
                found += [(f"{kind}_{p.stem}", []) for p in sorted((ROOT / "tests" / kind).glob(pattern)) if word.search(p.read_text())]
            if "OC_DEFINE_OP(" not in mutant.text:  # what all operations share
                found += [(f"unit_{p.stem}", []) for p in sorted((ROOT / "tests" / "unit").glob("test_ops_*.c"))]
            builder = re.compile(rf"\boc_{stem}\(")
            found += [(f"unit_{p.stem}", []) for p in sorted((ROOT / "tests" / "unit").glob("test_*.c"))
                      if not p.stem.startswith("test_ops_") and (p.stem == "test_minimize" or builder.search(p.read_text()))]
        return found + [("kernels_test_kernels", [level, word]) for word in self.kernel_words(mutant)]

    def graph_tests(self):
        uses = re.compile(r"\boc_(graph_create|session_create|model_|fit\b|convnn)|op_case\.h|make_graph|registry_rows\.h|_fixture\.h")
        return [(f"unit_{p.stem}", []) for p in sorted((ROOT / "tests" / "unit").glob("test_*.c"))
                if p.stem not in SLOW and uses.search(p.read_text())]

    def start(self, binary, arguments, folder, seconds=None):
        """True if it fails: neither success nor a skipped test. `seconds` limit its processor's time, which other work does not
        lengthen."""
        environment = {**os.environ, "OCELLUS_SOURCE": str(ROOT)}
        limit = seconds and (lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds)))
        return subprocess.run([binary, *arguments], cwd=folder, env=environment, capture_output=True, preexec_fn=limit,
                              timeout=seconds and SECONDS + 10 * seconds, check=False).returncode not in (0, 77)

    def seconds(self, program, arguments, folder):
        """How long a mutant may take: ten times as long as the program as it is. None if that fails."""
        key = (program, *arguments)
        if key not in self.sound:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            failed = self.start(self.build / program, arguments, folder)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if failed:
                print(f"{' '.join(key)} fails without a mutant", file=sys.stderr, flush=True)
            self.sound[key] = None if failed else 10 * (1 + math.ceil(after.ru_utime - before.ru_utime))
        return self.sound[key]

    def run_oracle(self, scripts, objects, folder):
        """True if an outside oracle notices. Needs .venv."""
        python = ROOT / ".venv" / "bin" / "python"
        if not python.exists():
            return False
        environment = dict(os.environ)
        for program, variable in ORACLE_PROGRAMS.items():
            environment[variable] = str(self.link(program, objects, folder))
        for script in scripts:
            done = subprocess.run([python, "-B", ROOT / "tests" / "oracle" / script], env=environment, cwd=folder, capture_output=True,
                                  timeout=SECONDS, check=False)
            if done.returncode:
                return True
        return False

    def oracle_notices(self, scripts, objects, folder):
        key = ("oracle", *scripts)
        if key not in self.sound:
            self.sound[key] = not self.run_oracle(scripts, {}, folder)
            if not self.sound[key]:
                print(f"{' '.join(key)} fails without a mutant", file=sys.stderr, flush=True)
        return self.sound[key] and self.run_oracle(scripts, objects, folder)

    def levels(self, mutant):
        return [self.isa] + [level for level in LEVELS if "OC_ISA_IS_" in mutant.text and level != self.isa]

    def killer_at(self, mutant, level):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            objects = self.compile(mutant, level, folder)
            if objects is None:
                return None
            for program, arguments in self.tests(mutant, level):
                try:
                    if program == "oracle":
                        failed = self.oracle_notices(arguments, objects, folder)
                    else:
                        seconds = self.seconds(program, arguments, folder)
                        failed = seconds is not None and self.start(self.link(program, objects, folder), arguments, folder, seconds)
                except subprocess.TimeoutExpired:
                    return f"{program} (time)"
                if failed:
                    return " ".join([program, *arguments])
        return ""

    def killer(self, mutant):
        """The test that kills it, "" if none does, or None if it does not compile."""
        killers = None
        for level in self.levels(mutant):
            killer = self.killer_at(mutant, level)
            if killer:
                return killer
            killers = killer if killers is None else killers
        return killers


def folder_of(path):
    return next((tests for pattern, tests in FOLDERS.items() if path.relative_to(ROOT).match(pattern)), None)


def sources(word):
    files = [p for pattern in (*ENGINE, *FOLDERS) for p in sorted(ROOT.glob(pattern))]
    return [p for p in files if word in p.relative_to(ROOT).as_posix()]


def choose(path, seed, count):
    text = path.read_text()
    all_points = points(text)
    random.Random(f"{seed}:{path.relative_to(ROOT)}").shuffle(all_points)
    return [Mutant(path, text, p) for p in all_points[:3 * count]]  # some do not compile


def accepted():
    rows = set()
    for line in ACCEPTED.read_text().splitlines() if ACCEPTED.exists() else []:
        parts = [p.strip() for p in line.split(" | ")]
        if not line.startswith("#") and len(parts) == 4 and parts[3]:
            rows.add(tuple(parts[:3]))
    return rows


def best_isa(build):
    for level in LEVELS:
        if subprocess.run([build / "kernels_test_kernels", level, "f32_relu_"], capture_output=True, check=False).returncode == 0:
            return level
    return "portable"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--per-file", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", default="")
    parser.add_argument("--limit", type=int, default=0, help="stop after so many new mutants")
    parser.add_argument("--isa", default="")
    parser.add_argument("--narrow", action="store_true", help="only the tests that name the operation")
    parser.add_argument("--again", action="store_true", help="test recorded survivors again")
    options = parser.parse_args()
    state = options.build / "mutate.jsonl"
    known = {r["id"]: r for r in map(json.loads, state.read_text().splitlines())} if state.exists() else {}
    if options.again:
        known = {key: r for key, r in known.items() if r["killer"] != ""}
    runner = Runner(options.build, options.isa or best_isa(options.build), options.narrow)
    excused, survivors, killed, new, excused_count = accepted(), [], 0, 0, 0
    for path in sources(options.files):
        done = 0
        for mutant in choose(path, options.seed, options.per_file):
            if done == options.per_file or (options.limit and new >= options.limit):
                break
            if (mutant.name, mutant.before, mutant.after) in excused:
                done += 1
                excused_count += 1
                continue
            if mutant.id not in known:
                new += 1
                known[mutant.id] = {"id": mutant.id, "mutant": mutant.row(), "killer": runner.killer(mutant)}
                with state.open("a") as file:
                    file.write(json.dumps(known[mutant.id]) + "\n")
                print(f"{known[mutant.id]['killer'] or known[mutant.id]['killer'] is None and 'does not compile' or 'SURVIVED'}: {mutant.row()}",
                      flush=True)
            killer = known[mutant.id]["killer"]
            if killer is None:
                continue
            done += 1
            killed += killer != ""
            if killer == "":
                survivors.append(mutant)
    for mutant in survivors:
        print("SURVIVOR", mutant.row())
    print(f"{killed} killed, {excused_count} accepted, {len(survivors)} survive")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
