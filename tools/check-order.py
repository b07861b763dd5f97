#!/usr/bin/python3
"""Holds the objects of a build to the order of the folders: a folder uses no symbol that a later one defines, and the files of
one folder have no cycle of uses. Prints file -> file: symbols, and fails.

Usage: tools/check-order.py BUILD. Standard library and nm only.
"""
import pathlib
import re
import subprocess
import sys

FOLDERS = {
    "src": ["base", "tensor", "numeric", "data", "graph", "ops", "net", "kernels", "plan", "formats", "model", "train", "inspect", "draw", "export"],
    "cli": ["core", "lecture", "commands", ""],  # "": main.c and what stands beside it
}


def read(build):
    """{file: {other file: symbols}} over all objects of the library and the program."""
    files = {}
    for path in sorted((build / "CMakeFiles").rglob("*.c.o")):  # not those of copies that tests make
        match = re.search(r"\.dir/((?:src|cli)/.*)\.c\.o$", path.as_posix())
        if match:
            files[path.as_posix()] = match[1]
    defined, needed = {}, {}
    lines = subprocess.run(["nm", "-A", "-P", "-g", *files], capture_output=True, text=True, check=True).stdout.splitlines()
    for line in lines:  # "path: name kind .."
        path, symbol = line.split(": ", 1)
        name, kind = symbol.split()[:2]
        if kind == "U":
            needed.setdefault(files[path], set()).add(name)
        else:
            defined.setdefault(name, files[path])
    uses = {}
    for file, names in needed.items():
        for name in names:
            other = defined.get(name)
            if other and other != file:
                uses.setdefault(file, {}).setdefault(other, set()).add(name)
    return len(set(files.values())), uses


def folder_of(file):
    parts = file.split("/")
    return parts[0], parts[1] if len(parts) > 2 else ""


def upward(uses):
    for file, others in sorted(uses.items()):
        for other, names in sorted(others.items()):
            (tree, here), (other_tree, there) = folder_of(file), folder_of(other)
            if tree == other_tree and FOLDERS[tree].index(there) > FOLDERS[tree].index(here):
                yield f"{file} -> {other}: {', '.join(sorted(names))}; {there or tree}/ comes after {here}/"


def circles(uses):
    """Files of one folder that reach each other; each circle once, as its sorted files."""
    def reach(start):
        found, todo = set(), [start]
        while todo:
            for other in uses.get(todo.pop(), {}):
                if folder_of(other) == folder_of(start) and other not in found:
                    found.add(other)
                    todo.append(other)
        return found

    reached = {file: reach(file) for file in uses}
    return sorted({tuple(sorted(o for o in reached[f] if f in reached.get(o, ()))) for f in uses if f in reached[f]})


def main():
    count, uses = read(pathlib.Path(sys.argv[1]))
    if count < 100:
        sys.exit(f"{sys.argv[1]}: only {count} objects; build it first")
    errors = list(upward(uses)) + [f"a circle: {', '.join(c)}" for c in circles(uses)]
    for text in errors:
        print(text)
    print(f"{count} files: {len(errors)} uses against the order")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
