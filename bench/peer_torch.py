"""Times one training step, or one prediction, of a network in PyTorch, as one line of JSON.

peer_torch.py [--net lecture|vgg|resnet20|mobile|cnn:CHANNELS:DEPTH] [--input HxWxC] [--layout default|channels_last] [--compile] [--inference] [--batch 64] [--threads 2] [--steps 200]
"""

import argparse
import json
import resource
import time

import torch
from torch import nn


def lecture():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1024, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10))


def vgg():
    layers, before = [], 3
    for channels in 32, 64, 128:
        for c in before, channels:
            layers += [nn.Conv2d(c, channels, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        before = channels
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * 4 * 128, 10))


class Block(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
        self.skip = nn.Conv2d(before, channels, 1, stride, bias=False) if stride == 2 else nn.Identity()

    def forward(self, x):
        return torch.relu(self.skip(x) + self.body(x))


def resnet20():
    layers, before = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for channels in 16, 32, 64:
        for i in range(3):
            layers.append(Block(before, channels, 2 if i == 0 and channels > 16 else 1))
            before = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


# Channels of the preset `mobile`, and the side above which the layer has a stride of 2.
MOBILE = [(32, None), (64, 32), (64, None), (128, 16), (128, None), (256, 8), *[(256, None)] * 5, (512, 8), (512, None)]


def mobile(side):
    def normed(before, channels, kernel, stride, groups=1):
        return [nn.Conv2d(before, channels, kernel, stride, kernel // 2, groups=groups, bias=False),
                nn.BatchNorm2d(channels), nn.ReLU6()]
    stride = 2 if side > 32 else 1
    layers, before, side = normed(3, 16, 3, stride), 16, side // stride
    for channels, above in MOBILE:
        stride = 2 if above and side > above else 1
        layers += [*normed(before, before, 3, stride, groups=before), *normed(before, channels, 1, 1)]
        before, side = channels, side // stride
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(512, 10))


def cnn(channels, depth, size):
    layers, before = [], size[0]
    for _ in range(depth):
        layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        before = channels
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * (size[1] >> depth) * (size[2] >> depth), 10))


def network(name, size):
    if name.startswith("cnn:"):
        return cnn(*map(int, name.split(":")[1:]), size)
    if name == "mobile":
        return mobile(size[1])
    return {"lecture": lecture, "vgg": vgg, "resnet20": resnet20}[name]()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--net", default="lecture")
    p.add_argument("--input", default="28x28x1")
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
    height, width, channels = map(int, a.input.split("x"))
    size = channels, height, width
    net = network(a.net, size).to(memory_format=layout)
    run = torch.compile(net) if a.compile else net
    x = torch.randn(a.batch, *size).to(memory_format=layout)
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
    for i in range(-min(10, a.steps), a.steps):
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
