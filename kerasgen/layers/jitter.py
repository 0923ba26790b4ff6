"""Random jitter of images (Isola et al. 2017, arXiv:1611.07004, section 6.2)."""

import functools
from typing import Any

import numpy as np
from keras import ops

_SCALE = 286 / 256  # "resizing the 256 x 256 input images to 286 x 286"
JITTER_NOISE = 3  # random numbers for each image: vertical and horizontal position of the crop, and mirroring


def normal_cdf(noise: Any) -> Any:
    """Return the normal distribution function of standard normal noise, which is uniform in [0, 1]."""
    return 0.5 * (1.0 + ops.erf(ops.cast(noise, "float32") / 2**0.5))


def jittered(images: Any, noise: Any) -> Any:
    """Return images (N, H, W, C) enlarged by 286/256, cropped to their size and mirrored, both at random.

    Enlarging, cropping and mirroring are linear in rows and columns. They are computed together as two matrix products,
    which every backend and compiler supports.

    Args:
        images: float32 (N, H, W, C).
        noise: standard normal (N, 3); images with the same noise are cropped and mirrored in the same way.

    Example:
        >>> import numpy as np
        >>> from keras import ops
        >>> from kerasgen.layers import JITTER_NOISE, jittered
        >>> images, noise = np.ones((2, 8, 8, 3), "float32"), np.zeros((2, JITTER_NOISE), "float32")
        >>> jittered(ops.convert_to_tensor(images), ops.convert_to_tensor(noise)).shape == (2, 8, 8, 3)
        True
    """
    vertical, horizontal, mirror = ops.unstack(normal_cdf(noise), JITTER_NOISE, axis=1)
    height, width = images.shape[1:3]
    left_to_right = ops.arange(width, dtype="int32")
    order = ops.where(mirror[:, None] < 0.5, width - 1 - left_to_right, left_to_right)
    rows = _crop_matrices(height, vertical, ops.arange(height, dtype="int32"))
    columns = _crop_matrices(width, horizontal, order)
    return ops.einsum("nxj,nyjc->nyxc", columns, ops.einsum("nyi,nijc->nyjc", rows, images))


def _crop_matrices(side, position, order):
    """Return matrices (N, side, side) that enlarge a line of pixels and crop it.

    Args:
        side: number of pixels.
        position: (N,) in [0, 1], of the crop between the first and the last possible place.
        order: int32 (side,) or (N, side), the order of the pixels of the crop.
    """
    matrix = _enlarging_matrix(side)
    places = len(matrix) - side + 1
    begin = ops.minimum(ops.cast(position * places, "int32"), places - 1)
    return ops.take(ops.convert_to_tensor(matrix), begin[:, None] + order, axis=0)


@functools.cache
def _enlarging_matrix(side):
    """Return the matrix (larger side, side) of bilinear interpolation."""
    larger = max(side + 1, round(side * _SCALE))
    places = np.clip((np.arange(larger) + 0.5) * side / larger - 0.5, 0, side - 1)
    matrix = np.maximum(0.0, 1.0 - np.abs(places[:, None] - np.arange(side)))
    return matrix.astype("float32")
