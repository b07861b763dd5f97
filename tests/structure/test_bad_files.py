"""Do the scripts of tests/bad write the files that are stored? What zlib compresses may differ in bytes, not in name.

Usage: test_bad_files.py, in an empty folder; standard library only."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

BAD = pathlib.Path(__file__).resolve().parent.parent / "bad"
COMPRESSED = {".gz", ".png"}


def contents(folder):
    return {str(p.relative_to(folder)): None if p.suffix in COMPRESSED else p.read_bytes()
            for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts}


class BadFiles(unittest.TestCase):
    def check(self, name):
        scratch = pathlib.Path.cwd() / name
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(scratch)
        shutil.copy(BAD / name / "make.py", scratch)
        env = {**os.environ, "PYTHONPATH": str(BAD.parent / "oracle")}  # where make.py finds what it shares
        subprocess.run([sys.executable, "-B", scratch / "make.py"], check=True, env=env)
        made, stored = contents(scratch), contents(BAD / name)
        self.assertEqual(sorted(made), sorted(stored))
        self.assertEqual([n for n in made if made[n] != stored[n]], [], f"run tests/bad/{name}/make.py")
        shutil.rmtree(scratch)

    def test_data(self):
        self.check("data")

    def test_model(self):
        self.check("model")


if __name__ == "__main__":
    unittest.main()
