"""Image sets of TensorFlow Datasets, read by tensorflow_datasets itself."""

import importlib.util
import io
import logging
import os
import socket
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from kerasgen.data.array_source import ArraySource
from kerasgen.data.classes import index_labels
from kerasgen.data.dataset import Dataset, Images, split_array
from kerasgen.data.image_files import THREADS, examine, read_pixels
from kerasgen.data.levels import BYTES, INTEGERS, Levels, find_levels
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.sources import tfds_cache
from kerasgen.data.sources.tfds_cache import Decoded
from kerasgen.errors import DataError, MissingPackageError, UsageError, similar, unknown

WELL_KNOWN = ("mnist-10k", "digits", "mnist", "fashion_mnist", "cifar10", "cifar100")  # named if no name is similar
TESTS = ("test", "validation")  # the first of these splits that exists is the test part
UNLABELLED = -1  # label of an example without a class


def load(name: str, options: LoadOptions) -> Dataset:
    """Return the set of that name, its images resized one by one as they are read.

    The splits `train` and `test` (or `validation`) are the two parts. A set without them is split as an array is. The
    classes are those of its class feature that occur, if it has just one such feature.

    Raises:
        UsageError: no set has this name.
        DataError: it is not prepared and cannot be downloaded, or has no images.
        MissingPackageError: TensorFlow or TensorFlow Datasets is not installed.
    """
    if decoded := tfds_cache.read(name, options):
        return _dataset(decoded, options)
    tfds = _import(name)
    try:
        builder = _builder(tfds, name, options.data_dir)
        image, label = _features(tfds, name, builder.info.features)
        _prepare(name, builder)
        decoded = _Reader(tfds, builder, image, label, options).read()
    except ImportError as error:
        raise MissingPackageError(f"data set {name!r} of TensorFlow Datasets: {error}") from error
    tfds_cache.keep(name, options, decoded, Path(builder.data_dir))
    return _dataset(decoded, options)


def is_prepared(name: str, data_dir: str | os.PathLike | None = None) -> bool:
    """Return whether the set of that name is on disk, so that `load` does not download it.

    Args:
        name: name of a set.
        data_dir: folder in which TensorFlow Datasets keeps its sets, or None for its default.

    Raises:
        UsageError: no set has this name.
        MissingPackageError: TensorFlow or TensorFlow Datasets is not installed.
    """
    tfds = _import(name)
    try:
        return bool(_builder(tfds, name, data_dir).is_prepared())
    except ImportError as error:
        raise MissingPackageError(f"data set {name!r} of TensorFlow Datasets: {error}") from error


def _dataset(decoded: Decoded, options: LoadOptions) -> Dataset:
    """Return the data set of decoded splits: the training part and, if there is one, the test part."""
    class_names, labels, notes = _index(decoded)
    sources = [ArraySource(array) for array in decoded.images]
    if len(sources) == 1:
        dataset = split_array(
            decoded.name, sources[0], labels[0], class_names, options.validation_split, decoded.content
        )
    else:
        train, test = (Images(source, labels=part) for source, part in zip(sources, labels, strict=True))
        dataset = Dataset(decoded.name, train, test, class_names, decoded.content)
    return replace(dataset, native_size=decoded.native_size, notes=[*decoded.notes, *notes])


def _index(decoded: Decoded) -> tuple[list[str] | None, list[np.ndarray | None], list[str]]:
    """Return `(class_names, labels, notes)`, the labels as indices of the classes that occur."""
    if not decoded.class_names:
        return None, [None] * len(decoded.images), []
    together = np.concatenate(decoded.labels)
    if (together == UNLABELLED).any():
        note = f"{decoded.name}: the labels are not used, because some images have none"
        return None, [None] * len(decoded.images), [note]
    numbers, labels = index_labels(together, f"the labels of {decoded.name}")
    names = [decoded.class_names[int(number)] for number in numbers]
    return names, [*np.split(labels, np.cumsum([len(part) for part in decoded.labels])[:-1])], []


def _import(name: str) -> ModuleType:
    try:
        missing = [p for p in ("tensorflow", "tensorflow_datasets") if importlib.util.find_spec(p) is None]
        # TensorFlow only reads files here: it must leave the device's memory to the model's backend.
        os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
        if not missing:
            import tensorflow_datasets

            logging.getLogger("absl").addFilter(_is_for_users)
            return tensorflow_datasets
    except (ImportError, ValueError):  # found and not importable, or blocked
        missing = ["tensorflow", "tensorflow_datasets"]
    raise MissingPackageError(
        f"data set {name!r} is neither a bundled set nor a path, and the sets of TensorFlow Datasets need "
        f"TensorFlow: pip install {' '.join(missing).replace('_', '-')}"
    )


def _is_for_users(record: logging.LogRecord) -> bool:
    """Return whether a log record is for users: no deprecation inside TensorFlow Datasets, no set to be prepared."""
    return not any(words in record.getMessage() for words in ("is deprecated", "has no dataset_info.json"))


def _builder(tfds: ModuleType, name: str, data_dir: str | os.PathLike | None) -> Any:
    try:
        return tfds.builder(name, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError, AssertionError):  # the last two for impossible names
        known = ["mnist-10k", "digits", *tfds.list_builders(with_community_datasets=False)]
        near = similar(name, known)
        error = unknown("data set", name, near or WELL_KNOWN)
        raise UsageError(f"{error} There is no file or folder of this name here either.") from None


def _prepare(name: str, builder: Any) -> None:
    """Download the set if it is not on disk yet."""
    if builder.is_prepared():
        return
    advice = (
        f"prepare it where there is a network (python -c \"import tensorflow_datasets as t; t.builder('{name}', "
        f"data_dir='DIR').download_and_prepare()\") and give its folder by --data-dir or TFDS_DATA_DIR; "
        f"or use mnist-10k, which is bundled"
    )
    where = f"data set {name!r} is not prepared in {builder.data_dir_root}"
    if not _is_online():
        raise DataError(f"{where} and there is no network to download it; {advice}")
    try:
        builder.download_and_prepare()
    except Exception as error:
        why = " ".join(str(error).split())[:200]
        raise DataError(f"{where} and could not be downloaded ({type(error).__name__}: {why}); {advice}") from None


def _is_online() -> bool:
    """Return whether names can be looked up; TensorFlow Datasets itself would try for minutes."""
    if urllib.request.getproxies():
        return True
    try:
        return bool(socket.getaddrinfo("storage.googleapis.com", 443))
    except OSError:
        return False


def _features(tfds: ModuleType, name: str, features: Any) -> tuple[str, str | None]:
    """Return the names of the image feature and of the class feature (None if there is not just one)."""
    features = features if isinstance(features, dict | tfds.features.FeaturesDict) else {}
    kinds = {key: type(feature) for key, feature in features.items()}
    images = [key for key, kind in kinds.items() if issubclass(kind, tfds.features.Image)]
    labels = [key for key, kind in kinds.items() if issubclass(kind, tfds.features.ClassLabel)]
    if not images:
        raise DataError(f"data set {name!r} has no images, but {', '.join(kinds)}; choose a set of images")
    image = "image" if "image" in images else images[0]
    if np.dtype(features[image].np_dtype) not in (np.uint8, np.uint16):
        raise DataError(f"data set {name!r} has images of {features[image].np_dtype}; expected 8 or 16 bits")
    return image, labels[0] if len(labels) == 1 else None


class _Reader:
    """Reader of the splits of a prepared set.

    The files hold encoded images. They are decoded like those of a folder, so that transparency, depth and size are
    treated alike.
    """

    def __init__(self, tfds: ModuleType, builder: Any, image: str, label: str | None, options: LoadOptions):
        self._tfds, self.builder, self._image, self._label = tfds, builder, image, label
        feature = builder.info.features[image]
        height, width, channels = feature.shape
        self.native_size = (height, width) if height and width else None
        self._side = options.side(self.native_size)
        self._channels = 1 if channels == 1 else 3
        self._deep = np.dtype(feature.np_dtype) == np.uint16

    def read(self) -> Decoded:
        """Return the images and labels of the train and test splits, or of all splits if there is no such pair."""
        info = self.builder.info
        test = next((split for split in TESTS if split in info.splits), None)
        whole = "train" if "train" in info.splits else "all"
        splits = ["train", test] if "train" in info.splits and test else [whole]
        levels, notes = self._find_deep_levels(splits) if self._deep else (Levels(), [])
        parts = [self._read_split(split, levels) for split in splits]
        images = [images for images, _ in parts]
        if not self._deep:
            brightest = max(int(part.max()) for part in images)
            levels, notes = find_levels([(BYTES, brightest)], self.builder.name)
            if levels.bytes == 1:
                images = [part * np.uint8(255) for part in images]
        sizes = " ".join(f"{split} {each.num_examples} {each.num_bytes}" for split, each in info.splits.items())
        class_names = tuple(info.features[self._label].names) if self._label else ()
        labels = tuple(labels for _, labels in parts)
        content = f"{info.full_name} {sizes}"
        return Decoded(self.builder.name, content, tuple(images), labels, class_names, self.native_size, tuple(notes))

    def _find_deep_levels(self, splits: Sequence[str]) -> tuple[Levels, list[str]]:
        brightest = 0.0
        with ThreadPoolExecutor(THREADS) as pool:
            for encoded, _ in (batch for split in splits for batch in self._encoded(split)):
                facts = pool.map(lambda image: examine(io.BytesIO(image)), encoded)
                brightest = max(brightest, *(fact.brightest for fact in facts))
        return find_levels([(INTEGERS, brightest)], self.builder.name)

    def _read_split(self, split: str, levels: Levels) -> tuple[np.ndarray, np.ndarray]:
        count = self.builder.info.splits[split].num_examples
        images: np.ndarray | None = None
        labels, done = np.empty(count, np.int64), 0
        with ThreadPoolExecutor(THREADS) as pool:
            for encoded, batch_labels in self._encoded(split):
                batch = list(pool.map(lambda image: self._decode(image, levels), encoded))
                images = np.empty((count, *batch[0].shape), np.uint8) if images is None else images
                for image in batch:
                    self._check_size(image.shape, images.shape[1:])
                images[done : done + len(batch)] = batch
                labels[done : done + len(batch)] = batch_labels
                done += len(batch)
        if images is None or done != count:
            raise DataError(
                f"data set {self.builder.name!r}: read {done} of {count} images of {split}; prepare it again"
            )
        return images, labels

    def _encoded(self, split: str) -> Iterator[tuple[np.ndarray, np.ndarray | int]]:
        tfds = self._tfds
        wanted = {key: True for key in (self._image, self._label) if key}
        batches = self.builder.as_dataset(
            split=split,
            batch_size=256,
            decoders=tfds.decode.PartialDecoding(wanted, decoders={self._image: tfds.decode.SkipDecoding()}),
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),  # the files' order
        )
        for batch in tfds.as_numpy(batches):
            yield batch[self._image], batch[self._label] if self._label else 0

    def _decode(self, encoded: bytes, levels: Levels) -> np.ndarray:
        return read_pixels(io.BytesIO(encoded), self._channels, self._side, levels)

    def _check_size(self, one: tuple, other: tuple) -> None:
        if one != other:
            sizes = f"{one[1]}x{one[0]} and {other[1]}x{other[0]}"
            raise UsageError(f"the images of {self.builder.name!r} differ in size ({sizes}); give --image-size")
