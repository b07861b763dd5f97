#!/usr/bin/env python3
"""Loads folders of JPEGs with Ocellus, torchvision's DataLoader and tf.data, interleaved: images per second from files to batches
of float32. Writes bench/results/loading/<date>-<cpu family>.json.

Usage: bench/loading.py --photos FOLDER [--rounds 3] [--only small|large]

FOLDER has photographs in any folders below it. From them the images that are loaded are made, once, in build/loading:
20,000 of about 100x100 and 500 of about 3000x2000. All programs resize to the same size with an antialiased bilinear filter; the
peers use as many worker processes or threads as Ocellus has threads. Needs what bench/run.sh installs, and torchvision.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

from record import ROOT, keep, origin, result_file

SETS = {"small": ("20,000 JPEGs of about 100x100 to 96x96", 20000, (80, 120), (80, 120), 96),
        "large": ("500 JPEGs of about 3000x2000 to 224x224", 500, (2800, 3200), (1800, 2200), 224)}


def make(photos, name):
    """A folder of a class for each of ten tenths, whose images are parts of the photographs, enlarged."""
    from PIL import Image
    folder = ROOT / "build/loading" / name
    title, count, widths, heights, _ = SETS[name]
    if (folder / "whole").exists():
        return folder / "images"
    files, draw = sorted(photos.rglob("*.jpg")), random.Random(123)
    print(f"making {title}", file=sys.stderr)
    for i in range(count):
        with Image.open(files[i % len(files)]) as image:
            image = image.convert("RGB")
        size = draw.randint(*widths), draw.randint(*heights)
        left, top = (draw.uniform(0, 0.3) * side for side in image.size)
        to = folder / "images" / f"class-{i % 10}" / f"{i:05}.jpg"
        to.parent.mkdir(parents=True, exist_ok=True)
        image.resize(size, Image.Resampling.BICUBIC, (left, top, image.width, image.height)).save(to, quality=90)
    (folder / "whole").touch()
    return folder / "images"


def ocellus(program, folder, side, threads):
    command = [str(program), "bench", "--only", "loading", "--data", str(folder), "--input", f"{side}x{side}x3", "--workers",
               str(threads), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    first = json.loads(done.stdout.splitlines()[0])
    return first["images"] / first["seconds"]


def python(which, folder, side, threads):
    done = subprocess.run([sys.executable, __file__, "--load", which, str(folder), str(side), str(threads)],
                          stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def load_torchvision(folder, side, threads):
    import torch
    from torchvision import datasets, transforms
    how = transforms.Compose([transforms.Resize((side, side)), transforms.ToTensor()])
    data = datasets.ImageFolder(folder, how)
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True, num_workers=threads)
    start = time.perf_counter()
    count = sum(len(x) for x, _ in loader)
    return count / (time.perf_counter() - start)


def load_tf(folder, side, threads, antialias):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    files = sorted(map(str, pathlib.Path(folder).rglob("*.jpg")))

    def read(path):
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.image.resize(image, (side, side), antialias=antialias) / 255
    data = tf.data.Dataset.from_tensor_slices(files).shuffle(len(files), seed=123)
    data = data.map(read, num_parallel_calls=tf.data.AUTOTUNE).batch(64).prefetch(tf.data.AUTOTUNE)
    start = time.perf_counter()
    count = sum(int(x.shape[0]) for x in data)
    return count / (time.perf_counter() - start)


PEERS = {"torchvision": load_torchvision, "tf.data": lambda *a: load_tf(*a, True), "tf.data not antialiased": lambda *a: load_tf(*a, False)}


def versions():
    from importlib.metadata import version
    return {name: version(name) for name in ("torch", "torchvision", "tensorflow-cpu", "pillow")}


def compare(name, a):
    title, _, _, _, side = SETS[name]
    folder = make(a.photos, name)
    found = {"ocellus": [], **{peer: [] for peer in PEERS}}
    for i in range(a.rounds):
        for peer, rates in found.items():
            rates.append(ocellus(a.build / "ocellus", folder, side, a.threads) if peer == "ocellus"
                         else python(peer, folder, side, a.threads))
            print(f"{title}, round {i + 1} of {a.rounds}, {peer}: {rates[-1]:.0f} images/s", file=sys.stderr)
    medians = {peer: statistics.median(rates) for peer, rates in found.items()}
    print(f"\n{title}\n")
    for peer, rate in medians.items():
        print(f"  {peer:24} {rate:8.0f} images/s  {medians['ocellus'] / rate:5.2f} times as fast is Ocellus")
    return {"title": title, "images_per_second": found, "medians": medians}


def main():
    if sys.argv[1:2] == ["--load"]:
        which, folder, side, threads = sys.argv[2:]
        print(PEERS[which](folder, int(side), int(threads)))
        return
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--photos", type=pathlib.Path, required=True)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--only", choices=SETS)
    a = p.parse_args()
    begin = origin()
    rows = [compare(name, a) for name in SETS if a.only in (None, name)]
    out = result_file("loading", begin["machine"])
    keep(out, {**begin, "versions": versions(), "threads": a.threads, "rows": rows})
    print(f"\nwritten: {out}")


if __name__ == "__main__":
    main()
