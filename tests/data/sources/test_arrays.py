"""Images and points in `.npy` and `.npz` files."""

import os
import warnings
import zipfile

import numpy as np
import pytest

from kerasgen import data
from kerasgen.data import dataset as dataset_module
from kerasgen.data.pixels import as_floats
from kerasgen.errors import DataError

pytestmark = pytest.mark.once

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (20, 8, 8), np.uint8)
COLOUR = RANDOM.integers(0, 256, (20, 8, 8, 3), np.uint8)


def together(dataset):
    """Return all images in the order that they have in the file."""
    from kerasgen.data.splits import split_rows

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
@pytest.mark.filterwarnings("ignore:some. no training sample has the class")
def test_npz_keys(arrays, tmp_path):
    np.savez(tmp_path / "some.npz", **arrays)
    dataset = data.load(tmp_path / "some.npz")
    assert (dataset.name, len(dataset.train), len(dataset.test), dataset.num_classes) == ("some", 18, 2, 20)
    assert np.array_equal(dataset.train[:], GREY[dataset.train.labels][..., None])
    assert np.array_equal(dataset.test[:], GREY[dataset.test.labels][..., None])


@pytest.mark.filterwarnings("ignore:a. no training sample has the class dog")
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
    np.testing.assert_allclose(images[:, :, 4:-4], 200 * scale, rtol=1e-6)  # next to the cut, the colours mix
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
        ({"x": GREY / 127.5 - 1}, ["-1 to 1", "expected 0 to 1: give (x + 1) / 2"]),
        ({"x": GREY.astype(np.uint16) * 257}, ["65535", "expected 0 to 255"]),
        ({"x": GREY.astype(np.int16) - 5}, ["-5 to", "expected 0 to 255"]),
        ({"x": GREY.reshape(20, -1)}, ["(20, 64)", "(N, H, W, C)", "flattened images: reshape(-1, H, W)"]),
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


@pytest.mark.parametrize("kind", ["npy", "npz"])
@pytest.mark.parametrize("budget", [0, 2**30])
@pytest.mark.parametrize(
    "given",
    [GREY, GREY > 99, GREY.astype(np.int64), COLOUR / 255, (GREY > 99).astype(np.uint8), RANDOM.random((20, 8, 9, 4))],
)
def test_files_on_disk_and_in_memory_give_the_same_images(given, budget, kind, tmp_path, monkeypatch, recwarn):
    np.save(tmp_path / "a.npy", given)
    np.savez(tmp_path / "a.npz", x=given)
    expected = data.load(tmp_path / "a.npz", image_size=10)
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", budget)
    dataset = data.load(tmp_path / f"a.{kind}", image_size=10)
    assert (dataset.sample_shape, dataset.fingerprint) == (expected.sample_shape, expected.fingerprint)
    assert dataset.train[:].dtype == expected.train[:].dtype
    np.testing.assert_array_equal(dataset.train[:], expected.train[:])


def test_a_file_that_becomes_shorter_gives_an_error_and_no_signal(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", 0)
    np.save(tmp_path / "a.npy", GREY)
    batches = data.load(tmp_path / "a.npy").train.batches(18)
    batches[0]
    os.truncate(tmp_path / "a.npy", 300)
    with pytest.raises(DataError, match="has become shorter") as caught:
        batches[0]
    assert batches.failure is caught.value


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.arange(20) % 3 + 1, ["1", "2", "3"]),
        (np.arange(20) % 3 + 1000.0, ["1000", "1001", "1002"]),
        (np.array(["9", "10"])[np.arange(20) % 2], ["9", "10"]),
        (np.arange(20) % 2 == 0, ["False", "True"]),
    ],
)
def test_classes_are_the_labels_that_occur(labels, names, tmp_path):
    np.savez(tmp_path / "a.npz", x=GREY, y=labels)
    dataset = data.load(tmp_path / "a.npz")
    assert dataset.class_names == names
    assert dataset.num_classes == len(names)
    for part in (dataset.train, dataset.test):
        given = labels[[np.flatnonzero((GREY[..., None] == image).all((1, 2, 3)))[0] for image in part[:]]]
        given = [str(int(label) if label.dtype.kind in "if" else label) for label in given]
        assert [dataset.class_names[label] for label in part.labels] == given


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.full(20, np.inf), "inf"),
        (np.full(20, 1e300), "1e[+]300"),
        (np.full(20, 2**64 - 1, np.uint64), "18446744073709551615"),
        (np.zeros(20, complex), "complex128"),
        (np.array(["é".encode()] * 20), "not ASCII"),
        (np.zeros(20, "m8[s]"), "timedelta"),
        (np.array([{}] * 20), "Python objects"),
        (np.array(["x" * 2000] * 20), "1,000 characters"),
        (np.eye(20), "argmax"),
    ],
)
def test_impossible_labels_are_refused(labels, words, tmp_path):
    np.savez(tmp_path / "a.npz", x=GREY, y=labels)
    with pytest.raises(DataError, match=words) as caught:
        data.load(tmp_path / "a.npz")
    assert "\n" not in str(caught.value)


def test_members_that_are_not_needed_are_not_read(tmp_path):
    np.savez(tmp_path / "a.npz", metadata=np.array({"title": "t"}, object), imgs=GREY, latents=np.zeros((20, 6)))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("README.txt", "hello")
    dataset = data.load(tmp_path / "a.npz")
    assert len(dataset.train) == 18
    assert dataset.notes == []


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"target": np.arange(20)}, "target looks like labels and is not used"),
        ({"species": np.array(["a"] * 20)}, "species looks like labels"),
        ({"y": np.arange(20) % 2, "labels": np.arange(20)}, "labels looks like labels"),
        ({"y_train": np.arange(20)}, "y_train looks like labels"),
    ],
)
def test_labels_that_are_not_used_are_named(members, words, tmp_path):
    np.savez(tmp_path / "a.npz", x=GREY, **members)
    with pytest.warns(data.DataWarning, match=words):
        dataset = data.load(tmp_path / "a.npz")
    assert words in dataset.notes[0]
    assert dataset.num_classes == (2 if "y" in members else 0)


def test_a_text_called_y_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=GREY)
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("y", "hello")
    with pytest.warns(data.DataWarning, match="y is not an array and is not used"):
        assert data.load(tmp_path / "a.npz").num_classes == 0


@pytest.mark.parametrize(("present", "missing"), [("y_train", "y_test"), ("y_test", "y_train")])
def test_labels_of_one_part_only_are_not_used_and_named(present, missing, tmp_path):
    count = 15 if present == "y_train" else 5
    np.savez(tmp_path / "a.npz", x_train=GREY[:15], x_test=GREY[15:], **{present: np.arange(count)})
    with pytest.warns(data.DataWarning, match=f"{present} is not used, because {missing} is missing"):
        dataset = data.load(tmp_path / "a.npz")
    assert not dataset.train.has_labels
    assert dataset.num_classes == 0


@pytest.mark.parametrize("names", ["x_{} y_{}", "{}_images {}_labels", "images_{} labels_{}"])
def test_names_of_parts(names, tmp_path):
    images, labels = names.split()
    parts = {"train": range(12), "val": range(12, 15), "test": range(15, 20)}
    arrays = {images.format(part): GREY[[*rows]] for part, rows in parts.items()}
    arrays |= {labels.format(part): np.array([*rows])[:, None] % 2 + 1 for part, rows in parts.items()}
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.warns(data.DataWarning, match=f"{images.format('val')} is not used"):
        dataset = data.load(tmp_path / "a.npz")
    assert (len(dataset.train), len(dataset.test), dataset.class_names) == (12, 5, ["1", "2"])
    del arrays[images.format("test")], arrays[images.format("val")]
    np.savez(tmp_path / "a.npz", **{name: array for name, array in arrays.items() if "train" in name})
    assert (len(data.load(tmp_path / "a.npz").train), data.load(tmp_path / "a.npz").num_classes) == (11, 2)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, np.float32])
def test_masks_of_0_and_1_are_black_and_white(dtype, tmp_path):
    masks = GREY > 99
    np.savez(tmp_path / "a.npz", x_train=masks[:15].astype(dtype), x_test=masks[15:].astype(dtype))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset = data.load(tmp_path / "a.npz")
    assert len(caught) == (dtype in (np.uint8, np.int64))
    assert all("the pixels are 0 and 1; 1 is read as white" in str(warning.message) for warning in caught)
    np.testing.assert_array_equal(as_floats(dataset.test[:])[..., 0], masks[15:])


def test_the_scale_is_one_for_both_parts(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=GREY[:15], x_test=np.minimum(GREY[15:], 1))
    assert data.load(tmp_path / "a.npz").test[:].max() == 1


@pytest.mark.parametrize("array", [GREY // 16, GREY / 255**2, np.zeros_like(GREY)])
def test_nearly_black_images_are_named(array, tmp_path):
    np.save(tmp_path / "a.npy", array)
    with pytest.warns(data.DataWarning, match=r"a\.npy: the brightest pixel is .* nearly black"):
        data.load(tmp_path / "a.npy")


@pytest.mark.parametrize("dimensions", [1, 2, 32])
def test_rows_of_floats_are_points_of_any_range(dimensions, tmp_path):
    points = RANDOM.normal(size=(20, dimensions)) * 100
    np.savez(tmp_path / "a.npz", x=points, y=np.arange(20) % 2)
    dataset = data.load(tmp_path / "a.npz", image_size=28)
    assert (dataset.sample_shape, dataset.num_classes, dataset.native_size) == ((dimensions,), 2, None)
    np.testing.assert_array_equal(np.sort(together(dataset)[:, 0]), np.sort(points[:, 0].astype(np.float32)))
    points[3, 0] = np.nan
    np.savez(tmp_path / "a.npz", x=points)
    with pytest.raises(DataError, match="1 values that are NaN"):
        data.load(tmp_path / "a.npz")


def test_a_class_without_training_samples_is_no_class(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=[1, 3, 1, 3, 1, 3], x_test=x, y_test=[1, 2, 3, 3, 2, 1])
    with pytest.warns(
        dataset_module.DataWarning, match="a: no training sample has the class 2; its 2 test samples are not used"
    ):
        dataset = data.load(tmp_path / "a.npz")
    assert dataset.class_names == ["1", "3"]
    assert dataset.train.labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert dataset.test.labels.tolist() == [0, 1, 1, 0]
    np.testing.assert_array_equal(dataset.test[:][..., 0], x[[0, 2, 3, 5]])


def test_damaged_images_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", y=np.arange(3))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive, archive.open("x.npy", "w") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**9, 28, 28)}
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(
        DataError, match=r"cannot read x in .*a\.npz: it is damaged \(it declares 784,000,000,000 bytes"
    ):
        data.load(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["pipe.npy", "pipe.npz"])
def test_pipes_and_devices_are_refused(name, tmp_path):
    os.mkfifo(tmp_path / name)
    os.symlink("/dev/zero", tmp_path / f"zero-{name}")
    for each in (name, f"zero-{name}"):
        with pytest.raises(DataError, match="neither a folder nor a regular file"):
            data.load(tmp_path / each)
