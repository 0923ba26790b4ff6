"""Images in a `.npy` or `.npz` file."""

import numpy as np

from kerasgen.data.dataset import ArraySource, Dataset, Images, digest, pieces, split_array
from kerasgen.data.pixels import make_square, on_white
from kerasgen.errors import DataError

IMAGES = ("x", "images")
LABELS = ("y", "labels")
OWN_SPLIT = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}  # as in Keras's mnist.npz


def load(path, image_size, data_dir, validation_split):
    """Return the images of a `.npy` or `.npz` file: (N, H, W), or (N, H, W, C) with 1, 3 or 4 channels.

    Values are integers from 0 to 255 or floats from 0 to 1; booleans mean black and white. A fourth channel is
    transparency, laid on white. In a `.npz` the images are `x` or `images` or the only array with three or four
    dimensions, the labels `y` or `labels`, integers or class names (N,); with `x_train` and `x_test` (`y_train`,
    `y_test`) that is the split. A `.npy` of uint8 or floats that fit stays on disk and is read batch by batch.

    Raises:
        DataError: the file is damaged or holds Python objects, or its arrays are not such images and labels.
    """
    arrays = read(path)
    own_split = all(images in arrays for images, _ in OWN_SPLIT.values())
    keys = list(OWN_SPLIT.values()) if own_split else [_keys(path, arrays)]
    parts = [_part(path, arrays, *key, image_size) for key in keys]
    class_names, labels = _classes(path, [labels for _, labels in parts])
    content = digest(*(arrays[key] for pair in keys for key in pair if key in arrays))
    if not own_split:
        if len(parts[0][0]) < 2:
            raise DataError(f"{path} holds one image; at least 2 are needed, one to train and one to test with")
        return split_array(path.stem, parts[0][0], labels[0], class_names, validation_split, content)
    (train, _), (test, _) = parts
    if train.shape[1:] != test.shape[1:]:
        raise DataError(f"{path}: x_train has images {train.shape[1:]}, x_test {test.shape[1:]}; expected the same")
    train, test = (Images(ArraySource(x), labels=y) for x, y in zip((train, test), labels, strict=True))
    return Dataset(path.stem, train, test, class_names, content)


def read(path):
    """Return a dict of name -> array; the only array of a `.npy`, mapped from the file, is `x`."""
    try:
        if path.suffix.lower() == ".npy":
            return {"x": np.load(path, mmap_mode="r", allow_pickle=False)}
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return dict(archive)
    except Exception as error:  # zip, zlib, NumPy and its header parser each have their own
        if "allow_pickle" in str(error):
            raise DataError(f"{path} holds Python objects, which are never loaded; save numeric arrays") from None
        why = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"cannot read {path}: it is damaged or no NumPy file ({why})") from None


def _keys(path, arrays):
    """Return the names of the images and of the labels."""
    labels = next((key for key in LABELS if key in arrays), None)
    named = [key for key in IMAGES if key in arrays]
    like_images = named or [key for key, array in arrays.items() if array.ndim in (3, 4)]
    if len(like_images) == 1 or named:
        return like_images[0], labels
    held = ", ".join(f"{key} {array.shape}" for key, array in arrays.items()) or "nothing"
    raise DataError(f"{path} holds {held}; expected the images under x or images, their labels under y or labels")


def _part(path, arrays, images, labels, image_size):
    """Return the images (N, H, W, C), checked, and their labels as they are, or None."""
    array, labels = check_images(f"{images} in {path}", arrays[images]), arrays.get(labels)
    if labels is not None:
        labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
        if labels.ndim != 1:
            raise DataError(f"the labels in {path} have the shape {labels.shape}; expected one for each image, (N,)")
        if len(labels) != len(array):
            raise DataError(f"{path} holds {len(array)} images and {len(labels)} labels; expected one for each")
    return make_square(array, image_size), labels


def check_images(what, array):
    """Return the array as (N, H, W, C), C 1 or 3, uint8 or float with finite values in [0, 1].

    Raises:
        DataError: it is not; `what` names it.
    """
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[3] not in (1, 3, 4) or 0 in array.shape:
        hint = ""
        if array.ndim == 4 and array.shape[1] in (1, 3):
            hint = "; with channels first, transpose(0, 2, 3, 1)"
        raise DataError(f"{what} has the shape {array.shape}; expected (N, H, W) or (N, H, W, C), C 1, 3 or 4{hint}")
    if array.dtype.kind not in "bufi":
        raise DataError(f"{what} has the type {array.dtype}; expected integers from 0 to 255 or floats from 0 to 1")
    if array.dtype.kind == "b":
        array = array.astype(np.uint8) * 255
    elif array.dtype.kind == "f":
        _check_floats(what, array)
    elif array.dtype != np.uint8:
        _check_range(what, array, 255, "scale it to 0..255, or divide it to floats from 0 to 1")
        array = array.astype(np.uint8)
    return on_white(array) if array.shape[3] == 4 else array


def _check_floats(what, array):
    bad = sum(piece.size - np.count_nonzero(np.isfinite(piece)) for piece in pieces(array))
    if bad:
        raise DataError(f"{what} has {bad} values that are NaN or infinite; expected finite values from 0 to 1")
    _check_range(what, array, 1, "divide by 255 if they are 8-bit pixels, or scale them")


def _check_range(what, array, top, remedy):
    low, high = min(p.min() for p in pieces(array)), max(p.max() for p in pieces(array))
    if low < 0 or high > top:
        raise DataError(f"{what} has values from {low:g} to {high:g}; expected 0 to {top}: {remedy}")


def _classes(path, parts):
    """Return class names or None, and int64 labels or None for each part."""
    if any(labels is None for labels in parts):
        return None, [None] * len(parts)
    together = np.concatenate(parts)
    names = None
    if together.dtype.kind in "US":
        names, together = np.unique(together.astype(str), return_inverse=True)
        names = names.tolist()
    whole = np.issubdtype(together.dtype, np.number) and np.array_equal(together, np.round(together))
    if not whole or together.min() < 0:
        raise DataError(f"the labels in {path} are not whole numbers from 0 on, nor class names")
    return names, np.split(together.astype(np.int64), np.cumsum([len(labels) for labels in parts])[:-1])
