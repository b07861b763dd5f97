"""Do the sources of raw pixels (IDX, CIFAR, NumPy) and the archives (zip, tar) give what NumPy, zipfile and tarfile wrote,
and is all else refused in words?"""
import io
import os
import struct
import sys
import tarfile
import tempfile
import unittest
import unittest.mock
import zipfile
import zlib

import numpy as np
from datasets import open_data

random = np.random.default_rng(1)
X = random.integers(0, 256, (30, 6, 5, 3)).astype(np.uint8)
Y = np.arange(30) % 3


def whole(parts):
    """The images of training and validation together, in an order that does not depend on the split."""
    pixels = np.concatenate([parts[p][0] for p in ("train", "valid") if p in parts])
    labels = np.concatenate([parts[p][1] for p in ("train", "valid") if p in parts])
    order = np.lexsort(pixels.reshape(len(pixels), -1).T)
    return pixels[order], labels[order]


class Sources(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.before = os.getcwd()
        os.chdir(self.folder.name)

    def tearDown(self):
        os.chdir(self.before)
        self.folder.cleanup()

    def same(self, part, pixels, labels):
        np.testing.assert_array_equal(part[0], pixels.reshape(part[0].shape))
        np.testing.assert_array_equal(part[1], labels)

    def refused(self, where, message):
        with self.assertRaises(ValueError) as raised:
            open_data(where)
        self.assertIn(message, str(raised.exception))


class Arrays(Sources):
    def check(self, x, y, want=X, labels=Y):
        np.savez("a.npz", x_test=x, y_test=y)
        self.same(open_data("a.npz")["test"], want, labels)
        np.savez_compressed("a.npz", test_images=x, test_labels=y)
        self.same(open_data("a.npz")["test"], want, labels)
        np.save("x_test.npy", x)
        np.save("y_test.npy", y)
        self.same(open_data("x_test.npy")["test"], want, labels)
        self.same(open_data(".")["test"], want, labels)

    def test_types(self):
        for kind in "u1 <u2 >u2 <i2 >i4 <u4 <i8 >u8 <f4 >f4 <f8 >f8".split():
            self.check(X.astype(kind), Y.astype(kind))
        self.check(X // 2, Y.astype("i1"), X // 2)
        self.check(X > 99, Y, np.where(X > 99, 255, 0))

    def test_scales(self):
        fractions = X.astype("f4") / np.float32(255)
        self.check(fractions, Y)
        self.check(X.astype("f8") / 255, Y)
        mixed = np.round(random.random(X.shape) * 255, 2)
        mixed[0] /= 255  # the first numbers are all below 1
        self.check(mixed, Y, np.floor(mixed + 0.5))

    def test_axes(self):
        self.check(X.transpose(0, 3, 1, 2), Y)
        self.check(np.asfortranarray(X), np.asfortranarray(Y))
        self.check(np.asfortranarray(X.transpose(0, 3, 1, 2)), Y)
        self.check(X[..., 0], Y, X[..., 0])
        self.check(X[..., :1].transpose(0, 3, 1, 2), Y, X[..., :1])
        self.check(X.reshape(30, 90), Y, X)
        self.check(np.asfortranarray(X.reshape(30, 90)), Y, X)

    def test_labels(self):
        self.check(X, Y[:, None])
        self.check(X, np.eye(3)[Y])
        self.check(X, np.asfortranarray(np.eye(3, dtype="u1")[Y]))

    def test_names(self):
        np.savez("k.npz", x_train=X, y_train=Y, x_test=X[:9], y_test=Y[:9], x_val=X[:5], y_val=Y[:5])
        parts = open_data("k.npz")
        self.same(parts["train"], X, Y)
        self.same(parts["valid"], X[:5], Y[:5])
        self.same(parts["test"], X[:9], Y[:9])
        self.assertEqual(parts["test"][2], ["0", "1", "2"])
        for names in ("images", "labels"), ("x", "y"), ("arr_0", "arr_1"):
            np.savez("w.npz", **dict(zip(names, (X, Y))))
            pixels, labels = whole(open_data("w.npz"))
            order = np.lexsort(X.reshape(30, -1).T)
            self.same((pixels, labels), X[order], Y[order])
        np.savez("only.npz", X)
        self.assertEqual(list(open_data("only.npz")), ["test"])

    def test_refused(self):
        def refuse(message, **arrays):
            np.savez("r.npz", **arrays)
            self.refused("r.npz", message)
        refuse("no array of images", z=X)
        refuse("got 29 labels for 30 images", x=X, y=Y[:29])
        refuse("must be 0 to 255, or 0 to 1, got -1.5 as number 1", x=X * 0 - 1.5)
        refuse("got nan", x=np.full((2, 9, 9), np.nan))
        refuse("must be 0 to 255, got 256", x=np.full((2, 9, 9), 256))
        refuse("may have its channels second or last", x=np.zeros((2, 3, 9, 3)))
        refuse("may be a single image", x=np.zeros((9, 9, 3)))
        refuse("no axis is 1 or 3 channels", x=np.zeros((9, 5, 5, 2)))
        refuse("expected images, got shape (5,)", x=np.zeros(5))
        refuse("expected 1 to 4 axes, got 5", x=np.zeros((1, 1, 1, 1, 1)))
        refuse("must not be empty", x=np.zeros((0, 2, 9)))
        refuse("unsupported type <f2", x=X.astype("f2"))
        refuse("unsupported type <c8", x=X.astype("c8"))
        refuse("single 1 and zeros for each image, which image 0 has not", x=X, y=np.ones((30, 2)))
        refuse("labels must be whole numbers", x=X, y=Y + 0.5)
        refuse("labels must be whole numbers", x=X, y=Y - 1)
        refuse("the training images are 6x5x3, the test images 6x5x1", x_train=X, x_test=X[..., :1])
        refuse("the pixels of the training images are 0 to 255, those of the test images 0 to 1",
               x_train=X.astype("f4"), x_test=X / 255.0)
        refuse("more than one array of images", x_train=X, train_images=X)

    def test_damaged(self):
        np.save("x.npy", X)
        with open("x.npy", "rb") as f:
            good = f.read()
        for n in (5, 11, 40, 127, 128, 129, len(good) - 1):
            self.write("cut.npy", good[:n])
            with self.assertRaises(ValueError):
                open_data("cut.npy")
        self.write("long.npy", good + b"x")
        self.refused("long.npy", "too long")
        self.write("huge.npy", good.replace(b"(30, 6, 5, 3)", b"(1<<30, 6, 5)"))
        self.refused("huge.npy", "invalid shape")
        self.write("vast.npy", good.replace(b"(30, 6, 5, 3), }    ", b"(3000000000,6,5,3), }"))
        self.refused("vast.npy", "needs more bytes than the file has")

    def write(self, name, content):
        with open(name, "wb") as f:
            f.write(content)


class Cifar(Sources):
    planes = random.integers(0, 256, (6, 3, 32, 32)).astype(np.uint8)

    def write(self, name, labels):
        with open(name, "wb") as f:
            for label, image in zip(labels, self.planes):
                f.write(bytes(label) + image.tobytes())

    def test_ten(self):
        os.makedirs("ten", exist_ok=True)
        for i in range(1, 6):
            self.write(f"ten/data_batch_{i}.bin", [[i]] * 6)
        self.write("ten/test_batch.bin", [[9], [0], [3], [4], [5], [6]])
        with open("ten/batches.meta.txt", "w") as f:
            f.write("\n".join("airplane automobile bird cat deer dog frog horse ship truck".split()) + "\n\n")
        parts = open_data("ten")
        self.same(parts["test"], self.planes.transpose(0, 2, 3, 1), [9, 0, 3, 4, 5, 6])
        self.assertEqual(parts["test"][2][9], "truck")
        self.assertEqual(len(parts["train"][0]) + len(parts["valid"][0]), 30)
        self.same(open_data("ten/test_batch.bin")["test"], self.planes.transpose(0, 2, 3, 1), [9, 0, 3, 4, 5, 6])
        self.refused("ten:coarse", "only CIFAR-100 has fine and coarse ones")

    def test_hundred(self):
        os.makedirs("hundred", exist_ok=True)
        labels = [[0, 99], [19, 0], [3, 50], [4, 1], [5, 2], [6, 3]]
        self.write("hundred/train.bin", labels)
        self.write("hundred/test.bin", labels)
        for where, place, classes in ("hundred", 1, 100), ("hundred:fine", 1, 100), ("hundred:coarse", 0, 20):
            part = open_data(where)["test"]
            self.same(part, self.planes.transpose(0, 2, 3, 1), [label[place] for label in labels])
            self.assertEqual(len(part[2]), classes)


def pgm(seed):
    return b"P5 4 4 255\n" + np.random.default_rng(seed).integers(0, 256, 16).astype(np.uint8).tobytes()


FILES = {f"{part}/{c}/{i}.pgm": pgm(zlib.crc32(f"{part}{c}{i}".encode())) for part in ("train", "test") for c in ("a b", "é")
         for i in range(4)}


class Archives(Sources):
    """Folders of images in archives give what the folder gives."""
    def setUp(self):
        super().setUp()
        for path, content in FILES.items():
            os.makedirs(os.path.dirname("f/" + path), exist_ok=True)
            with open("f/" + path, "wb") as f:
                f.write(content)
        self.want = open_data("f")

    def check(self, where):
        parts = open_data(where)
        self.assertEqual(sorted(parts), sorted(self.want))
        for name, part in parts.items():
            self.same(part, *self.want[name][:2])
            self.assertEqual(part[2], self.want[name][2])

    def zip(self, name="a.zip", method=zipfile.ZIP_STORED, files=FILES, extra=()):
        with zipfile.ZipFile(name, "w", method) as z:
            for path, content in files.items():
                z.writestr(path, content)
            for path, content in extra:
                z.writestr(path, content)

    def tar(self, name="a.tar", layout=tarfile.PAX_FORMAT, files=FILES, extra=()):
        with tarfile.open(name, "w", format=layout) as t:
            for path, content in list(files.items()):
                info = tarfile.TarInfo(path)
                info.size = len(content)
                t.addfile(info, io.BytesIO(content))
            for info in extra:
                t.addfile(info)

    def test_zip(self):
        for method in zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED:
            self.zip(method=method, extra=[("train/.DS_Store", b"x"), ("__MACOSX/train/a b/._0.pgm", b"x")])
            self.check("a.zip")

    def test_tar(self):
        long = {path.replace("/", "/" + 30 * "long", 1): content for path, content in FILES.items()}
        self.assertGreater(max(map(len, long)), 100)
        for layout in tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT:
            self.tar(layout=layout)
            self.check("a.tar")
            self.tar(layout=layout, files=long)
            self.assertEqual(len(open_data("a.tar")["test"][0]), 8)
        with tarfile.open("dots.tar", "w") as t:  # as `tar -c .` writes
            t.add("f", arcname=".")
        self.check("dots.tar")

    def test_hostile_zip(self):
        def refuse(message, name):
            self.refused(name, message)
        for path, message in ("../up.pgm", "leads out of the archive"), ("/etc/x", "bad.zip: an entry with an absolute path, '/etc/x'"), \
                ("train/a b/../../../x", "leads out of the archive"):
            self.zip("bad.zip", extra=[(path, b"x")])
            refuse(message, "bad.zip")
        self.zip("bad.zip", zipfile.ZIP_DEFLATED, extra=[("train/a b/bomb.pgm", bytes(3000000))])
        refuse("over 1000 times as large", "bad.zip")
        link = zipfile.ZipInfo("train/a b/link.pgm")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        self.zip("bad.zip", extra=[(link, b"/etc/passwd")])
        refuse("a link, which is unsupported", "bad.zip")
        self.zip("bad.zip", extra=[("train/a b/1.pgm", b"x")])
        refuse("two entries of this name", "bad.zip")
        self.zip("bad.zip")
        with open("bad.zip", "rb") as f:
            good = f.read()
        for n in (10, 100, len(good) // 2, len(good) - 1):
            with open("cut.zip", "wb") as f:
                f.write(good[:n])
            refuse("corrupt zip", "cut.zip")
        central = good.index(b"PK\1\2")
        with open("secret.zip", "wb") as f:  # bit 0 of the flags: encrypted
            f.write(good[:central + 8] + b"\1" + good[central + 9:])
        refuse("encrypted", "secret.zip")
        with open("method.zip", "wb") as f:
            f.write(good[:central + 10] + b"\x0c" + good[central + 11:])
        refuse("unsupported compression", "method.zip")
        with open("wrong.zip", "wb") as f:  # a pixel changed: the check sum does not match
            at = good.index(b"P5 4 4 255\n") + 12
            f.write(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        refuse("check sum", "wrong.zip")

    def test_forms_of_zip(self):
        """Sizes after the content, Zip64, a comment, bytes after the end, and names in code page 437."""
        class Pipe(io.RawIOBase):
            def __init__(self, to):
                self.to = to

            def writable(self):
                return True

            def write(self, content):
                self.to.write(content)
                return len(content)

        with open("a.zip", "wb") as f, zipfile.ZipFile(Pipe(f), "w", zipfile.ZIP_DEFLATED) as z:
            for path, content in FILES.items():
                z.writestr(path, content)
        self.check("a.zip")
        with unittest.mock.patch.multiple(zipfile, ZIP64_LIMIT=20, ZIP_FILECOUNT_LIMIT=3):
            self.zip()
        with open("a.zip", "rb") as f:
            content = f.read()
        self.assertIn(b"PK\6\6", content)
        self.assertIn(b"PK\6\7", content)
        self.check("a.zip")
        self.zip()
        with zipfile.ZipFile("a.zip", "a") as z:
            z.comment = b"not the end: PK\5\6" + bytes(40)
        self.check("a.zip")
        with open("a.zip", "ab") as f:
            f.write(b"\r\n")
        self.check("a.zip")
        self.zip("437.zip", files={f"{c}/{i}.pgm": pgm(i) for c in "\xe9\u2591" for i in range(4)})
        with open("437.zip", "rb") as f:
            content = f.read()
        for name in "\xe9\u2591":  # as many bytes of that code page, and the flag of UTF-8 off
            content = content.replace(name.encode(), (name + "__")[:len(name.encode())].encode("437"))
        for magic, flags in (b"PK\1\2", 8), (b"PK\3\4", 6):
            content = content.replace(magic + content[content.index(magic) + 4:][:flags - 4] + b"\0\x08",
                                      magic + content[content.index(magic) + 4:][:flags - 4] + b"\0\0")
        with open("437.zip", "wb") as f:
            f.write(content)
        with zipfile.ZipFile("437.zip") as z:
            names = sorted({path.split("/")[0] for path in z.namelist()})
        self.assertEqual(names, sorted(["\xe9_", "\u2591__"]))
        self.assertEqual(sorted(next(iter(open_data("437.zip").values()))[2]), names)

    def test_directory_of_zip(self):
        """What the records of an archive say of it must be true."""
        self.zip()
        with open("a.zip", "rb") as f:
            good = f.read()
        central, end = good.index(b"PK\1\2"), good.index(b"PK\5\6")

        def refuse(message, at, change):
            with open("bad.zip", "wb") as f:
                f.write(good[:at] + change + good[at + len(change):])
            self.refused("bad.zip", message)
        refuse("its directory has 16 entries, its end says 15", end + 8, struct.pack("<2H", 15, 15))
        refuse("one part of several", end + 4, struct.pack("<H", 1))
        refuse("its directory is not where the end says", end + 16, struct.pack("<I", central + 1))
        refuse("not a record of its directory", central, b"PK\1\3")
        refuse("the entry is not before the directory", central + 42, struct.pack("<I", end))
        refuse("the entry is not where the directory says", central + 42, struct.pack("<I", 1))
        refuse("a stored entry of two sizes", central + 20, struct.pack("<I", 5))
        refuse("a name with a 0 byte", central + 46, b"\0")
        refuse("a name that is not UTF-8", central + 8, struct.pack("<H", 1 << 11) + good[central + 10:central + 46] + b"\xff")

    def test_overlapping_zip(self):
        """Every record of the central directory leads to one large stored file."""
        body, crc = pgm(1) + bytes(5000), zlib.crc32(pgm(1) + bytes(5000))
        names = [b"%s/%d.pgm" % (c, i) for c in (b"a", b"b") for i in range(50)]
        head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, crc, len(body), len(body), len(names[0]), 0) + names[0]
        central = b"".join(struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, crc, len(body), len(body), len(n), 0, 0, 0,
                                       0, 0, 0) + n for n in names)
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(names), len(names), len(central), len(head) + len(body), 0)
        with open("overlap.zip", "wb") as f:
            f.write(head + body + central + end)
        self.refused("overlap.zip", "entries overlap")

    def test_hostile_tar(self):
        def entry(name, type_=tarfile.REGTYPE, target=""):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = type_, target
            return info
        for info, message in ((entry("../up.pgm"), "leads out of the archive"), (entry("/etc/x"), "bad.tar: an entry with an absolute path, '/etc/x'"),
                              (entry("train/a b/l.pgm", tarfile.SYMTYPE, "/etc/passwd"), "a link, which is unsupported"),
                              (entry("train/a b/l.pgm", tarfile.LNKTYPE, "x"), "a link, which is unsupported"),
                              (entry("train/a b/f", tarfile.FIFOTYPE), "neither a file nor a folder"),
                              (entry("train/a b/1.pgm"), "two entries of this name")):
            self.tar("bad.tar", extra=[info])
            self.refused("bad.tar", message)
        self.tar("bad.tar")
        with open("bad.tar", "rb") as f:
            good = f.read()
        for n, message in (700, "truncated"), (1024 + 512, "truncated"), (1024, "its end, a block of zeros, is missing"):
            with open("cut.tar", "wb") as f:
                f.write(good[:n])
            self.refused("cut.tar", message)
        with open("sum.tar", "wb") as f:
            f.write(good[:1024] + b"x" + good[1025:])
        self.refused("sum.tar", "wrong check sum")


if __name__ == "__main__":
    sys.exit(unittest.main())
