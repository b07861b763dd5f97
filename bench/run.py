"""Ours and the peers' side by side on the same work and cores, each row alternating in one run; a table, and a JSON file from
which bench/report.py makes docs/performance.md. A number of one run says little on a shared machine: what counts is the ratio
of medians of runs that alternate.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench"

VGG = " | ".join(f"conv 3x3x{c} same relu | conv 3x3x{c} same relu | maxpool 2" for c in (32, 64, 128)) + " | dense 10"


def basic_block(channels, stride):
    step = " stride 2" if stride == 2 else ""
    return (f"residual {{ conv 3x3x{channels}{step} same nobias | batchnorm | relu | "
            f"conv 3x3x{channels} same nobias | batchnorm }}{' project' if stride == 2 else ''} | relu")


RESNET20 = " | ".join(["conv 3x3x16 same nobias | batchnorm | relu"] + [
    basic_block(c, 2 if i == 0 and c > 16 else 1) for c in (16, 32, 64) for i in range(3)] + [
        "globalmeanpool | dense 10"])
NETS = {"lecture": ("lecture", "28x28x1"), "vgg": (VGG, "32x32x3"), "resnet20": (RESNET20, "32x32x3")}


def machine():
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    cpu = re.search(r"model name\s*:\s*(.*)", flags)
    family, model = re.search(r"cpu family\s*:\s*(\d+)", flags), re.search(r"model\s*:\s*(\d+)", flags)
    return {
        "cpu": cpu.group(1) if cpu else platform.processor(),
        "family": family.group(1) if family else "?", "model": model.group(1) if model else "?",
        "avx512": " avx512f " in flags, "cores": len(os.sched_getaffinity(0)), "kernel": platform.release()}


def git(*args):
    return subprocess.run(["git", "-C", ROOT, *args], capture_output=True, text=True, check=False).stdout.strip()


def one(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return json.loads(lines[-1])


class Bench:
    """Commands of ours and the peers for one machine."""

    def __init__(self, build, threads):
        self.step, self.threads = build / "bench/step", threads

    def ours(self, net, batch, steps, threads=None, inference=False):
        text, size = NETS[net]
        return [str(self.step), "--net", text, "--input", size, "--batch", str(batch), "--threads",
                str(threads or self.threads), "--steps", str(steps)] + ["--inference"] * inference

    def peer(self, script, batch, steps, threads=None, more=()):
        return [sys.executable, str(PEERS / script), "--batch", str(batch), "--threads", str(threads or self.threads),
                "--steps", str(steps), *more]

    def training(self, net, steps):
        torch = [self.peer("peer_torch.py", 64, steps, more=["--net", net, "--layout", layout])
                 for layout in ("channels_last", "default")]
        return [self.ours(net, 64, steps), *torch]

    def prediction(self, batch, steps, threads):
        return [self.ours("lecture", batch, steps, threads, inference=True),
                self.peer("peer_onnx.py", batch, steps, threads)]

    def rows(self):
        """Title, what it is, commands; the first command is ours."""
        return [
            ("training step, lecture's network, batch 64", self.training("lecture", 30)),
            ("training step, VGG-like network, 32x32x3, batch 64", self.training("vgg", 8)),
            ("training step, ResNet-20, 32x32x3, batch 64", self.training("resnet20", 8)),
            ("prediction, lecture's network, batch 1, one thread", self.prediction(1, 1000, 1)),
            ("prediction, lecture's network, batch 64", self.prediction(64, 60, self.threads)),
            ("prediction, lecture's network, batch 1000", self.prediction(1000, 8, self.threads)),
            ("training step, lecture's network, all threads and one",
             [self.ours("lecture", 64, 30), self.ours("lecture", 64, 30, threads=1)])]


def measure(title, commands, rounds):
    """Medians over the rounds for each command, and their ratio to the first."""
    runs = [[] for _ in commands]
    for i in range(rounds):
        for k, command in enumerate(commands):
            runs[k].append(one(command))
            print(f"{title}: round {i + 1} of {rounds}, {runs[k][-1]['name']}: {runs[k][-1]['median_ms']:.3f} ms",
                  file=sys.stderr)
    entries = [{
        "name": results[0]["name"], "version": results[0]["version"], "threads": results[0]["threads"],
        "median_ms": statistics.median(r["median_ms"] for r in results), "min_ms": min(r["min_ms"] for r in results),
        "peak_rss_mb": max(r["peak_rss_mb"] for r in results)} for results in runs]
    for entry in entries:
        entry["ratio_of_medians"] = entry["median_ms"] / entries[0]["median_ms"]
        entry["ratio_of_best"] = entry["min_ms"] / entries[0]["min_ms"]
    return {"title": title, "entries": entries}


def table(rows):
    for row in rows:
        print(f"\n{row['title']}\n{'':<30}{'median ms':>10}{'best ms':>10}{'x ours':>8}{'x best':>8}{'peak MB':>9}")
        for e in row["entries"]:
            name = f"{e['name']} {e['version']}, {e['threads']} thr."
            print(f"  {name:<28.28}{e['median_ms']:>10.3f}{e['min_ms']:>10.3f}{e['ratio_of_medians']:>8.2f}"
                  f"{e['ratio_of_best']:>8.2f}{e['peak_rss_mb']:>9.0f}")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--only", default="", help="rows whose title has this text")
    p.add_argument("--out", type=pathlib.Path, help="JSON file; default bench/results/<date>-<cpu family>.json")
    a = p.parse_args()
    rows = [measure(title, commands, a.rounds) for title, commands in Bench(a.build, a.threads).rows() if a.only in title]
    info = machine()
    out = a.out or ROOT / f"bench/results/{datetime.date.today()}-family{info['family']}-model{info['model']}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({
        "machine": info, "commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "src", "bench/step.c")),
        "date": datetime.datetime.now().isoformat(timespec="seconds"), "rounds": a.rounds, "rows": rows}, indent=1) + "\n")
    table(rows)
    print(f"\nwritten: {out}")


if __name__ == "__main__":
    main()
