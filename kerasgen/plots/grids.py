"""Pictures for people: grids of images and curves of losses, as PNG files that are never half written."""

import math

from kerasgen.errors import UsageError
from kerasgen.io.files import atomic_write

_GAP = 2  # pixels between the images of a grid
_BACKGROUND = 255
_LEGIBLE = 56  # images with a smaller side are enlarged to about this many pixels
# Where a game's values are at its equilibrium, D = 1/2 everywhere (Goodfellow et al. 2014, theorem 1).
_EQUILIBRIUM = {"value": -2 * math.log(2), "real_score": 0.5, "fake_score": 0.5}


def square(images, columns=None):
    """Return images (N, H, W, C) in rows and columns, (R, columns, H, W, C), as square as can be.

    Args:
        images: float in [0, 1] or uint8; places left over in the last row are white.
        columns: int; by default the square root of N, rounded up.

    Raises:
        UsageError: no images, or another shape.
    """
    import numpy as np

    images = np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise UsageError(f"images have shape {images.shape}; a picture needs (N, H, W, C) with N of 1 or more")
    columns = columns or math.ceil(len(images) ** 0.5)
    rows = math.ceil(len(images) / columns)
    white = np.iinfo(np.uint8).max if images.dtype == np.uint8 else 1.0
    filled = np.full((rows * columns, *images.shape[1:]), white, images.dtype)
    filled[: len(images)] = images
    return filled.reshape(rows, columns, *images.shape[1:])


def grid(rows):
    """Return one image (H', W', C), uint8, of images in rows and columns (R, columns, H, W, C).

    Small images are enlarged by a whole factor, so that their pixels can be seen. Values outside [0, 1] are cut.
    """
    import numpy as np

    from kerasgen.data.pixels import as_bytes

    rows = np.asarray(rows)
    rows = rows if rows.dtype == np.uint8 else as_bytes(rows)
    zoom = max(1, round(_LEGIBLE / rows.shape[2]))
    rows = rows.repeat(zoom, axis=2).repeat(zoom, axis=3)
    count, columns, height, width, channels = rows.shape
    canvas = np.full((count * (height + _GAP) + _GAP, columns * (width + _GAP) + _GAP, channels), _BACKGROUND, np.uint8)
    for row in range(count):
        for column in range(columns):
            top, left = row * (height + _GAP) + _GAP, column * (width + _GAP) + _GAP
            canvas[top : top + height, left : left + width] = rows[row, column]
    return canvas


def picture_of(images):
    """Return images as one Pillow image, which a notebook shows.

    Args:
        images: (N, H, W, C), or in rows and columns (R, columns, H, W, C) as of `preview`; float in [0, 1] or uint8.

    Raises:
        UsageError: no images, another shape, or values of another type.
    """
    import numpy as np

    try:
        images = np.asarray(images)
    except (TypeError, ValueError, RuntimeError) as error:  # a ragged list, a tensor that NumPy cannot read
        raise UsageError(f"images cannot be an array: {error}") from None
    if images.ndim not in (4, 5) or 0 in images.shape or images.shape[-1] not in (1, 3):
        raise UsageError(f"images have shape {images.shape}; a picture needs (N, H, W, C), with C of 1 or 3")
    if images.dtype not in (bool, np.uint8) and not np.issubdtype(images.dtype, np.floating):
        raise UsageError(f"images are {images.dtype}; a picture needs floats in [0, 1] or uint8 of 0 to 255")
    return _pillow(grid(images if images.ndim == 5 else square(images)))


def save_png(path, array):
    """Write a uint8 image (H, W, 1 or 3) to `path`, a PNG file."""
    with atomic_write(path) as temporary:
        _pillow(array).save(temporary, format="PNG")


def _pillow(array):
    from PIL import Image

    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)


def save_curves(path, history, title):
    """Write a picture of losses over the epochs: a panel for each key, validation dashed beside training.

    Args:
        path: a PNG file.
        history: dict of key -> list of values, one for each epoch; `val_<key>` shares the panel of `<key>`.
            Its key `epoch`, if there is one, holds the epochs' numbers; otherwise they count from 1. What is not
            finite is left out. A dotted line marks the values of Goodfellow's game at its equilibrium: where there
            is `value` and `discriminator_loss` is its negative, without penalties.
        title: text above the panels.
    """
    import numpy as np
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    keys = list(dict.fromkeys(key.removeprefix("val_") for key in history if key != "epoch"))
    equilibrium = _EQUILIBRIUM if _is_game_of_value(history) else {}
    keys.sort(key=lambda key: (key != "loss", not key.endswith("loss")))
    columns = min(2 if len(keys) in (2, 4) else 3, max(1, len(keys)))
    rows = max(1, math.ceil(len(keys) / columns))
    figure = Figure(figsize=(1 + 4.2 * columns, 0.7 + 3.1 * rows), layout="constrained")
    figure.suptitle(title, fontsize=14, fontweight="bold")
    for place, key in enumerate(keys, start=1):
        axes = figure.add_subplot(rows, columns, place, title=key.replace("_", " "), xlabel="epoch")
        for name, style, label in ((key, "-", "training"), (f"val_{key}", "--", "validation")):
            values = np.asarray(history.get(name, ()), "float64")
            if len(values):
                epochs = history.get("epoch", range(1, len(values) + 1))
                values = np.where(np.abs(values) < 1e30, values, np.nan)  # matplotlib's axes overflow far out
                # A value between epochs without one (`validation_freq`) is a dot, and no line.
                dots = "." if len(values) < 40 or np.isnan(values).any() else None
                axes.plot(epochs, values, style, label=label, marker=dots)
        if key in equilibrium:
            axes.axhline(equilibrium[key], color="gray", linestyle=":", label="equilibrium")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def _is_game_of_value(history):
    """Tell whether the discriminator maximises the value itself; with other objectives its scores have no such rest."""
    import numpy as np

    value, loss = (np.asarray(history.get(key, ()), "float64") for key in ("value", "discriminator_loss"))
    known = np.isfinite(value) & np.isfinite(loss) if value.shape == loss.shape else np.zeros(0, bool)
    return known.any() and np.allclose(loss[known], -value[known], rtol=1e-3)
