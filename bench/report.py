"""Makes docs/performance.md, its charts and the README's table of figures from the newest results of each kind of machine in
bench/results. Run by bench/run.sh after measuring."""

import json
import pathlib

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend is chosen before)
from matplotlib.ticker import LogLocator  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CHARTS = ROOT / "docs/performance"
OURS, THEIRS = "#1f6f8b", "#c9c4b8"
plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ocellus", "font.size": 9, "axes.spines.top": False,
                     "axes.spines.right": False})

HEAD = """# Performance

Made by `bench/report.py` from `bench/results/*.json`, which `make bench` writes; do not edit it by hand. Each row was measured in
one run on one machine, ours and the peers' in turns; the ratio is that of the medians of the rounds, above 1 where ours is faster.
Times of different machines, or of different rows, say little beside each other.

Ours are measured by `ocellus bench`, which anyone can run: training and prediction of the lecture's network on the built-in
digits, so that as much is zero as in a real training (some of our kernels leave out products with zero; the peers' do not), of
other networks on noise; weights are random. Figures of predictions of up to four images that name the
kernel `dense_block_compact` were measured with weights of 21 bits, which are gone (docs/decisions/0019-float32-is-float32.md).
"""


def newest():
    """The last results of each kind of machine. The first ones of all had one row, and nothing around it."""
    found = {}
    for path in sorted((ROOT / "bench/results").glob("*.json")):
        data = json.loads(path.read_text())
        if "rows" not in data:
            entries = [{"threads": data["threads"], **entry} for entry in data["results"]]
            data["rows"] = [{"title": "training step, lecture's network, batch 64", "entries": entries}]
        found[data["machine"]["family"], data["machine"]["model"]] = data
    return list(found.values())


def key_of(data):
    return f"family{data['machine']['family']}-model{data['machine']['model']}"


def name_of(entry):
    return f"{entry['name']} {entry['version'].split('+')[0]}".strip()


# ---- tables ----


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def section(data):
    m = data["machine"]
    level = "AVX-512" if m["avx512"] else "AVX2"
    return (f"\n## {m['cpu']}, family {m['family']} model {m['model']}, {m['cores']} cores, {level}\n\n"
            f"Commit {data['commit'][:12]}{' and changes' if data.get('dirty') else ''}, {data['date'][:10]}, "
            f"Linux {m['kernel'].split('-')[0]}, {data['rounds']} rounds.\n")


def limits(data):
    x = data["limits"]
    return (f"\nThis machine at most: {x['flops_one'] / 1e9:.1f} GFLOP/s with one thread and {x['flops_all'] / 1e9:.1f} with all, "
            f"{x['read_one'] / 1e9:.1f} and {x['read_all'] / 1e9:.1f} GB/s read from memory.\n\n")


def sides(data):
    rows = [[row["title"] if i == 0 else "", name_of(e), e["threads"], f"{e['median_ms']:.3f}", f"{e['min_ms']:.3f}",
             f"{e['ratio_of_medians']:.2f}", f"{e['peak_rss_mb']:.0f}" if e["peak_rss_mb"] else ""]
            for row in data["rows"] for i, e in enumerate(row["entries"])]
    return "\n### Side by side\n\n" + table(
        ["what", "who", "threads", "median ms", "best ms", "times ours", "memory MB"], rows)


def fast(data):
    rows = [[f["seed"], f"{f['seconds']:.1f}", f"{100 * f['accuracy']:.2f}"] for f in data["fast"]]
    return ("\n### `ocellus train MNIST --preset fast`\n\nFrom the start of the process to its end, which is the accuracy on the "
            "test set.\n\n" + table(["seed", "seconds", "test accuracy %"], rows))


def kernels(data):
    rows = [[k["use"], f"`{k['kernel']}`", f"{k['ms']:.3f}", f"{k['gflops']:.1f}", f"{100 * k['share']:.0f}",
             f"{k['gbytes']:.1f}", "x" if k["winner"] else ""] for k in data["kernels"]]
    return ("\n### Kernels\n\nOne core, the least of many runs. GFLOP/s and the share of the core's peak count the products of the "
            "direct method, so Winograd's share can be over 100 %.\n\n"
            + table(["use", "kernel", "ms", "GFLOP/s", "% of peak", "GB/s", "fastest"], rows))


# ---- charts ----


def save(figure, data, kind, alt):
    path = CHARTS / f"{key_of(data)}-{kind}.svg"
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return f"\n![{alt}](performance/{path.name})\n"


def bars(data):
    """How many times ours each peer takes, a group of bars for each row with a peer."""
    rows = [row for row in data["rows"] if any(e["name"] != "ocellus" for e in row["entries"])
            and "busy" not in row["title"] and "start of a process" not in row["title"]]
    entries = [(row["title"], name_of(e), e["ratio_of_medians"]) for row in rows for e in row["entries"][1:]]
    figure, axes = plt.subplots(figsize=(7.5, 0.24 * len(entries) + 0.9))
    places = range(len(entries), 0, -1)
    axes.barh(places, [e[2] for e in entries], color=OURS)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(places, [f"{title.replace(' network', '')}: {name}" for title, name, _ in entries], fontsize=7)
    for place, entry in zip(places, entries):
        axes.text(entry[2], place, f" {entry[2]:.1f}", va="center", fontsize=7)
    axes.set_xlabel("times as long as ours")
    return save(figure, data, "peers", "How many times as long the peers take")


def waterfall(data):
    parts = [p for p in data["parts"] if p["type"] == "part"]
    total = sum(p["ms"] for p in parts)
    shown = [p for p in parts if p["ms"] >= 0.005 * total]
    figure, axes = plt.subplots(figsize=(7.5, 0.26 * len(shown) + 0.9))
    before = 0
    for i, p in enumerate(shown):
        axes.barh(-i, p["ms"], left=before, color=OURS)
        axes.text(before + p["ms"], -i, f" {p['ms']:.2f}", va="center", fontsize=7)
        before += p["ms"]
    axes.set_yticks(range(0, -len(shown), -1), [f"{p['name']}, {p['operation']}" for p in shown], fontsize=7)
    axes.set_xlabel("ms of a training step, all threads together")
    return "\n### Where the time of a training step goes\n" + save(figure, data, "parts", "The parts of a training step")


def growth(data):
    figure, grid = plt.subplots(2, 2, figsize=(7.5, 5))
    for axes, g in zip(grid.flat, data["growth"]):
        x = [p["x"] for p in g["points"]]
        axes.plot(x, [p["ours_ms"] for p in g["points"]], "o-", color=OURS, label="ocellus")
        axes.plot(x, [p["peer_ms"] for p in g["points"]], "s--", color="#8a8273", label=g["peer"])
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_xticks(x, [str(v) for v in x])
        axes.minorticks_off()
        axes.set_xlabel(g["axis"])
        axes.set_ylabel("ms a step")
    grid[0][0].legend(frameon=False)
    rows = [[g["axis"], p["x"], f"{p['ours_ms']:.2f}", f"{p['peer_ms']:.2f}", f"{p['peer_ms'] / p['ours_ms']:.2f}"]
            for g in data["growth"] for p in g["points"]]
    return ("\n### Growth\n\nTraining steps of small networks, `conv 3x3 same relu | maxpool 2` again and again: 16 channels, two "
            "convolutions, 28x28x1, batch 64, where the chart does not say otherwise (image size and depth with batch 16, depth "
            "at 64x64x1).\n" + save(figure, data, "growth", "How the time of a step grows")
            + "\n" + table(["axis", "at", "ocellus ms", f"{data['growth'][0]['peer']} ms", "times ours"], rows))


# ---- the README's table ----

FIGURES = [
    ("a training step, batch 64", "training step, lecture's network, batch 64"),
    ("one prediction, one thread", "prediction, lecture's network, batch 1, one thread"),
    ("1000 predictions", "prediction, lecture's network, batch 1000"),
    ("start of the program to its first prediction", "from the start of a process to its first prediction")]


def fastest_peer(data, title):
    """Ours and the fastest of the peers in a row; None where the row was not measured."""
    for row in data["rows"]:
        if row["title"] == title:
            ours, *peers = row["entries"]
            return ours, min(peers, key=lambda e: e["median_ms"])
    return None


def figure(data, title):
    found = fastest_peer(data, title)
    if not found:
        return "not measured"
    ours, peer = found
    return f"{ours['median_ms']:.3g} ms, **{peer['ratio_of_medians']:.1f}x** {peer['name'].removeprefix('python and ').split()[0]}"


def accuracy(data):
    if "fast" not in data:
        return "not measured"
    seconds, shares = ([f[key] for f in data["fast"]] for key in ("seconds", "accuracy"))
    return f"{sum(seconds) / len(seconds):.1f} s, {100 * sum(shares) / len(shares):.2f} %"


def readme(machines):
    """Between the two marks of README.md: a column a kind of machine, ours and how many times as long the fastest peer takes."""
    heads = [f"{d['machine']['cpu'].replace('(R)', '').replace(' Processor', '')}, family {d['machine']['family']} "
             f"model {d['machine']['model']}, {'AVX-512' if d['machine']['avx512'] else 'AVX2'}, {d['date'][:10]}" for d in machines]
    rows = [[name, *(figure(d, title) for d in machines)] for name, title in FIGURES]
    rows.append(["MNIST to its test accuracy, `--preset fast`", *(accuracy(d) for d in machines)])
    begin, end = "<!-- figures, by bench/report.py -->\n", "<!-- end of figures -->\n"
    before, rest = README.read_text().split(begin)
    README.write_text(before + begin + table(["the lecture's network, two cores", *heads], rows) + end + rest.split(end)[1])


def main():
    CHARTS.mkdir(exist_ok=True)
    for old in CHARTS.glob("*.svg"):
        old.unlink()
    text, machines = HEAD, newest()
    for data in machines:
        text += section(data) + (limits(data) if "limits" in data else "") + bars(data) + sides(data)
        for part, make in (("parts", waterfall), ("fast", fast), ("growth", growth), ("kernels", kernels)):
            text += make(data) if part in data else ""
    (ROOT / "docs/performance.md").write_text(text)
    readme(machines)


if __name__ == "__main__":
    main()
