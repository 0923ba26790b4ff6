import numpy as np
import pytest

from kerasgen import data
from kerasgen.data import dataset as dataset_module
from kerasgen.errors import DataError
from tests.data.sources.test_pairs import arrays, numbers, picture, write

pytestmark = pytest.mark.once


def load(path, **options):
    return data.load(path, kind="domains", **options)


@pytest.fixture
def flowers(tmp_path):
    """Return a folder of two domains, numbered from 0 and from 100: 7 and 3 training images, 2 and 3 test images."""
    for name, start, count in (("trainA", 0, 7), ("trainB", 100, 3), ("testA", 50, 2), ("testB", 150, 3)):
        for number in range(start, start + count):
            write(tmp_path / "flowers" / name / f"{number:03}.png", picture(number))
    return tmp_path / "flowers"


def test_the_four_subfolders(flowers):
    dataset = load(flowers)
    assert dataset.name == "flowers"
    assert dataset.sample_shape == (16, 16, 3)
    assert dataset.num_classes == 0
    assert (dataset.train.counts, dataset.test.counts) == ((7, 3), (2, 3))
    assert (len(dataset.train), len(dataset.test)) == (7, 3)
    assert numbers(dataset.train.a[:]) == [*range(7)]
    assert numbers(dataset.train.b[:]) == [100, 101, 102]
    assert [numbers(images) for images in dataset.test.first(8)] == [[50, 51], [150, 151]]


def epoch_of(batches, epoch):
    batches.epoch = epoch
    found = [batches[i] for i in range(len(batches))]
    return np.array([numbers(a) for a, _ in found]).ravel(), np.array([numbers(b) for _, b in found]).ravel()


def test_both_orders_depend_on_seed_and_epoch(flowers):
    train = load(flowers).train
    batches = train.batches(1, shuffle=True, seed=5, labels=True)
    assert len(batches) == 7
    first, second, again = (epoch_of(batches, epoch) for epoch in (0, 1, 0))
    np.testing.assert_array_equal(first, again)
    assert {*zip(*first)} != {*zip(*second)}
    assert sorted(first[0]) == sorted(second[0]) == [*range(7)]
    assert sorted(np.unique(first[1], return_counts=True)[1]) == [2, 2, 3]
    other = epoch_of(train.batches(1, shuffle=True, seed=6), 0)
    assert (first[0] != other[0]).any()
    assert (first[1] != other[1]).any()


def test_the_order_of_one_domain_does_not_depend_on_the_other(flowers):
    first, _ = epoch_of(load(flowers).train.batches(1, shuffle=True), 0)
    write(flowers / "trainB" / "103.png", picture(103))
    again, _ = epoch_of(load(flowers).train.batches(1, shuffle=True), 0)
    np.testing.assert_array_equal(first, again)


def test_the_two_orders_differ(tmp_path):
    np.savez(tmp_path / "same.npz", a=arrays(40), b=arrays(40))
    a, b = epoch_of(load(tmp_path / "same.npz").train.batches(1, shuffle=True), 0)
    assert (np.argsort(np.argsort(a)) != np.argsort(np.argsort(b))).mean() > 0.5


@pytest.mark.parametrize("workers", [1, 3])
def test_unshuffled_batches_have_every_image(flowers, workers):
    batches = load(flowers).train.batches(2, workers=workers)
    found = [batches[i] for i in range(len(batches))]
    assert [n for a, _ in found for n in numbers(a)] == [*range(7)]
    assert [n for _, b in found for n in numbers(b)] == [100, 101, 102, 100, 101, 102, 100]


def test_without_test_subfolders_each_domain_is_split_by_its_paths(tmp_path):
    for number in range(40):
        write(tmp_path / "A" / f"{number}.png", picture(number))
        write(tmp_path / "B" / f"{number}.png", picture(number + 100))
    before = load(tmp_path, validation_split=0.3)
    for part in (before.train, before.test):
        assert all(0 < count < 40 for count in part.counts)
    assert sum(before.train.counts) + sum(before.test.counts) == 80
    write(tmp_path / "A" / "new.png", picture(99))
    after = load(tmp_path, validation_split=0.3)
    assert set(numbers(before.test.a[:])) <= set(numbers(after.test.a[:]))
    np.testing.assert_array_equal(before.test.b[:], after.test.b[:])


def test_a_broken_file_is_left_out(flowers):
    (flowers / "trainA" / "003.png").write_bytes(b"hello")
    dataset = load(flowers)
    assert dataset.train.counts == (6, 3)
    assert dataset.skipped == [("trainA/003.png", "cannot identify image file")]


@pytest.mark.parametrize("budget", [0, 2**30])
def test_a_file_lost_during_training_is_replaced_by_another_of_its_domain(flowers, budget, monkeypatch):
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", budget)
    dataset = load(flowers)
    (flowers / "trainB" / "101.png").unlink()
    assert numbers(dataset.train.b[:]) == [100, 102, 102]
    assert dataset.unreadable == ["trainB/101.png"]


def empty(root):
    for path in (root / "trainB").iterdir():
        path.write_bytes(b"hello")
    for path in (root / "testB").iterdir():
        path.unlink()


def no_test_b(root):
    for path in (root / "testB").iterdir():
        path.unlink()


def no_domains(root):
    for path in [*root.iterdir()]:
        path.rename(path.with_name(f"my {path.name}"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            empty,
            ["no images of domain B", "skipped 3: trainB/100.png (cannot identify image file)", "trainA and trainB"],
        ),
        (
            no_test_b,
            ["domain A has images to train and to test with, domain B does not", "add trainB and testB"],
        ),
        (no_domains, ["no images of domain A", "expected images in the subfolders trainA and trainB"]),
    ],
)
def test_missing_images_are_named(spoil, words, flowers):
    spoil(flowers)
    with pytest.raises(DataError) as caught:
        load(flowers)
    assert all(word in str(caught.value) for word in words), caught.value
    assert "\n" not in str(caught.value)


def test_one_image_of_a_domain_is_too_few(tmp_path):
    write(tmp_path / "A" / "0.png", picture(0))
    write(tmp_path / "B" / "0.png", picture(0))
    with pytest.raises(DataError, match="one image of domain A; give two or more"):
        load(tmp_path)


def test_arrays_of_different_lengths(tmp_path):
    np.savez(tmp_path / "x.npz", a=arrays(20), b=arrays(30))
    dataset = load(tmp_path / "x.npz")
    assert (dataset.train.counts, dataset.test.counts) == ((18, 27), (2, 3))


def test_a_third_part_is_not_used_and_named(flowers):
    write(flowers / "valA" / "7.png", picture(7))
    with pytest.warns(data.DataWarning, match=r"1 image is in neither .* not used: valA/7\.png"):
        dataset = load(flowers)
    assert (dataset.train.counts, dataset.test.counts, dataset.skipped) == ((7, 3), (2, 3), [])


def test_the_parts_may_be_in_any_case(flowers):
    (flowers / "trainA").rename(flowers / "TrainA")
    (flowers / "testB").rename(flowers / "TESTB")
    assert load(flowers).test.counts == (2, 3)


def test_masks_of_one_domain_are_black_and_white(tmp_path):
    for number in range(4):
        write(tmp_path / "A" / f"{number}.png", picture(200 + number, mode="L"))
        write(tmp_path / "B" / f"{number}.png", picture(number % 2, mode="L"))
    with pytest.warns(data.DataWarning, match="the pixels are 0 and 1; 1 is read as white"):
        dataset = load(tmp_path)
    assert {*numbers(dataset.train.b[:]), *numbers(dataset.test.b[:])} == {0, 255}
    assert min(numbers(dataset.train.a[:])) >= 200


@pytest.mark.parametrize("shape", [(5, 2), (5,)])
def test_arrays_that_are_no_images_are_refused(shape, tmp_path):
    np.savez(tmp_path / "x.npz", a=np.ones(shape), b=arrays(5))
    with pytest.raises(DataError, match=r"a in .*x\.npz has the shape .*; expected images"):
        load(tmp_path / "x.npz")
