"""Writes PyTorch's results for the options of training, in float64: rates for tests/unit/test_schedule.c, runs for test_recipe.c. Needs
torch, which nothing else here does: run it by hand, with any Python that has it, after a change of the rules below.

    PYTHON tests/oracle/make_fit.py rates > tests/oracle/figures/fit_rates.h
    PYTHON tests/oracle/make_fit.py trainings > tests/oracle/figures/fit_trainings.h

Images and first weights follow the rules of make_heads.py.
"""
import sys
import warnings

import torch
import torch.nn.functional as F

import make_heads
from make_heads import BATCH, CHANNELS, EPOCHS, FLAT, IMAGES, RATE

CLASSES = 5

warnings.filterwarnings("ignore")


def rates(steps, make):
    """The learning rate of each step, as a factor."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, out = make(optimizer), []
    for _ in range(steps):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return out


def warmed(optimizer, steps, warmup, schedule):
    lr = torch.optim.lr_scheduler
    start = lr.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    return lr.SequentialLR(optimizer, [start, schedule(optimizer, steps - warmup)], [warmup])


def cosine(optimizer, steps):
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)


def constant(optimizer, steps):
    return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)


def onecycle(optimizer, steps, **options):
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=steps, cycle_momentum=False, **options)


# ---- losses ------------------------------------------------------------------------------------------------------------------------------

def labels():
    """Uneven: class 4 has more images than the others together."""
    return torch.tensor([min(i % 9, 4) for i in range(IMAGES)])


def partners():
    return labels().flip(0)


def shares():
    return torch.tensor([(i * 5 % 11) / 10 for i in range(IMAGES)], dtype=torch.float64)


def balanced(t):
    """As scikit-learn's class_weight="balanced"."""
    return len(t) / (CLASSES * torch.bincount(t, minlength=CLASSES).double())


def mixtures():
    """The loss of fixed logits for mixed images: of both labels, each with its share; with smoothing; as weights without normalization."""
    z = make_heads.weights(0, IMAGES, CLASSES).detach() * 8
    a, b, share = labels(), partners(), shares()
    out = []
    for smoothing in (0.0, 0.25):
        each = [F.cross_entropy(z, t, reduction="none", label_smoothing=smoothing) for t in (a, b)]
        out.append((share * each[0] + (1 - share) * each[1]).mean().item())
    rows = share[:, None] * F.one_hot(a, CLASSES) + (1 - share)[:, None] * F.one_hot(b, CLASSES)
    w = balanced(a)
    total = F.cross_entropy(z, rows, weight=w, label_smoothing=0.25, reduction="sum")
    return out + [(total / (share * w[a] + (1 - share) * w[b]).sum()).item()]


# ---- training runs ------------------------------------------------------------------------------------------------------------------------

class Net(torch.nn.Module):
    """That of make_heads.py with one head, a class."""

    def __init__(self):
        super().__init__()
        shapes = ((3, 3, 1, CHANNELS), (CHANNELS,), (FLAT, CLASSES), (CLASSES,))
        self.w = torch.nn.ParameterList([torch.nn.Parameter(make_heads.weights(i, *shape).detach()) for i, shape in enumerate(shapes)])

    def forward(self, x):
        w, b, v, c = self.w
        y = F.relu(F.conv2d(x, w.permute(3, 2, 0, 1)) + b.reshape(1, -1, 1, 1)).permute(0, 2, 3, 1).reshape(len(x), -1)
        return y @ v + c


def train(smoothing=0.0, weights=None, ema=0.0, decay=0.0, momentum=0.0):
    """The loss of each step, and the weights at the end; averaged, if `ema` is given. The decay is that of kernels and matrices."""
    net, x, t = Net(), make_heads.pixels(), labels()
    groups = [{"params": [net.w[0], net.w[2]], "weight_decay": decay}, {"params": [net.w[1], net.w[3]], "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=RATE, momentum=momentum, nesterov=momentum > 0)

    def average(old, new, n):
        d = min(ema, (1 + int(n)) / (10 + int(n)))
        return d * old + (1 - d) * new

    averaged, steps = torch.optim.swa_utils.AveragedModel(net, avg_fn=average), []
    for _ in range(EPOCHS):
        for first in range(0, IMAGES, BATCH):
            part = slice(first, first + BATCH)
            loss = F.cross_entropy(net(x[part]), t[part], weight=weights, label_smoothing=smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            averaged.update_parameters(net)
            steps.append(loss.item())
    of = averaged.module if ema else net
    return steps, [v for w in of.w for v in w.detach().flatten().tolist()]


def show(name, values):
    print(f"static const float {name}[] = {{")
    for i in range(0, len(values), 8):
        print("    " + ", ".join(f"{v:.9g}F" if "." in f"{v:.9g}" or "e" in f"{v:.9g}" else f"{v:.9g}.0F" for v in values[i:i + 8]) + ",")
    print("};")


def show_rates():
    print("/* The factor of the learning rate at each of 30 steps, with a warm-up of 7 steps before the schedules that are")
    print(" * named so. */")
    show("warmup_constant", rates(30, lambda o: warmed(o, 30, 7, constant)))
    show("warmup_cosine", rates(30, lambda o: warmed(o, 30, 7, cosine)))
    show("onecycle", rates(30, lambda o: onecycle(o, 30)))
    show("onecycle_late", rates(30, lambda o: onecycle(o, 30, pct_start=0.75, div_factor=4, final_div_factor=50)))


def show_trainings():
    w = balanced(labels())
    print("/* Of each training the loss of each step, and all variables. */")
    for name, options in (("smooth", {"smoothing": 0.125}), ("weighted", {"weights": w}), ("smooth_weighted", {"smoothing": 0.25, "weights": w}),
                          ("averaged", {"ema": 0.75}), ("decayed", {"decay": 0.03125, "momentum": 0.875})):
        steps, variables = train(**options)
        show(f"{name}_steps", steps)
        show(f"{name}_weights", variables)
    print("/* Losses of mixed images: without and with smoothing, and with weights too. */")
    show("mixtures", mixtures())


def main():
    print("/* fit_%s.h: figures of PyTorch, written by tests/oracle/make_fit.py. */" % sys.argv[1])
    print("/* clang-format off */")
    show_rates() if sys.argv[1] == "rates" else show_trainings()


if __name__ == "__main__":
    main()
