"""Ours and the peers' training step, alternating in one run on the same cores; a table and a JSON file.

A number of one run says little on a shared machine: what counts is the ratio of medians of runs that alternate.
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


def machine():
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    family = re.search(r"cpu family\s*:\s*(\d+)", flags)
    model = re.search(r"model\s*:\s*(\d+)", flags)
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


def contenders(build, threads, steps, batch):
    torch = [sys.executable, str(ROOT / "bench/peer_torch.py"), "--threads", str(threads), "--steps", str(steps),
             "--batch", str(batch)]
    return [
        [str(build / "bench/step"), "--threads", str(threads), "--steps", str(steps), "--batch", str(batch)],
        torch + ["--layout", "channels_last"],
        torch + ["--layout", "default"]]


def measure(commands, rounds):
    runs = {}
    for i in range(rounds):
        for command in commands:
            result = one(command)
            runs.setdefault(result["name"], []).append(result)
            print(f"round {i + 1}/{rounds}  {result['name']:<24} median {result['median_ms']:8.2f} ms  "
                  f"best {result['min_ms']:8.2f} ms", file=sys.stderr)
    return runs


def summarise(runs):
    rows = []
    for name, results in runs.items():
        rows.append({
            "name": name, "version": results[0]["version"],
            "median_ms": statistics.median(r["median_ms"] for r in results),
            "min_ms": min(r["min_ms"] for r in results),
            "peak_rss_mb": max(r["peak_rss_mb"] for r in results)})
    ours = next(r for r in rows if r["name"] == "ocellus")
    for row in rows:
        row["ratio_of_medians"] = row["median_ms"] / ours["median_ms"]
        row["ratio_of_best"] = row["min_ms"] / ours["min_ms"]
    return rows


def table(rows):
    print(f"{'training step':<26}{'median ms':>10}{'best ms':>10}{'x ours':>8}{'x best':>8}{'peak MB':>9}")
    for r in sorted(rows, key=lambda r: r["median_ms"]):
        print(f"{r['name'] + ' ' + r['version']:<26.25}{r['median_ms']:>10.2f}{r['min_ms']:>10.2f}"
              f"{r['ratio_of_medians']:>8.2f}{r['ratio_of_best']:>8.2f}{r['peak_rss_mb']:>9.0f}")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--steps", type=int, default=150)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--out", type=pathlib.Path, help="JSON file; default bench/results/<date>-<cpu family>.json")
    a = p.parse_args()
    rows = summarise(measure(contenders(a.build, a.threads, a.steps, a.batch), a.rounds))
    info = machine()
    out = a.out or ROOT / f"bench/results/{datetime.date.today()}-family{info['family']}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({
        "machine": info, "commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain")),
        "date": datetime.datetime.now().isoformat(timespec="seconds"), "threads": a.threads, "batch": a.batch,
        "rounds": a.rounds, "steps": a.steps, "results": rows}, indent=1) + "\n")
    table(rows)
    print(f"written: {out}")


if __name__ == "__main__":
    main()
