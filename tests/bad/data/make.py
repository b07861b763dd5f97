#!/usr/bin/env python3
"""Writes the bad data of this folder, and expected.txt: name, status, part of the message.

A name is a file, or a folder with MNIST's names. Run it after a change; what it writes is committed, so that tests need
no Python. `good-..` are what the others were made from: they must open.
"""
import gzip
import os
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
rows = []


def idx(dims, values, type_=8, rank=None):
    return bytes([0, 0, type_, len(dims) if rank is None else rank]) + struct.pack(f">{len(dims)}I", *dims) + values


def zipped(content, level=9):
    return gzip.compress(content, level, mtime=0)


def write(name, content, status, part):
    path = os.path.join(HERE, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)
    if status:
        rows.append((name, status, part))


def folder(name, files, status, part):
    for file, content in files.items():
        write(f"{name}/{file}", content, None, None)
    if not files:
        write(f"{name}/README", b"nothing here\n", None, None)
    rows.append((name, status, part))


pixels = bytes(range(1, 25))
good = idx([2, 3, 4], pixels)
labels = idx([2], b"\0\1")


def idx_files():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name + ".idx", content, status, part)

    bad("good", good, "", "OC_OK")
    bad("good-rank-2", idx([6, 4], pixels), "", "OC_OK")
    bad("good-rank-4", idx([2, 2, 2, 3], pixels), "", "OC_OK")
    write("good.idx.gz", zipped(good), "OC_OK", "")
    write("good-two-members.idx.gz", zipped(good[:9]) + zipped(good[9:]), "OC_OK", "")
    bad("empty", b"", "the file is empty")
    bad("three-bytes", b"\0\0\10", "truncated IDX header: got 3 bytes, expected 4")
    bad("header-cut", good[:14], "truncated IDX header: got 2 bytes, expected 4")
    bad("header-only", good[:16], "holds at most 0")
    bad("truncated", good[:-1], "declares 24 bytes, but the file holds at most 23")
    bad("one-byte-more", good + b"x", "extra bytes follow the 24")
    bad("wrong-magic", b"\1" + good[1:], "wrong magic number 0x01000803")
    bad("wrong-second-byte", b"\0\2" + good[2:], "wrong magic number 0x00020803")
    bad("good-floats", idx([2, 3, 4], struct.pack(">24f", *(i / 23 for i in range(24))), 0x0D), "", "OC_OK")
    bad("type-unknown", idx([2, 3, 4], pixels * 4, 0x0A), "unknown value type 0x0a")
    bad("type-float", idx([2, 3, 4], struct.pack(">24f", *range(-1, 23)), 0x0D), "got -1 as number 1")
    bad("type-double", idx([2, 3, 4], struct.pack(">24d", *([1.0] * 23 + [float("nan")])), 0x0E), "got nan as number 24")
    bad("type-signed", idx([2, 3, 4], bytes(23) + b"\x80", 0x09), "pixels of type int8 must be 0 to 255, got -128")
    bad("type-short", idx([2, 3, 4], struct.pack(">24h", *range(233, 257)), 0x0B), "must be 0 to 255, got 256")
    bad("type-cut", idx([2, 3, 4], struct.pack(">23i", *range(23)) + b"\0", 0x0C), "declares 96 bytes")
    bad("rank-0", idx([], b"\5", rank=0), "rank 0 is out of range 1 to 4")
    bad("rank-5", idx([1, 1, 1, 1, 24], pixels), "rank 5 is out of range 1 to 4")
    bad("rank-255", bytes([0, 0, 8, 255]) + b"\1" * 1020, "rank 255")
    bad("labels-as-images", labels, "got labels (rank 1)")
    bad("no-images", idx([0, 3, 4], b""), "size 0 of the IDX header must be at least 1, got 0")
    bad("no-rows", idx([2, 0, 4], b""), "size 1 of the IDX header must be at least 1, got 0")
    bad("huge", idx([0xFFFFFFFF, 0xFFFF, 0xFFFF], pixels), "the limit is 2^63")
    bad("huge-rank-4", idx([0xFFFFFFFF] * 4, pixels), "the limit is 2^63")
    bad("wraps-to-24", idx([0x80000000, 0x80000000, 4, 24], pixels), "the limit is 2^63")
    bad("over-limit", idx([0x10000, 0x10000, 4], pixels), "more than the limit of 4294967296")
    bad("gigabyte", idx([0x8000, 0x8000], pixels), "holds at most 24")
    bad("text", b"label,pixel1,pixel2\n7,0,0\n", "unsupported data format: a table of text (CSV)")


def gzip_files():
    def bad(name, content, part):
        write(name + ".idx.gz", content, "OC_E_DATA", part)

    z = zipped(good)
    flipped = bytearray(z)
    flipped[-6] ^= 1  # a byte of the check sum
    bad("check-sum", bytes(flipped), "corrupt gzip: incorrect data check")
    flipped = bytearray(z)
    flipped[-1] ^= 1
    bad("length", bytes(flipped), "corrupt gzip: incorrect length check")
    bad("deflate", z[:10] + b"\xff" * 20, "corrupt gzip: invalid block type")
    bad("method", z[:2] + b"\7" + z[3:], "corrupt gzip")
    bad("cut", z[:-10], "truncated gzip")
    bad("cut-in-trailer", z[:-3], "truncated gzip")
    bad("cut-in-wrapper", z[:5], "truncated gzip")
    bad("empty", zipped(b""), "the file is empty")
    bad("trailing-garbage", z + b"garbage", "other bytes follow the end")
    bad("second-member-cut", z + z[:6], "truncated gzip")
    bad("declares-more", zipped(idx([3, 3, 4], pixels)), "declares 36 bytes, the file has 24")
    bad("one-byte-more", zipped(good + b"x"), "extra bytes follow the 24")
    bad("bomb", zipped(good + bytes(20 << 20)), "extra bytes follow the 24")
    bad("bomb-of-bombs", zipped(zipped(bytes(20 << 20))), "a file compressed with gzip")
    bad("claims-all-memory", zipped(idx([0xFFFF, 0xFFFF], pixels)), "but the file holds at most")
    bad("over-limit", zipped(idx([0x20000, 0x10000], pixels)), "more than the limit")


def folders():
    images, names = idx([3, 2, 2], bytes(12)), idx([3], b"\0\1\2")
    train, test = "train-images-idx3-ubyte", "t10k-images-idx3-ubyte"
    train_labels, test_labels = "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"
    folder("good-folder", {train: images, train_labels: names, test: images, test_labels: names}, "OC_OK", "")
    folder("test-only", {test: images, test_labels + ".gz": zipped(names)}, "OC_OK", "")
    folder("no-files", {}, "OC_E_NO_INPUT", "but no folders of classes")
    folder("no-labels", {train: images}, "OC_E_NO_INPUT", "no labels for these images: train-labels-idx1-ubyte")
    folder("fewer-labels", {train: images, train_labels: idx([2], b"\0\1")}, "OC_E_DATA", "2 labels for the 3 images of")
    folder("more-labels", {train: images, train_labels: idx([4], b"\0\1\0\1")}, "OC_E_DATA", "4 labels for the 3 images")
    folder("labels-rank-3", {train: images, train_labels: images}, "OC_E_DATA", "expected labels of rank 1, got rank 3; these are the labels of ")
    folder("labels-corrupt", {train: images, train_labels + ".gz": b"\x1f\x8b"}, "OC_E_DATA", "; these are the labels of ")
    folder("images-rank-1", {train: names, train_labels: names}, "OC_E_DATA", "got labels (rank 1)")
    folder("other-sizes", {train: images, train_labels: names, test: idx([1, 3, 2], bytes(6)), test_labels: idx([1], b"\0")},
           "OC_E_DATA", "training images are 2x2x1, the test images 3x2x1")
    halves, wholes = (idx([2, 3, 4], struct.pack(">24f", *([v] * 24)), 0x0D) for v in (0.5, 9))
    folder("other-scales", {train: wholes, train_labels: idx([2], b"\0\1"), test: halves, test_labels: labels},
           "OC_E_DATA", "the pixels of the training images are 0 to 255, those of the test images 0 to 1")
    folder("one-image", {train: idx([1, 2, 2], bytes(4)), train_labels: idx([1], b"\0")}, "OC_OK", "")


def cifar_files():
    ten, hundred = b"\6" + bytes(range(256)) * 12, b"\7\x37" + bytes(range(256)) * 12
    write("good-cifar.bin", ten * 3, "OC_OK", "")
    write("good-cifar100.bin", hundred * 2, "OC_OK", "")
    write("cifar-label.bin", ten + b"\x0a" + ten[1:], "OC_E_DATA", "label 10 of image 1 is out of range 0 to 9")
    write("cifar-fine.bin", hundred + b"\7\x64" + hundred[2:], "OC_E_DATA", "label 100 of image 1 is out of range 0 to 99")
    folder("good-cifar", {"data_batch_1.bin": ten * 2, "test_batch.bin": ten}, "OC_OK", "")
    folder("good-cifar100", {"train.bin": hundred * 3, "test.bin": hundred}, "OC_OK", "")
    folder("cifar-cut", {"test_batch.bin": ten[:-1]}, "OC_E_DATA", "of 3073 bytes each, got 3072 bytes")
    folder("cifar-gap", {"data_batch_1.bin": ten, "data_batch_3.bin": ten}, "OC_E_NO_INPUT", "data_batch_2.bin is missing")
    folder("cifar-names", {"data_batch_1.bin": ten * 2, "batches.meta.txt": b"a\nb\n"}, "OC_E_DATA",
           "expected a line for each of 10 classes, got 2 lines")


def other_kinds():
    """Files of another kind are named for what they are."""
    def bad(name, content, part):
        write("kind-" + name, content, "OC_E_DATA", part)

    rest = bytes(range(40, 200)) * 4
    bad("film.mp4", b"\0\0\0\x18ftypisom" + rest, "a video")
    bad("files.tar", b"a.png".ljust(257, b"\0") + b"ustar\0" + b"00".ljust(249, b"\0"), "a tar archive")
    write("array.npy", b"\x93NUMPY\1\0v\0{'descr'" + rest, "OC_E_DATA", "not a .npy header")
    bad("model.h5", b"\x89HDF\r\n\x1a\n" + rest, "an HDF5 file")
    bad("table.parquet", b"PAR1" + rest, "a Parquet table")
    bad("pointer.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "a pointer of Git LFS")
    bad("page.gz", b"\n <!DOCTYPE html>\n<html><body>404</body></html>\n", "an HTML or XML page")
    write("kind-packed-page.gz", zipped(b"<html><body>404</body></html>\n"), "OC_E_DATA", "an HTML or XML page")
    bad("image.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an HTML or XML page")
    bad("table", b"label,pixel1,pixel2\n7,0,255\n", "a table of text (CSV)")
    bad("semicolons", b"1;2;3\r\n4;5;6\r\n", "a table of text (CSV)")
    bad("pixels.csv", b"label,pixel1,pixel2\n7,0,255\n", "line 1: 3 columns, and no names")
    bad("object.pkl", b"\x80\x04\x95" + rest, "a Python pickle")
    bad("weights.safetensors", struct.pack("<Q", 40) + b'{"a":{}}' + rest, "a safetensors file")
    bad("packed.xz", b"\xfd7zXZ\0" + rest, "a file compressed with xz")
    bad("paper.pdf", b"%PDF-1.7\n" + rest, "a PDF document")

    def folder_of(name, files, status, part):
        for file in files:
            write(f"{name}/{file}", b"x", None, None)
        rows.append((name, status, part))

    folder_of("kind-classes", ["cat/1.jpg", "dog/1.jpg"], "OC_E_DATA", "2 of 2 images are unreadable; the first: ")
    folder_of("kind-images", ["1.png", "2.PNG", "3.jpg"], "OC_E_NO_INPUT", "holds 3 files, such as 1.png, but no folders of classes")


def chunk(kind, data, crc=None):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)


SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(width, height, raw, depth=8, color=0, extra=b"", end=True, interlace=0):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))
    return SIGNATURE + head + extra + chunk(b"IDAT", zlib.compress(raw, 9)) + (chunk(b"IEND", b"") if end else b"")


def pngs():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name + ".png", content, status, part)

    def claim(kind, length):  # of a chunk that has four bytes
        return struct.pack(">I", length) + kind + b"ABCD" + b"\0" * 4

    raw = b"\0\1\2\3" * 2
    bad("good", png(3, 2, raw), "", "OC_OK")
    bad("signature-only", SIGNATURE, "corrupt PNG: truncated")
    bad("cut", png(3, 2, raw)[:-20], "corrupt PNG: truncated")
    bad("no-end", png(3, 2, raw, end=False), "corrupt PNG: truncated")
    bad("check-sum", SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0), 1) + chunk(b"IDAT", zlib.compress(raw)) +
        chunk(b"IEND", b""), "CRC error")
    bad("no-pixels", png(0, 2, b""), "corrupt PNG")
    bad("huge", png(0x7FFFFFFF, 0x7FFFFFFF, b""), "the limits are")
    bad("bomb", png(65536, 65536, bytes(1 << 16)), "the limits are 67108864 pixels")
    bad("bomb-in-bytes", png(8192, 8192, b"", color=2), "the limits are")
    bad("few-pixels", png(3, 200, raw), "corrupt PNG")
    bad("more-pixels-than-bytes", png(8000, 8000, raw), "corrupt PNG: the header declares 8000x8000 pixels, too many for")
    bad("more-pixels-than-bytes-interlaced", png(8000, 8000, raw, interlace=1), "the header declares 8000x8000 pixels")
    for kind in (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"tRNS", b"PLTE", b"IDAT", b"abCd", b"\x1b[2J"):
        name = "chunk-claims-" + (kind.decode().lower() if kind.isalpha() else "escape")
        bad(name, png(3, 2, raw, extra=claim(kind, 0x7FFFFFFF)), "declares 2147483647 bytes, ")
    bad("text-bomb", png(3, 2, raw, extra=chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(8 << 20), 9))), "", "OC_OK")
    bad("profile-bomb", png(3, 2, raw, extra=chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(8 << 20), 9))), "", "OC_OK")
    bad("many-texts", png(3, 2, raw, extra=chunk(b"tEXt", b"k\0v") * 2000), "", "OC_OK")
    bad("wide", png(67108864, 1, raw), "1048576 pixels in each direction")
    bad("tall", png(1, 67108864, raw), "1048576 pixels in each direction")
    for name, order in (("little", "<"), ("big", ">")):
        bad(f"good-exif-{name}", png(3, 2, raw, extra=chunk(b"eXIf", exif_data(6, order))), "", "OC_OK")
    bad("good-exif-check-sum", png(3, 2, raw, extra=chunk(b"eXIf", exif_data(6), 1)), "", "OC_OK")
    bad("color-type", png(3, 2, raw, color=5), "corrupt PNG")
    bad("depth", png(3, 2, raw, depth=3), "corrupt PNG")
    bad("no-palette", png(3, 2, raw, color=3), "corrupt PNG")
    bad("filter", png(3, 2, b"\x09\1\2\3" * 2), "corrupt PNG")
    bad("deflate", SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0)) + chunk(b"IDAT", b"\xff" * 9) +
        chunk(b"IEND", b""), "corrupt PNG")


def pnms():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name + ".pgm", content, status, part)

    bad("good-p5", b"P5\n# a comment\n3 2\n255\n\1\2\3\4\5\6", "", "OC_OK")
    bad("good-p2", b"P2 3 2 9\n0 1 2 3 4 9\n", "", "OC_OK")
    bad("good-p6", b"P6 1 2 255 \1\2\3\4\5\6", "", "OC_OK")
    bad("good-16-bits", b"P5 1 2 65535 \0\1\xff\xff", "", "OC_OK")
    bad("good-p1", b"P1 3 2 # bits\n010\n1 0 1\n", "", "OC_OK")
    bad("good-p4", b"P4 9 2\n\x80\x80\x7f\0", "", "OC_OK")
    bad("p4-cut", b"P4 9 2 \x80\x80\x7f", "got 3 bytes of pixels, expected 4")
    bad("p1-cut", b"P1 3 2 01010 ", "the pixel at byte 13 must be 0 or 1")
    bad("p1-two", b"P1 3 2 010102", "the pixel at byte 12 must be 0 or 1")
    bad("p1-bomb", b"P1 8000 8000 01", "got 2 bytes of pixels, expected 64000000")
    bad("p7", b"P7\nWIDTH 1\n", "unsupported kind P7")
    bad("two-letters", b"P5", "the width is missing")
    bad("no-height", b"P5 3", "the height is missing")
    bad("no-maxval", b"P5 3 2 ", "the largest value is missing")
    bad("letters", b"P5 three 2 255 ", "the width is not a number at byte 3")
    bad("negative", b"P5 -3 2 255 ", "the width is not a number")
    bad("zero-width", b"P5 0 2 255 ", "an image of 2x0 has no pixels")
    bad("maxval-0", b"P5 3 2 0 \0\0\0\0\0\0", "the largest value must be 1 to 65535, got 0")
    bad("maxval-big", b"P5 3 2 65536 ", "the largest value is above the limit of 65535")
    bad("huge", b"P5 99999999999999999999 2 255 ", "the width is above the limit")
    bad("bomb", b"P5 60000 60000 255 ", "the limits are 67108864 pixels")
    bad("bomb-in-bytes", b"P6 8192 8192 255 ", "67108864 bytes")
    bad("large-but-empty", b"P5 8000 8000 255 ", "got 0 bytes of pixels, expected 64000000")
    bad("text-but-empty", b"P2 8000 8000 255\n", "bytes of pixels, expected 127999999")
    bad("cut", b"P5 3 2 255 \1\2\3\4\5", "got 5 bytes of pixels, expected 6")
    bad("one-byte-more", b"P5 3 2 255 \1\2\3\4\5\6\7", "1 bytes follow the last pixel")
    bad("above-maxval", b"P5 3 2 9 \1\2\3\4\5\12", "pixel value 10 before byte 15 is above the largest value 9")
    bad("text-above-maxval", b"P2 1 1 9 10", "pixel value 10")
    bad("text-cut", b"P2 3 2 9 0 1 2 3 4  ", "the pixel is missing")
    bad("text-more", b"P2 1 1 9 0 1", "1 bytes follow the last pixel")
    bad("no-space", b"P5 1 1 255", "expected whitespace after the header")


# ---- JPEG: blocks without detail, by two Huffman tables of a few codes --------------------------------------------------

def segment(marker, payload):
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def packed(bits):
    """Bits as bytes: filled up with ones, a zero after each 255."""
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")


def scan(components, blocks, first="110" + "1000000", spectrum=(0, 63, 0), end="0"):
    """`first` is the mean of the first block; the others equal their predecessor."""
    head = bytes([len(components)]) + b"".join(bytes([c, 0]) for c in components) + bytes(spectrum)
    return segment(0xDA, head) + packed(first + end + ("0" + end) * (blocks - 1))


def frame(width, height, components=1, kind=0xC0, depth=8):
    return segment(kind, struct.pack(">BHHB", depth, height, width, components) +
                   b"".join(bytes([i + 1, 0x11, 0]) for i in range(components)))


JPEG_TABLES = segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC4, b"\0" + bytes([1, 1, 1] + [0] * 13) + b"\0\3\7") + \
    segment(0xC4, b"\x10" + bytes([1, 1] + [0] * 14) + b"\0\1")
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def exif_data(orientation, order="<", offset=8, entries=1, kind=3, count=1):
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, offset)
    entry = struct.pack(order + "HHIHH", 0x112, kind, count, orientation, 0)
    return head + struct.pack(order + "H", entries) + entry


def exif(*how, **named):
    return segment(0xE1, b"Exif\0\0" + exif_data(*how, **named))


def jpegs():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name + ".jpg", content, status, part)

    def one(extra=b"", head=frame(9, 3), body=scan([1], 2), end=EOI):
        return SOI + extra + JPEG_TABLES + head + body + end

    three = [scan([i], 2) for i in (1, 2, 3)]
    bad("good", one(), "", "OC_OK")
    bad("good-progressive", one(head=frame(9, 3, kind=0xC2), body=scan([1], 2, spectrum=(0, 0, 0), end="")), "", "OC_OK")
    bad("good-scans", one(head=frame(9, 3, 3), body=b"".join(three)), "", "OC_OK")
    bad("good-trailer", one() + b"any bytes", "", "OC_OK")
    bad("good-padding", one(end=b"\0" * 40 + EOI), "", "OC_OK")
    bad("good-jfif-9", one(segment(0xE0, b"JFIF\0\x09\0\0\0\1\0\1\0\0")), "", "OC_OK")
    write("jpeg-named.png", one()[:-2], "OC_E_DATA", "corrupt JPEG: truncated")
    bad("start-only", SOI + b"\xff", "corrupt JPEG: truncated")
    bad("no-end", one(end=b""), "corrupt JPEG: truncated: the end marker is missing after")
    bad("cut", one()[:-4], "corrupt JPEG: truncated")
    bad("tables-only", SOI + JPEG_TABLES + EOI, "corrupt JPEG: it contains no image")
    bad("few-blocks", one(body=scan([1], 1)), "corrupt JPEG: the data of the image end too early, before byte")
    bad("huffman", one(body=scan([1], 2, first="1" * 40)), "corrupt JPEG: invalid Huffman code")
    bad("more-blocks", one(body=scan([1], 200)), "corrupt JPEG: unexpected bytes between two segments")
    bad("no-tables", SOI + frame(9, 3) + scan([1], 2) + EOI, "table 0x00 was not defined")
    bad("no-height", one(head=frame(9, 0)), "corrupt JPEG: the header declares no pixels")
    bad("twelve-bits", one(head=frame(9, 3, kind=0xC1, depth=12)), "unsupported JPEG: only 8 bits per sample are read")
    bad("lossless", one(head=frame(9, 3, kind=0xC3)), "unsupported JPEG: lossless or hierarchical")
    bad("arithmetic", one(head=frame(9, 3, kind=0xC9)), "unsupported JPEG: arithmetic coding")
    bad("two-components", one(head=frame(9, 3, 2), body=scan([1, 2], 4)), "unsupported JPEG: a number of color components")
    bad("no-red", one(head=frame(9, 3, 3), body=three[0] + three[1]), "corrupt JPEG: a color component has no data")
    bad("no-mean", one(head=frame(9, 3, kind=0xC2), body=scan([1], 2, "", (1, 5, 0))), "corrupt JPEG: progressive scans in an invalid order")
    bad("scan-order", one(head=frame(9, 3, kind=0xC2), body=scan([1], 2, spectrum=(0, 0, 0x21), end="")),
        "corrupt JPEG: progressive scans in an invalid order")
    bad("scan-bomb", one(head=frame(9, 3, 3), body=b"".join(three) + 500 * three[0]), "corrupt JPEG: more scans than the limit of 100")
    bad("bomb", one(head=frame(65535, 65535)), "Maximum supported image dimension")
    bad("bomb-of-limit", one(head=frame(65500, 65500)), "the limits are 67108864 pixels")
    bad("bomb-in-bytes", one(head=frame(8192, 8192, 3), body=scan([1, 2, 3], 6)), "the limits are")
    bad("more-pixels-than-bytes", one(head=frame(8000, 8000)), "corrupt JPEG: the header declares 8000x8000 pixels, too many for")
    bad("segment-claims", SOI + b"\xff\xe1\xff\xffExif\0\0", "corrupt JPEG: truncated")
    for order, name in (("<", "little"), (">", "big")):
        bad(f"good-exif-{name}", one(exif(6, order)), "", "OC_OK")
    for name, extra in (("offset", exif(6, offset=0xFFFFFFFF)), ("offset-at-end", exif(6, offset=21)), ("entries", exif(9, entries=65535)),
                        ("count", exif(6, count=0x80000000)), ("kind", exif(6, kind=77)), ("value", exif(0)), ("short", segment(0xE1, b"Exif\0\0II*"))):
        bad(f"good-exif-wrong-{name}", one(extra), "", "OC_OK")


def bmps():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name + ".bmp", content, status, part)

    def set32(content, at, value):
        return content[:at] + struct.pack("<I", value) + content[at + 4:]

    def runs(data, compression=RLE8, bits=8, size=3):
        return bmp([[0] * size] * size, bits, colors, compression=compression, data=data)

    colors = [(0, 0, 0), (9, 9, 9), (200, 0, 0)]
    one = bmp([[0, 1, 2], [2, 1, 0]], 8, colors)
    bad("good", one, "", "OC_OK")
    bad("good-os2", bmp([[1, 0, 1]] * 2, 1, colors[:2], 12), "", "OC_OK")
    bad("good-16-bits", bmp([[0x7FFF, 0x1F]], 16, top_down=True), "", "OC_OK")
    bad("good-masks", bmp([[0xF800, 0x1F]], 16, compression=BITFIELDS, masks=(0xF800, 0x7E0, 0x1F)), "", "OC_OK")
    bad("good-alpha", bmp([[0x80FFFFFF, 0xFF]], 32, header=108, compression=BITFIELDS, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)), "", "OC_OK")
    bad("good-runs", runs(b"\3\1\0\0\0\3\1\2\0\0\0\0\3\2\0\1"), "", "OC_OK")
    bad("good-runs-4", runs(b"\3\x12\0\0\0\3\x12\0\0\0\3\x21\0\1", RLE4, 4), "", "OC_OK")
    bad("header-cut", one[:17], "corrupt BMP: truncated: the header would end at byte 18, the file has 17")
    bad("info-cut", one[:53], "corrupt BMP: truncated: the header would end at byte 54")
    bad("pixels-cut", one[:-2], "corrupt BMP: truncated: the image would end at byte")
    bad("palette-cut", one[:57], "corrupt BMP: truncated: the palette would end at byte 58")
    bad("masks-cut", bmp([[1]], 16, compression=BITFIELDS, masks=(1, 2, 4))[:60], "corrupt BMP: truncated: the masks would end at byte 66")
    bad("header-16", set32(one, 14, 16), "unsupported BMP: header of 16 bytes")
    bad("two-bits", one[:28] + b"\2" + one[29:], "compression 0, 2 bits per pixel")
    bad("png-inside", set32(one, 30, 5), "compression 5, 8 bits per pixel")
    bad("runs-of-24-bits", bmp([[1]], 24, compression=RLE8), "compression 1, 24 bits per pixel")
    bad("zero-width", set32(one, 18, 0), "an image of 2x0 has no pixels")
    bad("negative-width", set32(one, 18, 0xFFFFFFFD), "has no pixels")
    bad("zero-height", set32(one, 22, 0), "an image of 0x3 has no pixels")
    bad("lowest-height", set32(one, 22, 0x80000000), "the limits are 67108864 pixels")
    bad("bomb", set32(set32(one, 18, 60000), 22, 60000), "the limits are 67108864 pixels")
    bad("bomb-in-bytes", bmp([[1]], 24, width=8192, height=8192), "67108864 bytes")
    bad("more-pixels-than-bytes", set32(set32(one, 18, 4000), 22, 4000), "corrupt BMP: truncated: the image would end at byte 16000066")
    bad("run-bomb", runs(b"\0\1", size=3)[:18] + struct.pack("<II", 4000, 4000) + runs(b"\0\1")[26:], "declares 4000x4000 pixels, too many for")
    bad("offset-inside", set32(one, 10, 20), "corrupt BMP: truncated: the palette would end")
    bad("offset-outside", set32(one, 10, 0xFFFFFFFF), "corrupt BMP: the pixels begin at byte 4294967295, which must be 54 to")
    bad("color-beyond", bmp([[0, 3]], 8, colors), "the pixel in row 0, column 1 has color 3 of a palette of 3")
    bad("mask-of-two-runs", bmp([[1]], 32, compression=BITFIELDS, masks=(5, 2, 8)), "unsupported BMP: mask 0x00000005 of 32 bits")
    bad("mask-too-wide", bmp([[1]], 16, compression=BITFIELDS, masks=(1 << 16, 2, 8)), "unsupported BMP: mask 0x00010000 of 16 bits")
    bad("runs-cut", runs(b"\3\1\0\0\3"), "corrupt BMP: truncated: the last run would end at byte")
    bad("samples-cut", runs(b"\3\1\0\0\0\3\1"), "corrupt BMP: truncated: the last run would end at byte")
    bad("move-cut", runs(b"\0\2\1"), "corrupt BMP: truncated: the last run would end at byte")
    bad("moves-away", runs(b"\0\2\4\0\1\1\0\1"), "corrupt BMP: the runs before byte 70 leave the image")


def webps():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name + ".webp", content, status, part)

    one = riff(vp8l(3, 2))
    rotated = webp_chunk(b"EXIF", exif_data(6))
    bad("good", one, "", "OC_OK")
    bad("good-lossy", riff(VP8), "", "OC_OK")
    bad("good-alpha", riff(vp8x(3, 2, 16), vp8l(3, 2, (1, 2, 3, 100))), "", "OC_OK")
    bad("good-exif", riff(vp8x(3, 2, 8), vp8l(3, 2), rotated), "", "OC_OK")
    bad("good-frames", animation((9, 7), anmf(2, 4, 3, 2, vp8l(3, 2)), anmf(0, 0, 3, 2, VP8)), "", "OC_OK")
    bad("good-trailer", one + b"any bytes", "", "OC_OK")
    bad("header-only", one[:12], "corrupt WebP: truncated: the header is cut")
    bad("cut", one[:-1], "corrupt WebP: truncated: the header declares")
    bad("chunk-claims", riff(webp_chunk(b"VP8L", b"x")[:4] + struct.pack("<I", 0xFFFFFFFF) + bytes(8)), "the chunk at byte 12 needs 4294967295 bytes")
    bad("chunk-cut", riff(vp8l(3, 2), b"EXIF"), "corrupt WebP: truncated: the chunk at byte")
    bad("no-image", riff(vp8x(3, 2), rotated), "corrupt WebP: it contains no image")
    bad("empty-image", riff(webp_chunk(b"VP8L", b"")), "corrupt WebP: it contains no image")
    bad("few-bytes", riff(webp_chunk(b"VP8L", vp8l(3, 2)[8:15])), "corrupt WebP: the data of the image")
    bad("damaged", riff(webp_chunk(b"VP8L", b"/" + b"\xff" * 40)), "corrupt WebP: the data of the image are damaged")
    bad("bomb", riff(vp8l(16384, 16384)), "the limits are 67108864 pixels")
    bad("bomb-of-limit", riff(vp8l(4096, 4096)), "corrupt WebP: the header declares 4096x4096 pixels, too many for")
    bad("bomb-lossy", riff(vp8_of_size(1600, 1600)), "corrupt WebP: the header declares 1600x1600 pixels, too many for")
    bad("canvas-bomb", riff(vp8x(1 << 24, 1 << 24), vp8l(3, 2)), "the limits are 67108864 pixels")
    bad("canvas-of-limit", animation((4096, 4096), anmf(0, 0, 3, 2, vp8l(3, 2))), "declares 4096x4096 pixels, too many for")
    bad("canvas-smaller", riff(vp8x(2, 2), vp8l(3, 2)), "corrupt WebP: the frame leaves the canvas")
    bad("frame-outside", animation((9, 7), anmf(8, 4, 3, 2, vp8l(3, 2))), "corrupt WebP: the frame leaves the canvas")
    bad("frame-empty", animation((9, 7), anmf(0, 0, 3, 2)), "corrupt WebP: a frame without image")
    bad("frame-cut", animation((9, 7), webp_chunk(b"ANMF", bytes(9))), "corrupt WebP: a frame without header")


def gifs():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name + ".gif", content, status, part)

    data = lzw([0, 1, 2, 3, 2, 1], 2)
    one = gif(3, 2, data)
    bad("good", one, "", "OC_OK")
    bad("good-transparent", gif(3, 2, data, transparent=2), "", "OC_OK")
    bad("good-interlaced", gif(1, 6, data, interlace=1), "", "OC_OK")
    bad("good-frame-inside", gif(3, 2, data, screen=(9, 7), place=(4, 5)), "", "OC_OK")
    bad("good-frame-beyond", gif(3, 2, data, screen=(2, 1), place=(4, 5)), "", "OC_OK")
    bad("good-no-end", gif(3, 2, data, end=b""), "", "OC_OK")
    bad("good-trailer", one + b"any bytes", "", "OC_OK")
    bad("signature-only", b"GIF89a", "corrupt GIF: truncated, before byte 6 of 6")
    bad("palette-cut", one[:20], "corrupt GIF: truncated, before byte 20 of 20")
    bad("cut", one[:-4], "corrupt GIF: truncated")
    bad("no-frame", one[:25] + b";", "corrupt GIF: it contains no image")
    bad("no-palette", gif(3, 2, data, palette=None), "corrupt GIF: it has no palette")
    bad("no-pixels", gif(0, 2, data, screen=(3, 2)), "corrupt GIF: the frame has no pixels")
    bad("no-screen", gif(0, 0, data), "an image of 0x0 has no pixels")
    bad("block-kind", one[:25] + b"xyz", "corrupt GIF: a block has an invalid form")
    bad("few-pixels", gif(3, 3, data), "corrupt GIF: the data of the image end too early")
    bad("color-beyond", gif(3, 2, lzw([0, 1, 2, 3, 2, 5], 3)), "the pixel in row 1, column 2 has color 5 of a palette of 4")
    bad("code-size", gif(3, 2, b"\x0d" + data[1:]), "corrupt GIF: ")
    bad("codes", gif(3, 2, b"\2\4\xff\xff\xff\xff\0"), "corrupt GIF: ")
    bad("bomb", gif(65535, 65535, data), "the limits are 67108864 pixels")
    bad("bomb-of-limit", gif(4000, 4000, data), "corrupt GIF: the header declares 4000x4000 pixels, too many for")
    bad("screen-bomb", gif(3, 2, data, screen=(65535, 65535)), "the limits are 67108864 pixels")
    bad("screen-of-limit", gif(3, 2, data, screen=(5000, 4000)), "declares 4000x5000 pixels, too many for")
    bad("endless-extension", one[:25] + b"!\xfe" + b"\xff" + b"x" * 255, "corrupt GIF: truncated")


def tiffs():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name + ".tif", content, status, part)

    def one(width=3, height=2, data=b"\1\2\3\4\5\6", order="<", **how):
        return tiff(tiff_tags(width, height, how.pop("size", len(data)), **how), data, order)

    short, long = 3, 4
    bad("good", one(), "", "OC_OK")
    bad("good-big-endian", one(order=">"), "", "OC_OK")
    bad("good-orientation", one(t274=(short, [6])), "", "OC_OK")
    bad("good-orientation-9", one(t274=(short, [9])), "", "OC_OK")
    bad("good-alpha", one(data=bytes(range(12)), samples=2, t338=(short, [1])), "", "OC_OK")
    bad("good-palette", one(data=b"\x10\x20\x30\x10", bits=4, photometric=3, t320=(short, [v * 999 for v in range(48)])), "", "OC_OK")
    bad("good-packbits", one(data=b"\5\1\2\3\4\5\6", compression=32773), "", "OC_OK")
    bad("good-deflate", one(data=zlib.compress(bytes(6)), compression=8), "", "OC_OK")
    bad("header-only", one()[:8], "corrupt TIFF: ")
    bad("no-directory", b"II*\0" + struct.pack("<I", 0xFFFFFFF0), "corrupt TIFF: ")
    bad("directory-cut", one()[:40], "corrupt TIFF: ")
    bad("no-width", one(t256=None), "corrupt TIFF: ")
    bad("no-photometric", one(t262=None), "corrupt TIFF: a tag, or data of the image, are missing")
    bad("no-strips", one(t273=None, t279=None), "corrupt TIFF: ")
    bad("strip-outside", one(t273=(long, [4000])), "corrupt TIFF: ")
    bad("good-strip-short", one(size=3), "", "OC_OK")
    bad("good-no-palette", one(photometric=3), "", "OC_OK")  # gray, as libtiff takes it
    bad("float", one(2, 1, bytes(8), bits=32, t339=(short, [3])), "unsupported TIFF: bits per sample: 32")
    bad("signed", one(t339=(short, [2])), "unsupported TIFF: sample format 2")
    bad("lab", one(data=bytes(18), samples=3, photometric=8), "unsupported TIFF: photometric interpretation 8")
    bad("compression", one(compression=34661), "unsupported TIFF: compression 34661")
    bad("few-samples", one(photometric=2), "unsupported TIFF: samples per pixel: 1")
    bad("palette-of-9-bits", one(data=bytes(8), bits=9, photometric=3, t320=(short, [0] * 1536)), "unsupported TIFF: bits per index 9")
    bad("zero-width", one(width=0), "corrupt TIFF: ")
    bad("bomb", one(100000, 100000), "the limits are 67108864 pixels")
    bad("bomb-raw", one(8000, 8000), "corrupt TIFF: the header declares 8000x8000 pixels, too many for")
    bad("bomb-deflate", one(8000, 8000, zlib.compress(bytes(6)), compression=8), "declares 8000x8000 pixels, too many for")
    bad("bomb-fax", one(8000, 8000, compression=4, bits=1), "declares 8000x8000 pixels, too many for")
    bad("many-strips", one(3, 40000000, t278=(long, [1])), "corrupt TIFF: ")
    bad("tile-bomb", one(t273=None, t278=None, t279=None, t322=(long, [1 << 20]), t323=(long, [1 << 20]), t324=(long, [8]), t325=(long, [6])), "rows of a tile: 1048576")
    bad("deflate-damaged", one(data=b"\x78\x9c\xff\xff\xff", compression=8), "corrupt TIFF: ")


def heifs():
    def bad(name, content, part, status="OC_E_DATA"):
        write(name, content, status, part)

    def good(name, content):
        bad("good" + name, content, "", "OC_OK")

    hevc, av1 = heif(HEVC_8, (64, 64)), heif(AV1_8, (24, 16))
    meta = av1.index(b"meta")
    good(".heic", hevc)
    good("-10.heic", heif(HEVC_10, (64, 64), brand=b"heix"))
    good("-alpha.heic", heif(HEVC_8, (64, 64), alpha=HEVC_ALPHA))
    good(".avif", av1)
    good("-12.avif", heif(AV1_12, (24, 16)))
    good("-turned.avif", heif(AV1_8, (24, 16), rotated(1), mirrored(0), exif=b"Exif\0\0" + exif_data(6)))
    good("-alpha.avif", heif(AV1_8, (24, 16), alpha=AV1_ALPHA, premultiplied=True))
    bad("header-only.heic", hevc[:24], "corrupt HEIC: ")
    bad("header-only.avif", av1[:24], "corrupt AVIF: ")
    bad("meta-cut.heic", hevc[:100], "corrupt HEIC: ")
    bad("meta-longer.avif", av1[:meta - 4] + b"\x7f\xff\xff\xff" + av1[meta:], "corrupt AVIF: ")
    bad("data-cut.heic", heif(HEVC_8, (64, 64), cut=1), "corrupt HEIC: ")
    bad("data-cut.avif", heif(AV1_8, (24, 16), cut=9), "corrupt AVIF: ")
    bad("data-none.avif", heif(AV1_8, (24, 16), claimed=0), "corrupt AVIF: ")
    bad("data-claimed.avif", heif(AV1_8, (24, 16), claimed=1 << 30), "corrupt AVIF: ")
    bad("damaged.avif", heif((b"av01", AV1_8[1], AV1_8[2][:13] + bytes(28)), (24, 16)), "corrupt AVIF: ")
    bad("other-size.heic", heif(HEVC_8, (64, 65)), "corrupt HEIC: the size of the image is not that of its header")
    bad("other-size.avif", heif(AV1_8, (25, 16)), "corrupt AVIF: the size of the image is not that of its header")
    bad("bomb.heic", heif(HEVC_8, (30000, 30000)), "the limits are 67108864 pixels")
    bad("bomb-of-limit.avif", heif(AV1_8, (4000, 4000)), "corrupt AVIF: the header declares 4000x4000 pixels, too many for")
    bad("bomb-huge.avif", heif(AV1_8, (0xFFFFFFFF, 0xFFFFFFFF)), "corrupt AVIF: ")
    bad("zero-width.heic", heif(HEVC_8, (0, 64)), "an image of 64x0 has no pixels")
    bad("no-primary.avif", heif(AV1_8, (24, 16), primary=7), "corrupt AVIF: ")
    bad("other-codec.heic", heif((b"vvc1", AV1_8[1], AV1_8[2]), (24, 16), brand=b"mif1"), "unsupported HEIC: ")


sys.path.insert(0, os.path.join(HERE, "..", "..", "oracle"))
from bmps import BITFIELDS, RLE4, RLE8, bmp  # noqa: E402
from tiny_images import AV1_8, AV1_12, AV1_ALPHA, HEVC_8, HEVC_10, HEVC_ALPHA, heif, mirrored, rotated  # noqa: E402
from tiny_images import VP8, animation, anmf, gif, lzw, riff, tiff, tiff_tags, vp8_of_size, vp8l, vp8x, webp_chunk  # noqa: E402

for part in (idx_files, gzip_files, folders, cifar_files, other_kinds, pngs, pnms, jpegs, bmps, webps, gifs, tiffs, heifs):
    part()
with open(os.path.join(HERE, "expected.txt"), "w") as out:
    for row in rows:
        out.write("\t".join(row) + "\n")
