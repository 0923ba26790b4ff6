import os

import numpy as np
import pytest
from PIL import Image

import kerasgen as library
from kerasgen.cli import translate
from tests.cli.conftest import TINY_GAN, assert_refused, kerasgen

pytestmark = pytest.mark.once  # what the models do on each backend, their own tests show

SIZE = 8
TINY = {
    "pix2pix": {"width": 2, "receptive_field": "1"},
    "cyclegan": {"width": 2, "receptive_field": "1", "blocks": "1", "pool_size": 2},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return recipe -> path of a tiny model of colour images that has not been trained."""
    paths = {name: tmp_path_factory.mktemp("models") / f"{name}.keras" for name in TINY}
    for name, path in paths.items():
        library.create(name, image_size=SIZE, channels=3, **TINY[name]).save(path)
    return paths


def write(path, number=0, size=(SIZE, SIZE), mode="RGB"):
    """Write noise as an image and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], len(mode)) if len(mode) > 1 else (size[1], size[0])
    Image.fromarray(np.random.default_rng(number).integers(0, 256, shape, np.uint8), mode).save(path)
    return path


def read(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def photos(here):
    """A folder of images of all sizes and modes, and of files that are none."""
    write(here / "photos" / "a.png", 1)
    write(here / "photos" / "wide.jpg", 2, size=(60, 20))
    write(here / "photos" / "far" / "grey.bmp", 3, size=(5, 9), mode="L")
    write(here / "photos" / "far" / "without suffix.png", 4, mode="RGBA").rename(here / "photos" / "far" / "v1.5")
    (here / "photos" / "notes.txt").write_text("hello")
    return here / "photos"


@pytest.mark.parametrize("direction", [None, "AtoB", "BtoA"])
def test_a_file_becomes_what_the_model_makes_of_it(direction, models, here):
    image = np.asarray(Image.open(write(here / "x.png")))
    option = ["--direction", direction] if direction else []
    result = kerasgen("translate", models["cyclegan"], "x.png", "-o", "out", *option)
    assert result.exit_code == 0, result.output
    assert "1 image" in result.stdout
    expected = library.load(models["cyclegan"]).translate(image[None], direction=direction)[0]
    np.testing.assert_allclose(read(here / "out" / "x.png"), expected * 255, atol=0.51)


def test_a_folder_of_all_sizes_and_modes_keeps_its_names(models, photos, here):
    result = kerasgen("translate", models["pix2pix"], "photos", "-o", "out")
    assert result.exit_code == 0, result.output
    assert "4 images, skipped 1" in result.stdout
    assert result.stderr.strip() == "skipped photos/notes.txt (cannot identify image file)"
    assert files_of(here / "out") == ["a.png", "far/grey.png", "far/v1.5.png", "wide.png"]
    assert all(read(here / "out" / name).shape == (SIZE, SIZE, 3) for name in files_of(here / "out"))


def test_several_inputs_at_once_in_batches(models, photos, here, monkeypatch):
    write(here / "b.png", 5)
    kerasgen("translate", models["pix2pix"], "photos", "b.png", "-o", "whole")
    monkeypatch.setattr(translate, "BATCH_PIXELS", 2 * SIZE * SIZE)
    result = kerasgen("translate", models["pix2pix"], "photos", "b.png", "-o", "out")
    assert result.exit_code == 0, result.output
    assert files_of(here / "out") == files_of(here / "whole")
    assert "b.png" in files_of(here / "out")


def test_the_seed_repeats_the_noise(models, here):
    write(here / "x.png")
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert kerasgen("translate", models["pix2pix"], "x.png", "-o", out, "--seed", seed).exit_code == 0
    a, b, c = (read(here / out / "x.png") for out in "abc")
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_an_earlier_translation_is_replaced_and_not_translated_again(models, photos, here):
    for _ in range(2):
        assert kerasgen("translate", models["cyclegan"], "photos", "-o", "photos/translated").exit_code == 0
        assert files_of(photos / "translated") == ["a.png", "far/grey.png", "far/v1.5.png", "wide.png"]


def test_a_broken_file_given_by_name_ends_with_1(models, photos, here):
    result = kerasgen("translate", models["cyclegan"], "photos/notes.txt", "photos/a.png", "-o", "out")
    assert result.exit_code == 1
    assert "skipped photos/notes.txt" in result.stderr
    assert files_of(here / "out") == ["a.png"]
    result = kerasgen("translate", models["cyclegan"], "photos/notes.txt", "-o", "none")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: none of 1 file could be translated")
    assert not (here / "none").exists()


def test_nothing_beside_the_images_is_replaced(models, photos, here):
    before = {name: (photos / name).read_bytes() for name in files_of(photos)}
    refused = kerasgen("translate", models["cyclegan"], "photos", "-o", "photos")
    assert_refused(refused, 2, "-o photos: photos/a.png, the translation of photos/a.png, would replace a file")
    os.symlink("photos", here / "link")
    assert_refused(kerasgen("translate", models["cyclegan"], "photos/a.png", "-o", "link"), 2, "would replace a file")
    write(photos / "wide.png", 6)
    refused = kerasgen("translate", models["cyclegan"], "photos/wide.jpg", "-o", "photos")
    assert_refused(refused, 2, "photos/wide.png, the translation of photos/wide.jpg, would replace a file")
    (photos / "wide.png").unlink()
    assert before == {name: (photos / name).read_bytes() for name in files_of(photos)}


@pytest.mark.slow
def test_what_translate_refuses(models, vae_run, photos, here):
    write(here / "other" / "a.bmp", 7)
    (here / "empty").mkdir()
    for arguments, code, words in (
        (["photos", "other", "-o", "out"], 2, "photos/a.png and other/a.bmp would both become out/a.png"),
        (["empty", "-o", "out"], 1, "no files in empty"),
        (["missing", "-o", "out"], 2, "missing"),
        (["photos"], 2, "-o"),
        (["-o", "out"], 2, "INPUT"),
        (["photos", "-o", "photos/a.png"], 2, "-o"),
        (["photos", "-o", "out", "--direction", "BtoC"], 2, "'AtoB', 'BtoA'"),
        (["photos", "-o", "out", "--direction", "BtoA"], 2, "was trained to translate AtoB, not BtoA"),
    ):
        assert_refused(kerasgen("translate", models["pix2pix"], *arguments), code, words)
    assert_refused(kerasgen("translate", vae_run, "photos", "-o", "out"), 2, "a VAE, which cannot translate; it can")
    assert not (here / "out").exists()


def test_generate_says_to_use_translate(models, here):
    words = "is a Pix2Pix, which cannot generate; it can translate: use kerasgen translate"
    assert_refused(kerasgen("generate", models["pix2pix"], "-o", "out.png"), 2, words)


def options(recipe):
    return [part for name, value in TINY[recipe].items() for part in ("--set", f"{name}={value}")]


def train(recipe, *arguments):
    run = ["--image-size", SIZE, "--epochs", 1, "--batch-size", 2, "--out", "run", *arguments]
    return kerasgen("train", recipe, *options(recipe), *run)


@pytest.mark.slow
def test_a_folder_of_pairs_trains_in_either_direction_and_translates(here):
    for number in range(5):
        write(here / "pairs" / f"{number}.png", number, size=(2 * SIZE, SIZE))
    (here / "pairs" / "broken.png").write_bytes(b"hello")
    result = train("pix2pix", "--dataset", "pairs", "--direction", "BtoA")
    assert result.exit_code == 0, result.output
    assert "pairs of colour images 8x8 of pairs" in result.stdout
    assert "skipped 1" in result.stdout
    picture = read(here / "run" / "samples" / "epoch-0001.png")
    first = library.data.load("pairs", image_size=SIZE, kind="pairs").test.first(1)
    zoom = (picture.shape[1] - 8) // (3 * SIZE)
    shown = [picture[2:, 2 + k * (zoom * SIZE + 2) :][: zoom * SIZE : zoom, : zoom * SIZE : zoom] for k in (0, 2)]
    np.testing.assert_array_equal(shown, [first[1][0], first[0][0]])
    write(here / "x.png")
    assert kerasgen("translate", "run", "x.png", "-o", "out").exit_code == 0
    assert_refused(kerasgen("translate", "run", "x.png", "-o", "out", "--direction", "AtoB"), 2, "translate BtoA, not")


@pytest.mark.slow
def test_a_folder_of_domains_trains_and_translates_both_ways(here):
    for name, count in (("trainA", 4), ("trainB", 3), ("testA", 2), ("testB", 2)):
        for number in range(count):
            write(here / "flowers" / name / f"{number}.png", number)
    result = train("cyclegan", "--dataset", "flowers")
    assert result.exit_code == 0, result.output
    assert "4 and 3 colour images 8x8 of flowers, 2 and 2 for testing" in result.stdout
    assert (here / "run" / "samples" / "epoch-0001.png").is_file()
    for direction in ("AtoB", "BtoA"):
        result = kerasgen("translate", "run", "flowers/testA", "-o", direction, "--direction", direction)
        assert result.exit_code == 0, result.output
        assert files_of(here / direction) == ["0.png", "1.png"]


def test_what_train_refuses_leaves_nothing(here):
    write(here / "pairs" / "0.png", size=(7, 4))
    write(here / "pairs" / "1.png", size=(8, 4))
    before = files_of(here)
    for refused, code, words in (
        (train("pix2pix", "--dataset", "pairs"), 1, "0.png is 7x4; a pair side by side has an even width"),
        (train("cyclegan", "--dataset", "pairs"), 1, "no images of domain A"),
        (train("pix2pix", "--dataset", "digits"), 2, "digits is a set of images; this model trains on a set of pairs"),
        (train("cyclegan", "--direction", "AtoB"), 2, "--direction AtoB: the recipe cyclegan has no direction"),
        (kerasgen(*TINY_GAN, "--direction", "AtoB"), 2, "--direction AtoB: the recipe dcgan has no direction"),
        (kerasgen(*TINY_GAN, "--dataset", "outlines"), 2, "outlines is a set of pairs of images; this model trains on"),
    ):
        assert_refused(refused, code, words)
    assert files_of(here) == before
