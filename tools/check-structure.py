#!/usr/bin/python3
"""Holds the source tree to the rules of CONTRIBUTING.md that a program can check. Prints file:line: rule, and fails.

Usage: tools/check-structure.py [ROOT]. Standard library only. It reads C that clang-format has laid out: comments and
strings are blanked, and what stands at brace depth 0 is cut into declarations and function definitions.
"""
import pathlib
import re
import statistics
import sys

ORDER = ["base", "tensor", "numeric", "data", "graph", "ops", "net", "kernels", "plan", "formats", "model", "train", "inspect", "draw", "export"]
FUNCTION_LINES, LONG_FUNCTION_LINES = 60, 100
FILE_LINES, WARN_LINES = 800, 400
CODE_WIDTH, PROSE_WIDTH = 110, 120
ARGUMENTS = 6  # besides a last oc_error *
BANNED = {
    "strcpy": "snprintf", "strcat": "snprintf", "sprintf": "snprintf", "vsprintf": "vsnprintf", "gets": "fgets",
    "strncpy": "snprintf", "strncat": "snprintf", "strtok": "strcspn", "atoi": "strtol", "atol": "strtol",
    "atof": "strtod", "localtime": "localtime_r", "gmtime": "gmtime_r", "ctime": "strftime", "asctime": "strftime",
    "rand": "base/random.h", "srand": "base/random.h", "tmpnam": "mkstemp", "mktemp": "mkstemp", "alloca": "an array",
}
HEAP = "malloc calloc realloc reallocarray aligned_alloc posix_memalign memalign valloc free strdup strndup asprintf vasprintf".split()
OUTPUT = "printf vprintf fprintf vfprintf puts fputs putchar fputc perror exit _exit abort assert".split()

# Globals that may change, each with the decision that says why.
GLOBALS = {"src/base/json.c": "docs/decisions/0017-memory-of-jansson.md"}

SPACE_FOR = re.compile(r"[^\n]")
TOKENS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\[^\n])*", re.M)
CPLUSPLUS = re.compile(r"^#ifdef __cplusplus\n.*?^#endif$", re.M | re.S)


def blank(match):
    return SPACE_FOR.sub(" ", match.group())


def blank_token(match):
    """A comment becomes blanks; a string keeps its quotes, so that it still is an argument."""
    text = match.group()
    return SPACE_FOR.sub(" ", text) if text[0] == "/" else text[0] + " " * (len(text) - 2) + text[-1]


class Source:
    """One C file: its lines, its code without comments, strings and directives, and what stands at depth 0."""

    def __init__(self, path, root):
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.split("\n")
        self.plain = TOKENS.sub(blank_token, self.text)  # directives are still there
        self.code = DIRECTIVE.sub(blank, CPLUSPLUS.sub(blank, self.plain))
        self.functions, self.declarations, self.balanced = self.cut()

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def cut(self):
        """(start, end, signature) of functions; (start, text up to the first brace or =) of other things."""
        functions, declarations = [], []
        depth = start = parens = 0
        head = None  # text before the brace at depth 0
        for i, c in enumerate(self.code):
            if c == "{":
                if depth == 0 and head is None:
                    head = self.code[start:i]
                depth += 1
            elif c == "}":
                depth -= 1
                if depth < 0:
                    return functions, declarations, False
                if depth == 0 and is_function(head):
                    functions.append((start + len(head) - len(head.lstrip()), i, head.strip()))
                    start, head = i + 1, None
            elif c in "()" and depth == 0:
                parens += 1 if c == "(" else -1
            elif c == ";" and depth == 0 and parens == 0:
                text = self.code[start:i] if head is None else head
                declarations.append((start + len(text) - len(text.lstrip()), text.strip()))
                start, head = i + 1, None
        return functions, declarations, depth == 0


def is_function(head):
    return "(" in head and "=" not in re.sub(r"\([^()]*\)", "", head) and not re.match(r"\s*(typedef|enum|struct\s+\w+\s*$)", head)


class Checker:
    def __init__(self, root):
        self.root, self.errors, self.warnings, self.lengths = root, [], [], []

    def error(self, source, line, text):
        self.errors.append(f"{source.name}:{line}: {text}")

    def check(self, source):
        top = source.name.split("/")[0]
        self.check_layout(source)
        self.check_functions(source)
        self.check_includes(source, top)
        if top != "tests":
            self.check_calls(source, BANNED, "{0} is banned; use {1}")
        if top == "src":
            self.check_library(source)
        if top == "include":
            self.check_documented(source)

    # ---- layout

    def check_layout(self, source):
        count = len(source.lines) - 1
        if count > FILE_LINES:
            self.error(source, FILE_LINES, f"{count} lines; a file has at most {FILE_LINES}")
        elif count > WARN_LINES:
            self.warnings.append(f"{source.name}: {count} lines; aim for {WARN_LINES}")
        if not source.text.endswith("\n"):
            self.error(source, count + 1, "the last line has no end")
        name = re.match(r"/\* ([\w-]+\.[ch])\b", source.text)
        if not source.text.startswith("/* "):
            self.error(source, 1, "the file does not begin with a comment that says what it is")
        elif name and name[1] != source.path.name:
            self.error(source, 1, f"the first comment names another file: {name[1]}")
        if not source.balanced:
            self.error(source, 1, "braces do not balance for this checker (different ones in #if and #else?)")
        for i, line in enumerate(source.lines, 1):
            if "\t" in line or line.endswith((" ", "\r")):
                self.error(source, i, "tab, or space at the end of the line")

    def check_functions(self, source):
        counted = source.name.startswith(("src/", "cli/"))
        for start, end, head in source.functions:
            first, last = source.line_of(start), source.line_of(end)
            length = last - first + 1
            if counted:
                self.lengths.append(length)
            name = (re.findall(r"(\w+)\s*\(", head) or ["?"])[0]
            most = LONG_FUNCTION_LINES if "long because" in comment_above(source.lines, first) else FUNCTION_LINES
            if length > most:
                self.error(source, first, f"{name} has {length} lines; a function has at most {most}"
                           + ("" if most > FUNCTION_LINES else f' (a kernel {LONG_FUNCTION_LINES}, with "long because" above it)'))
            if arguments(head) > ARGUMENTS:
                self.error(source, first, f"{name} has {arguments(head)} arguments besides err; at most {ARGUMENTS}, else a struct")
        for match in DIRECTIVE.finditer(source.plain):
            length = match.group().count("\n") + 1
            if length > FUNCTION_LINES:
                self.error(source, source.line_of(match.start()), f"a macro of {length} lines; at most {FUNCTION_LINES}")

    # ---- includes

    def check_includes(self, source, top):
        for i, line in enumerate(source.lines, 1):
            match = re.match(r'#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not match or (match[1] == "<" and not match[2].startswith("ocellus/")):
                continue
            if top == "src":
                self.check_order(source, i, match[2])
            elif top in ("cli", "examples") and not match[2].startswith("ocellus/"):
                found = (self.root / "cli" if top == "cli" else source.path.parent) / match[2]
                if not found.is_file() and not found.with_suffix(".html").is_file():  # the build makes pages/x.h of it
                    self.error(source, i, f"{match[2]}: {top}/ may include ocellus/ only")
            elif top == "include" and not (source.path.parent / match[2]).is_file():
                self.error(source, i, f"{match[2]}: a public header may include public headers only")

    def check_order(self, source, line, target):
        own = source.name.split("/")[1]
        if target == "ocellus/ocellus.h":
            self.error(source, line, "ocellus.h is for programs; include the header that is needed")
        if target.startswith("ocellus/"):
            return
        folder = target.split("/")[0] if (self.root / "src" / target).is_file() else own
        if own not in ORDER or folder not in ORDER:
            self.error(source, line, f"{target}: folder not in the order of CONTRIBUTING.md")
        elif ORDER.index(folder) > ORDER.index(own):
            self.error(source, line, f"{target}: {own}/ may not include {folder}/, which comes after it")
        elif folder == own and not (self.root / "src" / target).is_file() and not (source.path.parent / target).is_file():
            self.error(source, line, f"{target}: no such header in src/")

    # ---- words

    def check_calls(self, source, names, text):
        for match in re.finditer(r"(?<![\w.>])(\w+)\s*\(", source.plain):
            if match[1] in names:
                replacement = names[match[1]] if isinstance(names, dict) else ""
                self.error(source, source.line_of(match.start()), text.format(match[1], replacement))

    def check_library(self, source):
        if source.name != "src/base/memory.c":
            self.check_calls(source, HEAP, "{0}: memory comes from base/memory.h alone")
        if source.name != "src/base/log.c":
            self.check_calls(source, OUTPUT, "{0}: the library never prints, exits or aborts")
            self.check_calls(source, ["getenv", "secure_getenv"], "{0}: only base/log.c reads the environment")
            for match in re.finditer(r"\b(stderr|stdout)\b", source.plain):
                self.error(source, source.line_of(match.start()), f"{match[1]}: the library never prints")
        for start, text in source.declarations:
            if is_variable(text) and not is_constant(text) and source.name not in GLOBALS:
                self.error(source, source.line_of(start), f"a global that can change: {text.split(chr(10))[0]}")
        for match in re.finditer(r"^[ ]+static\s+([^;{]*?)\s*(?:=|;)", source.code, re.M):
            if "(" not in match[1] and not is_constant(match[1]):
                self.error(source, source.line_of(match.start()), "a static variable that can change")

    def check_documented(self, source):
        """Each paragraph that declares a function has a comment in it."""
        line = 1
        for paragraph in source.text.split("\n\n"):
            if re.search(r"^OC_API\b[^;]*\(", paragraph, re.M) and "/*" not in paragraph:
                self.error(source, line, "functions without a comment")
            line += paragraph.count("\n") + 2

    # ---- names

    def check_stems(self):
        """A file's name without its ending stands in one folder of src/ (but for ops/ and kernels/: one subject, two levels), and
        of cli/ (but for commands/ and lecture/: a command, and what it shows)."""
        for top, levels in (("src", ("ops", "kernels")), ("cli", ("commands", "lecture"))):
            rooms = {}
            for path in sorted((self.root / top).rglob("*.[ch]")):
                folder = path.parent.relative_to(self.root / top).as_posix()
                level = folder.split("/")[0]
                rooms.setdefault(path.stem, set()).add("+".join(levels) if level in levels else folder)
            for stem, folders in rooms.items():
                if len(folders) > 1:
                    self.errors.append(f"{top}/: {stem} stands in {' and '.join(sorted(folders))}: rename one")

    # ---- width of lines

    def check_width(self, path, lines):
        """Code that clang-format leaves alone, tables, headings and quoted code have the width they need."""
        code, alone = path.suffix != ".md", False
        for number, line in enumerate(lines, 1):
            if "clang-format off" in line or "clang-format on" in line:
                alone = "clang-format off" in line
            elif not code and line.lstrip().startswith("```"):
                alone = not alone
            elif len(line) > (CODE_WIDTH if code else PROSE_WIDTH) and not alone and (
                    code or not re.match(r"\s*(\||#|<|\S+$)", line)):
                self.errors.append(f"{path.relative_to(self.root)}:{number}: {len(line)} columns; at most {CODE_WIDTH if code else PROSE_WIDTH}")

    def check_widths(self):
        for folder in ("include", "src", "helper", "cli", "examples", "bench", "tests"):
            for path in sorted((self.root / folder).rglob("*.[ch]")):
                self.check_width(path, path.read_text().split("\n"))
        for path in sorted([*self.root.glob("*.md"), *(self.root / "docs").rglob("*.md")]):
            if path.name != "cli.md":  # made by the program
                self.check_width(path, path.read_text().split("\n"))

    # ---- all

    def run(self):
        for folder in ("include", "src", "helper", "cli", "examples", "bench", "tests"):
            for path in sorted((self.root / folder).rglob("*.[ch]")):
                self.check(Source(path, self.root))
        self.check_stems()
        self.check_widths()
        for text in self.warnings:
            print(f"warning: {text}")
        for text in self.errors:
            print(text)
        if self.lengths:
            print(f"{len(self.lengths)} functions in src/ and cli/: median {statistics.median(self.lengths):g} lines, "
                  f"longest {max(self.lengths)}; {len(self.errors)} errors")
        return 1 if self.errors else 0


def comment_above(lines, first):
    """The comment that ends on the line above line `first`, or ""."""
    end = first - 2
    if end < 0 or not lines[end].rstrip().endswith("*/"):
        return ""
    start = end
    while start > 0 and "/*" not in lines[start]:
        start -= 1
    return " ".join(lines[start:end + 1])


def arguments(head):
    """How many arguments a function has, a last oc_error * not counted."""
    match = re.search(r"\w+\s*\(((?:[^()]|\([^()]*\))*)\)\s*$", head)
    if not match:
        return 0
    names = [a for a in re.sub(r"\([^()]*\)", "", match[1]).split(",") if a.strip()]
    return len(names) - (1 if names and re.match(r"\s*oc_error \*", names[-1]) else 0)


def is_variable(text):
    if re.match(r"(typedef|extern|struct\s+\w+$|enum\b|union\s+\w+$|_Static_assert)", text) or not text:
        return False
    head = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", text.split("=")[0])
    if re.match(r"(static )?(const )?(struct|union)\b", text) and "=" not in text and "[" not in text:
        return bool(re.search(r"\}?\s*\w+\s+\w+$", text))
    return "(" not in head and bool(re.search(r"\w", head)) and not re.fullmatch(r"\w+", head.strip())


def is_constant(text):
    head = text.split("=")[0]
    return "const" in head[head.rfind("*") + 1:] if "*" in head else "const" in head


if __name__ == "__main__":
    sys.exit(Checker(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()).run())
