"""Writes tests/oracle/figures/fit.h: what PyTorch makes of the options of training, in float64, for tests/unit/test_schedule.c. Needs torch,
which nothing else here does: run it by hand, with any Python that has it, after a change of the rules below.

    PYTHON tests/oracle/make_fit.py > tests/oracle/figures/fit.h
"""
import warnings

import torch

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


def show(name, values):
    print(f"static const float {name}[] = {{")
    for i in range(0, len(values), 8):
        print("    " + ", ".join(f"{v:.9g}F" if "." in f"{v:.9g}" or "e" in f"{v:.9g}" else f"{v:.9g}.0F" for v in values[i:i + 8]) + ",")
    print("};")


print("/* fit.h: figures of PyTorch, written by tests/oracle/make_fit.py: the factor of the learning rate at")
print(" * each of 30 steps, with a warm-up of 7 steps before the schedules that are named so. */")
print("/* clang-format off */")
show("warmup_constant", rates(30, lambda o: warmed(o, 30, 7, constant)))
show("warmup_cosine", rates(30, lambda o: warmed(o, 30, 7, cosine)))
show("onecycle", rates(30, lambda o: onecycle(o, 30)))
show("onecycle_late", rates(30, lambda o: onecycle(o, 30, pct_start=0.75, div_factor=4, final_div_factor=50)))
