"""Doxygen's input filter for the public headers: their plain comments become ones that it reads, word for word.

A comment that begins a line belongs to what follows, one behind code to what stands before it; the first one of a file is
about the file. Indented paragraphs (formulas, tables) stay as they are laid out. Rulers (a title between dashes) are left
out. Usage: comments.py HEADER."""
import re
import sys

COMMENT = re.compile(r"/\*(.*?)\*/", re.S)
RULER = re.compile(r"^\s*-{4}")


def lines_of(text):
    """The words of a comment without the stars at the left."""
    lines = text.strip("\n").split("\n")
    return [lines[0].strip()] + [re.sub(r"^\s*\* ?", "", line).rstrip() for line in lines[1:]]


def escape(line):
    """What Doxygen would take for a command, a link or HTML."""
    line = re.sub(r"([\\@<>&%#\"])", r"\\\1", line)
    line = re.sub(r"(?<!-)(---?)(?!-)", r"\\\1", line)  # else a dash of typography
    return re.sub(r"(^|\s)([-+*]|\d+\.)(?=\s)", r"\1\\\2", line) if re.match(r"\s*([-+*]|\d+\.)\s", line) else line


def paragraphs(lines):
    """Groups of lines between empty ones."""
    group = []
    for line in lines + [""]:
        if line:
            group.append(line)
        elif group:
            yield group
            group = []


def words(text):
    out = []
    for group in paragraphs(lines_of(text)):
        laid_out = any(re.match(r"\s{2,}\S", line) or re.search(r"\S\s{3,}\S", line) for line in group)
        out.append("\n".join(["@verbatim", *group, "@endverbatim"]) if laid_out else "\n".join(map(escape, group)))
    return "\n\n".join(out)


def convert(source):
    first = True

    def one(match):
        nonlocal first
        if RULER.match(match[1]):
            return ""
        before = source[source.rfind("\n", 0, match.start()) + 1:match.start()]
        mark = "/** @file\n" if first else "/**< " if before.strip() else "/** "
        first = False
        return f"{mark}{words(match[1])} */"

    return COMMENT.sub(one, source)


if __name__ == "__main__":
    print(convert(open(sys.argv[1], encoding="utf-8").read()))
