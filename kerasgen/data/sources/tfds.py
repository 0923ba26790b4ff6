"""Image sets of TensorFlow Datasets, read through tensorflow_datasets itself."""

import difflib
import importlib.util
import io
import logging
import os
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kerasgen.data.dataset import ArraySource, Dataset, Images, split_array
from kerasgen.data.image_files import decode, pixels
from kerasgen.data.sources.folder import THREADS
from kerasgen.errors import DataError, MissingPackageError, UsageError, unknown

WELL_KNOWN = ("digits", "mnist", "fashion_mnist", "cifar10", "cifar100")  # named where nothing is near
TESTS = ("test", "validation")  # the split that is the test set: the first that there is


def load(name, image_size, data_dir, validation_split):
    """Return the set of that name, its images resized one by one as they are read.

    Of a set with a split `train` and one `test` (or `validation`) these are taken; otherwise its only split, or
    all of them, is split as an array is. The labels are those of its class feature, if it has just one.

    Raises:
        UsageError: no set has this name.
        DataError: it is not prepared and cannot be downloaded, or has no images.
        MissingPackageError: TensorFlow or TensorFlow Datasets is not installed.
    """
    tfds = _import(name)
    try:
        builder = _builder(tfds, name, data_dir)
        image, label = _features(tfds, name, builder.info.features)
        _prepare(name, builder)
        reader = _Reader(tfds, builder, image, label, image_size)
        class_names = builder.info.features[label].names if label else None
        splits = builder.info.splits
        content = f"{builder.info.full_name} " + " ".join(
            f"{k} {v.num_examples} {v.num_bytes}" for k, v in splits.items()
        )
        test = next((split for split in TESTS if split in splits), None)
        if "train" in splits and test:
            parts = [reader.read(split) for split in ("train", test)]
            train, test = (Images(ArraySource(images), labels=labels) for images, labels in parts)
            return Dataset(name, train, test, class_names, content)
        images, labels = reader.read("train" if "train" in splits else "all")
        return split_array(name, images, labels, class_names, validation_split, content)
    except ImportError as error:
        raise MissingPackageError(f"data set {name!r} of TensorFlow Datasets: {error}") from error


def _import(name):
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
        f"data set {name!r} is neither digits nor a path, and the sets of TensorFlow Datasets need TensorFlow: "
        f"pip install {' '.join(missing).replace('_', '-')}"
    )


def _is_for_users(record):
    """Keep out what TensorFlow Datasets says of its own calls of what it has deprecated."""
    return "is deprecated" not in record.getMessage()


def _builder(tfds, name, data_dir):
    try:
        return tfds.builder(name, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError, AssertionError):  # the last two of what can be no name
        known = ["digits", *tfds.list_builders(with_community_datasets=False)]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        error = unknown("data set", name, near or WELL_KNOWN)
        raise UsageError(f"{error} There is no file or folder of this name here either.") from None


def _prepare(name, builder):
    """Download the set if it is not on disk yet."""
    if builder.is_prepared():
        return
    advice = (
        f"prepare it where there is a network (python -c \"import tensorflow_datasets as t; t.builder('{name}', "
        f"data_dir='DIR').download_and_prepare()\") and give its folder by --data-dir or TFDS_DATA_DIR"
    )
    where = f"data set {name!r} is not prepared in {builder.data_dir_root}"
    if not _online():
        raise DataError(f"{where} and there is no network to download it; {advice}")
    try:
        builder.download_and_prepare()
    except Exception as error:
        why = " ".join(str(error).split())[:200]
        raise DataError(f"{where} and could not be downloaded ({type(error).__name__}: {why}); {advice}") from None


def _online():
    """Tell whether names can be looked up; TensorFlow Datasets itself would try for minutes."""
    if urllib.request.getproxies():
        return True
    try:
        return bool(socket.getaddrinfo("storage.googleapis.com", 443))
    except OSError:
        return False


def _features(tfds, name, features):
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
    """Reads splits of a prepared set into arrays.

    The files hold encoded images: they are decoded here as those of a folder are, so that transparency, depth and
    size are treated alike.
    """

    def __init__(self, tfds, builder, image, label, image_size):
        self._tfds, self._builder, self._image, self._label = tfds, builder, image, label
        self._image_size = image_size
        self._channels = 1 if builder.info.features[image].shape[-1] == 1 else 3

    def read(self, split):
        """Return images, uint8 (N, H, W, C), and labels, int64 (N,) or None, in the order of the files."""
        count = self._builder.info.splits[split].num_examples
        images, labels, done = None, np.empty(count, np.int64), 0
        with ThreadPoolExecutor(THREADS) as pool:
            for encoded, batch_labels in self._encoded(split):
                batch = list(pool.map(self._decode, encoded))
                images = np.empty((count, *batch[0].shape), np.uint8) if images is None else images
                for image in batch:
                    self._check_size(image.shape, images.shape[1:])
                images[done : done + len(batch)] = batch
                labels[done : done + len(batch)] = batch_labels
                done += len(batch)
        if done != count or not count:
            raise DataError(
                f"data set {self._builder.name!r}: read {done} of {count} images of {split}; prepare it again"
            )
        return images, labels if self._label else None

    def _encoded(self, split):
        tfds = self._tfds
        wanted = {key: True for key in (self._image, self._label) if key}
        batches = self._builder.as_dataset(
            split=split,
            batch_size=256,
            decoders=tfds.decode.PartialDecoding(wanted, decoders={self._image: tfds.decode.SkipDecoding()}),
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),  # the files' order
        )
        for batch in tfds.as_numpy(batches):
            yield batch[self._image], batch[self._label] if self._label else 0

    def _decode(self, encoded):
        return pixels(decode(io.BytesIO(encoded), self._image_size), self._channels, self._image_size)

    def _check_size(self, one, other):
        if one != other:
            sizes = f"{one[1]}x{one[0]} and {other[1]}x{other[0]}"
            raise UsageError(f"the images of {self._builder.name!r} differ in size ({sizes}); give --image-size")
