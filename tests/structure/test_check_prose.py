#!/usr/bin/env python3
"""Does tools/check-prose.py find what it is there to find? Each case is a page or a comment with one fault, or with none."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["OCELLUS_SOURCE"])
LONG = " ".join(["word"] * 41) + "."


class CheckProse(unittest.TestCase):
    def check(self, name, text, accepted=None):
        with tempfile.TemporaryDirectory() as root:
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if accepted is not None:
                pathlib.Path(root, "tools").mkdir()
                pathlib.Path(root, "tools/prose-accepted.txt").write_text(accepted, encoding="utf-8")
            out = subprocess.run([sys.executable, "-B", SOURCE / "tools" / "check-prose.py", root], capture_output=True, text=True)
        self.assertEqual(out.stderr, "")
        self.assertEqual(out.returncode, 1 if out.stdout else 0)
        return out.stdout

    def faulty(self, name, text, message):
        self.assertIn(message, self.check(name, text))

    def clean(self, name, text):
        self.assertEqual(self.check(name, text), "")

    def test_each_rule_finds_its_fault_in_a_page(self):
        for text, message in (
                ("The file is no model.", "word: 'is no model'"),
                ("It comes behind the pooling.", "word: 'behind'"),
                ("Both run at once.", "word: 'at once'"),
                ("A training stops.", "word: 'A training'"),
                ("Measured in turns.", "word: 'in turns'"),
                ("One record a line\nan epoch: a line an epoch.", "docs/page.md:4: word: 'a line an epoch'"),
                ("It can be\nused for ever.", "docs/page.md:4: word: 'for ever'"),
                ("The colour of it.", "spelling: 'colour'"),
                ("It takes 5 % less.", "no space before %"),
                ("It is normalised.", "spelling: 'normalised'"),
                ("The names run-1, run-2, .. follow.", "ellipsis"),
                (LONG, "sentence: 41 words"),
                ("- " + LONG, "sentence: 41 words")):
            self.faulty("docs/page.md", "# Title\n\n" + text + "\n", message)

    def test_code_tables_and_terms_of_a_page_are_free(self):
        self.clean("docs/page.md", "# Title\n\nSee `a .. behind` and [x](behind.md), --beside, there is no limit, a training run, it is no longer\n"
                                   "used.\n\n```\nbehind, at once ..\n```\n\n    y = x behind ..\n\n| " + LONG + " |\n|---|\n")

    def test_each_rule_finds_its_fault_in_a_comment(self):
        for text, message in (
                ("/* Can all of them? */", "src/a.c:1: question"),
                ("int a; /* what the caller wants */", "word: 'wants'"),
                ("int a;\n/* Stands\n * behind it. */", "src/a.c:3: word: 'behind'"),
                ("// fits the first-level cache", "word: 'first-level'"),
                ("/* _1, _2 .. */", "ellipsis"),
                ("/* " + LONG[:-1] + " " + LONG + " */", "sentence: 82 words")):
            self.faulty("src/a.c", text + "\nint b;\n", message)

    def test_comments_of_tests_are_read_and_the_first_may_ask(self):
        self.faulty("tests/unit/test_a.c", "/* Does it work? */\nint b; /* the one behind it */\n", "word: 'behind'")
        self.faulty("tests/unit/test_a.c", "/* Does it work? */\n/* Can all of them? */\nint b;\n", "test_a.c:2: question")
        self.faulty("tests/a.py", '"""Does it work at once?"""\nx = "behind"\n', "tests/a.py:1: word: 'at once'")
        self.faulty("tests/a.py", "x = 1  # behind it\n", "tests/a.py:1: word: 'behind'")
        self.faulty("tests/a.sh", "#!/bin/sh\n# It is\n# read anew.\necho behind\n", "tests/a.sh:3: word: 'anew'")
        self.clean("tests/a.sh", "#!/bin/sh\n# Does it work?\necho \"# behind\"\n")
        self.clean("tests/a.py", '"""Does it work?"""\nx = """behind"""\n')

    def test_code_and_mathematics_of_a_c_file_are_free(self):
        self.clean("src/a.c", "/* Sets a[0 .. n-1] to \"behind\", `wants` and (?, 24).\n *\n *   y = x ? behind : wants ..\n */\n"
                              "const char *behind = \"at once ..\";\nint b = a ? wants : 1;\n")

    def test_an_accepted_line_is_silent_and_must_be_needed(self):
        self.assertEqual(self.check("docs/page.md", "The wall behind it.\n", "# why\ndocs/page.md The wall\n"), "")
        self.assertIn("not needed", self.check("docs/page.md", "Nothing.\n", "docs/page.md The wall\n"))

    def test_it_is_fast(self):
        before = os.times().children_user
        subprocess.run([sys.executable, "-B", SOURCE / "tools" / "check-prose.py"], capture_output=True)
        self.assertLess(os.times().children_user - before, 60, "seconds of processor time: a guard, about 2.5 are usual")


if __name__ == "__main__":
    unittest.main()
