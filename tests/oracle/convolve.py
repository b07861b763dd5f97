"""The functions of convolve.h and matrix.h on NumPy arrays, by ctypes on the shared library (OCELLUS_LIBRARY)."""
import ctypes
import os
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_double, c_int, c_int64, c_size_t, c_void_p

import numpy as np

MODES = {"full": 1, "same": 2, "valid": 3, "tf-same": 4, "explicit": 5}
BOUNDARIES = {"fill": 0, "wrap": 1, "symm": 2}
ACTIVATIONS = {"none": 0, "relu": 1, "sigmoid": 2, "tanh": 3}
KINDS = {"max": 0, "mean": 1}


class Error(Structure):
    _fields_ = [("code", c_int), ("where", c_char * 256), ("message", c_char * 512), ("hint", c_char * 256)]


class Axis(Structure):
    _fields_ = [(name, c_int64) for name in
                "size kernel stride dilation extent before after out".split()] + [("boundary", c_int), ("swapped", c_bool)]


class Options1d(Structure):
    _fields_ = [("struct_size", c_size_t), ("mode", c_int), ("pad", c_int64 * 2), ("stride", c_int64), ("dilation", c_int64),
                ("boundary", c_int), ("fill", c_double), ("correlate", c_bool)]


class Options2d(Structure):
    _fields_ = [("struct_size", c_size_t), ("mode", c_int), ("pad", c_int64 * 4), ("stride", c_int64 * 2), ("dilation", c_int64 * 2),
                ("boundary", c_int), ("fill", c_double), ("correlate", c_bool)]


class Sizes2d(Structure):
    _fields_ = [(name, c_int64) for name in
                "batch rows columns channels kernel_rows kernel_columns outputs".split()]


class PoolOptions(Structure):
    _fields_ = [("struct_size", c_size_t), ("kind", c_int), ("size", c_int64 * 2), ("stride", c_int64 * 2), ("mode", c_int), ("pad", c_int64 * 4)]


class ActivateOptions(Structure):
    _fields_ = [("struct_size", c_size_t), ("activation", c_int), ("b", c_void_p)]


class PoolSizes(Structure):
    _fields_ = [(name, c_int64) for name in "batch rows columns channels".split()]


class Matrix(Structure):
    _fields_ = [("rank", c_int), ("rows", c_int64), ("columns", c_int64), ("channels", c_int64),
                ("outputs", c_int64), ("data", POINTER(c_double))]


class Refused(Exception):
    """The library said no; the text is where, message and hint."""


_path = os.environ.get("OCELLUS_LIBRARY")
if not _path:
    raise SystemExit("OCELLUS_LIBRARY must name libocellus.so (ctest sets it)")
_library = ctypes.CDLL(_path)
_doubles = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")


def _declare(name, *arguments):
    function = getattr(_library, name)
    function.argtypes = [*arguments, POINTER(Error)]

    def call(*values):
        error = Error()
        if function(*values, byref(error)) != 0:
            raise Refused(": ".join(part.decode() for part in (error.where, error.message, error.hint)))
    return call


_axis1d = _declare("oc_convolve1d_axis", c_int64, c_int64, POINTER(Options1d), POINTER(Axis))
_convolve1d = _declare("oc_convolve1d", _doubles, c_int64, _doubles, c_int64, POINTER(Options1d), _doubles)
_axes2d = _declare("oc_convolve2d_axes", POINTER(Sizes2d), POINTER(Options2d), POINTER(Axis))
_convolve2d = _declare("oc_convolve2d", POINTER(Sizes2d), _doubles, _doubles, POINTER(Options2d), _doubles)
_pool_axes = _declare("oc_pool2d_axes", POINTER(PoolSizes), POINTER(PoolOptions), POINTER(Axis))
_pool2d = _declare("oc_pool2d", POINTER(PoolSizes), _doubles, POINTER(PoolOptions), _doubles)
_activate = _declare("oc_convolve_activate", _doubles, c_int64, c_int64, POINTER(ActivateOptions), _doubles, _doubles)
_load = _declare("oc_matrix_load", c_char_p, POINTER(Matrix))
_parse = _declare("oc_matrix_parse", c_char_p, c_char_p, c_size_t, POINTER(Matrix))
_parse_argument = _declare("oc_matrix_parse_argument", c_char_p, c_char_p, POINTER(Matrix))
_save = _declare("oc_matrix_save", POINTER(Matrix), c_char_p)
_library.oc_matrix_release.argtypes = [POINTER(Matrix)]
_library.oc_number_text.argtypes = [c_double, c_char_p, c_size_t]
_library.oc_number_text.restype = c_char_p


def _array(values):
    return np.ascontiguousarray(values, np.float64)


def _mode(mode, pad, count):
    """A mode by name, or padding in numbers."""
    return (MODES[mode], (c_int64 * count)()) if pad is None else (MODES["explicit"], (c_int64 * count)(*pad))


def convolve1d(x, w, mode="full", pad=None, stride=1, dilation=1, boundary="fill", fill=0.0, correlate=False):
    x, w = _array(x), _array(w)
    mode, pad = _mode(mode, pad, 2)
    options = Options1d(0, mode, pad, stride, dilation, BOUNDARIES[boundary], fill, correlate)
    axis = Axis()
    _axis1d(x.size, w.size, byref(options), byref(axis))
    y = np.empty(axis.out)
    _convolve1d(x, x.size, w, w.size, byref(options), y)
    return y


def convolve_nhwc(x, w, mode="full", pad=None, stride=(1, 1), dilation=(1, 1), boundary="fill", fill=0.0,
                  correlate=False):
    x, w = _array(x), _array(w)
    mode, pad = _mode(mode, pad, 4)
    sizes = Sizes2d(*x.shape, w.shape[0], w.shape[1], w.shape[3])
    options = Options2d(0, mode, pad, (c_int64 * 2)(*stride), (c_int64 * 2)(*dilation), BOUNDARIES[boundary], fill,
                        correlate)
    axes = (Axis * 2)()
    _axes2d(byref(sizes), byref(options), axes)
    y = np.empty((x.shape[0], axes[0].out, axes[1].out, w.shape[3]))
    _convolve2d(byref(sizes), x, w, byref(options), y)
    return y


def activate(y, bias=None, activation="none"):
    """A and H of y NHWC."""
    y = _array(y)
    bias = None if bias is None else _array(bias)
    a, h = np.empty_like(y), np.empty_like(y)
    options = ActivateOptions(0, ACTIVATIONS[activation], None if bias is None else bias.ctypes.data)
    _activate(y, y.size // y.shape[-1], y.shape[-1], byref(options), a, h)
    return a, h


def convolve2d(x, w, *arguments, **options):
    x, w = _array(x), _array(w)
    return convolve_nhwc(x[None, :, :, None], w[:, :, None, None], *arguments, **options)[0, :, :, 0]


def pool2d(x, kind="max", size=(2, 2), stride=(0, 0), mode="valid", pad=None):
    """x NHWC."""
    x = _array(x)
    mode, pad = _mode(mode, pad, 4)
    sizes = PoolSizes(*x.shape)
    options = PoolOptions(0, KINDS[kind], (c_int64 * 2)(*size), (c_int64 * 2)(*stride), mode, pad)
    axes = (Axis * 2)()
    _pool_axes(byref(sizes), byref(options), axes)
    y = np.empty((x.shape[0], axes[0].out, axes[1].out, x.shape[3]))
    _pool2d(byref(sizes), x, byref(options), y)
    return y


def _taken(matrix):
    shape = (matrix.rows, matrix.columns, matrix.channels, matrix.outputs)[:matrix.rank]
    if matrix.rank == 1:
        shape = (matrix.rows * matrix.columns,)
    array = np.ctypeslib.as_array(matrix.data, shape).copy()
    _library.oc_matrix_release(byref(matrix))
    return array


def load(path):
    matrix = Matrix()
    _load(os.fsencode(path), byref(matrix))
    return _taken(matrix)


def parse(text):
    """What a file holds."""
    data = text.encode() if isinstance(text, str) else text
    matrix = Matrix()
    _parse(b"text", data, len(data), byref(matrix))
    return _taken(matrix)


def parse_argument(text):
    """What is typed."""
    matrix = Matrix()
    _parse_argument(b"text", text.encode(), byref(matrix))
    return _taken(matrix)


def save(array, path):
    array = _array(array)
    sizes = ((1,) if array.ndim == 1 else ()) + array.shape
    sizes += (1,) * (4 - len(sizes))
    _save(byref(Matrix(array.ndim, *sizes, array.ctypes.data_as(POINTER(c_double)))), os.fsencode(path))


def number_text(value):
    return _library.oc_number_text(value, ctypes.create_string_buffer(32), 32).decode()
