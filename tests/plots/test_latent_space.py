"""Maps of latent vectors, and images along latents."""

import numpy as np
import pytest
from PIL import Image

from kerasgen.errors import DataError, UsageError
from kerasgen.plots import latent_space

pytestmark = pytest.mark.once


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


RANDOM = np.random.default_rng(0)


class Model:
    """Two latents, the means of the upper and the lower half; decodes to images of one grey."""

    sample_shape = (4, 4, 1)

    def encode(self, images, labels=None):
        return np.stack([images[:, :2].mean(axis=(1, 2, 3)), images[:, 2:].mean(axis=(1, 2, 3))], axis=1)

    def decode(self, latents):
        self.decoded = latents
        return np.tile(latents.mean(axis=1)[:, None, None, None], (1, 4, 4, 1)).astype("float32")


class WithPrior(Model):
    def generate(self, n, seed=None):
        return np.zeros((n, 4, 4, 1), "float32")


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


def test_tsne_keeps_two_clusters_apart():
    latents = np.concatenate([RANDOM.standard_normal((20, 8)), 30 + RANDOM.standard_normal((20, 8))])
    found, _ = latent_space.to_plane(latents, method="tsne")
    apart = np.linalg.norm(found[:, None] - found, axis=-1)
    assert apart[:20, :20].max() < apart[:20, 20:].min()


@pytest.mark.slow
@pytest.mark.parametrize("method", [None, "pca"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_every_size_and_number_of_labels_can_be_drawn(method, width, tmp_path):
    latents = RANDOM.standard_normal((40, width))
    for labels, names in ((None, None), (np.arange(40) % 4, ["a", "b"]), (np.arange(40), None)):
        latent_space.save_map(tmp_path / "a.png", WithPrior(), latents, labels, names, method, "a title")
        assert pixels(tmp_path / "a.png").std() > 0


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_few_and_collapsed_latents_can_be_drawn(method):
    for latents in (RANDOM.standard_normal((3, 1)), RANDOM.standard_normal((3, 4)), np.full((9, 3), 2.0)):
        found, _ = latent_space.to_plane(latents, method=method)
        assert found.shape == (len(latents), 2)
        assert np.isfinite(found).all()
        assert (found.std() > 0) == (len(latents) == 3)


def test_the_manifold_spans_the_prior_or_else_the_latents(tmp_path):
    latents = RANDOM.uniform(5, 6, (40, 2))
    for model, low, high in ((WithPrior(), -1.96, 1.96), (Model(), 5, 6)):
        latent_space.save_map(tmp_path / "a.png", model, latents)
        grid = model.decoded.reshape(20, 20, 2)
        assert grid.min() == pytest.approx(low, abs=0.1)
        assert grid.max() == pytest.approx(high, abs=0.1)
        assert grid[0, 0, 1] > grid[-1, 0, 1]  # upwards
        assert grid[0, 0, 0] < grid[0, -1, 0]


def test_latents_that_cannot_be_drawn_are_named(tmp_path):
    with pytest.raises(DataError, match="diverged"):
        latent_space.encode(Model(), np.full((4, 4, 4, 1), np.nan))
    with pytest.raises(UsageError, match="at least 3"):
        latent_space.save_map(tmp_path / "a.png", Model(), np.zeros((2, 2)))
    assert not any(tmp_path.iterdir())


def test_without_a_prior_the_latents_say_how_far_to_go():
    class Model:
        sample_shape = (1, 1, 3)

        def decode(self, latents, labels=None):
            return latents.reshape(-1, 1, 1, 3)

    latents = np.random.default_rng(0).standard_normal((50, 3)) * [1.0, 3.0, 2.0] + [10.0, 20.0, 30.0]
    rows, chosen = latent_space.traversal(Model(), latents, dims=2, steps=3)
    assert chosen == [1, 2]
    assert rows.shape == (2, 3, 1, 1, 3)
    mean, spread = latents[:, 1].mean(), latents[:, 1].std()
    np.testing.assert_allclose(rows[0, :, 0, 0, 1], [mean - 3 * spread, mean, mean + 3 * spread], rtol=1e-5)
    np.testing.assert_allclose(rows[0, :, 0, 0, 0], latents[0, 0], rtol=1e-5)

    class Conditional(Model):
        num_classes = 4

        def generate(self, n):
            """Have a prior."""

        def decode(self, latents, labels):
            assert set(labels) == {3}
            return super().decode(latents)

    rows, _ = latent_space.traversal(Conditional(), latents, np.array([3] + 49 * [1]), dims=1, steps=3)
    np.testing.assert_allclose(rows[0, :, 0, 0, 1], [-3, 0, 3])
