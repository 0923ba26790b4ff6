"""Sets of TensorFlow Datasets."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from kerasgen import data
from kerasgen.errors import DataError, UsageError

pytestmark = pytest.mark.once

PREPARED = Path(__file__).parents[4] / "shared" / "data" / "tfds"
prepared = pytest.mark.skipif(not PREPARED.exists(), reason="no prepared MNIST")


@prepared
def test_a_prepared_set_is_read_with_its_own_split():
    mnist = data.load("mnist", data_dir=PREPARED)
    assert (mnist.sample_shape, len(mnist.train), len(mnist.test)) == ((28, 28, 1), 60000, 10000)
    assert mnist.class_names == list("0123456789")
    assert mnist.train.labels.dtype == np.int64
    assert np.bincount(mnist.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.train[:].mean() == pytest.approx(33.3184, abs=1e-3)


@pytest.fixture(scope="module")
def spots(tmp_path_factory):
    """Return the folder of a small prepared set whose colours, sizes and transparency differ."""
    import tensorflow_datasets as tfds

    class Spots(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = {
                "picture": tfds.features.Image(shape=(None, None, 4), encoding_format="png"),
                "kind": tfds.features.ClassLabel(names=["red", "clear"]),
                "box": tfds.features.Sequence(np.int64),
            }
            return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

        def _split_generators(self, manager):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for number in range(10):
                picture = np.zeros((8 + number, 12, 4), np.uint8)
                picture[..., 0], picture[..., 3] = 200, 255 * (number % 2 == 0)
                yield number, {"picture": picture, "kind": number % 2, "box": list(range(number))}

    folder = tmp_path_factory.mktemp("tfds")
    Spots(data_dir=folder).download_and_prepare()
    return folder


def prepare(folder, name, images, labels, class_names, dtype=np.uint8):
    """Prepare a set of that name with grey images (N, H, W) and labels in one split."""
    import tensorflow_datasets as tfds

    height, width = images.shape[1:]

    def info(self):
        features = {
            "image": tfds.features.Image(shape=(height, width, 1), dtype=dtype),
            "label": tfds.features.ClassLabel(names=class_names),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def examples(self):
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            yield number, {"image": image[..., None], "label": label}

    members = {
        "VERSION": tfds.core.Version("1.0.0"),
        "_info": info,
        "_split_generators": lambda self, manager: {"train": examples(self)},
        "_generate_examples": examples,
    }
    builder = type(name.title(), (tfds.core.GeneratorBasedBuilder,), members | {"__module__": __name__})
    builder(data_dir=folder).download_and_prepare()


GREY = np.random.default_rng(0).integers(0, 256, (12, 6, 8), np.uint8)


@pytest.mark.parametrize(
    ("name", "labels", "names", "words"),
    [
        ("letters", np.arange(12) % 2 + 1, ["b", "c"], None),
        ("partly", np.where(np.arange(12) == 3, -1, 0), None, "the labels are not used, because some images have none"),
    ],
)
def test_classes_are_the_labels_that_occur(name, labels, names, words, tmp_path):
    prepare(tmp_path, name, GREY, labels, ["a", "b", "c", "d"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", data.DataWarning)
        dataset = data.load(name, data_dir=tmp_path)
    notes = [str(warning.message) for warning in caught if warning.category is data.DataWarning]
    assert [words in note for note in notes] == [True] * (words is not None)
    assert dataset.class_names == names
    assert dataset.native_size == (6, 8)
    for part in (dataset.train, dataset.test):
        for image, label in zip(part[:], part.labels if names else ()):
            (number,) = np.flatnonzero((GREY[..., None] == image).all((1, 2, 3)))
            assert "abcd"[labels[number]] == names[label]


@pytest.mark.parametrize(
    ("name", "images", "expected", "words"),
    [
        ("twelve", GREY.astype(np.uint16) * 16, GREY, "4095 is read as white"),
        ("sixteen", GREY.astype(np.uint16) * 257, GREY, None),
        ("masks", (GREY > 99).astype(np.uint8), (GREY > 99) * 255, "1 is read as white"),
    ],
)
def test_one_scale_for_the_whole_set(name, images, expected, words, tmp_path):
    prepare(tmp_path, name, images, np.zeros(12, int), ["a"], images.dtype.type)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", data.DataWarning)
        dataset = data.load(name, data_dir=tmp_path)
    notes = [str(warning.message) for warning in caught if warning.category is data.DataWarning]
    assert [words in note for note in notes] == [True] * (words is not None)
    both = np.concatenate([dataset.train[:], dataset.test[:]])[..., 0].astype(int)
    assert sorted(image.sum() for image in both) == pytest.approx(sorted(image.sum() for image in expected), abs=48)


def test_images_of_any_size_are_made_square_and_laid_on_white(spots):
    dataset = data.load("spots", data_dir=spots, image_size=8)
    assert (dataset.sample_shape, len(dataset.train), len(dataset.test)) == ((8, 8, 3), 9, 1)
    assert dataset.class_names == ["red", "clear"]
    for images in (dataset.train, dataset.test):
        colours = np.array([[200, 0, 0], [255, 255, 255]])[images.labels]
        assert np.array_equal(images[:], np.broadcast_to(colours[:, None, None], images[:].shape))


def test_different_sizes_are_refused(spots):
    with pytest.raises(UsageError, match=r"'spots' differ in size.*--image-size"):
        data.load("spots", data_dir=spots)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mnst", "did you mean mnist"),
        ("digit", "did you mean digits"),
        ("qqqzzzqqq", "known: cifar10, cifar100, digits, fashion_mnist, mnist, mnist-10k"),
        ("my photos", ".* There is no file or folder of this name here either"),
        ("mnist:9.9.9", "did you mean mnist"),
        ("", "known: cifar10"),
    ],
)
def test_an_unknown_set_is_refused_with_similar_names(name, words, tmp_path):
    with pytest.raises(UsageError, match=f"unknown data set '{name}'; {words}"):
        data.load(name, data_dir=tmp_path)


def test_a_set_without_images_is_refused(tmp_path):
    with pytest.raises(DataError, match="'imdb_reviews' has no images, but text, label"):
        data.load("imdb_reviews", data_dir=tmp_path)


def test_without_network_the_error_advises_to_prepare_the_set(tmp_path, monkeypatch):
    import socket

    def no_network(*arguments):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    with pytest.raises(DataError) as caught:
        data.load("cifar10", data_dir=tmp_path)
    message = str(caught.value)
    assert all(
        words in message
        for words in ("'cifar10'", str(tmp_path), "no network", "--data-dir", "TFDS_DATA_DIR", "mnist-10k")
    )
    assert "\n" not in message
    assert not any(tmp_path.iterdir())


def test_a_failed_download_is_an_error(tmp_path, monkeypatch):
    import tensorflow_datasets as tfds

    def broken_off(self):
        raise ConnectionError("connection\nreset")

    monkeypatch.setattr("kerasgen.data.sources.tfds._is_online", lambda: True)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", broken_off)
    with pytest.raises(DataError, match=r"could not be downloaded \(ConnectionError: connection reset\)"):
        data.load("cifar10", data_dir=tmp_path)


@pytest.mark.parametrize("how", ["sys.modules['tensorflow'] = None", "sys.meta_path.insert(0, Blocker())"])
def test_without_tensorflow_the_error_asks_for_it_and_digits_load(how):
    code = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'tensorflow':
            raise ImportError('blocked')
{how}
from kerasgen import data, errors
assert data.load('digits', image_size=8).sample_shape == (8, 8, 1)
try:
    data.load('mnist')
except errors.MissingPackageError as error:
    print(error)
"""
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "'mnist'" in output
    assert "need TensorFlow: pip install tensorflow" in output
