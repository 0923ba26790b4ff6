"""`latents`: where an encoder puts images."""

import numpy as np
import pytest
from PIL import Image

from kerasgen.errors import DataError, UsageError
from kerasgen.plots import latent_space
from tests.cli.conftest import TINY, assert_refused, kerasgen

RANDOM = np.random.default_rng(0)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


class Model:
    """Two latents, the means of the upper and the lower half; decodes to images of one grey."""

    image_shape = (4, 4, 1)

    def encode(self, images, labels=None):
        return np.stack([images[:, :2].mean(axis=(1, 2, 3)), images[:, 2:].mean(axis=(1, 2, 3))], axis=1)

    def decode(self, latents):
        self.decoded = latents
        return np.tile(latents.mean(axis=1)[:, None, None, None], (1, 4, 4, 1)).astype("float32")


class WithPrior(Model):
    def generate(self, n, seed=None):
        return np.zeros((n, 4, 4, 1), "float32")


def test_two_latents_are_drawn_beside_their_manifold(vae_run, here):
    result = kerasgen("latents", vae_run, "-n", 50, "-o", "new/map.png")
    assert result.exit_code == 0, result.output
    assert "map.png" in result.stdout
    picture = pixels(here / "new" / "map.png")
    assert picture.shape[1] > 1.8 * picture.shape[0]
    again = kerasgen("latents", vae_run, "-n", 50, "-o", "again.png", "--method", "pca")
    assert again.exit_code == 0
    assert (pixels(here / "again.png") != picture).any()


def test_points_have_a_map_and_no_manifold(here):
    made = ["train", "vae", *TINY, "--dataset", "points.npy", "--batch-size", 8, "--out", "run"]
    np.save(here / "points.npy", RANDOM.random((40, 1, 1, 1)).astype("float32"))
    assert kerasgen(*made, "--image-size", 1, "--set", "hidden_dim=4", "--set", "latent_dim=3").exit_code == 0
    assert kerasgen("latents", "run", "-n", 4).exit_code == 0
    picture = pixels(here / "run" / "latents.png")
    assert picture.shape[1] < 1.5 * picture.shape[0]
    assert_refused(kerasgen("traverse", "run"), 2, "model of points")


@pytest.mark.parametrize("command", ["latents", "traverse"])
def test_a_gan_has_no_encoder(gan_run, here, command):
    assert_refused(kerasgen(command, gan_run), 2, "a GAN, which cannot encode; it can generate")


@pytest.mark.once
def test_directly_or_by_projection():
    latents = RANDOM.standard_normal((400, 5)) * [0.1, 9.0, 0.1, 2.0, 0.1]
    coordinates, names = latent_space.to_plane(latents)
    assert abs(np.corrcoef(coordinates[:, 0], latents[:, 1])[0, 1]) > 0.99
    assert abs(np.corrcoef(coordinates[:, 1], latents[:, 3])[0, 1]) > 0.99
    assert "principal component 1" in names[0]
    np.testing.assert_array_equal(latent_space.to_plane(latents[:, :2])[0], latents[:, :2])
    np.testing.assert_array_equal(latent_space.to_plane(latents[:, :1], np.arange(400))[0][:, 1], np.arange(400))
    first, second = (latent_space.to_plane(latents[:40], method="tsne")[0] for _ in range(2))
    assert first.shape == (40, 2)
    np.testing.assert_array_equal(first, second)


@pytest.mark.once
def test_tsne_keeps_two_clusters_apart():
    latents = np.concatenate([RANDOM.standard_normal((20, 8)), 30 + RANDOM.standard_normal((20, 8))])
    found, _ = latent_space.to_plane(latents, method="tsne")
    apart = np.linalg.norm(found[:, None] - found, axis=-1)
    assert apart[:20, :20].max() < apart[:20, 20:].min()


@pytest.mark.once
@pytest.mark.parametrize("method", [None, "pca"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_every_size_and_number_of_labels_can_be_drawn(method, width, tmp_path):
    latents = RANDOM.standard_normal((40, width))
    for labels, names in ((None, None), (np.arange(40) % 4, ["a", "b"]), (np.arange(40), None)):
        latent_space.save_map(tmp_path / "a.png", WithPrior(), latents, labels, names, method, "a title")
        assert pixels(tmp_path / "a.png").std() > 0


@pytest.mark.once
@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_few_and_collapsed_latents_can_be_drawn(method):
    for latents in (RANDOM.standard_normal((3, 1)), RANDOM.standard_normal((3, 4)), np.full((9, 3), 2.0)):
        found, _ = latent_space.to_plane(latents, method=method)
        assert found.shape == (len(latents), 2)
        assert np.isfinite(found).all()
        assert (found.std() > 0) == (len(latents) == 3)


@pytest.mark.once
def test_the_manifold_spans_the_prior_or_else_the_latents(tmp_path):
    latents = RANDOM.uniform(5, 6, (40, 2))
    for model, low, high in ((WithPrior(), -1.96, 1.96), (Model(), 5, 6)):
        latent_space.save_map(tmp_path / "a.png", model, latents)
        grid = model.decoded.reshape(20, 20, 2)
        assert grid.min() == pytest.approx(low, abs=0.1)
        assert grid.max() == pytest.approx(high, abs=0.1)
        assert grid[0, 0, 1] > grid[-1, 0, 1]  # upwards
        assert grid[0, 0, 0] < grid[0, -1, 0]


@pytest.mark.once
def test_latents_that_cannot_be_drawn_are_named(tmp_path):
    with pytest.raises(DataError, match="diverged"):
        latent_space.encode(Model(), np.full((4, 4, 4, 1), np.nan))
    with pytest.raises(UsageError, match="at least 3"):
        latent_space.save_map(tmp_path / "a.png", Model(), np.zeros((2, 2)))
    assert not any(tmp_path.iterdir())
