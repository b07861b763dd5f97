"""Does `ocellus conv IMAGE --kernel identity --out FILE.npy` write the decoded pixels, 0 to 255, of every format?"""
import io
import json
import os
import pathlib
import subprocess
import unittest

import numpy as np
from PIL import Image

OCELLUS = os.environ["OCELLUS"]
LIBRARY = {"PNG": "libpng", "JPEG": "libjpeg-turbo", "WEBP": "libwebp", "GIF": "giflib", "TIFF": "libtiff"}


def here():
    listing = subprocess.run([OCELLUS, "version", "--libraries", "--json"], capture_output=True, check=True).stdout
    return {row["name"] for row in json.loads(listing)["libraries"] if row["state"] in ("linked", "opened")}


class Conv(unittest.TestCase):
    def test_every_format(self):
        values = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
        libraries = here()
        for form, how in (("PNG", {}), ("JPEG", {"quality": 90}), ("WEBP", {"lossless": True}), ("GIF", {}), ("TIFF", {}), ("BMP", {}), ("PPM", {})):
            if LIBRARY.get(form, "libpng") not in libraries and form in LIBRARY:
                continue
            for mode in ("L", "RGB"):
                image = Image.fromarray(values).convert(mode)
                out = io.BytesIO()
                image.save(out, form, **how)
                pathlib.Path("image").write_bytes(out.getvalue())
                subprocess.run([OCELLUS, "conv", "image", "--kernel", "identity", "--out", "y.npy", "--quiet"], check=True,
                               capture_output=True)
                got = np.load("y.npy")
                want = np.asarray(Image.open("image").convert(mode if form != "WEBP" else "RGB")).astype(float)
                self.assertEqual(got.shape, want.shape, form)
                self.assertLessEqual(np.abs(got - want).max(), 2 if form == "JPEG" else 0, form)


if __name__ == "__main__":
    unittest.main()
