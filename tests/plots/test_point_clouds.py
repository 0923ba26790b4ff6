"""Pictures of points."""

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen import data, zoo
from kerasgen.callbacks import SampleGrid
from kerasgen.data.sources.mixtures import MIXTURES
from kerasgen.plots import point_clouds

pytestmark = pytest.mark.once

RING = MIXTURES["ring-8"].sample(64, seed=1)[0]
LINE = MIXTURES["gaussian-1d"].sample(64, seed=1)[0]
TINY = {"hidden_dim": 8, "latent_dim": 2}


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def green(picture):
    """Whether pixels are the generator's colour, more or less transparent."""
    return (picture[..., 1] > picture[..., 0] + 40) & (picture[..., 1] > picture[..., 2] + 40)


@pytest.mark.parametrize(
    ("data", "rows"),
    [(RING, slice(60, None)), (LINE, slice(150, 300))],  # without the legend and the line's density of 0
    ids=["ring", "line"],
)
def test_the_axes_depend_on_the_data_alone(data, rows, tmp_path):
    """Only the samples move in an animation."""
    shape = (500, *data.shape[1:])
    for name, place in (("a", 0.0), ("b", 0.8), ("c", 1e6)):
        samples = place + 0.05 * np.random.default_rng(0).standard_normal(shape)
        point_clouds.save(tmp_path / f"{name}.png", samples, data)
    a, b, c = (pixels(tmp_path / f"{name}.png") for name in "abc")
    assert a.shape == b.shape == c.shape
    columns = [green(picture)[rows].any(axis=0).nonzero()[0].mean() for picture in (a, b)]
    assert columns[1] > columns[0] + 20
    assert (a != b).any(axis=-1).mean() < 0.2


def test_points_of_more_dimensions_are_projected_to_the_components_of_the_data(tmp_path):
    random = np.random.default_rng(0)
    data = random.standard_normal((300, 5)) * [0.1, 9.0, 0.1, 0.1, 3.0] + 20
    project, _ = point_clouds.projection(data)
    np.testing.assert_allclose(np.abs(project(data).std(axis=0)), [9.0, 3.0], rtol=0.1)
    np.testing.assert_allclose(project(data)[:, 0], data[:, 1] - data[:, 1].mean(), atol=1.0)
    point_clouds.save(tmp_path / "a.png", data + 9.0 * np.eye(5)[1], data)
    point_clouds.save(tmp_path / "b.png", data - 9.0 * np.eye(5)[1], data)
    right, left = (green(pixels(tmp_path / f"{name}.png")).any(axis=0).nonzero()[0].mean() for name in "ab")
    assert right > left + 50
    for few in (data[:1], data[:2], data[:0]):
        point_clouds.save(tmp_path / "c.png", few)


def test_what_is_no_point_is_refused(tmp_path):
    for samples, target, says in (
        (np.zeros((5, 2)), np.zeros((5, 3)), "samples have 2 dimensions, the data 3"),
        (np.zeros((5, 8, 8, 1)), None, r"points have shape \(5, 8, 8, 1\)"),
    ):
        with pytest.raises(kerasgen.errors.UsageError, match=says):
            point_clouds.save(tmp_path / "a.png", samples, target)
    assert not (tmp_path / "a.png").exists()


@pytest.mark.slow
def test_the_discriminator_is_drawn_if_it_takes_single_points(tmp_path):
    def refuse(points):
        raise kerasgen.errors.UsageError("packs")

    def discriminate(points):
        return 1 / (1 + np.exp(-9 * points[:, 0]))

    for points in (RING, LINE):
        for name, function in (
            ("none", None),
            ("packs", refuse),
            ("nan", lambda x: x[:, 0] * np.nan),
            ("d", discriminate),
        ):
            discriminator = None if function is None else point_clouds.PointDiscriminator(function)
            point_clouds.save(tmp_path / f"{name}.png", points, points, discriminator=discriminator)
        without, packs, nan, drawn = (pixels(tmp_path / f"{name}.png") for name in ("none", "packs", "nan", "d"))
        np.testing.assert_array_equal(without, packs)
        np.testing.assert_array_equal(without, nan)
        blue = (drawn[..., 2] > drawn[..., 0] + 40).sum()
        assert blue > (without[..., 2] > without[..., 0] + 40).sum() + 300


@pytest.mark.parametrize("points", [RING, LINE], ids=["ring", "line"])
def test_broken_samples_are_drawn_without_warnings(points, tmp_path):
    latents = np.random.default_rng(0).standard_normal((len(points), 3))
    flat = point_clouds.PointDiscriminator(lambda x: np.full(len(x), 0.5))
    for samples in (points * np.nan, points * 0, np.where(points > 0.5, np.inf, points), points[:1]):
        point_clouds.save(tmp_path / "a.png", samples, points, latents[: len(samples)], flat, "a title")
        point_clouds.save(tmp_path / "b.png", samples)
        assert pixels(tmp_path / "a.png").shape == pixels(tmp_path / "b.png").shape


def test_several_latents_are_drawn_along_the_direction_that_matters():
    latents = np.random.default_rng(0).standard_normal((400, 3))
    along = point_clouds._along(latents, 5 + latents @ [0.6, 0.0, 0.8])
    np.testing.assert_allclose(along, latents @ [0.6, 0.0, 0.8], atol=0.05)
    assert point_clouds._along(latents, np.ones(400)).tolist() == [0.0] * 400


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gaussian-1d", {"latent_dim": 1}),
        ("ring-8", {}),
        ("ring-8", {"packing": 2}),
        ("ring-8", {"objective": "wasserstein"}),
        ("grid-25", {"objective": "least_squares"}),
    ],
    ids=str,
)
def test_sample_grid_draws_models_of_points(name, options, tmp_path):
    found = data.load(name)
    model = zoo.get("gan").create(found.sample_shape, **TINY | options)
    model.fit(found.train.first(64), epochs=1, verbose=0, callbacks=[SampleGrid(tmp_path, images=found.test.first(64))])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0000.png", "epoch-0001.png"]
    before, after = (pixels(tmp_path / f"epoch-000{epoch}.png") for epoch in (0, 1))
    assert before.shape == after.shape
    assert (before != after).any()
    point_clouds.save_preview(tmp_path / "again.png", model, found.test.first(64), title="epoch 1")
    np.testing.assert_array_equal(pixels(tmp_path / "again.png"), after)


def test_a_model_that_only_reconstructs_is_drawn_too(tmp_path):
    class Mirror:
        def reconstruct(self, points, labels=None):
            return -points

    point_clouds.save_preview(tmp_path / "a.png", Mirror(), RING)
    assert green(pixels(tmp_path / "a.png")).sum() > 50
    with pytest.raises(kerasgen.errors.UsageError, match="a Mirror has no picture"):
        point_clouds.save_preview(tmp_path / "b.png", Mirror())


def test_a_model_with_more_dimensions_is_drawn(tmp_path):
    """The vectors of a latent model have no plane of their own."""
    model = zoo.get("gan").create((5,), **TINY)
    data = np.random.default_rng(0).standard_normal((64, 5)).astype("float32")
    point_clouds.save_preview(tmp_path / "a.png", model, data, n=50)
    assert green(pixels(tmp_path / "a.png")).sum() > 50
