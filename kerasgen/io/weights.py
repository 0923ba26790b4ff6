"""The weights in a model file: an HDF5 file of plain arrays, looked through before Keras takes them."""

import io
import math

import h5py
import ml_dtypes
import numpy as np

from kerasgen.errors import ModelFileError

DEPTH = 40  # of the nested groups
OBJECTS = 100_000  # groups and arrays


def check(contents, path, compile=False):
    """Return how many numbers the arrays have, those of the optimizers left out.

    HDF5 can do much more than Keras asks of it: arrays in other files, by links or piece by piece, filters that make
    terabytes of a few bytes, arrays that are declared and not there. Nothing of that is accepted.

    Args:
        contents: bytes of the HDF5 file.
        path: of the model file, for the errors.
        compile: whether the optimizers are to be loaded, and so must be finite too.

    Raises:
        ModelFileError: it is not an HDF5 file of plain arrays, or a number is NaN or infinite.
    """
    try:
        with h5py.File(io.BytesIO(contents), "r") as file:
            walk = _Walk(len(contents), path, compile)
            walk.group(file)
            return walk.numbers
    except ModelFileError:
        raise
    except Exception as error:  # h5py passes on whatever the library makes of a file that lies
        why = " ".join(str(error).split())
        raise ModelFileError(f"cannot load {path}: its model.weights.h5 is no HDF5 file of weights ({why})") from error


class _Walk:
    """Goes through all groups and arrays of a file of `size` bytes."""

    def __init__(self, size, path, compile):
        self.size, self.path, self.compile = size, path, compile
        self.numbers = self.bytes = 0
        self.seen = set()

    def refuse(self, what):
        raise ModelFileError(f"cannot load {self.path}: in its weights {what}")

    def group(self, group, place="", depth=0):
        """Check a group and all that is in it."""
        for name in group:
            inner = f"{place}/{name}"
            shown = ascii(inner)[1:-1][:80]
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                self.refuse(f"{shown} is a link to somewhere else")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in self.seen or len(self.seen) >= OBJECTS or depth > DEPTH:
                self.refuse(f"{shown} is one of too many, too deep or there twice")
            self.seen.add(address)
            if isinstance(item, h5py.Group):
                self.group(item, inner, depth + 1)
            elif isinstance(item, h5py.Dataset):
                self.array(item, inner, shown)
            else:
                self.refuse(f"{shown} is no array")

    def array(self, item, place, shown):
        """Check an array, and count its numbers if the model itself loads it."""
        is_bfloat16 = item.dtype.kind == "V" and item.dtype.itemsize == 2 and item.attrs.get("dtype") == "bfloat16"
        if not is_bfloat16 and (item.dtype.kind not in "fiub" or "dtype" in item.attrs):
            self.refuse(f"{shown} is no array of numbers")
        made = item.id.get_create_plist()
        if (
            made.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
            or made.get_external_count()
            or made.get_nfilters()
            or item.shape is None
        ):
            self.refuse(f"{shown} is stored in another way than Keras writes it")
        numbers = math.prod(item.shape)
        self.bytes += numbers * item.dtype.itemsize
        if item.id.get_storage_size() != numbers * item.dtype.itemsize or self.bytes > self.size:
            self.refuse(f"{shown} declares {numbers:,} numbers, which are not there")
        of_optimizer = place.startswith("/optimizer/")
        if of_optimizer and not self.compile:
            return
        values = np.asarray(item).view(ml_dtypes.bfloat16) if is_bfloat16 else np.asarray(item)
        if (is_bfloat16 or item.dtype.kind == "f") and not np.isfinite(values).all():
            self.refuse(f"{shown} has numbers that are NaN or infinite")
        self.numbers += 0 if of_optimizer else numbers
