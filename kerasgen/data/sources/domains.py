"""Two domains of images without pairs: no image of one domain belongs to an image of the other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from kerasgen.data.array_source import ArraySource, digest
from kerasgen.data.dataset import Dataset, Images
from kerasgen.data.domain_files import read_arrays, scan_domains
from kerasgen.data.files import printable
from kerasgen.data.image_folder import (
    FolderSource,
    ScannedFile,
    cached,
    content_hash,
    file_reader,
    find_folder_levels,
    find_format,
)
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.sources.folder import unused_note
from kerasgen.data.splits import split_by_folders, split_by_hash, split_rows
from kerasgen.data.two_domains import Domains
from kerasgen.errors import DataError


def load(path: Path, options: LoadOptions) -> Dataset:
    """Return the two domains of a folder or of a `.npz` file.

    A folder has the subfolders `trainA`, `trainB`, `testA` and `testB` (or `valA` and `valB`). If it has only `trainA`
    and `trainB`, or `A` and `B`, a hash of each path gives the split. The set is grey if every image of both domains
    is. A `.npz` holds `a` and `b`, or `a_train`, `b_train`, `a_test` and `b_test`; see `domain_files.read_arrays`.

    Raises:
        DataError: a domain without images, or without images to train or to test with.
        UsageError: the images differ in size and `image_size` is None.
    """
    if not path.is_dir():
        parts, native_size, notes = read_arrays(path, options)
        dataset = from_arrays(path.stem, parts, options.validation_split)
        return replace(dataset, native_size=native_size, notes=notes)
    domains, skipped = scan_domains(path)
    rows, unused = _split(path, domains, options.validation_split)
    files = [file for domain in domains.values() for file in domain.values()]
    image_format = find_format(path, files, options)
    readers: dict[str, Callable[[str], np.ndarray]] = {}
    notes = [unused_note(path, unused)] if unused else []
    for domain in domains.values():  # one domain may be of masks
        levels, level_notes = find_folder_levels(path, [*domain.values()])
        readers |= {file.path: file_reader(path, image_format, levels) for file in domain.values()}
        notes += level_notes
    shape = (*image_format.size, image_format.channels)
    source = FolderSource(path, [file.path for file in files], shape, lambda name: readers[name](name))
    samples = cached(source)
    return Dataset(
        name=path.resolve().name,
        train=Domains(*(Images(samples, train) for train, _ in rows)),
        test=Domains(*(Images(samples, test) for _, test in rows)),
        content=content_hash(files),
        skipped=skipped,
        unreadable=source.unreadable,
        native_size=image_format.native_size,
        notes=notes,
    )


def from_arrays(name: str, parts: Sequence[Sequence[np.ndarray]], validation_split: float = 0.1) -> Dataset:
    """Return the `Dataset` of domains in arrays.

    Args:
        name: name of the set.
        parts: one part (a, b), whose domains are split by their lengths only; or a training and a test part.
        validation_split: part of the images that goes into the test part.
    """
    content = digest(*(array for part in parts for array in part))
    if len(parts) == 1:
        rows = [split_rows(len(array), validation_split) for array in parts[0]]
        sources = [ArraySource(array) for array in parts[0]]
        train, test = (Domains(*(Images(s, r[part]) for s, r in zip(sources, rows, strict=True))) for part in (0, 1))
    else:
        train, test = (Domains(*(Images(ArraySource(array)) for array in part)) for part in parts)
    return Dataset(name, train, test, content=content)


def _split(
    folder: Path, domains: dict[str, dict[str, ScannedFile]], validation_split: float
) -> tuple[list[tuple[np.ndarray, np.ndarray]], list[str]]:
    """Return the rows (train, test) of each domain among the files of all domains, and the paths that are not used."""
    splits = {domain: split_by_folders([*files]) for domain, files in domains.items()}
    with_tests = [domain for domain, split in splits.items() if split is not None]
    if len(with_tests) == 1:
        (one,), (other,) = with_tests, set(domains) - {*with_tests}
        raise DataError(
            f"{printable(folder)}: domain {one} has images to train and to test with, domain {other} does not; "
            f"add train{other} and test{other}, or remove test{one}"
        )
    rows, unused, before = [], [], 0
    for domain, files in domains.items():
        paths = [file.path for file in files.values()]
        split = splits[domain]
        if split is None and len(paths) < 2:
            raise DataError(f"{printable(folder)} has one image of domain {domain}; give two or more of each domain")
        train, test = (split.train, split.test) if split else split_by_hash(paths, validation_split)
        unused += [paths[row] for row in split.unused] if split else []
        rows.append((train + before, test + before))
        before += len(paths)
    return rows, unused
