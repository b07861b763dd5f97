"""Makes docs/performance.md from the newest results of each machine in bench/results. Run by bench/run.sh after measuring."""

import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent

HEAD = """# Performance

Made by `bench/report.py` from `bench/results/*.json`, which `make bench` writes; do not edit it by hand. Each row was measured in
one run on one machine, ours and the peers' in turns; the ratio is that of the medians of the rounds, above 1 where ours is faster.
Times of different machines, or of different rows, say little beside each other.
"""


def newest():
    """The last results of each kind of machine that have rows."""
    found = {}
    for path in sorted((ROOT / "bench/results").glob("*.json")):
        data = json.loads(path.read_text())
        if "rows" in data:
            found[data["machine"]["family"], data["machine"]["model"]] = data
    return found.values()


def describe(data):
    m = data["machine"]
    level = "AVX-512" if m["avx512"] else "AVX2"
    return (f"\n## {m['cpu']}, family {m['family']} model {m['model']}, {m['cores']} cores, {level}\n\n"
            f"Commit {data['commit'][:12]}, {data['date'][:10]}, Linux {m['kernel'].split('-')[0]}, {data['rounds']} rounds.\n\n"
            "| what | who | threads | median ms | best ms | times ours | memory MB |\n|---|---|---|---|---|---|---|\n")


def lines(row):
    for i, e in enumerate(row["entries"]):
        yield (f"| {row['title'] if i == 0 else ''} | {e['name']} {e['version'].split('+')[0]} | {e['threads']} | "
               f"{e['median_ms']:.3f} | {e['min_ms']:.3f} | {e['ratio_of_medians']:.2f} | {e['peak_rss_mb']:.0f} |\n")


def main():
    text = HEAD
    for data in newest():
        text += describe(data) + "".join(line for row in data["rows"] for line in lines(row))
    (ROOT / "docs/performance.md").write_text(text)


if __name__ == "__main__":
    main()
