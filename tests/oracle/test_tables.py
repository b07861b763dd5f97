"""Tables of numbers in files against numpy.loadtxt: 2,000 of them, whole or broken in all the ways that spreadsheets and
people have: the same array, or a refusal that says which character stands in the way, and where. Never another array."""
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import warnings

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from convolve import Refused, load, parse

settings.register_profile("tables", max_examples=2000, deadline=None, derandomize=True, database=None)
settings.load_profile("tables")

SEPARATORS = {"blanks": (None, [" ", "  ", "     "]), "tab": ("\t", ["\t", " \t", "\t "]),
              "comma": (",", [",", ", ", " , "]), "semicolon": (";", [";", "; ", " ; "])}
NUMBER = st.one_of(st.integers(-9, 99).map(str), st.floats(allow_nan=False).map(repr),
                   st.floats(-99, 99).map("{:.2f}".format),
                   st.sampled_from(["nan", "NaN", "inf", "-inf", "Infinity", "+1", ".5", "2.", "1E3", "1e-320"]))
FAULTS = ("header", "ragged", "empty field", "decimal comma", "trailing separator", "leading separator", "two numbers",
          "strange field", "blank line")


@st.composite
def tables(draw):
    """Bytes, how they are encoded, what separates their numbers, and what is wrong with them."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    fields = [[draw(NUMBER) for _ in range(columns)] for _ in range(rows)]
    name = draw(st.sampled_from(sorted(SEPARATORS)))
    delimiter, spellings = SEPARATORS[name]
    spelling = draw(st.sampled_from(spellings))
    fault = draw(st.one_of(st.none(), st.sampled_from(FAULTS)))
    i, j = draw(st.integers(0, rows - 1)), draw(st.integers(0, columns - 1))
    if fault == "decimal comma":
        fields = [[field.replace(".", ",") for field in row] for row in fields]
    if fault == "ragged":
        fields[i] = fields[i][:j] + draw(st.sampled_from([[], [fields[i][j]] * 2])) + fields[i][j + 1:]
    if fault == "empty field":
        fields[i][j] = ""
    if fault == "two numbers":
        fields[i][j] += draw(st.sampled_from([" ", "\t", ",", ";", ", ", " ;"])) + "7"
    if fault == "strange field":
        fields[i][j] = draw(st.sampled_from(
            ["x", "1x", "é", "1_0", "0x1F", "--", "N/A", '"1"', "'1'", "1e", "1d5", "٣", "−1", "1\u00a0000", "\x1b[31m",
             "1 000", "1'000", "12:30", "5%", "\0", "1..2", "TRUE", "#N/A", "=A1", "<b>"]))
    lines = [spelling.join(row) for row in fields]
    if fault == "trailing separator":
        lines[i] += spelling
    if fault == "leading separator":
        lines[i] = spelling + lines[i]
    if fault == "header":
        lines.insert(0, spelling.join(draw(st.sampled_from(["x", "a b", "größe", "2020x", ""])) for _ in range(columns)))
    if fault == "blank line":
        lines.insert(i, draw(st.sampled_from(["", " ", "   "])))
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["# note; 1,5", "#", "#größe 7\t"])))
    if draw(st.booleans()):
        lines[-1] += draw(st.sampled_from(["#", " # 1 2", "  "]))
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = ending.join(lines) + draw(st.sampled_from(["", ending, 2 * ending]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]))
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    return mark + text.encode(encoding), text, delimiter, fault


def numpys(text, delimiter):
    """What NumPy makes of it, or None."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of empty files
            array = np.loadtxt(io.StringIO(text, newline=None), delimiter=delimiter, comments="#", ndmin=0)
    except ValueError:
        return None
    return np.atleast_1d(array) if array.size else None


def lines_of(text):
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def seen_delimiter(text, meant):
    """The file's delimiter: the one that was meant, or, where a single column has no use for it, the one that is there."""
    there = {c for line in lines_of(text) for c in line.split("#")[0] if c in "\t,;"}
    if meant in there or len(there) > 1:
        return meant
    return there.pop() if there else None


class Tables(unittest.TestCase):
    accepted = refused = 0

    def check_place(self, text, message):
        """`message` names a place in the text, and what it says of the character there is true."""
        found = re.match(r"text: line (\d+), column (\d+): (.*)", message, re.DOTALL)
        self.assertTrue(found, message)
        line, column = int(found[1]), int(found[2])
        lines = lines_of(text)
        self.assertLessEqual(line, len(lines), message)
        self.assertLessEqual(column, len(lines[line - 1]) + 1, message)
        here = (lines[line - 1] + "\n")[column - 1]
        end = re.search(r"got none|row \d+ has|after the last", found[3])  # of a row or of the text: no character to name
        named = end or re.search(r"'(.)|(a tab)|(a blank|only spaces)", found[3])
        self.assertTrue(named, message)
        wanted = None if end else named[1] or ("\t" if named[2] else " ")
        if wanted == "\\":  # shown as its bytes
            self.assertIn(f"\\x{here.encode()[0]:02x}", found[3])
        elif wanted:
            self.assertEqual(here, wanted, message)
        else:
            self.assertTrue(here in "\n#", message)

    @given(tables())
    def test_the_same_array_or_a_refusal(self, table):
        data, text, delimiter, fault = table
        theirs = numpys(text, seen_delimiter(text, delimiter))
        try:
            ours = parse(data)
        except Refused as refusal:
            Tables.refused += 1
            self.check_place(text, str(refusal))
            if fault is None and not self.may_be_refused(text, delimiter):
                self.fail(f"{data!r} is a table, but: {refusal}")
            return
        Tables.accepted += 1
        self.assertIsNotNone(theirs, data)
        np.testing.assert_array_equal(ours, theirs, strict=True)
        np.testing.assert_array_equal(np.signbit(ours), np.signbit(theirs))

    @staticmethod
    def may_be_refused(text, delimiter):
        """A single line with ';' and blanks, which once meant rows; lines of blanks; a tab at the end that shows nothing."""
        rows = [line for line in (line.split("#")[0] for line in lines_of(text)) if line]
        return (delimiter == ";" and len([row for row in rows if row.strip()]) == 1
                or any(not row.strip() for row in rows) and delimiter)

    @settings(max_examples=50)
    @given(tables())
    def test_through_the_program(self, table):
        data, text, delimiter, _ = table
        run = subprocess.run([os.environ["OCELLUS"], "conv", "-", "--w", "1", "--mode", "valid", "-q"], input=data,
                             capture_output=True)
        self.assertIn(run.returncode, (0, 65), run)
        if run.returncode:
            self.assertFalse(run.stdout)
            self.assertRegex(run.stderr.decode(), r"standard input: line \d+, column \d+: ")
            return
        theirs = numpys(text, seen_delimiter(text, delimiter))
        ours = np.loadtxt(io.BytesIO(run.stdout))
        np.testing.assert_array_equal(np.atleast_1d(ours), theirs)

    @classmethod
    def tearDownClass(cls):
        print(f"{cls.accepted} read as numpy.loadtxt, {cls.refused} refused")
        assert cls.accepted > 700 and cls.refused > 500


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_program(self, *arguments):
        run = subprocess.run([os.environ["OCELLUS"], *arguments], cwd=self.folder, capture_output=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    @staticmethod
    def same_bits(ours, theirs):
        np.testing.assert_array_equal(np.asarray(ours, float), theirs, strict=True)
        np.testing.assert_array_equal(np.signbit(np.asarray(ours, float)), np.signbit(theirs))

    def test_printed_numbers_read_back_to_the_same_bits(self):
        random = np.random.default_rng(1)
        x = random.integers(0, 2 ** 64, (60, 5), np.uint64).view(np.float64)
        x[:4] = [[0.1, 1 / 3, 1e15, 1e16, 123456789012345678], [5e-324, 1.7976931348623157e308, np.inf, -np.inf, np.nan],
                 [1e22, 1e23, 0.1 + 0.2, -2.5e-8, 999999999999999.9], [7, -7, 1e-5, 2 ** 53, 2 ** 53 - 1]]
        x[x == 0] = 0  # a sum of -0 is 0
        np.save(os.path.join(self.folder, "x.npy"), x)
        for command, options in (("conv", ["--w", "1"]), ("pool", ["--size", "1"])):
            printed = self.run_program(command, "x.npy", *options, "-q", "--html", "x.html")
            self.same_bits([line.split() for line in printed.decode().splitlines()], x)
            page = pathlib.Path(self.folder, "x.html").read_text()
            numbers = re.search(r"result:\[(.*?)\]", page)[1].replace("Infinity", "inf").split(",")
            self.same_bits(np.array(numbers, float).reshape(x.shape), x)
            printed = json.loads(self.run_program(command, "x.npy", *options, "--json"))
            self.same_bits([[float(v) for v in row] for row in printed["result"]], x)
            for name in ("y.npy", "y.csv", "y.txt"):
                self.run_program(command, "x.npy", *options, "-q", "-o", name)
                path = os.path.join(self.folder, name)
                self.same_bits(np.load(path) if name == "y.npy" else np.loadtxt(path, delimiter=","), x)
                self.same_bits(load(path), x)

    def test_memory_follows_from_the_file(self):
        """At most 4 times the bytes of the file and 200 MB, for the densest text and the smallest elements of .npy."""
        if b"__asan_init" in pathlib.Path(os.environ["OCELLUS"]).read_bytes():
            self.skipTest("a sanitizer takes memory of its own")
        path = os.path.join(self.folder, "x")
        for name, write in (("x.txt", lambda f: f.write(b"1\n" * 20_000_000)),
                            ("x.npy", lambda f: np.save(f, np.ones((3000, 2000, 3), np.uint8))),
                            ("x.npy", lambda f: np.save(f, np.ones(24_000_000, bool)))):
            with open(path, "wb") as f:
                write(f)
            os.replace(path, os.path.join(self.folder, name))
            size = os.path.getsize(os.path.join(self.folder, name))
            child = subprocess.Popen([os.environ["OCELLUS"], "conv", name, "--w", "1", "--stride", "1000", "-q"],
                                     cwd=self.folder, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = status
            self.assertEqual(status, 0)
            self.assertLessEqual(usage.ru_maxrss * 1024, 4 * size + 200e6, name)


if __name__ == "__main__":
    unittest.main()
