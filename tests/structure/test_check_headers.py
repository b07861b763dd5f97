#!/usr/bin/env python3
"""Does tools/check-headers.py find what it is there to find? Each case is a header with one fault."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["OCELLUS_SOURCE"])

GOOD = """/* good.h: something.
 *
 * Threads: any. */
typedef struct oc_thing {
  int a;
} oc_thing;
typedef struct oc_thing_options {
  size_t struct_size;
} oc_thing_options;

/* Makes one. The caller frees *out with oc_thing_free. OC_E_MEMORY. */
OC_API oc_status oc_thing_create(oc_thing **out, oc_error *err);
/* Frees it. */
OC_API void oc_thing_free(oc_thing *t);
/* Its name. Static storage. */
OC_API const char *oc_thing_name(const oc_thing *t);
"""


class CheckHeaders(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory() as root:
            folder = pathlib.Path(root, "include", "ocellus")
            folder.mkdir(parents=True)
            (folder / "good.h").write_text(text)
            return subprocess.run([sys.executable, "-B", SOURCE / "tools" / "check-headers.py", root], capture_output=True, text=True)

    def faulty(self, old, new, message):
        self.assertIn(old, GOOD)
        result = self.check(GOOD.replace(old, new))
        self.assertEqual(result.returncode, 1)
        self.assertIn(message, result.stdout)
        self.assertIn("1 problems", result.stdout)

    def test_good(self):
        self.assertEqual(self.check(GOOD).returncode, 0, self.check(GOOD).stdout)

    def test_threads(self):
        self.faulty(" * Threads: any. */", " */", "Threads")

    def test_comment(self):
        self.faulty("/* Frees it. */\n", "", "oc_thing_free has no comment")

    def test_codes(self):
        self.faulty(" OC_E_MEMORY.", "", "names no error code")

    def test_owner(self):
        self.faulty(" The caller frees *out with oc_thing_free.", "", "who owns")
        self.faulty(" Static storage.", "", "how long it lives")

    def test_places(self):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {"include/ocellus/good.h": GOOD, "src/base/a.h": "/* a.h: x */\nint oc_a(int x);\n",
                               "src/plan/a.c": "int oc_a(int x) {\n}\nvoid oc_thing_free(oc_thing *t) {\n}\n"}.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            out = subprocess.run([sys.executable, "-B", SOURCE / "tools" / "check-headers.py", root], capture_output=True, text=True).stdout
        self.assertIn("src/base/a.h:2: oc_a is defined in src/plan", out)
        self.assertIn("no row: | `good.h` | `plan/` |", out)

    def test_files(self):
        rows = {"src/base/a.h": "int oc_a(int x);\nint oc_b(int x);\nint oc_c(int x);\nint oc_d(int x);\n", "src/base/b.h": "",
                "src/base/a.c": "int oc_a(int x) {\n}\n", "src/base/b.c": "int oc_b(int x) {\n}\n",
                "src/base/a_more.h": "", "src/base/a_more.c": "int oc_c(int x) {\n}\n", "src/base/d.c": "int oc_d(int x) {\n}\n"}
        with tempfile.TemporaryDirectory() as root:
            for name, text in rows.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            out = subprocess.run([sys.executable, "-B", SOURCE / "tools" / "check-headers.py", root], capture_output=True, text=True).stdout
        self.assertIn("src/base/a.h:2: oc_b is defined in b.c, which has a header of its own", out)
        for name in ("oc_a ", "oc_c ", "oc_d "):
            self.assertNotIn(name, out)

    def test_size(self):
        self.faulty("size_t struct_size;", "int a;", "does not begin with size_t struct_size")

    def test_two_meanings(self):
        self.faulty("oc_thing_free(oc_thing *t)", "oc_thing(oc_thing *t)", "is a function and a type")

    def test_nothing(self):
        self.assertEqual(self.check("/* Threads: any. */\n").returncode, 1, "no functions at all is a fault of the checker")


if __name__ == "__main__":
    unittest.main()
