"""Two domains of images without pairs: no image of one belongs to any of the other."""

from kerasgen.data.dataset import ArraySource, Dataset, Images, digest, split_rows
from kerasgen.data.sources import domain_files
from kerasgen.data.sources.folder import (
    FolderSource,
    channels_of,
    common_size,
    content_of,
    printable,
    remembering,
    split_paths,
)
from kerasgen.errors import DataError


class Domains:
    """Images of domain A and of domain B; `len` is that of the larger one, as an epoch shows each of its images once.

    Args:
        a, b: `Images` of the same (H, W, C).
    """

    labels, has_labels = None, True  # for `Batches`, the other domain stands where labels would

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __len__(self):
        return max(len(self.a), len(self.b))

    @property
    def counts(self):
        """Return how many images the domains have, `(of A, of B)`."""
        return len(self.a), len(self.b)

    @property
    def sample_shape(self):
        """Return (H, W, C) of an image of either domain."""
        return self.a.sample_shape

    def first(self, n):
        """Return the first n images of each domain, `(a, b)`; as many of both, those that the smaller one has."""
        n = min(n, len(self.a), len(self.b))
        return self.a[:n], self.b[:n]

    def with_labels(self, indices):
        """Return `(a, b)` of rows, int64 (n, 2)."""
        return self.a[indices[:, 0]], self.b[indices[:, 1]]

    def batches(self, batch_size, shuffle=False, seed=0, labels=True, workers=1):
        """Return `DomainBatches`; `labels` changes nothing."""
        from kerasgen.data.domain_batches import DomainBatches  # imports Keras

        return DomainBatches(self, batch_size, shuffle=shuffle, seed=seed, labels=True, workers=workers)


def load(path, image_size, data_dir, validation_split):
    """Return the two domains of a folder or of a `.npz` file.

    A folder has the subfolders `trainA`, `trainB`, `testA` and `testB` (or `valA` and `valB`); or only `trainA` and
    `trainB`, or `A` and `B`, which are split by a hash of each path. The set is grey if every image of both domains
    is. A `.npz` holds `a` and `b`, or `a_train`, `b_train`, `a_test` and `b_test`; see `domain_files.read_arrays`.

    Raises:
        DataError: a domain without images, or without images to train or to test with.
        UsageError: the images differ in size and `image_size` is None.
    """
    if not path.is_dir():
        return of_arrays(path.stem, domain_files.read_arrays(path, image_size), validation_split)
    domains, skipped = domain_files.scan_domains(path)
    rows = _split(path, domains, validation_split)
    files = [file for found in domains.values() for file in found.values()]
    shape = (*common_size(path, files, image_size), channels_of(files))
    source = FolderSource(path, [file.path for file in files], shape, image_size)
    unreadable = source.unreadable
    source = remembering(source)
    return Dataset(
        name=path.resolve().name,
        train=Domains(*(Images(source, train) for train, _ in rows)),
        test=Domains(*(Images(source, test) for _, test in rows)),
        content=content_of(files),
        skipped=skipped,
        unreadable=unreadable,
    )


def _split(folder, domains, validation_split):
    """Return for each domain its rows (train, test) among the files of all domains."""
    splits = {domain: domain_files.own_split([*files]) for domain, files in domains.items()}
    with_tests = [domain for domain, split in splits.items() if split is not None]
    if len(with_tests) == 1:
        (one,), (other,) = with_tests, set(domains) - {*with_tests}
        raise DataError(
            f"{printable(folder)}: domain {one} has images to train and to test with, domain {other} has not both; "
            f"add train{other} and test{other}, or remove test{one}"
        )
    rows, before = [], 0
    for domain, files in domains.items():
        if splits[domain] is None and len(files) < 2:
            raise DataError(f"{printable(folder)} has one image of domain {domain}; give two or more of each domain")
        split = splits[domain] or split_paths([file.path for file in files.values()], validation_split)
        rows.append([part + before for part in split])
        before += len(files)
    return rows


def of_arrays(name, parts, validation_split=0.1):
    """Return the `Dataset` of domains in arrays: one part (a, b), each split by its length alone, or train and test."""
    content = digest(*(array for part in parts for array in part))
    if len(parts) == 1:
        rows = [split_rows(len(array), validation_split) for array in parts[0]]
        sources = [ArraySource(array) for array in parts[0]]
        train, test = (Domains(*(Images(s, r[part]) for s, r in zip(sources, rows, strict=True))) for part in (0, 1))
        return Dataset(name, train, test, content=content)
    train, test = (Domains(*(Images(ArraySource(array)) for array in part)) for part in parts)
    return Dataset(name, train, test, content=content)
