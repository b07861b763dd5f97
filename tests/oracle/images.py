"""The library's image decoder, called through ctypes, for the tests of images."""
import ctypes
import json
import os
import subprocess
import sys
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_int, c_int64, c_uint8

import numpy as np


class Error(Structure):
    _fields_ = [("code", c_int), ("where", c_char * 256), ("message", c_char * 512), ("hint", c_char * 256)]


class Image(Structure):
    _fields_ = [("height", c_int64), ("width", c_int64), ("channels", c_int64), ("pixels", POINTER(c_uint8)),
                ("transparent", c_bool), ("background", c_uint8 * 3)]


class Shape(Structure):
    _fields_ = [("height", c_int64), ("width", c_int64), ("channels", c_int64)]


class Options(Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("background", c_char_p), ("target_height", c_int64), ("target_width", c_int64),
                ("accept_truncated", c_bool), ("max_pixels", c_int64), ("max_side", c_int64), ("max_bytes", ctypes.c_size_t)]


class Details(Structure):
    _fields_ = [("image", Image), ("format", c_char_p), ("stored", Shape), ("orientation", c_int), ("alpha", c_bool),
                ("truncated", c_bool)]


_library = ctypes.CDLL(os.environ["OCELLUS_LIBRARY"])


def decode(content, background=None):
    """Pixels of height x width x channels, and the color under the transparent ones, or None."""
    image, error = Image(), Error()
    size = ctypes.c_size_t(len(content))
    status = _library.oc_image_decode(b"bytes", c_char_p(content), size, background, byref(image), byref(error))
    if status != 0:
        raise ValueError(error.message.decode())
    pixels = np.ctypeslib.as_array(image.pixels, (image.height, image.width, image.channels)).copy()
    under = tuple(image.background) if image.transparent else None
    _library.oc_image_release(byref(image))
    return pixels, under


def _take(image):
    pixels = np.ctypeslib.as_array(image.pixels, (image.height, image.width, image.channels)).copy()
    _library.oc_image_release(byref(image))
    return pixels


def _call(function, content, options):
    details, error = Details(), Error()
    o = Options(**options)
    status = function(b"bytes", c_char_p(content), ctypes.c_size_t(len(content)), byref(o), byref(details), byref(error))
    if status != 0:
        raise ValueError(error.message.decode())
    return details


def decode_with(content, **options):
    """Pixels, and the details."""
    details = _call(_library.oc_image_decode_with, content, options)
    return _take(details.image), details


def probe(content, **options):
    """The details without pixels."""
    return _call(_library.oc_image_probe, content, options)


def over(rgba, under):
    """Pixels of height x width x 4 over a gray background."""
    alpha = rgba[..., 3:].astype(int)
    return (rgba[..., :3].astype(int) * alpha + under * (255 - alpha) + 127) // 255


def skip_without(library):
    """Ends the test, as skipped, if the library cannot be opened here."""
    listing = subprocess.run([os.environ["OCELLUS"], "version", "--libraries", "--json"], capture_output=True, check=True).stdout
    states = {row["name"]: row["state"] for row in json.loads(listing)["libraries"]}
    if states[library] != "opened":
        print(f"SKIPPED: {library} is {states[library]}")
        sys.exit(77)
