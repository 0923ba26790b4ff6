"""Images in a folder, with a subfolder for each class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kerasgen.data.classes import index_labels
from kerasgen.data.dataset import Dataset, Images
from kerasgen.data.files import list_files, printable  # noqa: F401 - `cli` imports them from here
from kerasgen.data.image_files import THREADS  # noqa: F401
from kerasgen.data.image_folder import (
    FolderSource,
    ScannedFile,
    cached,
    content_hash,
    file_reader,
    find_folder_levels,
    find_format,
    first_names,
    scan,
    too_few_images,
)
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.splits import FolderSplit, part_first, part_of, split_by_folders, split_by_hash


def load(folder: Path, options: LoadOptions) -> Dataset:
    """Return the images below a folder, with the names of its subfolders as classes.

    The subfolders `train` and `test` (or `val`, `validation`; in any case) are the split, and their subfolders are the
    classes. They may also be in one more folder, or in the folder of each class. Otherwise the split is by a hash of
    each path. Images outside of subfolders have no class, and then the set has no labels.

    The set is grey if every image is, and otherwise RGB. Hidden files are ignored and links to folders are not
    followed. Every other file is decoded once; files that are not images are listed in `Dataset.skipped`.

    Raises:
        DataError: fewer than two images that can be read, or a part without images.
        UsageError: the images differ in size and `image_size` is None.
    """
    files, skipped = scan(folder)
    if len(files) < 2:
        raise too_few_images(folder, len(files), skipped)
    files, split, notes = _used(folder, files, split_by_folders(part_first([file.path for file in files])))
    paths = [file.path for file in files]
    in_parts = part_first(paths)
    class_names, labels = _classes(in_parts, in_part=split is not None or _is_one_part(in_parts))
    train, test = (split.train, split.test) if split else split_by_hash(paths, options.validation_split, labels)
    image_format = find_format(folder, files, options)
    levels, level_notes = find_folder_levels(folder, files)
    read_file = file_reader(folder, image_format, levels)
    source = FolderSource(folder, paths, (*image_format.size, image_format.channels), read_file)
    samples = cached(source)
    return Dataset(
        name=folder.resolve().name,
        train=Images(samples, train, labels),
        test=Images(samples, test, labels),
        class_names=class_names,
        content=content_hash(files),
        skipped=skipped,
        unreadable=source.unreadable,
        native_size=image_format.native_size,
        notes=notes + level_notes,
    )


def _used(
    folder: Path, files: list[ScannedFile], split: FolderSplit | None
) -> tuple[list[ScannedFile], FolderSplit | None, list[str]]:
    """Return the files in the two parts, their split, and a line about other files."""
    if split is None or not len(split.unused):
        return files, split, []
    unused = [files[row].path for row in split.unused]
    note = unused_note(folder, unused)
    files = [files[row] for row in np.sort(np.concatenate([split.train, split.test]))]
    return files, split_by_folders(part_first([file.path for file in files])), [note]


def unused_note(folder: Path, paths: Sequence[str]) -> str:
    """Return the line about images in neither the training nor the test part."""
    count = "1 image is" if len(paths) == 1 else f"{len(paths):,} images are"
    return f"{printable(folder)}: {count} in neither the training nor the test part and not used: {first_names(paths)}"


def _is_one_part(paths: Sequence[str]) -> bool:
    """Return whether all paths are in one folder called `train` or like another part."""
    first = {path.partition("/")[0] if "/" in path else "" for path in paths}
    return len(first) == 1 and part_of(first.pop()) is not None


def _classes(paths: Sequence[str], in_part: bool) -> tuple[list[str] | None, np.ndarray | None]:
    """Return (class names, labels) from the folders of each path; (None, None) if a path has none.

    Args:
        paths: relative paths.
        in_part: whether the first folder of each is a part of the split.
    """
    folders = [path.split("/")[in_part:-1] for path in paths]
    if not all(folders):
        return None, None
    names, labels = index_labels([names[0] for names in folders], "the folders")
    return [printable(name) for name in names], labels
