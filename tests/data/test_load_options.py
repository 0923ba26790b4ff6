"""The size of images: chosen, kept or made square."""

import numpy as np
import pytest

from kerasgen import data
from kerasgen.data.load_options import LoadOptions, keep_native_size, resize_lines
from kerasgen.errors import UsageError
from tests.data.sources.test_folder import write

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image_size": 0}, "image size 0"),
        ({"image_size": 2.5}, "image size 2.5"),
        ({"image_size": True}, "image size True"),
        ({"validation_split": 0}, "validation split 0"),
        ({"validation_split": 1.0}, "validation split 1.0"),
        ({"validation_split": float("nan")}, "validation split nan"),
    ],
)
def test_impossible_options_are_refused(options, words):
    with pytest.raises(UsageError, match=words):
        LoadOptions(**options)


@pytest.mark.parametrize(
    ("image_size", "native", "side"),
    [(None, (8, 9), None), (28, (8, 9), 28), (np.int64(28), None, 28), (lambda native: native[0], (8, 9), 8)],
)
def test_the_side_is_chosen_or_kept(image_size, native, side):
    assert LoadOptions(image_size).side(native) == side


@pytest.mark.parametrize("image_size", [1, lambda native: 1, lambda native: "28"])
def test_impossible_sides_are_refused(image_size):
    with pytest.raises(UsageError, match="image size"):
        LoadOptions(image_size).side((8, 8))


RULE = keep_native_size(28, lambda size: size[0] == size[1] <= 64)


@pytest.mark.parametrize(
    ("sizes", "shape", "native", "line"),
    [
        ([(32, 32), (32, 32)], (32, 32, 3), (32, 32), ""),
        ([(100, 80), (100, 80)], (28, 28, 3), (80, 100), "photos: the images are resized from 100x80 to 28x28; "),
        ([(32, 32), (16, 32)], (28, 28, 3), None, "photos: the images are resized from different sizes to 28x28; "),
    ],
)
def test_own_images_keep_a_size_that_the_model_can_have(sizes, shape, native, line, tmp_path):
    for number, size in enumerate(sizes):
        write(tmp_path / "photos", f"{number}.png", number, size=size)
    dataset = data.load(tmp_path / "photos", image_size=RULE)
    assert dataset.sample_shape == shape
    assert dataset.native_size == native
    assert dataset.train[0].shape == shape
    assert resize_lines(dataset) == ([f"{line}set another size by --image-size"] if line else [])


@pytest.mark.parametrize(("name", "side", "shape"), [("a.npy", 48, (48, 48, 1)), ("a.npz", 80, (28, 28, 1))])
def test_arrays_keep_their_size_too(name, side, shape, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, side, side), np.uint8)
    np.save(tmp_path / name, images) if name == "a.npy" else np.savez(tmp_path / name, x=images)
    dataset = data.load(tmp_path / name, image_size=RULE)
    assert (dataset.sample_shape, dataset.native_size) == (shape, (side, side))


def test_sets_without_a_size_of_their_own_have_the_default():
    assert data.load("digits", image_size=RULE).sample_shape == (28, 28, 1)
    assert data.load("digits", image_size=RULE).native_size is None
    assert resize_lines(data.load("digits", image_size=14)) == []
    assert data.load("outlines", image_size=RULE, kind="pairs").sample_shape == (28, 28, 3)
    assert resize_lines(data.load("ring-8", image_size=RULE)) == []
