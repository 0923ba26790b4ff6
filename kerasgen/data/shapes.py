"""Kinds of samples, told apart by the shape of one sample."""

KINDS = {1: "points", 2: "codes", 3: "images"}  # number of axes -> kind


def sample_kind(sample_shape: tuple[int, ...]) -> str:
    """Return the kind of samples of this shape.

    Args:
        sample_shape: (D,) for points and vectors, (H, W) for integer codes, (H, W, C) for images.
    """
    return KINDS[len(sample_shape)]
