"""Compares the tensors of two .safetensors files, without their metadata.

tensors.py same A B             the same names, types, shapes and bytes
tensors.py near A B TOLERANCE   the same names and types, and numbers x, y with |x - y| <= TOLERANCE * (1 + |x|)
"""
import json
import struct
import sys

FORMATS = {"F32": "<f", "F64": "<d"}


def read(path):
    """{name: (type, shape, bytes)}"""
    with open(path, "rb") as file:
        data = file.read()
    size, = struct.unpack("<Q", data[:8])
    head, body = json.loads(data[8:8 + size]), data[8 + size:]
    head.pop("__metadata__")
    assert len(head) > 3, path
    return {name: (e["dtype"], e["shape"], body[slice(*e["data_offsets"])]) for name, e in head.items()}


def check_near(a, b, tolerance):
    assert a.keys() == b.keys()
    for name, (dtype, _, data) in a.items():
        other = b[name][2]
        assert b[name][0] == dtype and len(other) == len(data), name
        for (x,), (y,) in zip(struct.iter_unpack(FORMATS[dtype], data), struct.iter_unpack(FORMATS[dtype], other)):
            assert abs(x - y) <= tolerance * (1 + abs(x)), (name, x, y)


def main(how, a, b, tolerance=0):
    if how == "same":
        assert read(a) == read(b)
    else:
        check_near(read(a), read(b), float(tolerance))


main(*sys.argv[1:])
