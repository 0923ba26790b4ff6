import numpy as np
import pytest
from PIL import Image

from kerasgen import data
from kerasgen.data import dataset as dataset_module
from kerasgen.errors import DataError, UsageError

pytestmark = pytest.mark.once


def picture(number, size=(16, 16), mode="RGB"):
    """Return an image of one colour that encodes its number."""
    return Image.new(mode, size, (number, 2 * number, 255 - number) if mode == "RGB" else number)


def write(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def side_by_side(number, size=(16, 16), partner=100):
    """Return a pair side by side; the number of B is that of A plus `partner`."""
    image = Image.new("RGB", (2 * size[0], size[1]))
    image.paste(picture(number, size), (0, 0))
    image.paste(picture(number + partner, size), (size[0], 0))
    return image


def load(path, **options):
    return data.load(path, kind="pairs", **options)


def numbers(images):
    assert (images[..., 0] == images[:, :1, :1, 0]).all()
    return images[:, 0, 0, 0].astype(int).tolist()


@pytest.fixture
def facades(tmp_path):
    """Return a folder of ten pairs side by side."""
    for number in range(10):
        write(tmp_path / "facades" / f"{number}.png", side_by_side(number))
    return tmp_path / "facades"


@pytest.fixture
def two_folders(tmp_path):
    """Return a folder of ten pairs in two subfolders."""
    for number in range(10):
        write(tmp_path / "maps" / "A" / f"{number}.png", picture(number))
        write(tmp_path / "maps" / "B" / f"{number}.jpg.png", picture(number + 100))
        (tmp_path / "maps" / "B" / f"{number}.jpg.png").rename(tmp_path / "maps" / "B" / f"{number}.jpg")
    return tmp_path / "maps"


@pytest.mark.parametrize("layout", ["facades", "two_folders"])
@pytest.mark.parametrize("size", [None, 8])
def test_each_image_of_a_has_its_partner(layout, size, request):
    dataset = load(request.getfixturevalue(layout), image_size=size)
    assert dataset.sample_shape == (size or 16, size or 16, 3)
    assert len(dataset.train) + len(dataset.test) == 10
    seen = []
    for part in (dataset.train, dataset.test):
        a, b = part[:]
        assert a.dtype == b.dtype == np.uint8
        assert numbers(b) == [number + 100 for number in numbers(a)]
        seen += numbers(a)
    assert sorted(seen) == [*range(10)]


def test_the_pair_stays_together_in_every_order(facades):
    batches = load(facades).train.batches(2, shuffle=True, seed=3, labels=True)
    orders = []
    for batches.epoch in (0, 1, 0):
        found = [batches[i] for i in range(len(batches))]
        assert all(numbers(b) == [n + 100 for n in numbers(a)] for a, b in found)
        orders.append([numbers(a) for a, _ in found])
    assert orders[0] == orders[2] != orders[1]


@pytest.mark.parametrize("test", ["test", "val"])
@pytest.mark.parametrize("layout", ["side by side", "A/train", "trainA"])
def test_the_split_of_the_subfolders(layout, test, tmp_path):
    for part, some in (("train", range(6)), (test, range(6, 9))):
        for number in some:
            if layout == "side by side":
                write(tmp_path / part / f"{number}.png", side_by_side(number))
            else:
                for domain, added in (("A", 0), ("B", 100)):
                    parent = f"{domain}/{part}" if layout == "A/train" else f"{part}{domain}"
                    write(tmp_path / parent / f"{number}_{domain}.png", picture(number + added))
    dataset = load(tmp_path)
    assert [numbers(part[:][0]) for part in (dataset.train, dataset.test)] == [[0, 1, 2, 3, 4, 5], [6, 7, 8]]
    assert numbers(dataset.test.first(2)[1]) == [106, 107]
    assert dataset.skipped == []


def test_without_subfolders_a_new_pair_moves_no_other(facades):
    before = set(numbers(load(facades, validation_split=0.3).test[:][0]))
    write(facades / "new.png", side_by_side(50))
    assert before <= set(numbers(load(facades, validation_split=0.3).test[:][0])) <= before | {50}


def test_grey_only_if_both_domains_are(tmp_path):
    for number in range(3):
        write(tmp_path / "A" / f"{number}.png", picture(200 + number, mode="L"))
        write(tmp_path / "B" / f"{number}.png", picture(200 + number, mode="L"))
    assert load(tmp_path).sample_shape == (16, 16, 1)
    write(tmp_path / "B" / "2.png", picture(2))
    assert load(tmp_path).sample_shape == (16, 16, 3)


def test_a_large_jpeg_is_cut_in_its_middle(tmp_path):
    for number in range(2):  # at an eighth of its size, its middle would be within a pixel
        write(tmp_path / f"{number}.jpg", side_by_side(10, size=(261, 264), partner=200))
    a, b = load(tmp_path, image_size=16).train[:]
    assert np.ptp(a[..., 0]) < 12
    assert np.ptp(b[..., 0]) < 12


def test_a_broken_file_is_left_out_with_its_partner(two_folders):
    (two_folders / "B" / "3.jpg").write_bytes(b"hello")
    (two_folders / "A" / "notes.txt").write_text("hello")
    write(two_folders / "preview.png", picture(0))
    dataset = load(two_folders)
    assert len(dataset.train) + len(dataset.test) == 9
    assert dict(dataset.skipped) == {
        "A/3.png": "its partner B/3.jpg is left out",
        "A/notes.txt": "cannot identify image file",
        "B/3.jpg": "cannot identify image file",
        "preview.png": "in none of the subfolders of the two domains",
    }


def test_a_broken_pair_side_by_side_is_left_out(facades):
    (facades / "4.png").write_bytes(b"hello")
    dataset = load(facades)
    assert len(dataset.train) + len(dataset.test) == 9
    assert dataset.skipped == [("4.png", "cannot identify image file")]


@pytest.mark.parametrize("layout", ["facades", "two_folders"])
@pytest.mark.parametrize("budget", [0, 2**30])
def test_a_file_lost_during_training_is_replaced_by_another_pair(layout, budget, request, monkeypatch):
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", budget)
    folder = request.getfixturevalue(layout)
    dataset = load(folder)
    first = numbers(dataset.train[:][0])[0]
    dataset = load(folder)
    lost = next(folder.glob(f"{first}.*" if layout == "facades" else f"B/{first}.*"))
    lost.unlink()
    a, b = dataset.train[:3]
    assert numbers(b) == [number + 100 for number in numbers(a)]
    assert first not in numbers(a)
    assert lost.name in dataset.unreadable[0]


def test_cached_pairs_are_the_same(facades, monkeypatch):
    cached = load(facades, image_size=12).train[:]
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", 0)
    for one, other in zip(cached, load(facades, image_size=12).train[:], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_fingerprint_follows_both_domains(two_folders):
    before = load(two_folders).fingerprint
    assert load(two_folders).fingerprint == before
    write(two_folders / "B" / "3.jpg", picture(7))
    assert load(two_folders).fingerprint != before


def odd_width(root):
    write(root / "7.png", side_by_side(0).crop((0, 0, 31, 16)))


def without_partner(root):
    write(root / "A" / "10.png", picture(10))
    write(root / "A" / "11.png", picture(11))


def other_names(root):
    for path in [*(root / "A").iterdir()]:
        path.rename(path.with_name(f"left {path.name}"))


def other_proportions(root):
    write(root / "A" / "3.png", picture(3, size=(16, 12)))


def twice(root):
    write(root / "A" / "3.bmp", picture(3))


def no_b(root):
    for path in (root / "B").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("layout", "spoil", "words"),
    [
        ("facades", odd_width, ["7.png is 31x16", "even width"]),
        ("two_folders", without_partner, ["2 of 12 images in A and 10 in B", "A/10.png, A/11.png", "cyclegan"]),
        ("two_folders", other_names, ["20 of 10 images in A and 10 in B", "A/left 0.png", "..."]),
        ("two_folders", other_proportions, ["A/3.png is 16x12 and its partner B/3.jpg is 16x16"]),
        ("two_folders", twice, ["A/3.bmp and A/3.png", "the same name in domain A"]),
        ("two_folders", no_b, ["no images of domain B", "trainA and trainB"]),
    ],
)
def test_images_that_cannot_be_paired_are_named(layout, spoil, words, request):
    root = request.getfixturevalue(layout)
    spoil(root)
    with pytest.raises(DataError) as caught:
        load(root, image_size=8)
    assert all(word in str(caught.value) for word in words), caught.value
    assert "\n" not in str(caught.value)


def test_no_images_and_different_sizes_are_errors(tmp_path, facades):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no images in"):
        load(tmp_path / "empty")
    write(facades / "large.png", side_by_side(60, size=(32, 32)))
    with pytest.raises(UsageError, match=r"differ in size.*64x32.*--image-size"):
        load(facades)


def arrays(count, channels=3, dtype="uint8"):
    images = np.arange(200, 200 + count)[:, None, None, None] * np.ones((1, 8, 8, channels))
    return (images / 255).astype(dtype) if dtype == "float32" else images.astype(dtype)


def test_arrays_in_one_part_and_in_two(tmp_path):
    np.savez(tmp_path / "one.npz", a=arrays(20), b=arrays(20))
    dataset = load(tmp_path / "one.npz")
    assert (len(dataset.train), len(dataset.test)) == (18, 2)
    assert all(numbers(a) == numbers(b) for a, b in (dataset.train[:], dataset.test[:]))
    parts = {"a_train": arrays(5, 1), "b_train": arrays(5, 3, "float32"), "a_test": arrays(2), "b_test": arrays(2)}
    np.savez(tmp_path / "two.npz", **parts)
    a, b = load(tmp_path / "two.npz").train[:]
    assert a.shape == b.shape == (5, 8, 8, 3)
    np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ({"a": arrays(5)}, "lacks b: it holds a"),
        ({"a": arrays(5), "b": arrays(4)}, "5 images of domain A and 4 of B"),
        ({"a": arrays(5), "b": arrays(5)[:, :4]}, "8x8, 8x4"),
        ({"a": arrays(5), "b": np.full((5, 8, 8, 3), np.nan)}, "b in .*NaN"),
        ({"a_train": arrays(5), "b_train": arrays(5)}, "lacks a_test and b_test"),
    ],
)
def test_arrays_that_are_no_pairs(held, words, tmp_path):
    np.savez(tmp_path / "x.npz", **held)
    with pytest.raises(DataError, match=words):
        load(tmp_path / "x.npz")


def test_a_set_of_another_kind_is_refused():
    with pytest.raises(UsageError, match=r"digits is a set of images; this model trains on a set of pairs.*outlines"):
        load("digits")
    with pytest.raises(UsageError, match="unknown data set 'mnist'; this model trains on a set of pairs of images"):
        load("mnist")
    with pytest.raises(UsageError, match="outlines is a set of pairs of images; this model trains on a set of images"):
        data.load("outlines")
    with pytest.raises(UsageError, match="unknown kind of set 'pair'; did you mean pairs"):
        data.load("outlines", kind="pair")


@pytest.mark.parametrize("layout", ["side by side", "two folders"])
def test_a_third_part_is_not_used_and_named(layout, tmp_path):
    for part in ("train", "val", "test"):
        for number in range(3):
            if layout == "side by side":
                write(tmp_path / part / f"{number}.png", side_by_side(number))
            else:
                write(tmp_path / f"{part}A" / f"{number}.png", picture(number))
                write(tmp_path / f"{part}B" / f"{number}.png", picture(100 + number))
    with pytest.warns(data.DataWarning, match="3 images are in neither the training nor the test part and not used"):
        dataset = load(tmp_path)
    assert (len(dataset.train), len(dataset.test), dataset.skipped) == (3, 3, [])


@pytest.mark.parametrize("layout", ["folders", "arrays"])
def test_masks_of_one_domain_are_black_and_white(layout, tmp_path):
    photos = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    masks = (photos > 99).astype(np.uint8)
    for number in range(6):
        write(tmp_path / "set" / "A" / f"{number}.png", Image.fromarray(photos[number]))
        write(tmp_path / "set" / "B" / f"{number}.png", Image.fromarray(masks[number]))
    np.savez(tmp_path / "set.npz", a=photos, b=masks)
    with pytest.warns(data.DataWarning, match="the pixels are 0 and 1; 1 is read as white"):
        dataset = load(tmp_path / ("set" if layout == "folders" else "set.npz"))
    for a, b in (dataset.train[:], dataset.test[:]):
        np.testing.assert_array_equal(b, (a > 99) * 255)


@pytest.mark.parametrize("layout", ["facades", "two_folders"])
def test_the_native_size_is_that_of_one_image(layout, request):
    for size in (None, 8):
        assert load(request.getfixturevalue(layout), image_size=size).native_size == (16, 16)


def photo(number, size):
    """Return a smooth picture (PIL, RGB) of that width and height, with some noise."""
    width, height = size
    generator = np.random.default_rng(number)
    waves = np.sin(np.linspace(0, 4, width) + number)[None] + np.cos(np.linspace(0, 3, height))[:, None]
    grey = 60 * waves[..., None] + 120 + generator.normal(0, 4, (height, width, 3))
    return Image.fromarray(grey.clip(0, 255).astype("uint8"))


@pytest.mark.parametrize("size", [(64, 48), (96, 64), (48, 64), (112, 64)])
def test_photographs_are_no_pairs(size, tmp_path):
    for number in range(6):
        write(tmp_path / f"{number}.png", photo(number, size))
    with pytest.raises(DataError, match=f"0.png is {size[0]}x{size[1]} and looks like one photograph.*cyclegan"):
        load(tmp_path)


@pytest.mark.parametrize("size", [(32, 48), (48, 32), (32, 32)])  # of one half
def test_pairs_of_any_proportions_are_taken(size, tmp_path):
    for number in range(6):
        a, b = photo(number, size), photo(number, size).point(lambda value: 255 - value)
        both = Image.new("RGB", (2 * size[0], size[1]))
        both.paste(a, (0, 0))
        both.paste(b, (size[0], 0))
        write(tmp_path / f"{number}.png", both)
    assert load(tmp_path).sample_shape == (size[1], size[0], 3)
