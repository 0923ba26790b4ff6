"""`kerasgen evaluate`: each kind of model has its figures, the same again for the same seed."""

import json

import numpy as np
import pytest

from kerasgen import create as kerasgen_create
from kerasgen.errors import UsageError
from kerasgen.latent_mixture import LatentMixture
from tests.cli.conftest import TINY, assert_refused, kerasgen

pytestmark = pytest.mark.once

FIGURES = {
    "vae": {"ELBO", "log-likelihood", "active units", "classifier Frechet distance", "precision", "coverage"},
    "autoencoder": {"MSE", "PSNR", "SSIM"},
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("recipe", FIGURES)
def test_each_kind_of_model_has_its_figures(recipe, cache, vae_run, tmp_path):
    run = vae_run
    if recipe != "vae":
        run = tmp_path / "run"
        kerasgen("train", recipe, *TINY, "--out", run, "--set", "hidden_dim=16", "--set", "latent_dim=3")
    options = ["--samples", "60", "--likelihood-samples", "3"]
    first = kerasgen("evaluate", run, *options)
    assert first.exit_code == 0, first.output
    written = json.loads((run / "metrics.json").read_text())
    values = {figure["name"]: figure["value"] for figure in written["figures"]}
    assert FIGURES[recipe] <= set(values)
    assert all(name in first.output for name in values)
    kept = list(cache.rglob("classifier-*.keras"))
    assert len(kept) == (recipe == "vae")
    if recipe == "vae":
        assert values["ELBO"] <= values["log-likelihood"] + 1
        kerasgen("evaluate", run, *options)  # with the classifier that was kept
        assert json.loads((run / "metrics.json").read_text()) == written
    else:
        result = kerasgen("evaluate", run, "--sampler", "gmm", "--samples", "60")
        assert "classifier Frechet distance" in result.output
        for name in ("a.png", "b.png"):
            made = kerasgen("generate", run, "--sampler", "gmm", "--seed", "1", "-n", "4", "-o", tmp_path / name)
            assert made.exit_code == 0, made.output
        assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_mixture_of_latents_is_only_for_models_that_encode(gan_run, vae_run):
    assert_refused(kerasgen("generate", gan_run, "--sampler", "gmm"), 2, "cannot encode")
    assert_refused(kerasgen("generate", vae_run, "--sampler", "gmm", "--label", "3"), 2, "leave one of them out")


def test_a_mixture_of_latents_looks_like_the_latents():
    model = kerasgen_create("autoencoder", image_size=8, hidden_dim=8, latent_dim=2)
    images = np.random.default_rng(0).random((300, 8, 8, 1), dtype="float32")
    latents = model.encode(images)
    sampled = LatentMixture(model, images, components=3).sample(3000, seed=0)
    np.testing.assert_allclose(sampled.mean(axis=0), latents.mean(axis=0), atol=0.1 * latents.std())
    np.testing.assert_allclose(sampled.std(axis=0), latents.std(axis=0), rtol=0.1)
    with pytest.raises(UsageError, match="2 images for 3 components"):
        LatentMixture(model, images[:2], components=3)
