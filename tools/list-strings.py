#!/usr/bin/env python3
"""list-strings.py [--kind KIND] [FILE ..]: prints every user-facing string of src/ and cli/ as FILE:LINE<tab>KIND<tab>TEXT.

KIND is `message` or `hint` (arguments of the functions in CALLS), `help` (.help, .summary, .text and .list of the tables)
or `text` (any other string that holds a word and a space: printed labels, reasons, page texts). Adjacent literals are joined;
the two values of a conditional argument are two strings. Standard library only."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Function: (index of the hint, index of the message), from 0; None: the function has no such argument.
CALLS = {
    "oc_fail": (3, 4),
    "cli_fail": (3, 4),
    "oc_graph_fail": (3, 4),
    "REFUSE": (None, 1),
    "fail_usage": (None, 2),
    "oc_net_fail": (3, 4),
    "oc_fail_errno": (4, None),
    "cli_fail_errno": (4, None),
}
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<directive>^[ \t]*\#[ \t]*include[^\n]*)|(?P<string>" + LITERAL +
    r")|(?P<char>'(?:[^'\\\n]|\\.)*')|(?P<word>[A-Za-z_]\w*)|(?P<number>\.?\d[\w.]*)|(?P<other>.)", re.S | re.M)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'", "0": "\0"}


def tokens(source):
    """The tokens of C source as (kind, text, line), without space and comments. A line's end in a macro is space."""
    source = source.replace("\\\n", " \n")
    line = 1
    for m in TOKEN.finditer(source):
        kind = m.lastgroup
        if kind not in ("space", "comment", "directive"):
            yield kind, m.group(), line
        line += m.group().count("\n")


def unquote(literal):
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(0)), literal[1:-1])


def arguments(list_, start):
    """The tokens of each argument of a call whose '(' is list_[start]."""
    depth, found, current = 0, [], []
    for token in list_[start:]:
        text = token[1] if token[0] == "other" else ""
        if text and text in "([{":
            depth += 1
            if depth == 1:
                continue
        elif text and text in ")]}":
            depth -= 1
            if depth == 0:
                found.append(current)
                return found
        elif text == "," and depth == 1:
            found.append(current)
            current = []
            continue
        current.append(token)
    return found


def joined(list_):
    """(line, text) of each run of adjacent literals; a macro such as PRId64 between two literals is %."""
    found, open_ = [], False
    for at, (kind, text, line) in enumerate(list_):
        macro = kind == "word" and text.startswith("PRI") and open_
        if kind == "string" and open_:
            found[-1] = (found[-1][0], found[-1][1] + unquote(text))
        elif kind == "string":
            found.append((line, unquote(text)))
        elif macro:
            found[-1] = (found[-1][0], found[-1][1] + "d")
        open_ = kind == "string" or macro
    return found


def strings(path):
    """All strings of one file: (line, kind, text)."""
    list_ = list(tokens(path.read_text(encoding="utf-8")))
    kinds = {}  # index of a token: its kind
    for at, (kind, text, line) in enumerate(list_):
        following = list_[at + 1][1] if at + 1 < len(list_) else ""
        if kind == "word" and text in CALLS and following == "(":
            for role, index in zip(("hint", "message"), CALLS[text]):
                args = arguments(list_, at + 1)
                for token in args[index] if index is not None and index < len(args) else []:
                    kinds[id(token)] = role
        if kind == "word" and text in ("help", "summary", "text") and following == "=":
            for token in list_[at + 2:]:
                if token[0] not in ("string", "word") or token[0] == "word" and not token[1].startswith("PRI"):
                    break
                kinds[id(token)] = "help"
    found, run, role = [], [], None
    for token in list_ + [("other", "", 0)]:
        now = kinds.get(id(token), "text")
        literal = token[0] == "string" or token[0] == "word" and token[1].startswith("PRI")
        if run and (not literal or now != role):
            found += [(line, role, text) for line, text in joined(run)]
            run = []
        if literal:
            run.append(token)
            role = now
    return [s for s in found if s[1] != "text" or re.search(r"[A-Za-z]{2}.* .*[A-Za-z]|^[A-Z]?[a-z]+ $", s[2])]


def sources():
    return sorted(p for top in ("src", "cli") for p in (ROOT / top).rglob("*") if p.suffix in (".c", ".h", ".def"))


def main(argv):
    only = None
    if argv[:1] == ["--kind"] and len(argv) > 1:
        only, argv = argv[1], argv[2:]
    if any(a.startswith("-") for a in argv):
        print(__doc__)
        return 2
    for path in [pathlib.Path(a).resolve() for a in argv] or sources():
        for line, kind, text in strings(path):
            if only in (None, kind):
                shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
                print(f"{path.relative_to(ROOT)}:{line}\t{kind}\t{shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
