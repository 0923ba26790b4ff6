"""Pairs of images: each image of domain A has one of domain B that belongs to it."""

import numpy as np

from kerasgen.data.dataset import ArraySource, Dataset, Images, digest, split_rows
from kerasgen.data.image_files import decode, pixels, without_suffix
from kerasgen.data.sources import domain_files
from kerasgen.data.sources.folder import (
    FolderSource,
    channels_of,
    common_size,
    content_of,
    printable,
    remembering,
    scan,
    split_paths,
    too_few,
)
from kerasgen.errors import DataError

_SKEW = 0.02  # by which the proportions of partners may differ, for one of them has been rounded to whole pixels


class Pairs:
    """Pairs of images (N, H, W, C), of which row i of domain A and row i of domain B belong together.

    Args:
        images: `Images` (N, H, W, 2 C) that hold the two of a pair one after the other on the last axis, so that a
            pair is read, replaced and remembered as one.
    """

    labels, has_labels = None, True  # for `Batches`, the partner stands where a label would

    def __init__(self, images):
        self._images = images

    def __len__(self):
        return len(self._images)

    def __getitem__(self, indices):
        """Return `(a, b)`, both uint8 (meaning /255) or float32 in [0, 1]: (n, H, W, C), or (H, W, C) for one int."""
        return tuple(np.split(self._images[indices], 2, axis=-1))

    with_labels = __getitem__

    @property
    def counts(self):
        """Return how many pairs there are, a tuple of one number."""
        return (len(self),)

    @property
    def sample_shape(self):
        """Return (H, W, C) of an image of either domain."""
        height, width, channels = self._images.sample_shape
        return height, width, channels // 2

    def first(self, n):
        """Return `(a, b)` of the first n pairs, or of all if there are fewer."""
        return self[:n]

    def batches(self, batch_size, shuffle=False, seed=0, labels=True, workers=1):
        """Return `Batches` `(a, b)`; `labels` changes nothing."""
        from kerasgen.data.batches import Batches  # imports Keras

        return Batches(self, batch_size, shuffle=shuffle, seed=seed, labels=True, workers=workers)


def load(path, image_size, data_dir, validation_split):
    """Return the pairs of a folder or of a `.npz` file.

    A folder holds images that are pairs side by side, A the left half and B the right one; or the subfolders `A` and
    `B`, or `trainA`, `trainB`, `testA` and `testB`, whose images have the same names (suffixes do not count, nor `_A`
    and `_B` before them where every name has it). Subfolders `train` and `test` (or `val`) of the folder, or of `A`
    and `B`, are the split; without them it is by a hash of each name. An image that cannot be read is left out with
    its partner. The set is grey if every image of both domains is.

    A `.npz` holds `a` and `b`, or `a_train`, `b_train`, `a_test` and `b_test`; see `domain_files.read_arrays`.

    Raises:
        DataError: fewer than two pairs, images without a partner, partners of other proportions, or an odd width.
        UsageError: the images differ in size and `image_size` is None.
    """
    if not path.is_dir():
        return _of_arrays(path, image_size, validation_split)
    layout = _of_two_folders if domain_files.have_domains(path) else _side_by_side
    return layout(path, image_size, validation_split)


class SideBySideSource(FolderSource):
    """Pairs that are one image each, (H, W, 2 C) as read: the left half before the right one.

    Args:
        widths: dict of path -> width of the image in pixels.
    """

    def __init__(self, folder, widths, image_shape, image_size=None):
        super().__init__(folder, [*widths], image_shape, image_size)
        self._widths = widths

    def pixels(self, path):
        """Return the pair in the file as uint8 (H, W, 2 C)."""
        # At a lower resolution, down to an eighth, the middle must still lie between two pixels.
        image = decode(self._folder / path, None if self._widths[path] % 16 else self._image_size)
        middle, channels = image.width // 2, self.shape[3] // 2
        halves = (image.crop((left, 0, left + middle, image.height)) for left in (0, middle))
        return np.concatenate([pixels(half, channels, self._image_size) for half in halves], axis=-1)


class TwoFoldersSource(FolderSource):
    """Pairs of two files each, (H, W, 2 C) as read.

    Args:
        partners: dict of path -> path of its partner in domain B.
    """

    def __init__(self, folder, partners, image_shape, image_size=None):
        super().__init__(folder, [*partners], image_shape, image_size)
        self._partners = partners

    def pixels(self, path):
        """Return the pair as uint8 (H, W, 2 C)."""
        both = [decode(self._folder / one, self._image_size) for one in (path, self._partners[path])]
        return np.concatenate([pixels(one, self.shape[3] // 2, self._image_size) for one in both], axis=-1)

    def _lost(self, path):
        super()._lost(f"{path} or {self._partners[path]}")


def _side_by_side(folder, image_size, validation_split):
    files, skipped = scan(folder)
    odd = [file for file in files if file.size[1] % 2]
    if odd:
        raise DataError(
            f"{printable(folder)}: {printable(odd[0].path)} is {odd[0].size[1]}x{odd[0].size[0]}; a pair side by side "
            "has an even width, A its left half and B its right one; or give two folders A and B"
        )
    height, width = common_size(folder, files, image_size) if len(files) > 1 else (1, 1)
    shape = (height, width if image_size else width // 2, 2 * channels_of(files))
    widths = {file.path: file.size[1] for file in files}
    source = SideBySideSource(folder, widths, shape, image_size)
    return _dataset(folder, source, [*widths], files, skipped, validation_split)


def _of_two_folders(folder, image_size, validation_split):
    domains, skipped = domain_files.scan_domains(folder)
    a, b, skipped = _matched(folder, domains, skipped)
    files = [*a.values(), *b.values()]
    for name in a:
        _check_proportions(folder, a[name], b[name])
    size = common_size(folder, files, image_size) if len(a) > 1 else (1, 1)
    partners = {a[name].path: b[name].path for name in a}
    source = TwoFoldersSource(folder, partners, (*size, 2 * channels_of(files)), image_size)
    return _dataset(folder, source, [*a], files, skipped, validation_split)


def _dataset(folder, source, names, files, skipped, validation_split):
    if len(names) < 2:
        raise DataError(too_few(folder, files, skipped))
    train, test = domain_files.own_split(names) or split_paths(names, validation_split)
    unreadable = source.unreadable
    source = remembering(source)
    return Dataset(
        name=folder.resolve().name,
        train=Pairs(Images(source, train)),
        test=Pairs(Images(source, test)),
        content=content_of(files),
        skipped=skipped + _in_no_part(names, train, test),
        unreadable=unreadable,
    )


def _in_no_part(names, train, test):
    rest = np.delete(np.arange(len(names)), np.concatenate([train, test]))
    return [(printable(names[row]), "in neither the part to train nor the one to test with") for row in rest]


def _matched(folder, domains, skipped):
    """Return A and B as dicts of name -> file with the same names in the same order, and what is left out now."""
    marks = _marks(domains)
    a, b = (_by_stem(folder, domain, domains[domain], marks) for domain in domain_files.DOMAINS)
    broken = {}
    for path, _ in skipped:
        domain, name = domain_files.place(path)
        broken[domain, _stem(name, marks.get(domain, ""))] = path
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
            f"name: {domain_files.named(alone)}; rename or remove them, or train a model that needs no pairs (cyclegan)"
        )
    names = sorted(set(a) & set(b))
    return {n: a[n] for n in names}, {n: b[n] for n in names}, sorted(skipped + left_out)


def _marks(domains):
    """Return domain -> the end of every name in it, before the suffix, that is not part of the name: `_A`, `_B`."""
    marked = all(_stem(name).endswith(f"_{domain}") for domain, files in domains.items() for name in files)
    return {domain: f"_{domain}" if marked else "" for domain in domains}


def _by_stem(folder, domain, files, marks):
    found = {}
    for name, file in files.items():
        other = found.setdefault(_stem(name, marks[domain]), file)
        if other is not file:
            both = f"{printable(other.path)} and {printable(file.path)}"
            raise DataError(f"{printable(folder)}: {both} have the same name in domain {domain}; rename or remove one")
    return found


def _stem(name, mark=""):
    return without_suffix(name).removesuffix(mark)


def _check_proportions(folder, a, b):
    one, other = a.size[0] * b.size[1], b.size[0] * a.size[1]
    if abs(one - other) > _SKEW * max(one, other):
        sizes = [f"{printable(file.path)} is {file.size[1]}x{file.size[0]}" for file in (a, b)]
        raise DataError(
            f"{printable(folder)}: {' and its partner '.join(sizes)}; partners show the same part of a scene, and "
            "have the same proportions"
        )


def _of_arrays(path, image_size, validation_split):
    parts = domain_files.read_arrays(path, image_size)
    for a, b in parts:
        if len(a) != len(b):
            raise DataError(f"{path} holds {len(a)} images of domain A and {len(b)} of B; pairs need as many of both")
    return of_arrays(path.stem, parts, validation_split)


def of_arrays(name, parts, validation_split=0.1):
    """Return the `Dataset` of pairs in arrays: one part (a, b) that is split by its length alone, or train and test."""
    sources = [ArraySource(np.concatenate(part, axis=-1)) for part in parts]
    content = digest(*(array for part in parts for array in part))
    if len(sources) == 1:
        rows = split_rows(len(parts[0][0]), validation_split)
        return Dataset(name, *(Pairs(Images(sources[0], part)) for part in rows), content=content)
    return Dataset(name, *(Pairs(Images(source)) for source in sources), content=content)
