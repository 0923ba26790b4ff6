"""Random jitter of images (Isola et al. 2017, arXiv:1611.07004, section 6.2), and uniform numbers of normal ones."""

import functools

import numpy as np
from keras import ops

_LARGER = 286 / 256  # "resizing the 256 x 256 input images to 286 x 286"
JITTER_NOISE = 3  # numbers for each image: where the crop begins, down and across, and whether it is mirrored


def uniform(noise):
    """Return numbers uniform in [0, 1] of standard normal ones: their normal distribution function."""
    return 0.5 * (1.0 + ops.erf(ops.cast(noise, "float32") / 2**0.5))


def jittered(images, noise):
    """Return images (N, H, W, C) made larger by 286/256, cropped to their size at random, and mirrored at random.

    Enlarging, cropping and mirroring each take sums over rows and over columns, so all are two products with
    matrices, which every backend and compiler knows.

    Args:
        images: float32 (N, H, W, C).
        noise: (N, 3) standard normal; images that are given the same noise are cropped and mirrored alike.
    """
    down, across, mirror = ops.unstack(uniform(noise), JITTER_NOISE, axis=1)
    height, width = images.shape[1:3]
    onwards = ops.arange(width, dtype="int32")
    order = ops.where(mirror[:, None] < 0.5, width - 1 - onwards, onwards)
    rows = _crops(height, down, ops.arange(height, dtype="int32"))
    columns = _crops(width, across, order)
    return ops.einsum("nxj,nyjc->nyxc", columns, ops.einsum("nyi,nijc->nyjc", rows, images))


def _crops(side, share, order):
    """Return matrices (N, side, side) that enlarge a line and crop it at `share` (N,) of the possible places.

    The pixels of the crop come in `order`, int32 (side,) or (N, side).
    """
    matrix = _enlarging(side)
    places = len(matrix) - side + 1
    begin = ops.minimum(ops.cast(share * places, "int32"), places - 1)
    return ops.take(ops.convert_to_tensor(matrix), begin[:, None] + order, axis=0)


@functools.cache
def _enlarging(side):
    """Return the matrix (larger side, side) of bilinear interpolation."""
    larger = max(side + 1, round(side * _LARGER))
    places = np.clip((np.arange(larger) + 0.5) * side / larger - 0.5, 0, side - 1)
    matrix = np.maximum(0.0, 1.0 - np.abs(places[:, None] - np.arange(side)))
    return matrix.astype("float32")
