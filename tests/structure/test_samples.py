"""Sample code in the public headers' comments and in docs/api.md: all of it compiles without a warning, and what is a whole
program is linked and runs. Standard library only.

Usage: test_samples.py CC CXX LIBRARY [--no-run]. CXX may be empty. Works in the current folder."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{ROOT / 'include'}"]
COMMENT = re.compile(r"/\*(.*?)\*/", re.S)
# What a sample in a header takes as given; it may declare any of it again.
FRAGMENT = """#include <ocellus/ocellus.h>
#include <stdio.h>
#include <stdlib.h>
int sample(oc_error err, oc_graph *g, oc_model *model, oc_data data, const uint8_t *pixels, int32_t *labels, oc_node loss_node,
           double loss_value, int64_t step, oc_layer_summary *layers, int count);
int sample(oc_error err, oc_graph *g, oc_model *model, oc_data data, const uint8_t *pixels, int32_t *labels, oc_node loss_node,
           double loss_value, int64_t step, oc_layer_summary *layers, int count) {
  %s loss = %s;
  (void)err, (void)g, (void)model, (void)data, (void)pixels, (void)labels, (void)loss_node, (void)loss_value, (void)step;
  (void)layers, (void)count, (void)loss;
  {
%s
  }
  return 0;
}
"""


def header_samples():
    """Indented paragraphs of comments with a line that is a statement."""
    for path in sorted((ROOT / "include/ocellus").glob("*.h")):
        text = path.read_text(encoding="utf-8")
        for comment in COMMENT.finditer(text):
            lines = [re.sub(r"^\s*\* ?", "", line) for line in comment[1].split("\n")[1:]]
            for group in re.split(r"\n\s*\n", "\n".join(lines)):
                code = [line for line in group.split("\n") if line.startswith("  ")]
                if any(re.search(r"^\s*(oc_\w+ )?.*\boc_\w+\(.*\);", line) for line in code):
                    yield path.name, "\n".join(code)


def page_samples():
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    return re.findall(r"^```(c|cpp)\n(.*?)^```$", text, re.S | re.M)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(" ".join(map(str, command)), done.stdout, done.stderr, sep="\n")
    return done.returncode == 0


def fragment(compiler, name, code):
    scalar = ("double", "loss_value") if re.search(r"(?<!oc_)scalar\(", code) else ("oc_node", "loss_node")
    path = pathlib.Path(f"{name}.fragment.c")
    path.write_text(FRAGMENT % (*scalar, code), encoding="utf-8")
    return run([compiler, "-std=c11", "-fsyntax-only", "-Wno-unused", "-Wno-shadow", *FLAGS, str(path)])


def program(compiler, standard, path, library, runs):
    built = path.with_suffix(".program").resolve()
    if not runs:
        return run([compiler, standard, "-fsyntax-only", *FLAGS, str(path)])
    return run([compiler, standard, *FLAGS, str(path), library, f"-Wl,-rpath,{pathlib.Path(library).parent}", "-o", str(built)]) \
        and run([str(built)])


def main():
    cc, cxx, library = sys.argv[1:4]
    runs = "--no-run" not in sys.argv
    results = {name: fragment(cc, name, code) for name, code in header_samples()}
    whole = 0
    for i, (kind, code) in enumerate(page_samples()):
        path = pathlib.Path(f"page{i}.{kind}")
        path.write_text(code, encoding="utf-8")
        if kind == "c" or cxx:
            whole += "int main" in code
            results[path.name] = program(cc if kind == "c" else cxx, f"-std={'c11' if kind == 'c' else 'c++11'}", path, library, runs)
    if cxx:
        path = pathlib.Path("public.cpp")
        path.write_text((ROOT / "tests/structure/public.cpp").read_text(encoding="utf-8"), encoding="utf-8")
        for standard in ("c++11", "c++17", "c++20"):
            results[f"{path} as {standard}"] = program(cxx, f"-std={standard}", path, library, runs)
    failed = [name for name, good in results.items() if not good]
    print(f"{len(results)} samples, {whole} whole programs; failed: {failed or 'none'}")
    expected = {"convnn.h", "features.h", "graph.h", "network.h", "tensorboard.h", "trace.h", "train.h"}
    missing = expected - results.keys()
    if missing:
        print(f"no sample was found any more in {missing}: is it still laid out as code?")
    return 1 if failed or missing or whole < 3 - (not cxx) else 0


sys.exit(main())
