"""Pictures that the tests of images write in a format, and what Pillow reads of a file."""
import io

import numpy as np
from PIL import Image, ImageOps


def picture(mode, width, height, seed=0):
    """Soft spots of color."""
    random = np.random.default_rng(seed + width * 100 + height)
    small = Image.fromarray(random.integers(0, 256, (4, 4, len(mode)), dtype=np.uint8).squeeze(), mode)
    return small.resize((width, height), Image.Resampling.BICUBIC)


def noise(seed, bits, *shape):
    """Samples of so many bits, a tenth of them 0 and a tenth the largest."""
    random = np.random.default_rng(seed)
    values = random.integers(0, 2 ** bits, shape)
    ends = random.random(shape)
    values[ends < 0.1] = 0
    values[ends > 0.9] = 2 ** bits - 1
    return values


def as_pillow(content):
    """Height x width x 4, turned as the file says."""
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGBA"))
