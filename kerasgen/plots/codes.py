"""Pictures of integer codes (H, W), such as those of a VQ-VAE: each code has a colour."""

from __future__ import annotations

import numpy as np

from kerasgen.errors import UsageError


def code_images(codes: np.ndarray, num_codes: int | None = None) -> np.ndarray:
    """Return codes as colour images, uint8 (..., H, W, 3).

    Args:
        codes: int (..., H, W), from 0 on.
        num_codes: number of codes; by default the largest code plus 1.

    Raises:
        UsageError: no codes, or values that are not whole numbers.

    Example:
        >>> code_images(np.zeros((5, 4, 4), int)).shape
        (5, 4, 4, 3)
    """
    from matplotlib import colormaps

    codes = np.asarray(codes)
    if codes.ndim < 2 or not codes.size or codes.dtype.kind not in "iu":
        raise UsageError(f"codes have shape {codes.shape} and type {codes.dtype}; expected integers (N, H, W)")
    top = max(1, (num_codes or int(codes.max()) + 1) - 1)
    return colormaps["turbo"](codes / top, bytes=True)[..., :3]
