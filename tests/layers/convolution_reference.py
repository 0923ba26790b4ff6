"""Convolutions of images in NumPy, with the padding of TensorFlow and Keras."""

import numpy as np


def convolve(x, kernel, stride=1, padding="valid"):
    """Return the convolution of x (N, H, W, I) with kernel (h, w, I, O)."""
    if padding == "same":
        sides = []
        for size, width in zip(x.shape[1:3], kernel.shape[:2]):
            total = max((-(-size // stride) - 1) * stride + width - size, 0)
            sides.append((total // 2, total - total // 2))
        x = np.pad(x, ((0, 0), *sides, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.einsum("nhwcij,ijco->nhwo", windows[:, ::stride, ::stride], kernel)


def convolve_transposed(x, kernel, stride=1, padding="valid"):
    """Return the transposed convolution of x (N, H, W, I) with kernel (h, w, O, I); kernels not below the stride."""
    n, height, width, _ = x.shape
    h, w, channels, _ = kernel.shape
    outputs = np.zeros((n, (height - 1) * stride + h, (width - 1) * stride + w, channels))
    for i in range(h):
        for j in range(w):
            part = outputs[:, i : i + height * stride : stride, j : j + width * stride : stride]
            part += np.einsum("nhwc,oc->nhwo", x, kernel[i, j])
    if padding == "same":
        top, left = (h - stride) // 2, (w - stride) // 2
        outputs = outputs[:, top : top + height * stride, left : left + width * stride]
    return outputs
