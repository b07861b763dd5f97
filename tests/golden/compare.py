#!/usr/bin/env python3
"""Compares what a program printed with what it should print: compare.py GOT WANTED [--accept | --within SHARE]

Both are files of text and must be the same, except numbers that depend on the machine. WANTED gives those a tolerance
after them: 0.8300+-0.04 stands for any number from 0.79 to 0.87, however wide it is printed. --accept writes WANTED again
from GOT, and keeps its tolerances. --within 0.05 gives every number of WANTED that has a decimal point a tolerance: that
share of it, or of 1 if it is smaller.
"""
import re
import sys

NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
TOLERANT = re.compile(rf"({NUMBER})\+-({NUMBER})")


DECIMAL = re.compile(r"(?<![\w.])-?\d*\.\d+(?![\w.])")


def tolerate(text, share):
    """`text` with a tolerance after each decimal number."""
    return DECIMAL.sub(lambda m: f"{m.group()}+-{share * max(1, abs(float(m.group()))):.6f}", text)


def pattern_of(line):
    """A pattern for the line, with a group for each number that has a tolerance."""
    pieces, at = [], 0
    for match in TOLERANT.finditer(line):
        pieces.append(re.escape(line[at:match.start()]).rstrip("\\ ") + r" *" if at < match.start() else "")
        pieces.append(f"({NUMBER})")
        at = match.end()
    pieces.append(re.escape(line[at:]))
    return re.compile("".join(pieces))


def difference(got, wanted):
    """What is wrong with the line `got`, or None."""
    tolerant = TOLERANT.findall(wanted)
    if not tolerant:
        return None if got == wanted else "differs"
    match = pattern_of(wanted).fullmatch(got)
    if not match:
        return "differs"
    for number, (middle, tolerance) in zip(match.groups(), tolerant):
        if not abs(float(number) - float(middle)) <= float(tolerance) * (1 + 1e-9):
            return f"{number} is not within {tolerance} of {middle}"
    return None


def compare(got, wanted):
    """The differences of two texts, a line each."""
    got, wanted = got.split("\n"), wanted.split("\n")
    found = []
    for number in range(max(len(got), len(wanted))):
        g = got[number] if number < len(got) else "(nothing)"
        w = wanted[number] if number < len(wanted) else "(nothing)"
        problem = difference(g, w)
        if problem:
            found.append(f"line {number + 1}: {problem}\n  got     {g}\n  wanted  {w}")
    return found


def accepted(got, wanted):
    """`got` with the tolerances of `wanted` where the lines are alike except for their numbers."""
    lines, old = got.split("\n"), wanted.split("\n")
    for i, line in enumerate(lines):
        tolerant = TOLERANT.findall(old[i]) if i < len(old) else []
        match = tolerant and pattern_of(old[i]).fullmatch(line)
        for group in range(len(tolerant) if match else 0, 0, -1):
            end = match.end(group)
            lines[i] = lines[i][:end] + "+-" + tolerant[group - 1][1] + lines[i][end:]
    return "\n".join(lines)


if __name__ == "__main__":
    texts = [open(path, encoding="utf-8").read() for path in sys.argv[1:3]]
    if sys.argv[3:] == ["--accept"]:
        open(sys.argv[2], "w", encoding="utf-8").write(accepted(*texts))
    else:
        if sys.argv[3:4] == ["--within"]:
            texts[1] = tolerate(texts[1], float(sys.argv[4]))
        problems = compare(*texts)
        print("\n".join(problems))
        sys.exit(bool(problems))
