"""Flow matching on latents, and samplers that are kept beside the model."""

import numpy as np
import pytest

import kerasgen
from kerasgen import samplers
from kerasgen.errors import UsageError
from kerasgen.samplers import LatentFlow, kept

IMAGES = np.random.default_rng(0).random((60, 8, 8, 1), dtype="float32")


def autoencoder():
    return kerasgen.create("autoencoder", image_size=8, hidden_dim=8, latent_dim=2)


@pytest.mark.slow
def test_latents_have_the_moments_of_those_of_the_images():
    model = autoencoder()
    flow = LatentFlow(model, IMAGES, steps=60, hidden_dim=16)
    latents, encoded = flow.sample_latents(500, seed=0), model.encode(IMAGES)
    np.testing.assert_allclose(latents.mean(axis=0), encoded.mean(axis=0), atol=0.5 * encoded.std())
    np.testing.assert_allclose(flow.sample_latents(3, seed=0), latents[:3], atol=1e-5)
    assert flow.generate(3, seed=0, sampler="euler", steps=2).shape == (3, 8, 8, 1)


@pytest.mark.once
def test_models_and_labels_that_do_not_fit():
    with pytest.raises(UsageError, match="received 1"):
        LatentFlow(autoencoder(), IMAGES[:1])
    with pytest.raises(UsageError, match="without labels that encodes and decodes"):
        LatentFlow(kerasgen.create("gan", image_size=8, hidden_dim=8, latent_dim=2), IMAGES)
    with pytest.raises(UsageError, match="no classes"):
        LatentFlow(autoencoder(), IMAGES, steps=1, hidden_dim=4).generate(1, labels=[0])


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("name", ["gmm-3", "flow-2"])
def test_a_sampler_is_fitted_once_for_a_model_its_data_and_its_settings(name, tmp_path):
    model, fits = autoencoder(), []

    def images():
        fits.append(1)
        return IMAGES

    def generate(identity, folder=tmp_path / "run" / "samplers" / name):
        return kept.fitted(samplers.get(name), model, images, folder, identity).generate(3, seed=0)

    first = generate({"checksum": "a"})
    np.testing.assert_allclose(generate({"checksum": "a"}), first, atol=1e-6)
    assert len(fits) == 1
    generate({"checksum": "b"})
    assert len(fits) == 2
    for file in (tmp_path / "run" / "samplers" / name).glob("*.npz"):
        file.write_bytes(b"damaged")
    np.testing.assert_allclose(generate({"checksum": "b"}), first, atol=1e-6)
    assert len(fits) == 3
