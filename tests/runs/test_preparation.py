"""The data of a run: own images keep their size if the recipe can make it."""

import numpy as np
import pytest
from PIL import Image

from kerasgen.data import sources
from kerasgen.runs import resolve
from kerasgen.runs.preparation import can_make, create_model, describe, load_data, load_dataset

pytestmark = pytest.mark.once

TINY = {
    "vae": {"hidden_dim": 4, "latent_dim": 2},
    "vae-conv": {"width": 2, "hidden_dim": 4, "latent_dim": 2},
    "cvae": {"hidden_dim": 4, "latent_dim": 2},
    "dcgan": {"width": 2, "hidden_dim": 4, "latent_dim": 2},
    "pix2pix": {"width": 2, "receptive_field": "16"},
    "cyclegan": {"width": 2, "blocks": 1, "receptive_field": "16"},
}


def folder_for(recipe, sizes, folder):
    """Return a folder of images of the sizes (height, width), in the layout that the recipe takes."""
    kind = {"pix2pix": "pairs", "cyclegan": "domains"}.get(recipe, "images")
    for number, (height, width) in enumerate(sizes):
        pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
        subfolders = {"pairs": ["A", "B"], "domains": ["trainA", "trainB"], "images": ["cat" if number % 2 else "dog"]}
        for subfolder in subfolders[kind]:
            (folder / subfolder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / subfolder / f"{number}.png")
    return folder


@pytest.mark.parametrize("recipe", TINY)
@pytest.mark.parametrize("side", [32, 64])
def test_images_of_one_size_keep_it(recipe, side, tmp_path):
    settings = resolve(recipe, TINY[recipe], dataset=folder_for(recipe, [(side, side)] * 6, tmp_path), batch_size=2)
    dataset, batches = load_data(settings)
    model = create_model(settings, dataset)
    assert dataset.sample_shape == model.sample_shape == batches[0][0].shape[1:] == (side, side, 3)
    assert "resized" not in describe("run", model, dataset)


@pytest.mark.parametrize(
    ("recipe", "sizes", "side", "old"),
    [
        ("vae", [(32, 32), (48, 40)] * 2, 28, "different sizes"),
        ("dcgan", [(30, 30)] * 4, 28, "30x30"),
        ("vae-conv", [(32, 48)] * 4, 28, "48x32"),
        ("pix2pix", [(30, 20)] * 4, 32, "20x30"),
        ("cyclegan", [(32, 32), (64, 64)] * 2, 32, "different sizes"),
        ("vae", [(300, 300)] * 4, 28, "300x300"),
    ],
)
def test_other_images_are_resized_with_a_line(recipe, sizes, side, old, tmp_path):
    settings = resolve(recipe, TINY[recipe], dataset=folder_for(recipe, sizes, tmp_path / "photos"))
    dataset = load_dataset(settings)
    assert dataset.sample_shape == (side, side, 3)
    line = f"photos: the images are resized from {old} to {side}x{side}; set another size by --image-size"
    assert line in describe("run", create_model(settings, dataset), dataset).splitlines()


def test_a_dense_network_keeps_rectangles(tmp_path):
    settings = resolve("vae", TINY["vae"], dataset=folder_for("vae", [(20, 30)] * 4, tmp_path / "photos"))
    dataset = load_dataset(settings)
    assert dataset.sample_shape == (20, 30, 3)
    assert "colour images 30x20 of photos" in describe("run", create_model(settings, dataset), dataset)


def test_a_size_that_is_given_is_taken(tmp_path):
    folder = folder_for("vae", [(32, 32)] * 4, tmp_path)
    assert load_dataset(resolve("vae", dataset=folder, image_size=16)).sample_shape == (16, 16, 3)


def test_large_dense_networks_are_not_made():
    assert can_make(resolve("vae"), (20, 30))
    assert not can_make(resolve("vae"), (256, 256))  # 157 million numbers


def test_bundled_sets_have_the_size_of_the_recipe():
    assert sources.is_bundled("digits")
    assert resolve("pix2pix").image_size == 32
    assert resolve("vae", dataset="cifar10").image_size is None
