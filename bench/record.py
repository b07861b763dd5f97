"""What every measurement is kept with, and where: machine and commit, in bench/results."""

import datetime
import json
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results"


def git(*args):
    return subprocess.run(["git", "-C", ROOT, *args], capture_output=True, text=True, check=False).stdout.strip()


def machine():
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    cpu = re.search(r"model name\s*:\s*(.*)", flags)
    family, model = re.search(r"cpu family\s*:\s*(\d+)", flags), re.search(r"model\s*:\s*(\d+)", flags)
    return {
        "cpu": cpu.group(1) if cpu else platform.processor(),
        "family": family.group(1) if family else "?", "model": model.group(1) if model else "?",
        "avx512": " avx512f " in flags, "cores": len(os.sched_getaffinity(0)), "kernel": platform.release()}


def origin():
    """Machine and commit: to be taken before anything is measured, since a commit may follow meanwhile."""
    return {"machine": machine(), "commit": git("rev-parse", "HEAD")}


def result_file(kind, m):
    """The file for today's result of a machine; `kind` is a folder in bench/results, or "" for that itself."""
    return RESULTS / kind / f"{datetime.date.today()}-family{m['family']}-model{m['model']}.json"


def keep(path, found):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")
