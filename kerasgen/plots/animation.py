"""Pictures as an animation, in a GIF file that is never half written."""

from kerasgen.errors import DataError, UsageError
from kerasgen.io.files import atomic_write


def save_gif(path, pictures, fps=5.0, hold=2.0):
    """Write pictures one after the other to a GIF file that repeats for ever.

    Args:
        path: of the file.
        pictures: paths of image files of one size, at least two.
        fps: pictures for each second.
        hold: seconds for which the last picture stands, if that is longer than the others.

    Raises:
        UsageError: fewer than two pictures.
        DataError: one cannot be read, or has another size than the first.
    """
    if len(pictures) < 2:
        raise UsageError(f"{len(pictures)} picture; an animation needs at least 2")
    frames = _frames(pictures)
    each = round(1000 / fps)  # milliseconds, of which GIF keeps tens
    durations = [each] * (len(pictures) - 1) + [max(each, round(1000 * hold))]
    first = next(frames)
    with atomic_write(path) as temporary:
        first.save(temporary, format="GIF", save_all=True, append_images=frames, duration=durations, loop=0)


def _frames(pictures):
    """Yield the pictures in GIF's 256 colours."""
    from PIL import Image

    size = None
    for path in pictures:
        try:
            with Image.open(path) as image:
                frame = image.convert("L" if image.mode in ("1", "L") else "RGB")
        except (OSError, SyntaxError, ValueError) as error:  # Pillow's errors at broken files
            raise DataError(f"cannot read {path}: {' '.join(str(error).split())}") from error
        size = size or frame.size
        if frame.size != size:
            raise DataError("{} has {}x{} pixels, the first picture {}x{}".format(path, *frame.size, *size))
        yield frame if frame.mode == "L" else frame.quantize(256, dither=Image.Dither.NONE)


def epochs(directory):
    """Return the paths `epoch-*.png` in a directory, in the order of the epochs."""
    found = [path for path in directory.glob("epoch-*.png") if path.stem.removeprefix("epoch-").isdecimal()]
    return sorted(found, key=lambda path: int(path.stem.removeprefix("epoch-")))
