"""Times one training step, or one prediction, of the lecture's network in PyTorch, as one line of JSON.

peer_torch.py [--layout default|channels_last] [--compile] [--inference] [--batch 64] [--threads 2] [--steps 200]
"""

import argparse
import json
import resource
import time

import torch
from torch import nn


def network():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1024, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--layout", default="default", choices=["default", "channels_last"])
    p.add_argument("--compile", action="store_true")
    p.add_argument("--inference", action="store_true")
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--steps", type=int, default=200)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(123)
    layout = torch.channels_last if a.layout == "channels_last" else torch.contiguous_format
    net = network().to(memory_format=layout)
    run = torch.compile(net) if a.compile else net
    x = torch.randn(a.batch, 1, 28, 28).to(memory_format=layout)
    y = torch.arange(a.batch) % 10
    loss = nn.CrossEntropyLoss()
    adam = torch.optim.Adam(net.parameters(), 1e-4)

    def step():
        adam.zero_grad(set_to_none=True)
        value = loss(run(x), y)
        value.backward()
        adam.step()

    def predict():
        with torch.no_grad():
            torch.softmax(run(x), 1)

    net.train(not a.inference)
    times = []
    for i in range(-10, a.steps):
        start = time.perf_counter()
        predict() if a.inference else step()
        if i >= 0:
            times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    print(json.dumps({
        "name": "pytorch " + a.layout + (" compiled" if a.compile else ""), "version": torch.__version__,
        "threads": a.threads, "batch": a.batch, "median_ms": times[len(times) // 2], "min_ms": times[0],
        "p10_ms": times[len(times) // 10],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
