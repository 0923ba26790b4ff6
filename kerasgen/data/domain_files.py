"""Files of two domains of images, A and B: the domain and the name of each file or array."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kerasgen.data.files import printable
from kerasgen.data.image_arrays import check_declared, find_array_format, native_size, summarize
from kerasgen.data.image_folder import ScannedFile, scan, size_text, skipped_text
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.npy_files import NpzFile
from kerasgen.data.splits import PARTS, part_of
from kerasgen.errors import DataError

DOMAINS = ("A", "B")

_EXPECTED = "expected images in the subfolders trainA and trainB (with testA and testB), or A and B"
_SUBFOLDER = re.compile(rf"((?i:{'|'.join(PARTS)}))?([AB])")


def have_domains(folder: Path) -> bool:
    """Return whether the folder has a subfolder called `A` or `B`, `trainA`, `testB` and so on."""
    return any(_SUBFOLDER.fullmatch(path.name) and path.is_dir() for path in folder.iterdir())


def scan_domains(folder: Path) -> tuple[dict[str, dict[str, ScannedFile]], list[tuple[str, str]]]:
    """Decode every file below a folder of two domains once.

    Returns:
        `(domains, skipped)`: domain -> dict of name -> `ScannedFile`, where the name is the path without the domain,
        `train/1.png` for `trainA/1.png` and for `A/train/1.png`; and (path, reason) of all other files.

    Raises:
        DataError: a domain has no images.
    """
    files, skipped = scan(folder)
    domains: dict[str, dict[str, ScannedFile]] = {domain: {} for domain in DOMAINS}
    for file in files:
        domain, name = parse_path(file.path)
        if domain is None:
            skipped.append((printable(file.path), "in none of the subfolders of the two domains"))
        else:
            domains[domain][name] = file
    for domain, members in domains.items():
        if not members:
            raise DataError(f"{printable(folder)} has no images of domain {domain}{skipped_text(skipped)}; {_EXPECTED}")
    return domains, sorted(skipped)


def parse_path(path: str) -> tuple[str | None, str]:
    """Return `(domain, name)` of a path below a folder of two domains; the domain is None outside of both.

    Example:
        >>> parse_path("trainA/1.png"), parse_path("B/2.png"), parse_path("notes/3.png")
        (('A', 'train/1.png'), ('B', '2.png'), (None, 'notes/3.png'))
    """
    first, _, rest = path.partition("/")
    match = _SUBFOLDER.fullmatch(first)
    if not match or not rest:
        return None, path
    part, domain = match.groups()
    return domain, f"{part_of(part)}/{rest}" if part else rest


def read_arrays(path: Path, options: LoadOptions) -> tuple[list[list[np.ndarray]], tuple[int, int] | None, list[str]]:
    """Return the images of two domains in a `.npz` file.

    The arrays are `a` and `b`, one part, or `a_train`, `b_train`, `a_test` and `b_test`, two parts; the images are as
    in `kerasgen.data.sources.arrays.load`. If only one domain is in colour, the other is converted to colour. If only
    one has floats, the other is converted to floats.

    Returns:
        `(parts, native_size, notes)`: a list of [a, b] for each part; the (height, width) of all images before
        resizing, or None; and lines for the user.

    Raises:
        DataError: the file is damaged or lacks an array, or its arrays are not images of one size.
    """
    file = NpzFile(path)
    parts = ["_train", "_test"] if "a_train" in file.headers else [""]
    names = [[f"{domain}{part}" for part in parts] for domain in ("a", "b")]
    _check_names(file, [name for pair in zip(*names) for name in pair])
    arrays = [[file.read(name) for name in domain] for domain in names]
    native = native_size([array for domain in arrays for array in domain])
    converted, notes = [], []
    for domain, members in zip(arrays, names, strict=True):
        summaries, _ = summarize(domain)
        common = find_array_format(
            [f"{name} in {path}" for name in members], domain, summaries, LoadOptions(options.side(native))
        )
        converted.append([common.convert(array) for array in domain])
        notes += common.notes
    flat = [array for domain in converted for array in domain]
    if len({array.shape[1:3] for array in flat}) > 1:
        sizes = ", ".join(size_text(array.shape[1:3]) for array in flat)
        raise DataError(f"{path}: the images are {sizes}; expected one size in both domains, or give --image-size")
    channels, dtype = max(array.shape[3] for array in flat), np.result_type(*flat)
    alike = [[_convert(array, channels, dtype) for array in pair] for pair in zip(*converted)]
    return alike, native, notes


def _check_names(file: NpzFile, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in file.headers]
    if missing:
        content = ", ".join([*file.headers, *file.others]) or "nothing"
        raise DataError(
            f"{file.path} lacks {' and '.join(missing)}: it holds {content}; expected the images of "
            "the two domains under a and b, or a_train, b_train, a_test and b_test"
        )
    for name in names:
        if file.headers[name].ndim < 3:
            raise DataError(
                f"{name} in {file.path} has the shape {file.headers[name].shape}; expected images (N, H, W, C)"
            )
        check_declared(f"{name} in {file.path}", file.headers[name])


def _convert(array: np.ndarray, channels: int, dtype: np.dtype) -> np.ndarray:
    if array.dtype == np.uint8 != dtype:
        array = array / np.float32(255)
    return array if array.shape[3] == channels else array.repeat(channels, axis=3)
