"""Have all messages and hints the form that docs/vocabulary.md gives? Standard library only."""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Names with which a message may begin although they do not begin in lower case.
NAMES = re.compile(r"%|'|\.npy|__metadata__|PNG|TensorBoard|[A-Z]{2,}")
BANNED = ("cannot be ", "is no ", "are the most", "is said", "is NULL")


def strings(kind):
    listed = subprocess.run([sys.executable, ROOT / "tools" / "list-strings.py", "--kind", kind], check=True,
                            capture_output=True, text=True).stdout
    for line in listed.splitlines():
        place, _, text = line.split("\t", 2)
        if text:
            yield place, text


def message_is_plain(text):
    if text.endswith(".") and not text.endswith("..."):
        return False
    if any(words in text for words in BANNED):
        return False
    return bool(re.match(r"[a-z0-9_/-]", text) or NAMES.match(text))


def hint_is_plain(text):
    return bool(re.match(r"[A-Z`%]", text)) and bool(re.search(r"[.?]$|%s$", text))


# What no printed text or help says, with or without a message's form.
UNPLAIN = re.compile(r"(?<!there )\b(?:is|are) no (?!longer)|\bbehind\b(?! transparent)|\bat once\b|\bin turns\b|\b[Aa] training\b(?! (?:run|step|set))|"
                     r"\b(?:trainings|anew|whoever|somebody|one's own|pictures?)\b|(?<!-)\bbeside\b(?!\")|\bturned round\b|[,\w] \.\.(?=[\s,;)])")


class Strings(unittest.TestCase):
    def test_texts_and_help(self):
        found = list(strings("text")) + list(strings("help"))
        self.assertGreater(len(found), 800)
        self.assertEqual([s for s in found if "const R = D.rows" not in s[1] and UNPLAIN.search(s[1])], [])
        for text in ("is no kernel", "the layer behind it", "a training stops", "run-1, run-2, .. if not given"):
            self.assertTrue(UNPLAIN.search(text), text)

    def test_messages(self):
        found = list(strings("message"))
        self.assertGreater(len(found), 400)
        self.assertEqual([s for s in found if not message_is_plain(s[1])], [])

    def test_hints(self):
        found = list(strings("hint"))
        self.assertGreater(len(found), 200)
        self.assertEqual([s for s in found if not hint_is_plain(s[1])], [])

    def test_the_rules_can_fail(self):
        for text in ("Must be 1", "must be 1.", "'%s' is no kernel", "%lld images cannot be made", "%s is NULL"):
            self.assertFalse(message_is_plain(text), text)
        for text in ("leave it out", "Leave it out", "leave it out."):
            self.assertFalse(hint_is_plain(text), text)


if __name__ == "__main__":
    unittest.main()
