"""Does tools/check-structure.py find each kind of breach, and nothing in a clean tree? Standard library only."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check-structure.py"
CLEAN = {
    "include/ocellus/status.h": '/* status.h: x */\n#ifdef __cplusplus\nextern "C" {\n#endif\n'
                                "/* Does it. */\nOC_API int oc_do(int x);\n\n#ifdef __cplusplus\n}\n#endif\n",
    "src/base/memory.h": "/* memory.h: x */\nvoid *oc_memory_alloc(int n);\n",
    "src/base/memory.c": '/* memory.c: x */\n#include "base/memory.h"\n#include <stdlib.h>\n'
                         "void *oc_memory_alloc(int n) { return malloc(n); }\n",
    "src/data/source/idx.c": '/* idx.c: malloc() in a comment */\n#include "base/memory.h"\n'
                      'static const char *const names[] = {"printf(", "b"};\nstruct idx {\n  int n;\n};\n'
                      "int oc_idx(struct idx *i) {\n  static const int table[2] = {1, 2};\n  i->free(3);\n"
                      "  return table[i->n] + names[0][0];\n}\n",
    "cli/main.c": '/* main.c: x */\n#include <ocellus/status.h>\n#include <stdio.h>\nint main(void) { return puts("x"); }\n',
}
LONG = "int oc_long(void) {\n" + "  ;\n" * 60 + "}\n"


class Structure(unittest.TestCase):
    def run_on(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**CLEAN, **changes}.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            done = subprocess.run([sys.executable, str(CHECKER), root], capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
            return done.returncode, done.stdout

    def assert_clean(self, changes):
        code, out = self.run_on(changes)
        self.assertEqual(code, 0, out)

    def assert_breach(self, name, text, *expected):
        code, out = self.run_on({name: text})
        self.assertEqual(code, 1, out)
        for part in expected:
            self.assertIn(part, out)

    def in_library(self, code, expected):
        self.assert_breach("src/graph/a.c", f"/* a.c: x */\n{code}\n", expected)

    def test_clean_tree(self):
        self.assert_clean({})

    def test_folders_go_one_way(self):
        code, out = self.run_on({"src/data/dataset.h": "/* x */\n", "src/base/a.c": '/* x */\n#include "data/dataset.h"\n'})
        self.assertEqual(code, 1)
        self.assertIn("src/base/a.c:2: data/dataset.h: base/ may not include data/", out)
        self.assert_clean({"src/data/dataset.h": "/* x */\n", "src/model/a.c": '/* x */\n#include "data/dataset.h"\n'})

    def test_programs_see_public_headers_only(self):
        self.assert_breach("cli/a.c", '/* x */\n#include "base/memory.h"\n', "cli/a.c:2: base/memory.h")
        self.assert_breach("examples/a.c", '/* x */\n#include "base/memory.h"\n', "examples/a.c:2")
        self.assert_breach("include/ocellus/a.h", '/* x */\n#include "base/memory.h"\n', "include/ocellus/a.h:2")

    def test_length(self):
        self.in_library(LONG, "src/graph/a.c:2: oc_long has 62 lines")
        self.assert_clean({"src/graph/a.c": "/* x */\n/* It is\n * long because of that. */\n" + LONG})
        self.assert_clean({"src/graph/a.c": "/* x */\n" + LONG.replace("  ;\n", "", 2)})
        self.in_library("int x(void);\n" * 800, "802 lines")

    def test_width_of_lines(self):
        self.in_library(f"/* {'x ' * 60}*/", "src/graph/a.c:2: 125 columns; at most 110")
        self.assert_clean({"src/graph/a.c": f"/* a.c: x */\n/* clang-format off */\n/* {'x ' * 60}*/\n/* clang-format on */\n"})
        self.assert_breach("docs/a.md", "word " * 30 + "\n", "docs/a.md:1: 150 columns; at most 120")
        self.assert_clean({"docs/a.md": "| " + "word " * 30 + "|\n\n```\n" + "word " * 30 + "\n```\n"})

    def test_many_arguments(self):
        self.in_library("int f(int a, int b, int c, int d, int e, int f, int g) { return 1; }", "7 arguments")
        self.assert_clean({"src/graph/a.c": "/* x */\nint f(int a, int b, int c, int d, int e, int (*f)(int, int), "
                                            "oc_error *err) { return 1; }\n"})

    def test_banned_words(self):
        self.in_library("int f(char *a) {\n  strcpy(a, a);\n}", "src/graph/a.c:3: strcpy is banned")
        self.in_library("void *f(void) { return malloc(1); }", "malloc: memory comes from")
        self.in_library('void f(void) { printf("x"); }', "printf: the library never")
        self.in_library("void f(void) { exit(1); }", "exit: the library never")
        self.in_library("void f(FILE **f) { *f = stderr; }", "stderr: the library never")
        self.in_library('void f(void) { getenv("X"); }', "getenv: only")
        self.assert_clean({"src/base/log.c": '/* x */\nchar *f(void) { return getenv("X"); }\n'})

    def test_globals(self):
        self.in_library("static int count;", "src/graph/a.c:2: a global that can change")
        self.in_library("int count = 3;", "a global that can change")
        self.in_library('static const char *names[] = {"a"};', "a global that can change")
        self.in_library("static struct x y;", "a global that can change")
        self.in_library("int f(void) {\n  static int n;\n  return n++;\n}", "src/graph/a.c:3: a static variable")
        self.assert_clean({"src/graph/a.c": "/* x */\nextern const int a;\nenum { A = 1 };\ntypedef struct s {\n  int a;\n} s;\n"
                                            "const s b = {1};\nstatic int f(void);\n"})

    def test_layout(self):
        self.assert_breach("src/graph/a.c", "int f(void);\n", "a.c:1: the file does not begin")
        self.in_library("int\tf(void);", "a.c:2: tab")
        self.in_library("int f(void); ", "a.c:2: tab, or space")
        self.assert_breach("src/graph/a.c", "/* x */\nint f(void);", "no end")
        self.in_library("int f(void) {", "braces do not balance")

    def test_public_functions_are_explained(self):
        self.assert_breach("include/ocellus/a.h", "/* x */\n\nOC_API int oc_a(void);\n", "include/ocellus/a.h:3: functions without")
        self.assert_clean({"include/ocellus/a.h": "/* x */\n\n/* Both do. */\nOC_API int oc_a(void);\nOC_API int oc_b(void);\n"})


if __name__ == "__main__":
    unittest.main()
