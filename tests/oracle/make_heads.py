"""Writes tests/oracle/figures/heads.h: PyTorch's results of three small training runs, in float64, for tests/unit/test_heads.c. Needs torch,
which nothing else here does: run it by hand, with any Python that has it, after a change of the rules below.

    PYTHON tests/oracle/make_heads.py > tests/oracle/figures/heads.h

Images, targets and first weights follow from rules that the test has too. A convolution of 3x3x4 with ReLU on images of 6x6, then a dense
layer for each head. Plain SGD; batches of 8 in the order of the images, of which the last one holds 6; EPOCHS times.
"""
import torch
import torch.nn.functional as F

IMAGES, SIDE, CHANNELS, BATCH, EPOCHS, RATE = 22, 6, 4, 8, 5, 0.0625
FLAT = (SIDE - 2) ** 2 * CHANNELS
HEADS = {"regression": [("vector", 3, 1.0)], "labels": [("classes", 4, 1.0)], "both": [("class", 5, 1.0), ("vector", 2, 0.25)]}


def pixels():
    return torch.tensor([[(i * 37 + p * 11 + i * p % 13 * 17) % 256 for p in range(SIDE * SIDE)] for i in range(IMAGES)],
                        dtype=torch.float64).reshape(IMAGES, 1, SIDE, SIDE) / 255


def weights(number, *shape):
    """Of the number-th variable of a training run."""
    count = torch.Size(shape).numel()
    return torch.tensor([((k * 7919 + number * 104729) % 2001 - 1000) / 4096 for k in range(count)],
                        dtype=torch.float64).reshape(shape).requires_grad_()


def target(kind, size):
    if kind == "class":
        return torch.tensor([(i * 3 + i // 5) % size for i in range(IMAGES)])
    if kind == "classes":
        return torch.tensor([[float((i * 5 + k * 3) % 7 < 3) for k in range(size)] for i in range(IMAGES)], dtype=torch.float64)
    return torch.tensor([[((i * 13 + k * 7) % 21 - 10) / 8 for k in range(size)] for i in range(IMAGES)], dtype=torch.float64)


def loss_of(kind, y, t):
    return {"class": F.cross_entropy, "classes": F.binary_cross_entropy_with_logits, "vector": F.mse_loss}[kind](y, t)


def metric_of(kind, y, t):
    if kind == "class":
        return (y.argmax(-1) == t).double().mean()
    return ((y > 0) == (t > 0.5)).double().mean() if kind == "classes" else (y - t).abs().mean()


def train(heads):
    w = [weights(0, 3, 3, 1, CHANNELS), weights(1, CHANNELS)]
    for i, (_, size, _) in enumerate(heads):
        w += [weights(2 + 2 * i, FLAT, size), weights(3 + 2 * i, size)]
    x, targets = pixels(), [target(kind, size) for kind, size, _ in heads]

    def outputs(x):
        y = F.relu(F.conv2d(x, w[0].permute(3, 2, 0, 1)) + w[1].reshape(1, -1, 1, 1)).permute(0, 2, 3, 1).reshape(len(x), -1)
        return [y @ w[2 + 2 * i] + w[3 + 2 * i] for i in range(len(heads))]

    def losses(x, targets):
        return [loss_of(kind, y, t) for (kind, _, _), y, t in zip(heads, outputs(x), targets)]

    total = lambda parts: sum(weight * part for (_, _, weight), part in zip(heads, parts))
    optimizer, steps = torch.optim.SGD(w, lr=RATE), []
    for _ in range(EPOCHS):
        for first in range(0, IMAGES, BATCH):
            part = slice(first, first + BATCH)
            loss = total(losses(x[part], [t[part] for t in targets]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            steps.append(loss.item())
    with torch.no_grad():
        parts = losses(x, targets)
        scores = [total(parts).item()]
        for (kind, _, _), y, t, part in zip(heads, outputs(x), targets, parts):
            scores += [part.item(), metric_of(kind, y, t).item()]
    return steps, scores, [v for t in w for v in t.detach().flatten().tolist()]


def show(name, values):
    print(f"static const float {name}[] = {{")
    for i in range(0, len(values), 8):
        print("    " + ", ".join(f"{v:.9g}F" if "." in f"{v:.9g}" else f"{v:.9g}.0F" for v in values[i:i + 8]) + ",")
    print("};")


def main():
    print("/* heads.h: figures of PyTorch, written by tests/oracle/make_heads.py: of each training the loss of each step;")
    print(" * then, of all images, the loss, and of each head its loss and its metric; then all variables. */")
    print("/* clang-format off */")
    for name, heads in HEADS.items():
        for what, values in zip(("steps", "scores", "weights"), train(heads)):
            show(f"{name}_{what}", values)


if __name__ == "__main__":
    main()
