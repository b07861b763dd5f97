#!/usr/bin/env python3
"""Does `ocellus doctor --model` find wrong labels? Gives some training images of CIFAR-10 another class, trains on them, and counts
how many of the most suspected images are among them.

Usage: bench/label_errors.py --data cifar10.zip [--share 0.05] [--top 0.04] [--images N] [--halves] [-- OPTIONS OF ocellus train]

The images are those of train/CLASS/ in the zip. `--top` is the part of the images that is counted: 0.04 of 50,000 are 2,000.
`--images N` takes only N of them. `--halves` trains two networks on a half of the images each, and each judges the half that it has
not seen; without it, one network judges the images that it was trained on, which it has not learned by heart after a few epochs.
The zip with the wrong labels and the runs stay in build/label_errors. A run on all images by one network, by the training below, is
kept in bench/results/label_errors/<date>-<cpu family>.json.
"""

import argparse
import json
import pathlib
import random
import resource
import shlex
import subprocess
import sys
import zipfile

from recipes import NESTEROV, resnet9
from record import ROOT, keep, origin, result_file

OUT = ROOT / "build/label_errors"

# 5 epochs of 50,000 images take about 17 minutes of processor time.
TRAINING = f"--net '{resnet9(32)}' --augment 'crop 4, flip alternate' {NESTEROV} --epochs 5"


def choose(archive, arguments, r):
    """(path, class, given class) of the images, in a random order; the first ones are those with wrong labels."""
    paths = sorted(path for path in archive.namelist() if path.startswith("train/") and not path.endswith("/"))
    r.shuffle(paths)
    paths = paths[:arguments.images]
    classes = sorted({path.split("/")[1] for path in paths})
    wrong = round(len(paths) * arguments.share)
    for i, path in enumerate(paths):
        own = path.split("/")[1]
        yield path, own, r.choice([c for c in classes if c != own]) if i < wrong else own


def write(archive, images, name):
    """A zip with the images under their given classes; returns the paths of those with wrong labels."""
    planted = set()
    with zipfile.ZipFile(OUT / name, "w") as z:
        for path, own, given in images:
            file = f"{own}-{path.rsplit('/', 1)[1]}"
            z.writestr(f"{given}/{file}", archive.read(path))
            if own != given:
                planted.add(f"{given}/{file}")
    return planted


def run(command):
    print(shlex.join(str(word) for word in command), file=sys.stderr)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with code {done.returncode}")
    return done.stdout


def suspects(program, name, model):
    """(rank, path) of the suspected labels, the most doubtful first."""
    findings = map(json.loads, run([program, "doctor", OUT / name, "--model", model, "--json"]).splitlines())
    return list(enumerate(finding["file"] for finding in findings if finding.get("kind") == "label"))


def train(program, name, options):
    model = OUT / pathlib.Path(name).stem
    run([program, "train", OUT / name, *options, "--valid", "0", "--test", "0", "--out", model, "--force", "--quiet"])
    return model


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--data", type=pathlib.Path, required=True, help="cifar10.zip")
    p.add_argument("--share", type=float, default=0.05, help="part of the labels that becomes wrong")
    p.add_argument("--top", type=float, default=0.04, help="part of the images that is counted, the most suspected")
    p.add_argument("--images", type=int, help="take only so many images")
    p.add_argument("--seed", type=int, default=1, help="of the wrong labels")
    p.add_argument("--halves", action="store_true", help="each image is judged by a network that has not seen it")
    p.add_argument("options", nargs="*", help=f"of the training; without any: {TRAINING}")
    arguments = p.parse_args()
    begin = origin()
    options, program = arguments.options or shlex.split(TRAINING), arguments.build / "ocellus"
    OUT.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(arguments.data) as archive:
        images = list(choose(archive, arguments, random.Random(arguments.seed)))
        parts = {"half-0.zip": images[::2], "half-1.zip": images[1::2]} if arguments.halves else {"all.zip": images}
        planted = set().union(*(write(archive, part, name) for name, part in parts.items()))
    models = [train(program, name, options) for name in parts]
    found = [s for name, model in zip(parts, reversed(models)) for s in suspects(program, name, model)]
    found.sort()  # halves are merged by rank
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    top = round(len(images) * arguments.top)
    hits = sum(path in planted for _, path in found[:top])
    result = {"images": len(images), "planted": len(planted), "suspected": len(found), "top": top, "planted_in_top": hits,
              "share": round(hits / top, 4), "planted_among_suspected": sum(path in planted for _, path in found),
              "processor_minutes": round((used.ru_utime + used.ru_stime) / 60, 1)}
    print(json.dumps(result))
    if not (arguments.images or arguments.halves or arguments.options):
        keep(result_file("label_errors", begin["machine"]), {**begin, "training": TRAINING, **result})


if __name__ == "__main__":
    main()
