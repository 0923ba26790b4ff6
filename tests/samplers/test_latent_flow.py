"""Flows of latents, their classes, and samplers that are kept in a run."""

import numpy as np
import pytest

import kerasgen
from kerasgen import samplers
from kerasgen.data.array_source import ArraySource
from kerasgen.data.dataset import Dataset, Images
from kerasgen.errors import UsageError
from kerasgen.samplers import LatentFlow, kept

IMAGES = np.random.default_rng(0).random((60, 8, 8, 1), dtype="float32")


def autoencoder():
    return kerasgen.create("autoencoder", image_size=8, hidden_dim=8, latent_dim=2)


def dataset(labels=None, names=None):
    images = Images(ArraySource(IMAGES), labels=labels)
    return Dataset("own", images, images, names)


def dark_and_bright():
    """Return 60 images and labels: class 0 is dark, class 1 is bright and three times as frequent."""
    labels = (np.arange(60) % 4 > 0).astype("int64")
    return 0.1 * IMAGES + 0.9 * labels[:, None, None, None].astype("float32"), labels


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["flow", pytest.param("realnvp", marks=pytest.mark.once)])
def test_latents_have_the_moments_of_those_of_the_images(recipe):
    model = autoencoder()
    flow = LatentFlow(model, IMAGES, recipe=recipe, steps=60, hidden_dim=16)
    latents, encoded = flow.sample_latents(500, seed=0), model.encode(IMAGES)
    np.testing.assert_allclose(latents.mean(axis=0), encoded.mean(axis=0), atol=0.5 * encoded.std())
    np.testing.assert_allclose(latents.std(axis=0), encoded.std(axis=0), rtol=0.5)
    np.testing.assert_allclose(flow.sample_latents(3, seed=0), latents[:3], atol=1e-5)
    options = {"sampler": "euler", "steps": 2} if recipe == "flow" else {"temperature": 0.5}
    assert flow.generate(3, seed=0, **options).shape == (3, 8, 8, 1)
    assert flow.num_classes == 0


@pytest.mark.slow
@pytest.mark.once
def test_classes_are_drawn_as_asked_or_with_their_frequencies():
    images, labels = dark_and_bright()
    model = autoencoder()
    flow = LatentFlow(model, images, labels, ["dark", "bright"], steps=400, hidden_dim=32)
    encoded = model.encode(images)
    middle = (encoded[labels == 0].mean(axis=0) + encoded[labels == 1].mean(axis=0)) / 2
    direction = encoded[labels == 1].mean(axis=0) - middle

    def are_bright(latents):
        return ((latents - middle) @ direction > 0).mean()

    assert are_bright(flow.sample_latents(50, seed=0, labels=0)) < 0.1
    assert are_bright(flow.sample_latents(50, seed=0, labels=["bright"] * 50)) > 0.9
    drawn = flow.sample_latents(200, seed=0)
    assert 0.6 < are_bright(drawn) < 0.9
    np.testing.assert_allclose(flow.sample_latents(7, seed=0), drawn[:7], atol=1e-5)
    assert flow.generate(2, seed=0, labels=[0, 1], guidance=1.0, steps=2, sampler="euler").shape == (2, 8, 8, 1)


@pytest.mark.once
def test_models_and_labels_that_do_not_fit():
    with pytest.raises(UsageError, match="received 1"):
        LatentFlow(autoencoder(), IMAGES[:1])
    for wrong in ("gan", "cvae"):
        with pytest.raises(UsageError, match="without labels that encodes and decodes"):
            LatentFlow(kerasgen.create(wrong, image_size=8, hidden_dim=8, latent_dim=2), IMAGES)
    with pytest.raises(UsageError, match="no classes"):
        LatentFlow(autoencoder(), IMAGES, steps=1, hidden_dim=4).generate(1, labels=[0])
    for labels, names, recipe, says in (
        (np.zeros(59, int), None, "flow", r"60 images need \(60,\)"),
        (np.zeros(60), None, "flow", "class indices"),
        (np.full(60, 2), ["a", "b"], "flow", "at most 2, and there are 2 names"),
        (np.zeros(60, int), None, "realnvp", "a realnvp of latents has no classes"),
        (None, None, "realvnp", "did you mean realnvp"),
    ):
        with pytest.raises(UsageError, match=says):
            LatentFlow(autoencoder(), IMAGES, labels, names, recipe, steps=1)


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("name", ["gmm-3", "flow-2", "realnvp-2"])
def test_a_sampler_is_fitted_once_for_a_model_its_data_and_its_settings(name, tmp_path):
    model, reads = autoencoder(), []

    class Source(ArraySource):
        def read(self, rows, replacements=None):
            reads.append(len(rows))
            return super().read(rows, replacements)

    images = Images(Source(IMAGES), labels=np.arange(60) % 3)
    data = Dataset("own", images, images)

    def generate(identity, folder=tmp_path / "run" / "samplers" / name):
        return kept.fitted(samplers.get(name), model, data, folder, identity).generate(3, seed=0)

    first = generate({"checksum": "a"})
    np.testing.assert_allclose(generate({"checksum": "a"}), first, atol=1e-6)
    assert reads == [60]
    generate({"checksum": "b"})
    assert reads == [60, 60]
    for file in (tmp_path / "run" / "samplers" / name).glob("*.npz"):
        file.write_bytes(b"damaged")
    np.testing.assert_allclose(generate({"checksum": "b"}), first, atol=1e-6)
    assert reads == [60, 60, 60]


@pytest.mark.once
def test_a_kept_flow_of_other_latents_is_refused(tmp_path):
    flow = LatentFlow(autoencoder(), IMAGES, np.arange(60) % 3, steps=1, hidden_dim=4)
    flow.save(tmp_path)
    assert LatentFlow.load(flow.model, tmp_path).num_classes == 3
    flow.mean = flow.scale = np.zeros(3)
    flow.save(tmp_path)
    with pytest.raises(kerasgen.errors.ModelFileError, match=r"flow of \(2,\) and latents of \(3,\)"):
        LatentFlow.load(flow.model, tmp_path)


@pytest.mark.once
def test_the_labels_of_a_data_set_are_used_if_there_are_any():
    model = autoencoder()
    flow = samplers.get("flow-1")
    assert flow.fit_to(model, dataset()).num_classes == 0
    labelled = flow.fit_to(model, dataset(np.arange(60) % 3, ["a", "b", "c"]))
    assert labelled.num_classes == 3
    assert labelled.origin["class_names"] == ["a", "b", "c"]
    assert samplers.get("realnvp-1").fit_to(model, dataset(np.arange(60) % 3)).num_classes == 0
