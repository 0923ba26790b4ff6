"""Files of two domains of images, A and B: which file or array belongs to which, and to which part of the set."""

import re

import numpy as np

from kerasgen.data.pixels import make_square
from kerasgen.data.sources import arrays
from kerasgen.data.sources.folder import NAMED, printable, scan
from kerasgen.errors import DataError

DOMAINS = ("A", "B")
TESTS = ("test", "val", "validation")  # subfolders that hold the test part: the first that there is
_SUBFOLDER = re.compile(rf"(train|{'|'.join(TESTS)})?([AB])")


def have_domains(folder):
    """Tell whether the folder has a subfolder called `A` or `B`, or `trainA`, `testB` and so on."""
    return any(_SUBFOLDER.fullmatch(path.name) and path.is_dir() for path in folder.iterdir())


def scan_domains(folder):
    """Decode every file below a folder of two domains once.

    Returns:
        `(domains, skipped)`: domain -> dict of name -> `ImageFile`, where the name is the path without the domain,
        `train/1.png` for `trainA/1.png` and for `A/train/1.png`; and (path, reason) of all other files.

    Raises:
        DataError: a domain has no images.
    """
    files, skipped = scan(folder)
    domains = {domain: {} for domain in DOMAINS}
    for file in files:
        domain, name = place(file.path)
        if domain is None:
            skipped.append((printable(file.path), "in none of the subfolders of the two domains"))
        else:
            domains[domain][name] = file
    for domain, found in domains.items():
        if not found:
            raise DataError(f"{printable(folder)} has no images of domain {domain}{_why(skipped)}; {EXPECTED}")
    return domains, sorted(skipped)


EXPECTED = "expected images in the subfolders trainA and trainB (with testA and testB), or A and B"


def place(path):
    """Return `(domain, name)` of a path below a folder of two domains; the domain is None outside of both."""
    first, _, rest = path.partition("/")
    found = _SUBFOLDER.fullmatch(first)
    if not found or not rest:
        return None, path
    part, domain = found.groups()
    return domain, f"{part}/{rest}" if part else rest


def own_split(names):
    """Return the rows (train, test) that names beginning with `train/` and `test/` tell, or None if they do not."""
    parts = np.array([name.partition("/")[0] if "/" in name else "" for name in names])
    test = next((part for part in TESTS if part in parts), None)
    if test is None or "train" not in parts:
        return None
    return np.flatnonzero(parts == "train"), np.flatnonzero(parts == test)


def named(names, separator=", "):
    """Return the first few of the names as text."""
    shown = [printable(name) for name in names[:NAMED]]
    return separator.join([*shown, "..."] if len(names) > NAMED else shown)


def _why(skipped):
    return f"; skipped {len(skipped)}: {named([f'{path} ({why})' for path, why in skipped])}" if skipped else ""


def read_arrays(path, image_size):
    """Return the parts of a `.npz` file with the images of two domains, a list of (a, b).

    The arrays are `a` and `b`, one part, or `a_train`, `b_train`, `a_test` and `b_test`, two parts; images as in
    `kerasgen.data.sources.arrays.load`. Where only one of the domains is in colour, the other becomes so too.

    Raises:
        DataError: the file is damaged, lacks an array, or its arrays are no images of one size.
    """
    found = arrays.read(path)
    keys = [("a_train", "b_train"), ("a_test", "b_test")] if "a_train" in found else [("a", "b")]
    missing = [key for pair in keys for key in pair if key not in found]
    if missing:
        raise DataError(
            f"{path} lacks {' and '.join(missing)}: it holds {', '.join(found) or 'nothing'}; expected the images of "
            "the two domains under a and b, or a_train, b_train, a_test and b_test"
        )
    parts = [
        [make_square(arrays.check_images(f"{key} in {path}", found[key]), image_size) for key in pair] for pair in keys
    ]
    flat = [array for part in parts for array in part]
    if len({array.shape[1:3] for array in flat}) > 1:
        sizes = ", ".join(f"{array.shape[2]}x{array.shape[1]}" for array in flat)
        raise DataError(f"{path}: the images are {sizes}; expected one size in both domains, or give --image-size")
    channels, kind = max(array.shape[3] for array in flat), np.result_type(*flat)
    return [[_like(array, channels, kind) for array in part] for part in parts]


def _like(array, channels, kind):
    if array.dtype == np.uint8 != kind:
        array = array / np.float32(255)
    return array if array.shape[3] == channels else array.repeat(channels, axis=3)
