"""Pairs of images: each image of domain A has a partner in domain B."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from kerasgen.data.array_source import ArraySource, digest
from kerasgen.data.dataset import Dataset, Images
from kerasgen.data.domain_files import DOMAINS, have_domains, parse_path, read_arrays, scan_domains
from kerasgen.data.files import printable
from kerasgen.data.image_files import decoded, pixels, without_suffix
from kerasgen.data.image_folder import (
    FolderFormat,
    FolderSource,
    ScannedFile,
    cached,
    content_hash,
    file_reader,
    find_folder_levels,
    find_format,
    first_names,
    scan,
    size_text,
    too_few_images,
)
from kerasgen.data.levels import Levels
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.sources.folder import unused_note
from kerasgen.data.splits import split_by_folders, split_by_hash, split_rows
from kerasgen.data.two_domains import Pairs
from kerasgen.errors import DataError

_SKEW = 0.02  # relative difference allowed between the proportions of partners, for rounding to whole pixels
_LOOKED_AT = 16  # images that are examined to detect a folder of photographs
_SEAM = 2.0  # smallest change in the middle of a pair, relative to the columns around it


def load(path: Path, options: LoadOptions) -> Dataset:
    """Return the pairs of a folder or of a `.npz` file.

    A folder holds images that are pairs side by side, A in the left half and B in the right half. Or it has subfolders
    `A` and `B`, or `trainA`, `trainB`, `testA` and `testB`, whose images have the same names. Suffixes do not count,
    nor do `_A` and `_B` before them if every name has it. Subfolders `train` and `test` (or `val`) of the folder, or of
    `A` and `B`, are the split; without them it is by a hash of each name. An image that cannot be read is left out with
    its partner. The set is grey if every image of both domains is.

    A `.npz` holds `a` and `b`, or `a_train`, `b_train`, `a_test` and `b_test`; see `domain_files.read_arrays`.

    Raises:
        DataError: fewer than two pairs, images without a partner, partners of other proportions, an odd width, or
            photographs that are not pairs.
        UsageError: the images differ in size and `image_size` is None.
    """
    if not path.is_dir():
        parts, native_size, notes = read_arrays(path, options)
        for a, b in parts:
            if len(a) != len(b):
                raise DataError(f"{path} holds {len(a)} images of domain A and {len(b)} of B; expected equal numbers")
        dataset = from_arrays(path.stem, parts, options.validation_split)
        return replace(dataset, native_size=native_size, notes=notes)
    layout = _load_two_folders if have_domains(path) else _load_side_by_side
    return layout(path, options)


def from_arrays(name: str, parts: Sequence[Sequence[np.ndarray]], validation_split: float = 0.1) -> Dataset:
    """Return the `Dataset` of pairs in arrays.

    Args:
        name: name of the set.
        parts: one part (a, b), which is split by its length only; or a training and a test part.
        validation_split: part of the pairs that goes into the test part.
    """
    sources = [ArraySource(np.concatenate(part, axis=-1)) for part in parts]
    content = digest(*(array for part in parts for array in part))
    if len(sources) == 1:
        rows = split_rows(len(parts[0][0]), validation_split)
        train, test = (Pairs(Images(sources[0], part)) for part in rows)
    else:
        train, test = (Pairs(Images(source)) for source in sources)
    return Dataset(name, train, test, content=content)


def _load_side_by_side(folder: Path, options: LoadOptions) -> Dataset:
    files, skipped = scan(folder)
    odd = next((file for file in files if file.facts.size[1] % 2), None)
    if odd:
        raise DataError(
            f"{printable(folder)}: {printable(odd.path)} is {size_text(odd.facts.size)}; a pair side by side has an "
            "even width, A in its left half and B in its right half; or give two folders A and B"
        )
    if len(files) < 2:
        raise too_few_images(folder, len(files), skipped)
    _refuse_photos(folder, files)
    image_format = find_format(folder, files, options, halves=2)
    levels, notes = find_folder_levels(folder, files)
    widths = {file.path: file.facts.size[1] for file in files}

    def read_pair(path: str) -> np.ndarray:
        return _read_halves(folder / path, widths[path], image_format, levels)

    source = FolderSource(folder, [*widths], _pair_shape(image_format), read_pair)
    return _dataset(folder, source, [*widths], files, skipped, notes, image_format, options)


def _refuse_photos(folder: Path, files: Sequence[ScannedFile]) -> None:
    """Raise a `DataError` if the images are clearly not pairs.

    Pairs of squares are twice as wide as high. Other images are photographs if there is no edge between their halves.
    """
    others = [file for file in files if abs(file.facts.size[1] - 2 * file.facts.size[0]) > _SKEW * file.facts.size[1]]
    some = others[:_LOOKED_AT]
    if 2 * len(others) > len(files) and np.median([_seam(folder / file.path) for file in some]) < _SEAM:
        raise DataError(
            f"{printable(folder)}: {printable(some[0].path)} is {size_text(some[0].facts.size)} and looks like one "
            "photograph; a pair side by side has A in its left half and B in its right half. Put pairs into two "
            "folders A and B, or train a model that needs no pairs (cyclegan)"
        )


def _seam(path: Path) -> float:
    """Return the change of the grey values in the middle of an image relative to that of the columns around it."""
    with decoded(path, None) as image:
        grey, middle = np.asarray(image.convert("L"), "float32"), image.width // 2
    changes = np.abs(np.diff(grey[:, max(0, middle - 9) : middle + 9], axis=1)).mean(axis=0)
    place = min(8, middle - 1)
    return float(changes[place] / (np.delete(changes, place).mean() + 1.0))


def _read_halves(path: Path, width: int, image_format: FolderFormat, levels: Levels) -> np.ndarray:
    """Return the pair in one file as uint8 (H, W, 2 C)."""
    # At a lower resolution, down to an eighth, the middle must still be between two pixels.
    with decoded(path, None if width % 16 else image_format.side, levels) as image:
        middle = image.width // 2
        halves = (image.crop((left, 0, left + middle, image.height)) for left in (0, middle))
        return np.concatenate([pixels(half, image_format.channels, image_format.side) for half in halves], axis=-1)


def _load_two_folders(folder: Path, options: LoadOptions) -> Dataset:
    domains, skipped = scan_domains(folder)
    a, b, skipped = _match_names(folder, domains, skipped)
    if len(a) < 2:
        raise too_few_images(folder, len(a), skipped)
    for name in a:
        _check_proportions(folder, a[name], b[name])
    files = [*a.values(), *b.values()]
    image_format = find_format(folder, files, options)
    readers, notes = [], []
    for domain in (a, b):  # one domain may be of masks
        levels, level_notes = find_folder_levels(folder, [*domain.values()])
        readers.append(file_reader(folder, image_format, levels))
        notes += level_notes
    partners = {a[name].path: b[name].path for name in a}

    def read_pair(path: str) -> np.ndarray:
        return np.concatenate([read(file) for read, file in zip(readers, (path, partners[path]))], axis=-1)

    def describe(path: str) -> str:
        return printable(f"{path} or {partners[path]}")

    source = FolderSource(folder, [*partners], _pair_shape(image_format), read_pair, describe)
    return _dataset(folder, source, [*a], files, skipped, notes, image_format, options)


def _pair_shape(image_format: FolderFormat) -> tuple[int, int, int]:
    return (*image_format.size, 2 * image_format.channels)


def _dataset(
    folder: Path,
    source: FolderSource,
    names: Sequence[str],
    files: Sequence[ScannedFile],
    skipped: list[tuple[str, str]],
    notes: list[str],
    image_format: FolderFormat,
    options: LoadOptions,
) -> Dataset:
    split = split_by_folders(names)
    train, test = (split.train, split.test) if split else split_by_hash(names, options.validation_split)
    if split and len(split.unused):
        notes = [unused_note(folder, [names[row] for row in split.unused]), *notes]
    samples = cached(source)
    return Dataset(
        name=folder.resolve().name,
        train=Pairs(Images(samples, train)),
        test=Pairs(Images(samples, test)),
        content=content_hash(files),
        skipped=skipped,
        unreadable=source.unreadable,
        native_size=image_format.native_size,
        notes=notes,
    )


def _match_names(
    folder: Path, domains: dict[str, dict[str, ScannedFile]], skipped: list[tuple[str, str]]
) -> tuple[dict[str, ScannedFile], dict[str, ScannedFile], list[tuple[str, str]]]:
    """Return A and B as dicts of name -> file with the same names in the same order, and (path, reason) of others."""
    marks = _marks(domains)
    a, b = (_by_stem(folder, domain, domains[domain], marks) for domain in DOMAINS)
    broken = {}
    for path, _ in skipped:
        domain, name = parse_path(path)
        broken[domain, _stem(name, marks[domain] if domain else "")] = path
    alone, left_out = [], []
    for other, mine, theirs in (("B", a, b), ("A", b, a)):
        for stem in sorted(set(mine) - set(theirs)):
            path = printable(mine[stem].path)
            if (other, stem) in broken:
                left_out.append((path, f"its partner {broken[other, stem]} is left out"))
            else:
                alone.append(path)
    if alone:
        raise DataError(
            f"{printable(folder)}: {len(alone)} of {len(a)} images in A and {len(b)} in B have no partner of the same "
            f"name: {first_names(alone)}; rename or remove them, or train a model that needs no pairs (cyclegan)"
        )
    names = sorted(set(a) & set(b))
    return {name: a[name] for name in names}, {name: b[name] for name in names}, sorted(skipped + left_out)


def _marks(domains: dict[str, dict[str, ScannedFile]]) -> dict[str, str]:
    """Return domain -> the end of every name in it, before the suffix, that is not part of the name: `_A`, `_B`."""
    marked = all(_stem(name).endswith(f"_{domain}") for domain, files in domains.items() for name in files)
    return {domain: f"_{domain}" if marked else "" for domain in domains}


def _by_stem(folder: Path, domain: str, files: dict[str, ScannedFile], marks: dict[str, str]) -> dict[str, ScannedFile]:
    stems: dict[str, ScannedFile] = {}
    for name, file in files.items():
        other = stems.setdefault(_stem(name, marks[domain]), file)
        if other is not file:
            both = f"{printable(other.path)} and {printable(file.path)}"
            raise DataError(f"{printable(folder)}: {both} have the same name in domain {domain}; rename or remove one")
    return stems


def _stem(name: str, mark: str = "") -> str:
    return without_suffix(name).removesuffix(mark)


def _check_proportions(folder: Path, a: ScannedFile, b: ScannedFile) -> None:
    (height, width), (other_height, other_width) = a.facts.size, b.facts.size
    one, other = height * other_width, other_height * width
    if abs(one - other) > _SKEW * max(one, other):
        sizes = [f"{printable(file.path)} is {size_text(file.facts.size)}" for file in (a, b)]
        raise DataError(
            f"{printable(folder)}: {' and its partner '.join(sizes)}; partners show the same part of a scene, and "
            "have the same proportions"
        )
