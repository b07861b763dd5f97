"""Data sets of the library, opened through ctypes, for the tests of sources."""
import ctypes
import os
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_void_p

import numpy as np
from images import Error

_library = ctypes.CDLL(os.environ["OCELLUS_LIBRARY"])


class Shape(ctypes.Structure):
    _fields_ = [("height", c_int64), ("width", c_int64), ("channels", c_int64)]


class Data(ctypes.Structure):
    _fields_ = [("train", c_void_p), ("valid", c_void_p), ("test", c_void_p)]


_library.oc_dataset_count.restype = c_int64
_library.oc_dataset_count.argtypes = [c_void_p]
_library.oc_dataset_image_shape.restype = Shape
_library.oc_dataset_image_shape.argtypes = [c_void_p]
_library.oc_dataset_classes.argtypes = [c_void_p]
_library.oc_dataset_class_name.restype = c_char_p
_library.oc_dataset_class_name.argtypes = [c_void_p, c_int]
_library.oc_dataset_read.argtypes = [c_void_p, c_int64, c_int64, c_void_p, c_void_p, POINTER(Error)]


def _read(part):
    count, shape = _library.oc_dataset_count(part), _library.oc_dataset_image_shape(part)
    pixels = np.empty((count, shape.height, shape.width, shape.channels), np.uint8)
    labels = np.empty(count, np.int32)
    error = Error()
    if _library.oc_dataset_read(part, 0, count, pixels.ctypes.data, labels.ctypes.data, byref(error)) != 0:
        raise ValueError(error.message.decode())
    names = [_library.oc_dataset_class_name(part, i).decode() for i in range(_library.oc_dataset_classes(part))]
    return pixels, labels, names


def open_data(where):
    """{"train": (pixels, labels, names of classes), ..} of the parts that are there; ValueError with the message."""
    data, error = Data(), Error()
    if _library.oc_data_open(os.fsencode(where), None, byref(data), byref(error)) != 0:
        raise ValueError(f"{error.where.decode(errors='replace')}: {error.message.decode()}")
    try:
        return {name: _read(getattr(data, name)) for name in ("train", "valid", "test") if getattr(data, name)}
    finally:
        _library.oc_data_close(byref(data))
