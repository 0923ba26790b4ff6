"""Image sizes that convolutional networks accept, and the channels of their layers."""

from collections.abc import Sequence

from kerasgen.errors import UsageError

BASES = (4, 7)  # side of the smallest features


def check_image_shape(image_shape: Sequence[int], network: str) -> tuple[int, int, int]:
    """Return `(H, W, C)`.

    Args:
        image_shape: shape of one sample.
        network: name of the network, used in the error message.

    Raises:
        UsageError: the samples are not images.
    """
    if len(image_shape) != 3:
        raise UsageError(
            f"{network} takes images (H, W, C); received samples of shape {tuple(image_shape)}: "
            "use a dense network, such as that of the recipes gan and vae"
        )
    height, width, channels = image_shape
    return height, width, channels


def halvings(image_shape: Sequence[int], network: str) -> tuple[int, int]:
    """Return `(base, steps)` such that `side = base * 2**steps`, with `base` 4 or 7 and `steps` at least 1.

    Args:
        image_shape: (H, W, C).
        network: name of the network, used in the error message.

    Raises:
        UsageError: the image is not square, or its side is not such a number.
    """
    height, width, _ = check_image_shape(image_shape, network)
    for base in BASES:
        side, steps = height, 0
        while side > base and side % 2 == 0:
            side, steps = side // 2, steps + 1
        if height == width and side == base and steps >= 1:
            return base, steps
    sizes = sorted(base * 2**steps for base in BASES for steps in range(1, 12))
    nearest = sorted(sorted(sizes, key=lambda size: abs(size - height))[:2])
    raise UsageError(
        f"image size {height}x{width} does not suit {network}: it needs square images with a side of "
        f"4 or 7 times a power of two, such as {nearest[0]} or {nearest[1]}"
    )


def channel_widths(width: int, steps: int) -> list[int]:
    """Return the channels after each halving: doubled each time, up to 8 times the first."""
    return [width * 2 ** min(step, 3) for step in range(steps)]
