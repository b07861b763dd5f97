"""What happens when the n-th allocation of a whole process fails, in whatever library it is?

Every command runs again and again with another allocation refused (tests/fault/exhaust.c, loaded before the C library). Each
time it must end in one of two ways: it did not need the memory and did all that it does otherwise, or it says that memory ran
out, with exit code 71. Never a signal, another exit code, a file that is neither as before nor whole, or a temporary file.

Charts as PNG are left out: fontconfig, which cairo calls, reads the fonts without checking every allocation.

A command with many allocations is tried at MOST of them, spread evenly; OCELLUS_MOST=1000000 tries all. Environment: OCELLUS,
OCELLUS_EXHAUST (the library of exhaust.c)."""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

PROGRAM = os.path.realpath(os.environ["OCELLUS"])
EXHAUST = os.path.realpath(os.environ["OCELLUS_EXHAUST"])
MOST = int(os.environ.get("OCELLUS_MOST", 25))
MEMORY, NOTHING_FAILED = 71, 0
WRITERS = {"-o", "--html", "--out", "--resume", "probabilities=old.npy"}  # a command with one of them gets a folder of its own each time
NET = "conv 3x3x2 relu | maxpool 2 | batchnorm | dense 8 relu | dropout 0.5 | dense CLASSES"
X, W = "1 2 3; 4 5 6; 7 8 9", "1 2; 3 4"
TRAIN = ["train", "digits:40:20", "--valid", "20", "--net", NET, "--epochs", "1", "--batch", "20", "--threads", "2", "--quiet"]

# Each line of a shell, in words; files are in the folder that `prepare` fills.
COMMANDS = [
    ["version", "--json"], ["help"], ["help", "train"], ["help", "net"], ["help", "--markdown"], ["help", "--man"],
    ["completion", "bash"], ["completion", "zsh"], ["completion", "fish"],
    ["conv", X, "--w", W, "--steps"], ["conv", X, "--w", W, "--json", "--steps"],
    ["conv", X, "--w", W, "-q", "--html", "old.html"], ["conv", "table.txt", "--w", W, "-o", "old.npy"],
    ["conv", "gray.pgm", "--kernel", "blur", "-o", "old.png"], ["conv", "array.npy", "--w", W, "-q"],
    ["pool", X, "--size", "2", "--json"], ["pool", X, "--size", "2", "-q", "--html", "old.html"],
    ["explain", "xo", "--json"], ["explain", "xo", "--html", "old.html"],
    ["show", "lecture", "--json"], ["show", "run"], ["show", "run", "--json"], ["show", "digits:50:50", "--json"],
    ["show", "digits:50:50", "--samples", "2", "--augment", "border edge, shift 2, mixup, cutmix", "--background", "white"],
    ["show", "gray.pgm"], ["show", "idx"], ["show", "photo.jpg"], ["conv", "photo.jpg", "--kernel", "blur", "-o", "old.npy"],
    ["plan", "lecture"], ["test", "run", "digits:40:20"], ["test", "run", "digits:40:20", "--json"],
    ["predict", "run", "digits:40:20[0:3]", "--proba"], ["predict", "run", "gray.pgm", "gray.png", "--json", "--top", "3"],
    ["run", "run", "--feed", "tf_x=image.npy", "--fetch", "probabilities=old.npy", "--json"],
    ["run", "model.onnx", "--feed", "image=channels.npy", "--fetch", "probabilities=old.npy", "--expect", "probabilities.pb"],
    ["trace", "run", "digits:40:20[0]", "--at", "conv_1/activation[2,3,1]", "--json"],
    ["trace", "run", "digits:40:20[0]", "--at", "conv_1/activation[2,3,1]", "--html", "old.html"],
    ["draw", "curves", "run"], ["draw", "confusion", "run", "-o", "old.svg"],
    ["report", "run", "run", "-o", "old.html"],
    [*TRAIN, "--out", "new", "--json"], [*TRAIN, "--out", "new", "--tensorboard", "logs"],
    ["train", "--resume", "run", "--epochs", "2", "--quiet"], ["train", "idx", *TRAIN[2:], "--out", "new"],
]
# Times and speeds differ from run to run, and with them the length of what is printed.
CHANGING = re.compile(r"seconds|per_second|step_ms|images/s|img/s|started|\d+(\.\d+)? ?m?s\b")


def run(words, folder, **settings):
    environment = {**os.environ, "LD_PRELOAD": EXHAUST, "LC_ALL": "C.UTF-8", **{k: str(v) for k, v in settings.items()}}
    return subprocess.run([PROGRAM, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)


def prepare(folder):
    """Files of each kind that commands read, and earlier ones that they write over."""
    def ours(*words):
        subprocess.run([PROGRAM, *words], cwd=folder, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    (folder / "table.txt").write_text("# a table\n1 2 3\n4 5 6\n7 8 9\n")
    (folder / "gray.pgm").write_bytes(b"P5 28 28 255\n" + bytes(range(196)) * 4)
    ours("conv", "gray.pgm", "--kernel", "identity", "-o", "gray.png", "-q")
    ours("conv", X, "--w", "1", "-o", "array.npy", "-q")
    bad = pathlib.Path(__file__).resolve().parent.parent / "bad/data"
    shutil.copy(bad / "good-scans.jpg", folder / "photo.jpg")
    (folder / "idx").mkdir()
    for part, count in ("train", 40), ("t10k", 20):
        sizes = b"".join(n.to_bytes(4, "big") for n in (count, 28, 28))
        (folder / f"idx/{part}-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + sizes + bytes(i * 7 % 256 for i in range(count * 784)))
        (folder / f"idx/{part}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + sizes[:4] + bytes(i % 10 for i in range(count)))
    ours(*TRAIN, "--out", "run")
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 28, 28), }"
    header = "\x93NUMPY\1\0" + chr(len(header)) + "\0" + header
    for name, shape in (("channels.npy", header), ("image.npy", header.replace("(1, 1, 28, 28)", "(1, 28, 28, 1)"))):
        (folder / name).write_bytes(shape.encode("latin-1") + struct.pack("<784f", *range(784)))
    ours("export", "run", "--to", "onnx", "-o", "model.onnx")
    ours("run", "model.onnx", "--feed", "image=channels.npy", "--fetch", "probabilities=probabilities.pb")
    for name in "old.html", "old.npy", "old.png", "old.svg":
        (folder / name).write_text("EARLIER")


def files(folder):
    """Relative path -> bytes, without what holds times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = re.sub(r"tfevents\.\S+", "tfevents", str(path.relative_to(folder)))  # time, host and process are in it
        if path.is_file():
            found[name] = path.read_bytes()
    return found


def stable(text):
    return [line for line in text.decode("utf-8", "replace").splitlines() if not CHANGING.search(line)]


class ProcessMemory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.base.cleanup)
        cls.master = pathlib.Path(cls.base.name) / "master"
        cls.master.mkdir()
        prepare(cls.master)
        cls.before = files(cls.master)

    def folder_for(self, words):
        """Where to run: those that only read share the first folder, which must stay as it is."""
        return self.fresh() if WRITERS & set(words) else self.master

    def fresh(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.base.name))
        shutil.copytree(self.master, folder, dirs_exist_ok=True)
        return folder

    def whole(self, words):
        """The run in which nothing fails: how many allocations, what is printed, which files there are."""
        folder, report = self.folder_for(words), pathlib.Path(self.base.name) / "count"
        done = run(words, folder, OC_FAULT_COUNT=report)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return int(report.read_text()), done, self.leave(folder)

    def leave(self, folder):
        """The files that are there now; the folder goes if it was made for one run."""
        found = files(folder)
        if folder != self.master:
            shutil.rmtree(folder)
        return found

    def check_files(self, after, whole, words):
        for name, data in after.items():
            self.assertNotRegex(name, r"\.tmp|~$|\.new$", f"a temporary file was left by {words}")
            old, new = self.before.get(name), whole.get(name)
            if data in (old, new):
                continue
            self.assertIsNotNone(new, f"{name} was made, and is not made otherwise")
            if name.endswith((".html", ".npy", ".png", ".svg")):
                self.fail(f"{name} is neither as before nor whole: {len(data)} bytes of {len(new)}")

    def try_at(self, words, n, whole):
        _, right, right_files = whole
        folder = self.folder_for(words)
        done = run(words, folder, OC_FAULT_AT=n)
        left = self.leave(folder)
        about = f"ocellus {' '.join(words)}, allocation {n}: {done.returncode}\n{done.stderr.decode('utf-8', 'replace')[-600:]}"
        self.assertIn(done.returncode, (NOTHING_FAILED, MEMORY), about)
        if done.returncode == NOTHING_FAILED:
            self.assertEqual(stable(done.stdout), stable(right.stdout), about)
            self.assertEqual(set(left), set(right_files), about)
        else:
            self.assertRegex(done.stderr.lower(), rb"memory|cannot start thread", about)
        self.check_files(left, right_files, about)
        return done.returncode == MEMORY

    def test_every_command(self):
        tried = refused = 0
        for words in COMMANDS:
            with self.subTest(command=" ".join(words)):
                whole = self.whole(words)
                count = whole[0]
                step = max(1, -(-count // MOST))
                for n in range(1, count + 1, step):
                    tried += 1
                    refused += self.try_at(words, n, whole)
        print(f"{tried} allocations refused, {refused} of them ended the command", flush=True)
        self.assertGreater(refused, tried // 2)


if __name__ == "__main__":
    unittest.main()
