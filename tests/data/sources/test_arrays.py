import numpy as np
import pytest

from kerasgen import data
from kerasgen.data import dataset as dataset_module
from kerasgen.errors import DataError

pytestmark = pytest.mark.once

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (20, 8, 8), np.uint8)
COLOUR = RANDOM.integers(0, 256, (20, 8, 8, 3), np.uint8)


def together(dataset):
    """Return all images in the order that they have in the file."""
    from kerasgen.data.dataset import split_rows

    total = np.empty((len(dataset.train) + len(dataset.test), *dataset.sample_shape), dataset.train[:1].dtype)
    for rows, images in zip(split_rows(len(total), 0.1), (dataset.train, dataset.test), strict=True):
        total[rows] = images[:]
    return total


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (GREY, GREY[..., None]),
        (GREY[..., None], GREY[..., None]),
        (COLOUR, COLOUR),
        (COLOUR.astype(np.int64), COLOUR),
        (GREY > 99, np.where(GREY > 99, 255, 0).astype(np.uint8)[..., None]),
        (COLOUR / 255, (COLOUR / 255).astype(np.float32)),
        ((COLOUR / 255).astype(np.float16), (COLOUR / 255).astype(np.float16).astype(np.float32)),
        (COLOUR[:, :6], COLOUR[:, :6]),
    ],
)
def test_npy_values_and_shapes(given, expected, tmp_path):
    np.save(tmp_path / "a.npy", given)
    images = together(data.load(tmp_path / "a.npy"))
    assert images.dtype == expected.dtype
    assert np.array_equal(images, expected)


@pytest.mark.parametrize("scale", [1, 1 / 255])
def test_transparency_is_laid_on_white(tmp_path, scale):
    alpha = np.zeros((20, 8, 8, 1), np.uint8)
    alpha[:10] = 255
    array = np.concatenate([COLOUR, alpha], -1)
    np.save(tmp_path / "a.npy", array if scale == 1 else array * scale)
    images = together(data.load(tmp_path / "a.npy"))
    np.testing.assert_allclose(images[:10], COLOUR[:10] * scale, atol=1e-6)
    np.testing.assert_allclose(images[10:], 255 * scale)


@pytest.mark.parametrize(
    "arrays",
    [
        {"x": GREY, "y": np.arange(20), "other": GREY},
        {"images": GREY, "labels": np.arange(20.0)[:, None]},
        {"pictures": GREY, "y": np.arange(20, dtype=np.uint8)},
    ],
)
def test_npz_keys(arrays, tmp_path):
    np.savez(tmp_path / "some.npz", **arrays)
    dataset = data.load(tmp_path / "some.npz")
    assert (dataset.name, len(dataset.train), len(dataset.test), dataset.num_classes) == ("some", 18, 2, 20)
    assert np.array_equal(dataset.train[:], GREY[dataset.train.labels][..., None])
    assert np.array_equal(dataset.test[:], GREY[dataset.test.labels][..., None])


def test_npz_with_its_own_split_and_class_names(tmp_path):
    names = np.array(["cat", "dog"])
    np.savez(tmp_path / "a.npz", x_train=GREY[:15], y_train=names[[0] * 15], x_test=GREY[15:], y_test=names[[1] * 5])
    dataset = data.load(tmp_path / "a.npz")
    assert np.array_equal(dataset.train[:], GREY[:15, ..., None])
    assert np.array_equal(dataset.test[:], GREY[15:, ..., None])
    assert dataset.class_names == ["cat", "dog"]
    assert set(dataset.test.labels) == {1}


def test_without_labels(tmp_path):
    np.savez(tmp_path / "a.npz", x=GREY)
    dataset = data.load(tmp_path / "a.npz")
    assert dataset.train.labels is None
    assert dataset.class_names is None
    assert dataset.num_classes == 0


@pytest.mark.parametrize("scale", [1, 1 / 255])
def test_resizing_takes_the_central_square(tmp_path, scale):
    array = np.zeros((4, 8, 12, 1))
    array[:, :, 2:10] = 200 * scale  # the central 8x8
    np.save(tmp_path / "a.npy", array.astype(np.uint8) if scale == 1 else array)
    images = data.load(tmp_path / "a.npy", image_size=16).train[:]
    assert images.shape == (3, 16, 16, 1)
    np.testing.assert_allclose(images[:, :, 4:-4], 200 * scale, rtol=1e-6)  # next to the cut, it shines through
    assert images.min() > 150 * scale


def test_resized_floats_stay_in_range(tmp_path):
    np.save(tmp_path / "a.npy", (GREY > 127) * 1.0)
    images = data.load(tmp_path / "a.npy", image_size=20).train[:]
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 1


def test_fingerprint_follows_the_content(tmp_path):
    prints = []
    for array in (GREY, GREY, GREY[::-1]):
        np.save(tmp_path / "a.npy", array)
        prints.append(data.load(tmp_path / "a.npy").fingerprint)
    assert prints[0] == prints[1] != prints[2]


NAN = (GREY / 255).copy()
NAN[0, 0, :3] = np.nan, np.inf, np.nan


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": NAN}, ["x in", "3 values", "NaN"]),
        ({"x": GREY * 1.0}, ["0 to 255", "divide by 255"]),
        ({"x": GREY / 127.5 - 1}, ["-1 to 1", "expected 0 to 1"]),
        ({"x": GREY.astype(np.uint16) * 257}, ["65535", "expected 0 to 255"]),
        ({"x": GREY.astype(np.int16) - 5}, ["-5 to", "expected 0 to 255"]),
        ({"x": GREY.reshape(20, -1)}, ["(20, 64)", "(N, H, W, C)"]),
        ({"x": COLOUR.transpose(0, 3, 1, 2)}, ["(20, 3, 8, 8)", "transpose(0, 2, 3, 1)"]),
        ({"x": GREY[:0]}, ["(0, 8, 8", "(N, H, W)"]),
        ({"x": GREY[:1]}, ["one image"]),
        ({"x": GREY.astype("U3")}, ["<U3"]),
        ({"x": GREY + 1j}, ["complex128"]),
        ({"a": GREY, "b": GREY}, ["a (20, 8, 8)", "under x or images"]),
        ({}, ["holds nothing"]),
        ({"x": GREY, "y": np.arange(19)}, ["20 images", "19 labels"]),
        ({"x": GREY, "y": np.eye(20)}, ["(20, 20)", "(N,)"]),
        ({"x": GREY, "y": np.arange(20) - 1}, ["labels", "from 0"]),
        ({"x": GREY, "y": np.arange(20) / 2}, ["labels", "whole numbers"]),
        ({"x": GREY, "y": np.full(20, "2020-01-01", "M8[D]")}, ["labels", "class names"]),
        ({"x": np.array([{}] * 3)}, ["Python objects"]),
        ({"x_train": GREY, "x_test": GREY[:, :4]}, ["x_train", "x_test", "the same"]),
    ],
)
def test_arrays_that_are_no_images_are_named(arrays, words, tmp_path):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(DataError) as caught:
        data.load(tmp_path / "bad.npz")
    message = str(caught.value)
    assert "bad.npz" in message
    assert all(word in message for word in words), message
    assert "\n" not in message


@pytest.mark.parametrize("kind", ["npy", "npz"])
@pytest.mark.parametrize("damage", ["truncated", "empty", "text"])
def test_damaged_files_are_named(kind, damage, tmp_path):
    path = tmp_path / f"bad.{kind}"
    np.save(path, GREY) if kind == "npy" else np.savez(path, x=GREY)
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[: len(whole) // 2], "empty": b"", "text": b"hello\n" * 99}[damage])
    with pytest.raises(DataError) as caught:
        data.load(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_large_npy_file_is_not_read_into_memory(tmp_path, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", 2**20)
    array = np.lib.format.open_memmap(tmp_path / "a.npy", "w+", np.uint8, (64, 512, 512, 3))  # 48 MiB
    array[5, 7, 9] = 255
    array.flush()
    tracemalloc.start()
    try:
        dataset = data.load(tmp_path / "a.npy")
        assert dataset.train[:4].shape == (4, 512, 512, 3)
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()
