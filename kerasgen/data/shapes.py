"""Kinds of samples, distinguished by the shape of one sample."""

KINDS = {1: "points", 2: "codes", 3: "images"}  # number of axes -> kind


def sample_kind(sample_shape: tuple[int, ...]) -> str:
    """Return the kind of samples of this shape: `points`, `codes` or `images`.

    Args:
        sample_shape: (D,) for points and vectors, (H, W) for integer codes, (H, W, C) for images.

    Example:
        >>> sample_kind((28, 28, 1)), sample_kind((2,))
        ('images', 'points')
    """
    return KINDS[len(sample_shape)]
