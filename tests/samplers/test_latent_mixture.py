"""The mixture of Gaussians that is fitted to latents."""

import numpy as np
import pytest

import kerasgen
from kerasgen.errors import UsageError
from kerasgen.models.base.abilities import Generates
from kerasgen.samplers import LatentMixture

IMAGES = np.random.default_rng(0).random((300, 8, 8, 1), dtype="float32")


def autoencoder():
    return kerasgen.create("autoencoder", image_size=8, hidden_dim=8, latent_dim=2)


def test_sample_i_of_a_seed_does_not_depend_on_the_number_of_samples():
    mixture = LatentMixture(autoencoder(), IMAGES, components=4)
    assert isinstance(mixture, Generates)
    latents, images = mixture.sample_latents(300, seed=5), mixture.generate(300, seed=5)
    for n in (1, 2, 7, 299):
        np.testing.assert_allclose(mixture.sample_latents(n, seed=5), latents[:n], rtol=1e-12)
        np.testing.assert_allclose(mixture.generate(n, seed=5), images[:n], atol=1e-6)
    assert (mixture.sample_latents(300, seed=6) != latents).all()
    np.random.seed(0)
    first = mixture.sample_latents(3)
    np.random.seed(0)
    np.testing.assert_array_equal(mixture.sample_latents(3), first)


@pytest.mark.once
def test_samples_have_the_moments_of_the_latents():
    model = autoencoder()
    latents = model.encode(IMAGES)
    sampled = LatentMixture(model, IMAGES, components=3).sample_latents(3000, seed=0)
    np.testing.assert_allclose(sampled.mean(axis=0), latents.mean(axis=0), atol=0.1 * latents.std())
    np.testing.assert_allclose(np.cov(sampled.T), np.cov(latents.T), atol=0.1 * latents.var())


@pytest.mark.once
@pytest.mark.parametrize(("distinct", "components"), [(1, 1), (2, 1), (4, 3)])
def test_a_mixture_has_fewer_components_than_distinct_latents(distinct, components, recwarn):
    mixture = LatentMixture(autoencoder(), IMAGES[:distinct].repeat(6, axis=0))
    assert mixture.mixture.n_components == components
    assert mixture.generate(5, seed=0).shape == (5, 8, 8, 1)
    assert not [warning for warning in recwarn if "onverge" in type(warning.message).__name__]


@pytest.mark.once
def test_models_and_numbers_that_have_no_samples_are_refused():
    model = autoencoder()
    with pytest.raises(UsageError, match="two or more images; received 1"):
        LatentMixture(model, IMAGES[:1])
    for wrong in ("gan", "cvae"):
        with pytest.raises(UsageError, match="without labels that encodes and decodes"):
            LatentMixture(kerasgen.create(wrong, image_size=8, hidden_dim=8, latent_dim=2), IMAGES)
    mixture = LatentMixture(model, IMAGES[:20], components=2)
    for arguments, says in (((0,), "n is 0"), ((1.5,), "n is 1.5"), ((1, -1), "seed is -1")):
        with pytest.raises(UsageError, match=says):
            mixture.generate(*arguments)
    with pytest.raises(UsageError, match="no classes"):
        mixture.generate(1, labels=[0])
