#!/usr/bin/python3
"""What the shared library shows must be just what the public headers declare. Usage: check-symbols.py LIBRARY"""
import pathlib
import re
import subprocess
import sys

headers = pathlib.Path(__file__).resolve().parent.parent / "include" / "ocellus"
listing = subprocess.run(["nm", "-D", "--defined-only", sys.argv[1]], check=True, capture_output=True, text=True).stdout
shown = {line.split()[-1].split("@")[0] for line in listing.splitlines() if line.split()[-2] not in "Aa"}
declared = set()
for path in headers.glob("*.h"):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    declared |= set(re.findall(r"^OC_API\b[^;(]*?(\w+)\(", text, flags=re.M))

problems = [f"shown without OC_ or oc_ in front: {s}" for s in sorted(shown) if not s.startswith("oc_")]
problems += [f"shown, but in no public header: {s}" for s in sorted(shown - declared) if s.startswith("oc_")]
problems += [f"declared in a public header, but not in the library: {s}" for s in sorted(declared - shown)]
for text in problems:
    print(text)
print(f"{len(shown)} symbols, {len(problems)} problems")
sys.exit(1 if problems or not shown else 0)
