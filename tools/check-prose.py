#!/usr/bin/env python3
"""check-prose.py [ROOT]: finds prose that breaks the rules of docs/vocabulary.md. Prints file:line: rule, and fails.

It reads every Markdown page outside build/, and the comments of include/, src/, cli/ and tests/, without code, quotes and links.
The first comment of a test may ask the question that the test answers.

  word       a phrase of WORDS, with the word to use instead
  spelling   British spelling
  ellipsis   two dots for "and so on"
  sentence   more than 40 words in a page, 50 in a comment (a list item, a table cell or a paragraph ends a sentence)
  question   a question in a comment

A line of tools/prose-accepted.txt, "PATH TEXT", accepts the hits in the lines that contain TEXT. Each must still be needed.
Standard library only."""
import io
import pathlib
import re
import sys
import tokenize

# (pattern, what to write instead, where: p = pages, c = comments)
WORDS = [
    (r"(?<![Tt]here )\b(?:is|are|was|were) no (?!longer\b|more than\b)\w+", "is not a ...", "pc"),
    (r"\bbehind\b(?! transparent)", "after", "pc"),
    (r"\bat once\b", "immediately, in one step, or concurrently", "pc"),
    (r"\bin turns\b", "interleaved, alternately", "pc"),
    (r"\b[Aa] training\b(?! (?:run|step|loop|set|image|accuracy|loss|callback|split|op)|-)", "training, or a training run", "pc"),
    (r"\btrainings\b", "training runs", "pc"),
    (r"\bas ever\b|\bfor ever\b|\banew\b", "as before, forever, again", "pc"),
    (r"\b(?:hold|held|holds) \w* ?against\b", "compare with", "pc"),
    (r"\bby heart\b", "memorize", "pc"),
    (r"\bwork(?:s|ed)? (?:it |them )?out\b", "compute", "pc"),
    (r"\bbeside\b", "next to, or compared with", "pc"),
    (r"\b(?:somebody|whoever|one's own|anybody)\b", "the caller, its own", "pc"),
    (r"\b(?:turn|turns|turned) (?:a?round|over)\b", "flip", "pc"),
    (r"\bbut for\b|\bnothing but\b|\ball but\b", "except", "pc"),
    (r"\bgo(?:es)? on\b", "continue, resume", "pc"),
    (r"\bonce a (?:run|call|step|batch|part|chunk|worker|tile|row)\b|\ba (?:line|row|second|thread|step|sample|chunk|file) an? (?:epoch|run|line|step|sample|part|thread|chunk|worker|function|kind)\b",
     "per", "pc"),
    (r"\bis said\b|\bare said\b", "state it", "pc"),
    (r"\bfirst-level\b|\bsecond-level\b|\bthird-level\b", "L1, L2, L3", "pc"),
    (r"\bpictures?\b", "image", "pc"),
    (r"\bfull stop\b", "period", "pc"),
    (r"\d %(?![\w(])", "no space before %", "pc"),
    (r"\bmistakes?\b", "error", "c"),
    (r"\b(?:wants?|knows?|asks?|asked|tells?|told)\b", "needs, stores, queries, reports", "c"),
]
ANY = {kind: re.compile("|".join(f"(?:{pattern})" for pattern, _, kinds in WORDS if kind in kinds)) for kind in "pc"}
BRITISH = re.compile(r"\b(?:colou?red-|colour\w*|behaviour\w*|neighbour\w*|centre[sd]?|grey|licence|favour\w*|honour\w*|labelled|"
                     r"modell\w+|cancell(?:ed|ing)|travell\w+|metres?|programmes?|catalogue|artefact\w*|"
                     r"(?:normal|standard|initial|optim|regular|vector|real|organ|recogn|summar|minim|maxim|canonical|random|"
                     r"final|serial|parallel|quant|general|special)is(?:e|es|ed|er|ers|ing|ation)|analys(?:e|ed|es|ing))\b", re.I)
ELLIPSIS = re.compile(r"(?:, |\s)\.\.(?=[\s,;:)|]|$)")
RANGE = re.compile(r"[\w\])] \.\. [\w(-]")  # 0 .. n-1 in a comment is mathematics
QUESTION = re.compile(r"[a-z)`]\?(?=\s|$)")
PAGE_WORDS, COMMENT_WORDS = 40, 50
QUOTED = re.compile(r"\"[^\"\n]*\"|`[^`\n]*`|--[a-z][a-z-]*|'[^'\n]{1,40}'(?!\w)")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.S)


def blank(match):
    """Spaces of the same length, so that offsets and lines stay."""
    return re.sub(r"[^\n]", " ", match.group())


def page_text(text):
    """A page without fences, formulas, code spans, options, comments and the targets of links."""
    for pattern in (r"^```.*?^```$", r"<!--.*?-->", r"<[a-z/][^>]*>", r"^    .*$", r"--[a-z][a-z-]*", r"\]\([^)\s]*\)", r"https?://\S+"):
        text = re.sub(pattern, blank, text, flags=re.M | re.S if "```" in pattern or "--" in pattern else re.M)
    return re.sub(r"`[^`\n]*(?:\n[^`\n]+)?`", lambda m: re.sub(r"[^\n]", "x", m.group()), text)


def comments(text):
    """(offset, comment) of each comment of a C file, without quotes, options and indented lines, which are code or tables."""
    for match in COMMENT.finditer(text):
        if match.group()[0] != "/":
            continue
        body = re.sub(r"/\*+|\*/|^[ \t]*\*(?=[ \n])|//", blank, match.group(), flags=re.M)
        column = match.start() - text.rfind("\n", 0, match.start()) - 1
        body = re.sub(r"(?<=\n) {%d,}\S.*" % (column + 5), blank, body)
        yield match.start(), re.sub(QUOTED, lambda m: re.sub(r"[^\n]", "x", m.group()), body)


def script_comments(text, python):
    """(offset, comment) of each comment and docstring of a Python file, or of each comment of a shell script."""
    if not python:
        for match in re.finditer(r"(?m)(?:^[ \t]*#(?!!)[^\n]*\n?)+|(?<=[ \t])# [^\n]*", text):
            yield match.start(), re.sub(QUOTED, blank, re.sub(r"(?m)^[ \t]*#", blank, match.group()))
        return
    starts = [0] + [m.end() for m in re.finditer("\n", text)]
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        offset = starts[token.start[0] - 1] + token.start[1]
        if token.type == tokenize.COMMENT and not token.string.startswith("#!"):
            yield offset, re.sub(QUOTED, blank, token.string.replace("#", " ", 1))
        if token.type == tokenize.STRING and token.string.startswith('"""') and before in (tokenize.NEWLINE, tokenize.INDENT):
            yield offset + 3, re.sub(QUOTED, blank, token.string[3:-3])
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.DEDENT):
            before = token.type


def sentences(text):
    """(offset, words) of each sentence. A blank line, a heading, a list item and a table row end one; rows are not sentences."""
    for block in re.finditer(r"(?:^[^\n]*\S[^\n]*\n?)+", text, re.M):
        for part in re.finditer(r"(?:\A|^(?=[ \t]*(?:[-*#|]|\d+\.) ?)).+?(?=^[ \t]*(?:[-*#|]|\d+\.) ?|\Z)", block.group(), re.M | re.S):
            if part.group().lstrip().startswith("|"):
                continue
            for one in re.finditer(r"\S.*?(?:[.:;?!](?=[)\"*_]*(?:\s|$))|\Z)", part.group(), re.S):
                yield block.start() + part.start() + one.start(), len(re.findall(r"\S*\w\S*", one.group()))


class Check:
    def __init__(self, root):
        self.root, self.problems, self.accepted, self.used = root, [], {}, set()
        path = root / "tools/prose-accepted.txt"
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                if line and not line.startswith("#"):
                    name, _, text = line.partition(" ")
                    self.accepted.setdefault(name, []).append(text)

    def add(self, name, source, offset, message):
        start = source.rfind("\n", 0, offset) + 1
        end = source.find("\n", offset)
        line = source[start:end if end >= 0 else len(source)]
        for text in self.accepted.get(name, []):
            if text in line:
                self.used.add((name, text))
                return
        self.problems.append(f"{name}:{source.count(chr(10), 0, offset) + 1}: {message}")

    def words(self, name, source, base, text, where):
        """Checks `text`, which begins at offset `base` of `source`."""
        for match in ANY[where].finditer(text):
            for pattern, better, kinds in WORDS:
                found = where in kinds and re.compile(pattern).match(text, match.start())
                if found:
                    shown = " ".join(found.group().split())
                    self.add(name, source, base + match.start(), f"word: '{shown}' (write: {better})")
                    break
        for match in BRITISH.finditer(text):
            self.add(name, source, base + match.start(), f"spelling: '{match.group()}'")
        for match in ELLIPSIS.finditer(text):
            if not (where == "c" and RANGE.search(text[max(0, match.start() - 3):match.end() + 4])):
                self.add(name, source, base + match.start() + 1, "ellipsis: two dots (write: and so on, or ...)")
        most = PAGE_WORDS if where == "p" else COMMENT_WORDS
        for offset, count in sentences(text):
            if count > most:
                self.add(name, source, base + offset, f"sentence: {count} words; the limit is {most}")

    def page(self, path):
        source, name = path.read_text(encoding="utf-8"), str(path.relative_to(self.root))
        self.words(name, source, 0, page_text(source), "p")

    def code(self, path):
        source, name = path.read_text(encoding="utf-8"), str(path.relative_to(self.root))
        test = name.startswith("tests/")
        found = script_comments(source, path.suffix == ".py") if path.suffix in (".py", ".sh") else comments(source)
        for i, (base, text) in enumerate(found):
            self.words(name, source, base, text, "c")
            for match in QUESTION.finditer(text):
                if test and i == 0:
                    continue
                self.add(name, source, base + match.start(), "question: a comment states (write: Returns true if, True if)")

    def run(self):
        for path in sorted(self.root.glob("**/*.md")):
            if not re.match(r"(build|\.venv|tests/golden|node_modules)\b", str(path.relative_to(self.root))):
                self.page(path)
        for folder in ("include", "src", "helper", "cli"):
            for path in sorted((self.root / folder).rglob("*.[ch]")):
                self.code(path)
        for path in sorted((self.root / "tests").rglob("*")):
            if path.suffix in (".c", ".h", ".py", ".sh") and path.is_file():
                self.code(path)
        for name, texts in self.accepted.items():
            for text in texts:
                if (name, text) not in self.used:
                    self.problems.append(f"tools/prose-accepted.txt: not needed any more: {name} {text}")
        return self.problems


def main(arguments):
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[1]
    problems = Check(root).run()
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
