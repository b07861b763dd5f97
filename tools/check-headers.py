#!/usr/bin/python3
"""Does every public header say what its callers need? Prints file:line: rule, and fails.

  each header      one paragraph of its first comment begins with "Threads:"
  each function    has a comment of its own, above it or behind it on its line
  oc_status        the comment names an error code (OC_E_...), or the function whose errors it has ("Errors as of oc_x")
  pointers         what is returned or stored through `T **` says who owns it, or how long it lives
  each oc_x_options  begins with its size, so that it can grow
  internal headers declare what files of their own folder define; what the file X.c defines, where there is a
                   header X.h beside it, X.h declares. A header X.h may serve X_*.c too, and op.h the graph's builders
  public headers   group by subject: docs/architecture.md has a row with the folders whose files define their functions
  each name        is a function or a type, not both

Usage: tools/check-headers.py [ROOT]. Standard library only. It reads headers that clang-format has laid out.
"""
import pathlib
import re
import sys

FUNCTION = re.compile(r"^OC_API\s+([^;]*?)\b(oc_\w+)\(([^;]*)\)[^;()]*;(?:[ \t]*/\*(.*?)\*/)?", re.M | re.S)
TYPE = re.compile(r"^typedef\s[^;{]*\b(?:struct|enum)\s+(oc_\w+)|^\}\s*(oc_\w+);|^typedef\s.*\(\*(oc_\w+)\)", re.M)
OPTIONS = re.compile(r"^typedef struct (oc_\w+_options) \{\s*(.*)$", re.M)
ERRORS = re.compile(r"\bOC_E_[A-Z_]*|\bErrors as (of|above)\b")
LIFETIME = re.compile(r"\b(static storage|frees?|freed|owns|owned|owner|releases?|lives?|valid until|as long as|until)\b|"
                      r"\breturns `\w+`", re.I)


def comment_before(text, offset):
    """The comment that ends on the line before `offset`, without a blank line between."""
    head = text[:offset]
    if not head.endswith("*/\n"):
        return ""
    return head[head.rindex("/*"):]


class Header:
    def __init__(self, path, name, problems):
        self.text, self.name, self.problems = path.read_text(encoding="utf-8"), name, problems
        self.functions, self.types = {}, {}

    def error(self, offset, text):
        line = self.text.count("\n", 0, offset) + 1
        self.problems.append(f"{self.name}:{line}: {text}")

    def check(self):
        first = self.text[:self.text.find("*/")]
        if not re.search(r"^ \*(?:\s*\n \*)? Threads: ", first, re.M):
            self.error(0, 'the first comment has no paragraph "Threads: ..."')
        for match in FUNCTION.finditer(self.text):
            self.functions[match[2]] = match.start()
            self.check_function(match)
        for match in OPTIONS.finditer(self.text):
            if not match[2].startswith("size_t struct_size;"):
                self.error(match.start(), f"{match[1]} does not begin with size_t struct_size")
        for match in TYPE.finditer(self.text):
            self.types.setdefault(match[1] or match[2] or match[3], match.start())

    def check_function(self, match):
        result, name, arguments, behind = match.groups()
        comment = " ".join((comment_before(self.text, match.start()) + (behind or "")).replace("\n *", " ").split())
        if not comment:
            self.error(match.start(), f"{name} has no comment")
            return
        if result.strip() == "oc_status" and not ERRORS.search(comment):
            self.error(match.start(), f"{name}: the comment names no error code")
        hands_out = "*" in result or re.search(r"\w[^,]*\*\*\s*\w+", re.sub(r"\bconst char \*(const )?\*", "", arguments))
        if hands_out and not LIFETIME.search(comment):
            self.error(match.start(), f"{name}: the comment does not say who owns the result, or how long it lives")


PROTOTYPE = re.compile(r"^(?!static|typedef|#|return)[A-Za-z_][\w \*]*?\b(oc_\w+)\([^;{]*\)[^;{()]*;", re.M)
DEFINITION = re.compile(r"^(?!static|typedef|#|OC_)[A-Za-z_][\w \*]*?\b(oc_\w+)\([^;{]*\)\s*\{", re.M)


def defined(root):
    """The file of src, below it, that defines each function: {"oc_run": "plan/shortcut.c"}."""
    found = {}
    for path in (root / "src").glob("**/*.c"):
        for match in DEFINITION.finditer(path.read_text(encoding="utf-8")):
            found.setdefault(match[1], path.relative_to(root / "src"))
    return found


# What builders of operations may use of the graph: op.h is what src/ops includes, and graph.h the graph's inside.
SERVES = {"graph/op.h": "graph/graph.c"}


def declares_for_another(root, header, place):
    """True if the function defined in `place` has a header of its own beside `header`, which is not its own."""
    if place.parent != header.parent or place.stem == header.stem or place.stem.startswith(header.stem + "_"):
        return False
    return SERVES.get(header.as_posix()) != place.as_posix() and (root / "src" / place).with_suffix(".h").exists()


def check_internal(root, places, problems):
    for path in sorted((root / "src").glob("**/*.h")):
        folder = path.parent.relative_to(root / "src")
        text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), path.read_text(encoding="utf-8"), flags=re.S)
        for match in PROTOTYPE.finditer(text):
            place = places.get(match[1])
            if place is None:
                continue
            where = f"src/{folder}/{path.name}:{text.count(chr(10), 0, match.start()) + 1}: {match[1]}"
            if folder != place.parent and folder not in place.parent.parents:
                problems.append(f"{where} is defined in src/{place.parent}")
            elif declares_for_another(root, folder / path.name, place):
                problems.append(f"{where} is defined in {place.name}, which has a header of its own")


def check_public(root, places, functions, problems):
    rooms = {}
    for name, (header, _) in functions.items():
        if name in places:
            rooms.setdefault(pathlib.Path(header.name).name, set()).add(places[name].parts[0])
    page = root / "docs" / "architecture.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    for name, folders in sorted(rooms.items()):
        row = f"| `{name}` | {', '.join(f'`{f}/`' for f in sorted(folders))} |"
        if row not in text:
            problems.append(f"docs/architecture.md: no row: {row}")


def main(root):
    problems, functions, types = [], {}, {}
    for path in sorted((root / "include" / "ocellus").glob("*.h")):
        header = Header(path, path.relative_to(root).as_posix(), problems)
        header.check()
        functions.update({name: (header, at) for name, at in header.functions.items()})
        types.update(header.types)
    for name in sorted(functions.keys() & types.keys()):
        header, at = functions[name]
        header.error(at, f"{name} is a function and a type")
    places = defined(root)
    check_internal(root, places, problems)
    check_public(root, places, functions, problems)
    for line in problems:
        print(line)
    print(f"{len(functions)} functions, {len(types)} types, {len(problems)} problems")
    return 1 if problems or not functions else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)))
