#!/usr/bin/env python3
"""Trains one network with Ocellus and with PyTorch on the same images, by the same recipe, for several seeds, and compares the
accuracy on the test set. Writes bench/results/accuracy/<date>-<cpu family>.json.

Usage: bench/accuracy.py --data FOLDER [--side 96] [--epochs 20] [--seeds 1 2 3]

FOLDER holds train/CLASS/* and test/CLASS/*. Both shrink the shorter side to --side and take the center, crop with a border of 8
black pixels and flip at random, standardize by channel, start from He's and Glorot's initial values, and train with Adam and half a
cosine down to 0. The model after the last epoch counts. Only random numbers differ. Needs what bench/run.sh installs, and torchvision.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from record import ROOT, keep, origin, result_file

WIDTHS, BORDER, BATCH, RATE = (32, 64, 128, 256), 8, 32, 2e-3
NET = " | ".join([f"conv 3x3x{c} bn relu same he_normal | maxpool 2" for c in WIDTHS] + ["globalmeanpool | dense CLASSES"])


def ocellus(a, seed):
    with tempfile.TemporaryDirectory() as folder:
        command = [str(a.build / "ocellus"), "train", str(a.data), "--net", NET, "--size", str(a.side), "--channels", "3", "--resize", "crop",
                   "--background", "black", "--augment", f"crop {BORDER}, flip", "--standardize", "channel", "--valid", "0",
                   "--optimizer", "adam", "--lr", str(RATE), "--schedule", "cosine", "--batch", str(BATCH), "--epochs", str(a.epochs),
                   "--seed", str(seed), "--threads", str(a.threads), "--json", "--out", f"{folder}/run"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return next(line["accuracy"] for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "test")


def network(classes):
    from torch import nn
    layers, before = [], 3
    for c in WIDTHS:
        layers += [nn.Conv2d(before, c, 3, padding=1, bias=False), nn.BatchNorm2d(c, eps=1e-3, momentum=0.01), nn.ReLU(), nn.MaxPool2d(2)]
        nn.init.kaiming_normal_(layers[-4].weight)
        before = c
    last = nn.Linear(before, classes)
    nn.init.xavier_uniform_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), last)


def images_of(a, part, loaded):
    """A part of the data as one tensor of bytes, decoded and cropped once, as both programs may keep them in memory."""
    import torch
    from torchvision import datasets, transforms
    if part not in loaded:
        t = transforms.Compose([transforms.Resize(a.side), transforms.CenterCrop(a.side), transforms.PILToTensor()])
        data = datasets.ImageFolder(a.data / part, t)
        loaded[part] = torch.stack([x for x, _ in data]), torch.tensor(data.targets), len(data.classes)
    return loaded[part]


def pytorch(a, seed, loaded):
    import torch
    from torchvision.transforms import v2
    torch.set_num_threads(a.threads)
    torch.manual_seed(seed)
    x, y, classes = images_of(a, "train", loaded)
    mean = (x / 255).mean((0, 2, 3)).view(1, 3, 1, 1)
    deviation = (x / 255).std((0, 2, 3)).view(1, 3, 1, 1)
    change = v2.Compose([v2.RandomCrop(a.side, padding=BORDER), v2.RandomHorizontalFlip()])

    def inputs(images):
        return ((images / 255 - mean) / deviation).to(memory_format=torch.channels_last)
    net = network(classes).to(memory_format=torch.channels_last)
    adam, loss = torch.optim.Adam(net.parameters(), RATE), torch.nn.CrossEntropyLoss()
    steps = a.epochs * -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(a.epochs):
        for index in torch.randperm(len(x)).split(BATCH):
            adam.zero_grad(set_to_none=True)
            loss(net(inputs(torch.stack([change(x[i]) for i in index]))), y[index]).backward()
            adam.step()
            schedule.step()
    net.eval()
    x, y, _ = images_of(a, "test", loaded)
    with torch.no_grad():
        found = torch.cat([net(inputs(part)).argmax(1) for part in x.split(64)])
    return (found == y).float().mean().item()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=pathlib.Path, required=True)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--side", type=int, default=96)
    p.add_argument("--epochs", type=int, default=20)
    p.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    a = p.parse_args()
    begin, found, loaded = origin(), {"ocellus": [], "pytorch": []}, {}
    for seed in a.seeds:
        for name, train in (("ocellus", ocellus), ("pytorch", lambda a, seed: pytorch(a, seed, loaded))):
            start = time.perf_counter()
            found[name].append({"seed": seed, "accuracy": train(a, seed), "seconds": time.perf_counter() - start})
            print(f"{name}: {found[name][-1]}", file=sys.stderr)
    means = {name: statistics.mean(run["accuracy"] for run in runs) for name, runs in found.items()}
    print(f"mean accuracy: Ocellus {100 * means['ocellus']:.2f}%, PyTorch {100 * means['pytorch']:.2f}%")
    from importlib.metadata import version
    out = result_file("accuracy", begin["machine"])
    keep(out, {**begin, "versions": {n: version(n) for n in ("torch", "torchvision")}, "data": a.data.name, "net": NET, "side": a.side,
               "epochs": a.epochs, "threads": a.threads, "runs": found, "means": means})
    print(f"written: {out}")


if __name__ == "__main__":
    main()
