"""Ours and the peers' side by side on the same work and cores, each row alternating in one run; a table, and a JSON file from
which bench/report.py makes docs/performance.md and its charts. A number of one run says little on a shared machine: what
counts is the ratio of medians of runs that alternate. With --against PROGRAM, our rows alone beside those of an older program.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from record import ROOT, git, keep, origin, result_file

PEERS = ROOT / "bench"

VGG = " | ".join(f"conv 3x3x{c} same relu | conv 3x3x{c} same relu | maxpool 2" for c in (32, 64, 128)) + " | dense 10"


def basic_block(channels, stride):
    step = " stride 2" if stride == 2 else ""
    return (f"residual {{ conv 3x3x{channels}{step} same nobias | batchnorm | relu | "
            f"conv 3x3x{channels} same nobias | batchnorm }}{' project' if stride == 2 else ''} | relu")


RESNET20 = " | ".join(["conv 3x3x16 same nobias | batchnorm | relu"] + [
    basic_block(c, 2 if i == 0 and c > 16 else 1) for c in (16, 32, 64) for i in range(3)] + [
        "globalmeanpool | dense 10"])
NETS = {"lecture": ("lecture", "28x28x1"), "vgg": (VGG, "32x32x3"), "resnet20": (RESNET20, "32x32x3"), "mobile": ("mobile", None)}


# Networks for photographs that are read from files, and their titles.
PREDICTED = {"mobile": "the preset mobile", "mobilenet_v2": "MobileNetV2"}


def cnn(channels, depth):
    return " | ".join([f"conv 3x3x{channels} same relu | maxpool 2"] * depth) + " | dense 10"


def objects(command):
    """The lines of JSON that a command prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return lines


def one(command):
    """What a benchmark says of itself, ours in the words of the peers'."""
    entry = objects(command)[-1]
    if "schema" in entry:
        entry.update(name="ocellus", peak_rss_mb=entry["peak_bytes"] / 2**20)
    return entry


def whole(name, command):
    """A program from its start to its end, which is when it has printed its answer."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    took = 1e3 * (time.perf_counter() - start)
    return {"name": name, "version": "", "threads": 1, "median_ms": took, "min_ms": took, "peak_rss_mb": 0}


class Bench:
    """Commands of ours and the peers for one machine."""

    def __init__(self, build, threads):
        self.program, self.kernels, self.threads = build / "ocellus", build / "bench/kernels", threads
        self.models = {}

    def save_models(self, folder):
        """The networks for the peers that predict: of each a file for every runtime."""
        for net in "lecture", *PREDICTED:
            onnx, tflite = f"{folder}/{net}.onnx", f"{folder}/{net}.tflite"
            self.models[net] = {"onnxruntime": onnx, "openvino": onnx, "litert": tflite}
            for file in onnx, tflite:
                subprocess.run([sys.executable, PEERS / "peer_predict.py", "--save", file, "--net", net], check=True,
                               capture_output=True)

    def ours(self, net, size, batch, steps, threads=None, only="training"):
        """Of a network's text, or, without a size, of a file."""
        return [str(self.program), "bench", net, *(["--input", size] if size else []), "--only", only, "--batch", str(batch),
                "--threads", str(threads or self.threads), "--steps", str(steps), "--json"]

    def peer(self, script, batch, steps, threads=None, more=()):
        return [sys.executable, str(PEERS / script), "--batch", str(batch), "--threads", str(threads or self.threads),
                "--steps", str(steps), *more]

    def training(self, name, steps, size=None):
        net, usual = NETS[name]
        size = size or usual
        where = ["--net", name, "--input", size]
        torch = [self.peer("peer_torch.py", 64, steps, more=[*where, "--layout", layout, *more])
                 for layout, more in (("channels_last", []), ("default", []), ("channels_last", ["--compile"]))]
        keras = [self.peer("peer_keras.py", 64, steps, more=[*where, *more]) for more in ([], ["--xla"])]
        return [self.ours(net, size, 64, steps), *torch, *keras]

    def prediction(self, batch, steps, threads):
        return [self.ours("lecture", "28x28x1", batch, steps, threads, "prediction"),
                *(self.peer("peer_predict.py", batch, steps, threads, ["--runtime", name, "--model", model])
                  for name, model in self.models.get("lecture", {}).items())]

    def photographs(self):
        """Rows of predictions at 224x224x3: ours and ONNX Runtime's and OpenVINO's of the same file."""
        for net, title in PREDICTED.items():
            models = self.models.get(net, {})
            for batch, steps in (1, 60), (32, 5):
                for threads in sorted({1, self.threads}):
                    yield (f"prediction, {title}, 224x224x3, batch {batch}, {threads} thread{'s' if threads > 1 else ''}",
                           [self.ours(models.get("onnxruntime", net), None, batch, steps, threads, "prediction"),
                            *(self.peer("peer_predict.py", batch, steps, threads,
                                        ["--runtime", name, "--model", model, "--input", "224x224x3"])
                              for name, model in models.items())])

    def rows(self):
        """Title, what it is, commands; the first command is ours."""
        lecture = ("lecture", "28x28x1")
        return [
            ("training step, lecture's network, batch 64", self.training("lecture", 100)),
            ("training step, VGG-like network, 32x32x3, batch 64", self.training("vgg", 8)),
            ("training step, ResNet-20, 32x32x3, batch 64", self.training("resnet20", 8)),
            ("training step, the preset mobile, 96x96x3, batch 64", self.training("mobile", 6, "96x96x3")),
            ("training step, the preset mobile, 224x224x3, batch 64", self.training("mobile", 3, "224x224x3")),
            ("prediction, lecture's network, batch 1, one thread", self.prediction(1, 1000, 1)),
            ("prediction, lecture's network, batch 8", self.prediction(8, 200, self.threads)),
            ("prediction, lecture's network, batch 64", self.prediction(64, 60, self.threads)),
            ("prediction, lecture's network, batch 1000", self.prediction(1000, 8, self.threads)),
            *self.photographs(),
            ("training step, lecture's network, all threads and one",
             [self.ours(*lecture, 64, 100), self.ours(*lecture, 64, 100, threads=1)])]

    def growth(self):
        """Title, axis, and for each point its place on the axis and two commands: ours and the peer's."""
        def point(x, channels=16, depth=2, size=28, batch=64):
            shape, steps = f"{size}x{size}x1", 5
            return (x, self.ours(cnn(channels, depth), shape, batch, steps),
                    self.peer("peer_torch.py", batch, steps,
                              more=["--net", f"cnn:{channels}:{depth}", "--input", shape, "--layout", "channels_last"]))
        return [("image size", "pixels a side", [point(s, size=s, batch=16) for s in (28, 56, 112, 224)]),
                ("channels", "channels of each layer", [point(c, channels=c) for c in (8, 16, 32, 64)]),
                ("depth", "convolutions", [point(d, depth=d, size=64, batch=16) for d in (1, 2, 3, 4, 5)]),
                ("batch", "images of a step", [point(b, batch=b) for b in (1, 8, 64, 256)])]


def entry_of(results):
    versions = results[0]
    return {
        "name": versions["name"], "version": versions["version"], "threads": versions["threads"],
        "median_ms": statistics.median(r["median_ms"] for r in results), "min_ms": min(r["min_ms"] for r in results),
        "peak_rss_mb": max(r["peak_rss_mb"] for r in results)}


def measure(title, runners, rounds):
    """Medians over the rounds for each runner, and their ratio to the first."""
    runs = [[] for _ in runners]
    for i in range(rounds):
        for k, runner in enumerate(runners):
            runs[k].append(runner())
            print(f"{title}: round {i + 1} of {rounds}, {runs[k][-1]['name']}: {runs[k][-1]['median_ms']:.3f} ms",
                  file=sys.stderr)
    entries = [entry_of(results) for results in runs]
    for entry in entries:
        entry["ratio_of_medians"] = entry["median_ms"] / entries[0]["median_ms"]
        entry["ratio_of_best"] = entry["min_ms"] / entries[0]["min_ms"]
    return {"title": title, "entries": entries}


FIRST = "from the start of a process to its first prediction"


def predicting(program, folder):
    """The command that predicts one image with a model of the program's own making, in the folder."""
    run, image = f"{folder}/run", f"{folder}/image.pgm"
    subprocess.run([program, "train", "digits:64:64", "--epochs", "1", "--quiet", "--out", run], check=True, capture_output=True)
    pathlib.Path(image).write_bytes(b"P5 28 28 255\n" + bytes(28 * 28))
    return [program, "predict", run, image]


def first_prediction(bench, rounds):
    """From the start of a process to its first answer."""
    with tempfile.TemporaryDirectory() as folder:
        ours = predicting(bench.program, folder)
        peers = [[sys.executable, PEERS / "peer_predict.py", "--runtime", name, "--model", model, "--first"]
                 for name, model in bench.models["lecture"].items()]
        return measure(FIRST, [
            lambda: whole("ocellus predict", ours),
            *(lambda c=c, n=n: whole(f"python and {n}", c) for c, n in zip(peers, bench.models["lecture"]))], 5 * rounds)


def against(bench, other, rounds, only):
    """Our rows with this program and another one, round by round; a row over 3 % slower is measured again with three times the rounds."""
    rows = []
    for title, commands in bench.rows():
        for ours in [c for c in commands if c[0] == str(bench.program) and only in title]:
            name = title + (", one thread" if "--threads" in ours and ours[ours.index("--threads") + 1] == "1" else "")
            runners = [lambda c=ours: one(c), lambda c=ours: {**one([str(other), *c[1:]]), "name": "the other program"}]
            row = measure(name, runners, rounds)
            if row["entries"][1]["ratio_of_medians"] < 1 / 1.03:
                row = measure(name, runners, 3 * rounds)
            rows.append(row)
    if only in FIRST:
        with tempfile.TemporaryDirectory() as mine, tempfile.TemporaryDirectory() as theirs:
            runners = [lambda c=predicting(program, folder), n=name: whole(n, c) for program, folder, name in
                       ((bench.program, mine, "ocellus"), (other, theirs, "the other program"))]
            rows.append(measure(FIRST, runners, 5 * rounds))
    return {"rows": rows}


def busy_neighbor(bench, rounds):
    """A training step, quiet, and while another process keeps one of the cores busy."""
    command = bench.ours("lecture", "28x28x1", 64, 100)
    core = max(os.sched_getaffinity(0))

    def busy():
        with subprocess.Popen(["taskset", "-c", str(core), "sh", "-c", "while :; do :; done"]) as neighbor:
            try:
                return {**one(command), "name": "ocellus beside a busy process"}
            finally:
                neighbor.kill()
    return measure("training step, lecture's network, quiet and with one core busy", [lambda: one(command), busy], rounds)


def time_to_99(bench, mnist, seeds=5):
    """`--preset fast` from the start of the process to its test accuracy, for each seed."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, seeds + 1):
            start = time.perf_counter()
            lines = objects([str(bench.program), "train", str(mnist), "--preset", "fast", "--seed", str(seed), "--json",
                             "--out", f"{folder}/{seed}"])
            test = [line for line in lines if line["type"] == "test"][-1]
            found.append({"seed": seed, "seconds": time.perf_counter() - start, "accuracy": test["accuracy"]})
            print(f"preset fast: {found[-1]}", file=sys.stderr)
    return found


def measure_growth(bench):
    found = []
    for title, axis, points in bench.growth():
        rows = []
        for x, ours, peer in points:
            a, b = one(ours), one(peer)
            rows.append({"x": x, "ours_ms": a["median_ms"], "peer_ms": b["median_ms"]})
            print(f"growth with {title}: {rows[-1]}", file=sys.stderr)
        found.append({"title": title, "axis": axis, "peer": b["name"], "points": rows})
    return found


def kernels(bench):
    """Every kernel on its shapes; of those for one use, the fastest is the winner."""
    found = objects([str(bench.kernels), "--json"])
    for k in found:
        k["winner"] = k["ms"] == min(o["ms"] for o in found if (o["operation"], o["use"]) == (k["operation"], k["use"]))
    return found


def table(rows):
    for row in rows:
        print(f"\n{row['title']}\n{'':<36}{'median ms':>10}{'best ms':>10}{'x ours':>8}{'x best':>8}{'peak MB':>9}")
        for e in row["entries"]:
            name = f"{e['name']} {e['version']}, {e['threads']} thr."
            print(f"  {name:<34.34}{e['median_ms']:>10.3f}{e['min_ms']:>10.3f}{e['ratio_of_medians']:>8.2f}"
                  f"{e['ratio_of_best']:>8.2f}{e['peak_rss_mb']:>9.0f}")


def measure_all(bench, a):
    """What the results hold, part by part; --only takes the rows of that title, and nothing else."""
    rows = [measure(title, [lambda c=c: one(c) for c in commands], a.rounds)
            for title, commands in bench.rows() if a.only in title]
    if a.only:
        return {"rows": rows}
    rows += [busy_neighbor(bench, a.rounds), first_prediction(bench, a.rounds)]
    found = {
        "rows": rows, "growth": measure_growth(bench), "kernels": kernels(bench),
        "limits": objects([str(bench.program), "bench", "--only", "machine", "--json"])[0],
        "parts": objects([str(bench.program), "bench", "--only", "parts", "--json"])}
    if a.mnist.is_dir():
        found["fast"] = time_to_99(bench, a.mnist)
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--mnist", type=pathlib.Path, default=ROOT.parent / "shared/data/mnist", help="folder with MNIST, if there is one")
    p.add_argument("--only", default="", help="rows whose title has this text")
    p.add_argument("--against", type=pathlib.Path, metavar="PROGRAM", help="another ocellus instead of the peers: our rows, interleaved")
    p.add_argument("--out", type=pathlib.Path, help="JSON file; default bench/results/<date>-<cpu family>.json")
    a = p.parse_args()
    begin = {**origin(), "dirty": bool(git("status", "--porcelain", "src", "cli"))}
    bench = Bench(a.build, a.threads)
    with tempfile.TemporaryDirectory() as folder:
        bench.save_models(folder)
        if a.against:
            table(against(bench, a.against.resolve(), a.rounds, a.only)["rows"])
            return
        found = measure_all(bench, a)
    out = a.out or result_file("", begin["machine"])
    keep(out, {**begin, "date": datetime.datetime.now().isoformat(timespec="seconds"), "rounds": a.rounds, **found})
    table(found["rows"])
    print(f"\nwritten: {out}")


if __name__ == "__main__":
    main()
