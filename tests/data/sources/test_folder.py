import os
import shutil
import tracemalloc
import warnings

import numpy as np
import pytest
from PIL import Image

from kerasgen import data
from kerasgen.data import dataset as dataset_module
from kerasgen.data.image_folder import scan
from kerasgen.data.splits import split_by_hash
from kerasgen.errors import DataError, UsageError

pytestmark = pytest.mark.once


def write(root, name, value=0, size=(16, 16), mode="RGB"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(abs(hash(name)) % 1000 if value is None else value)
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    Image.fromarray(noise.integers(0, 256, shape, np.uint8)).save(path)
    return path


@pytest.fixture
def photos(tmp_path):
    """Return a folder with 20 colour images in two classes, each named by its number."""
    root = tmp_path / "photos"
    for number in range(20):
        write(root, f"{'cat' if number % 2 else 'dog'}/{number:02}.png", number)
    return root


def test_subfolders_are_classes(photos):
    dataset = data.load(photos)
    assert (dataset.name, dataset.sample_shape, dataset.class_names) == ("photos", (16, 16, 3), ["cat", "dog"])
    assert len(dataset.train) + len(dataset.test) == 20
    assert len(dataset.test) >= 1
    for images in (dataset.train, dataset.test):
        for image, label in zip(images[:], images.labels, strict=True):
            paths = sorted(photos.glob(f"{dataset.class_names[label]}/*"))
            assert any(np.array_equal(image, np.asarray(Image.open(path))) for path in paths)


@pytest.mark.parametrize(
    "layout",
    [
        "{part}/{name}",
        "photos/{part}/{name}",
        "{name}/{part}",
        "{part}_set/{name}",
    ],
)
@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Train", "VAL"), ("TRAINING", "dev")])
def test_the_folders_of_the_split_are_no_classes(layout, train, test, tmp_path):
    for part, count in ((train, 3), (test, 2)):
        for name in ("cat", "dog"):
            for number in range(count):
                write(tmp_path, f"{layout.format(part=part, name=name)}/{number}.png", number)
    dataset = data.load(tmp_path)
    assert (dataset.class_names, dataset.train.counts, dataset.test.counts) == (["cat", "dog"], (6,), (4,))
    for images, part in ((dataset.train, train), (dataset.test, test)):
        assert all(part in path for path in images.names)
        assert all(dataset.class_names[label] in path for path, label in zip(images.names, images.labels, strict=True))


def test_images_in_the_folder_itself_have_no_labels(photos):
    write(photos, "alone.png")
    dataset = data.load(photos)
    assert dataset.train.labels is None
    assert dataset.class_names is None


def test_the_content_of_a_file_decides_its_format(tmp_path):
    for name in ("a.jpeg", "b.JPG", "c.gif", "d.tiff"):
        write(tmp_path, name)
    os.rename(write(tmp_path, "e.webp"), tmp_path / "e.png")
    os.rename(write(tmp_path, "f.bmp"), tmp_path / "without suffix")
    write(tmp_path, "größe 🙂.png")
    dataset = data.load(tmp_path)
    assert len(dataset.train) + len(dataset.test) == 7
    assert dataset.skipped == []


def test_grey_only_if_all_are_grey(tmp_path):
    write(tmp_path, "a.png", mode="L")
    write(tmp_path, "b.png", mode="L")
    assert data.load(tmp_path).sample_shape == (16, 16, 1)
    write(tmp_path, "c.png")
    assert data.load(tmp_path).sample_shape == (16, 16, 3)


def test_different_sizes_need_an_image_size(tmp_path):
    write(tmp_path, "a.png")
    write(tmp_path, "b.png", size=(48, 20))
    with pytest.raises(UsageError, match=r"a\.png is 16x16, b\.png is 48x20.*--image-size"):
        data.load(tmp_path)
    assert data.load(tmp_path, image_size=12).train[:].shape == (1, 12, 12, 3)


def test_images_of_one_size_need_not_be_square(tmp_path):
    for name in "ab":
        write(tmp_path, f"{name}.png", size=(10, 6))
    assert data.load(tmp_path).train[:].shape == (1, 6, 10, 3)


def test_a_new_file_moves_no_other_to_the_other_set(photos):
    def tests_of(root):
        files = scan(root)[0]
        return {files[row].path for row in split_by_hash([file.path for file in files], 0.3)[1]}

    before = tests_of(photos)
    assert 1 <= len(before) <= 12
    write(photos, "cat/00 first of all.png")
    assert before <= tests_of(photos) <= before | {"cat/00 first of all.png"}


@pytest.mark.parametrize("fraction", [1e-9, 1 - 1e-9])
def test_each_part_has_an_image(fraction):
    train, test = split_by_hash(["a", "b"], fraction)
    assert len(train) == len(test) == 1


def damage(root):
    """Put every kind of bad file into the folder; return their names."""
    whole = write(root, "cat/whole.jpg", size=(64, 64)).read_bytes()
    bad = {"truncated.jpg": whole[: len(whole) // 2], "zero.png": b"", "text.png": b"hello", "notes.txt": b"hello"}
    for name, content in bad.items():
        (root / "cat" / name).write_bytes(content)
    os.symlink("nowhere", root / "cat" / "dangling.png")
    os.symlink(root, root / "cat" / "loop", target_is_directory=True)
    os.mkfifo(root / "cat" / "pipe.png")
    for hidden in (".hidden.png", "._whole.jpg"):
        (root / "cat" / hidden).write_bytes(b"ignored")
    (root / ".git").mkdir()
    (root / ".git" / "file").write_bytes(b"ignored")
    return {f"cat/{name}" for name in (*bad, "dangling.png", "loop", "pipe.png")}


def test_bad_files_are_skipped_with_a_reason(photos):
    bad = damage(photos)
    dataset = data.load(photos, image_size=16)
    assert len(dataset.train) + len(dataset.test) == 21
    assert {path for path, _ in dataset.skipped} == bad
    assert dataset.skipped == sorted(dataset.skipped)
    reasons = dict(dataset.skipped)
    assert "truncated" in reasons["cat/truncated.jpg"]
    assert reasons["cat/zero.png"] == "empty file"
    assert reasons["cat/text.png"] == reasons["cat/notes.txt"] == "cannot identify image file"
    assert reasons["cat/dangling.png"] == "a broken link"
    assert reasons["cat/loop"] == "a link to a folder is not followed"
    assert reasons["cat/pipe.png"] == "not a regular file"


@pytest.mark.skipif(os.name != "posix", reason="names are bytes only there")
def test_a_name_that_is_not_utf8_can_be_read_split_and_printed(photos):
    os.rename(photos / "dog" / "00.png", os.path.join(os.fsencode(photos), b"dog", b"\xff.png"))
    with open(os.path.join(os.fsencode(photos), b"dog", b"\xfe.png"), "wb"):
        pass
    dataset = data.load(photos)
    assert len(dataset.train) + len(dataset.test) == 20
    assert dataset.skipped == [("dog/�.png", "empty file")]
    assert len(dataset.fingerprint) == 16
    assert dataset.train[:].shape[1:] == (16, 16, 3)


def test_a_folder_without_images_names_its_files(tmp_path):
    with pytest.raises(DataError, match=f"no images in {tmp_path};.*JPEG, PNG") as caught:
        data.load(tmp_path)
    assert "skipped" not in str(caught.value)
    for name in "abcde":
        (tmp_path / f"{name}.png").write_bytes(b"hello")
    with pytest.raises(DataError, match=r"no images.*skipped 5: a\.png \(cannot identify image file\).*\.\.\.;"):
        data.load(tmp_path)
    write(tmp_path, "f.png")
    with pytest.raises(DataError, match="only one image"):
        data.load(tmp_path)


def test_fingerprint_follows_the_files(photos):
    before = data.load(photos).fingerprint
    assert data.load(photos).fingerprint == before
    write(photos, "cat/new.png")
    assert data.load(photos).fingerprint != before


def test_a_copy_has_the_same_fingerprint_until_a_pixel_changes(photos, tmp_path):
    moved = shutil.copytree(photos, tmp_path / "elsewhere" / "renamed", copy_function=shutil.copyfile)
    assert data.load(moved).fingerprint == data.load(photos).fingerprint
    for root in (photos, moved):  # uncompressed: the size does not depend on the pixels
        write(root, "cat/01.png", 1).unlink()
        write(root, "cat/01.bmp", 1)
    assert data.load(moved).fingerprint == data.load(photos).fingerprint
    write(moved, "cat/01.bmp", 2)
    assert data.load(moved).fingerprint != data.load(photos).fingerprint


def test_an_image_size_of_1_is_refused(photos):
    for dataset in (photos, "digits"):
        with pytest.raises(UsageError, match="image size 1: too small for a picture"):
            data.load(dataset, image_size=1)


def test_cached_images_are_the_same(photos, monkeypatch):
    cached = data.load(photos, image_size=12)
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", 0)
    streamed = data.load(photos, image_size=12)
    for indices in ([3, 1, 4, 1], slice(None), [0], slice(2, 9)):
        assert np.array_equal(cached.train[indices], streamed.train[indices])
    assert np.array_equal(cached.train[:], cached.train[:])


def test_cached_images_are_not_decoded_again(photos):
    dataset = data.load(photos)
    before = dataset.train[:]
    for path in photos.glob("*/*.png"):
        path.unlink()
    assert np.array_equal(dataset.train[:], before)


def test_memory_does_not_grow_with_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", 2**20)
    image = write(tmp_path, "000.jpg", size=(256, 256)).read_bytes()
    for number in range(1, 100):  # 19 MiB of pixels
        (tmp_path / f"{number:03}.jpg").write_bytes(image)
    tracemalloc.start()
    try:
        dataset = data.load(tmp_path)
        for start in range(0, len(dataset.train), 8):
            dataset.train[start : start + 8]
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("budget", [0, 2**30])
def test_a_file_lost_during_training_is_replaced_by_another_of_its_batch(photos, monkeypatch, budget):
    whole = data.load(photos)
    images, labels = whole.train[:], whole.train.labels
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", budget)
    dataset = data.load(photos)
    lost = [path for path in photos.glob("*/*.png") if np.array_equal(np.asarray(Image.open(path)), images[2])]
    lost[0].unlink()
    read, read_labels = dataset.train.with_labels([1, 2, 3, 4])
    assert np.array_equal(read, images[[1, 3, 3, 4]])
    assert np.array_equal(read_labels, labels[[1, 3, 3, 4]])
    assert np.array_equal(dataset.train[[2]], images[[3]])
    assert dataset.unreadable == [str(lost[0].relative_to(photos))]


def test_a_file_whose_size_has_changed_is_replaced(photos):
    dataset = data.load(photos)
    for path in sorted(photos.glob("*/*.png"))[:10]:
        write(path.parent, path.name, size=(9, 9))
    assert dataset.train[:].shape == (len(dataset.train), 16, 16, 3)
    assert len(dataset.unreadable) >= 9


def test_a_folder_without_its_files_is_an_error(photos):
    dataset = data.load(photos)
    for path in photos.glob("*/*.png"):
        path.unlink()
    with pytest.raises(DataError, match=r"none of the images in .*photos can be read any more"):
        dataset.train[[0, 1]]


def test_classes_with_whole_numbers_are_in_their_order(tmp_path):
    for number in range(12):
        for name in "abc":
            write(tmp_path, f"{number}/{name}.png", number)
    dataset = data.load(tmp_path)
    assert dataset.class_names == [str(number) for number in range(12)]
    for part in (dataset.train, dataset.test):
        assert [name.partition("/")[0] for name in part.names] == [str(label) for label in part.labels]
    assert set(dataset.train.labels) == set(range(12))


PARTS = [("train", "test"), ("Train", "VAL"), ("training", "validation"), ("TRAIN", "Testing")]


@pytest.mark.parametrize(("train", "test"), PARTS)
def test_folders_of_parts_are_the_split_and_no_classes(train, test, tmp_path):
    for part, count in ((train, 6), (test, 3)):
        for label in ("dog", "cat"):
            for number in range(count):
                write(tmp_path, f"{part}/{label}/{number}.png", None)
    dataset = data.load(tmp_path)
    assert dataset.class_names == ["cat", "dog"]
    assert (len(dataset.train), len(dataset.test)) == (12, 6)
    for part, name in ((dataset.train, train), (dataset.test, test)):
        assert [path.split("/")[0] for path in part.names] == [name] * len(part)
        assert [path.split("/")[1] for path in part.names] == [dataset.class_names[label] for label in part.labels]


def test_a_third_part_and_other_folders_are_not_used_and_named(tmp_path):
    for part in ("train/cat", "test/cat", "val/cat", "extra"):
        for number in range(4):
            write(tmp_path, f"{part}/{number}.png", number)
    with pytest.warns(data.DataWarning, match="8 images are in neither the training nor the test part and not used"):
        dataset = data.load(tmp_path)
    assert (len(dataset.train), len(dataset.test), dataset.class_names) == (4, 4, ["cat"])
    assert dataset.skipped == []


def test_parts_without_class_folders_have_no_labels(tmp_path):
    for path in ("train/1.png", "train/2.png", "test/1.png"):
        write(tmp_path, path, 1)
    dataset = data.load(tmp_path)
    assert (len(dataset.train), len(dataset.test), dataset.class_names) == (2, 1, None)


@pytest.mark.parametrize("part", ["train", "Test"])
def test_the_folder_of_one_part_is_no_class(part, tmp_path):
    for label in ("cat", "dog"):
        for number in range(9):
            write(tmp_path, f"{part}/{label}/{number}.png", number)
    dataset = data.load(tmp_path)
    assert dataset.class_names == ["cat", "dog"]
    assert len(dataset.train) + len(dataset.test) == 18


def test_a_class_may_be_called_train(tmp_path):
    for label in ("bus", "train"):
        for number in range(9):
            write(tmp_path, f"{label}/{number}.png", number)
    assert data.load(tmp_path).class_names == ["bus", "train"]


RAMP = np.tile(np.linspace(0, 255, 16).round().astype(np.uint16), (16, 1))


@pytest.mark.parametrize(
    ("factors", "mode", "white", "words"),
    [
        ((1, 1), np.uint16, 255, "at most 255; 255 is read as white"),
        ((16, 4), np.uint16, 4095, "at most 4080; 4095 is read as white"),
        ((1, 1), np.int32, 255, "at most 255"),
        ((257, 16), np.uint16, 65535, None),
    ],
)
def test_deep_files_have_one_scale_for_the_whole_set(factors, mode, white, words, tmp_path):
    for number, factor in enumerate((*factors, *factors)):
        Image.fromarray((RAMP * factor).astype(mode)).save(
            tmp_path / f"{number}.{'png' if mode == np.uint16 else 'tif'}"
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset = data.load(tmp_path)
    assert [words in str(warning.message) for warning in caught] == [True] * (words is not None)
    brightest = {int(image.max()) for part in (dataset.train, dataset.test) for image in part[:]}
    assert brightest == {round(255 * factor * 255 / white) for factor in factors}


@pytest.mark.parametrize("budget", [0, 2**30])
def test_masks_of_0_and_1_are_black_and_white(budget, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", budget)
    for number in range(4):
        Image.fromarray((99 + number < RAMP).astype(np.uint8)).save(tmp_path / f"{number}.png")
    with pytest.warns(data.DataWarning, match="the pixels are 0 and 1; 1 is read as white"):
        dataset = data.load(tmp_path)
    assert set(np.unique(dataset.train[:])) == {0, 255}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork") or os.geteuid() != 0, reason="only root can become another user")
def test_a_subfolder_without_permission_is_named(tmp_path):
    for path in ("a.png", "b.png", "c.png", "closed/d.png"):
        write(tmp_path, path, 1)
    (tmp_path / "closed").chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    data.load(tmp_path)  # so that everything is imported
    child = os.fork()
    if not child:
        os.setuid(65534)
        named = data.load(tmp_path).skipped == [("closed", "Permission denied")]
        os._exit(0 if named else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_very_long_path_is_shortened_in_messages(tmp_path):
    folder = "/".join(["n" * 200] * 3)
    for number in range(4):
        write(tmp_path, f"{number}.png", number)
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "text.png").write_bytes(b"hello")
    ((path, reason),) = data.load(tmp_path).skipped
    assert (len(path), path[-8:], reason) == (200, "text.png", "cannot identify image file")


def test_names_of_the_operating_system_are_ignored(photos):
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._00.png"):
        (photos / "cat" / name).write_bytes(b"x" * 50)
    dataset = data.load(photos)
    assert (dataset.skipped, len(dataset.train) + len(dataset.test)) == ([], 20)


def test_grey_and_coloured_files_of_12_bits_have_one_white(tmp_path):
    from tests.data.test_image_files import png16

    values = np.random.default_rng(0).integers(0, 4096, (8, 8, 3)).astype(np.uint16)
    values[0, 0] = 4095
    for name, file in {"grey": png16(values[..., :1] // 2, 0), "colour": png16(values, 2)}.items():
        (tmp_path / f"{name}.png").write_bytes(file.getvalue())
    with pytest.warns(data.DataWarning, match="the 16- or 32-bit pixels are at most 4095; 4095 is read as white"):
        dataset = data.load(tmp_path)
    read = dict(zip(dataset.train.names + dataset.test.names, [*dataset.train[:], *dataset.test[:]], strict=True))
    np.testing.assert_allclose(read["colour.png"], values / 4095 * 255, atol=1)
    np.testing.assert_allclose(read["grey.png"], (values[..., :1] // 2 / 4095 * 255).repeat(3, axis=2), atol=1)
