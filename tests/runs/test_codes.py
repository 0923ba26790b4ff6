"""A run as a data set: the codes of its images, a prior of them, and the file that holds both models."""

import zipfile

import numpy as np
import pytest

import kerasgen
from kerasgen.errors import DataError, ModelFileError, RunError, UsageError
from kerasgen.io import archive
from kerasgen.runs import resolve, resume, train

pytestmark = pytest.mark.once
SMALL = {"vq-vae": {"width": 2, "code_dim": 3, "num_codes": 5}, "pixelcnn": {"width": 2, "blocks": 1, "head": 3}}


def trained(recipe, out, dataset="digits", **settings):
    size = {"image_size": 8} if dataset == "digits" else {}
    settings = {"epochs": 1, "batch_size": 800} | size | settings
    return train(resolve(recipe, SMALL[recipe], dataset=str(dataset), **settings), out=out, progress=False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("codes")
    first, second = (trained("vq-vae", folder / f"vq-vae-{seed}", seed=seed) for seed in (1, 2))
    return {"codes": first, "others": second, "prior": trained("pixelcnn", folder / "pixelcnn", first.directory)}


@pytest.mark.slow
def test_a_run_is_the_set_of_its_codes(runs):
    codes = kerasgen.data.load(runs["codes"].directory)
    images = kerasgen.data.load("digits", image_size=8)
    model = kerasgen.load(runs["codes"].directory)
    np.testing.assert_array_equal(codes.train[:50], model.encode(images.train[:50]))
    np.testing.assert_array_equal(codes.test.labels, images.test.labels)
    assert codes.train[:].dtype == np.int32
    assert codes.fingerprint == kerasgen.data.load(runs["codes"].directory).fingerprint
    assert codes.fingerprint != kerasgen.data.load(runs["others"].directory).fingerprint


def test_the_file_of_a_prior_holds_the_model_that_makes_images(runs):
    prior, codec = kerasgen.load(runs["prior"].directory), kerasgen.load(runs["codes"].directory)
    images = prior.generate(6, seed=1)
    assert images.shape == (6, 8, 8, 1)
    for a, b in zip(prior.codec.variables, codec.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    prior.codec = None
    codes = prior.generate(6, seed=1)
    assert codes.shape == (6, 2, 2)
    np.testing.assert_array_equal(codec.decode(codes), images)


@pytest.mark.slow
def test_a_prior_is_scored_on_its_codes_and_on_the_images_that_it_makes(runs):
    from kerasgen.evaluation import Evaluation, evaluate, score_samples

    prior, codes = kerasgen.load(runs["prior"].directory), kerasgen.data.load(runs["codes"].directory)
    assert Evaluation(prior, codes, samples=100).reference.shape == (100, 8, 8, 1)
    scores = {score.name: score.value for score in evaluate(prior, codes, samples=100)}
    assert scores["bits per dimension"] > 0
    images = score_samples(prior.generate(100, seed=0), kerasgen.data.load("digits", image_size=8), ["classifier"])
    expected = {score.name: score.value for score in images}
    assert scores["classifier Frechet distance"] == pytest.approx(expected["classifier Frechet distance"], rel=1e-3)


@pytest.mark.slow
def test_a_prior_is_resumed_on_the_codes_of_its_own_run_only(runs):
    with pytest.raises(RunError, match="does not hold the same images"):
        resume(runs["prior"].directory, epochs=2, dataset=runs["others"].directory, progress=False)
    done = resume(runs["prior"].directory, epochs=2, progress=False)
    assert len(done.history_path.read_text().splitlines()) == 3


def test_other_recipes_and_runs_are_refused(runs, tmp_path):
    with pytest.raises(UsageError, match="vae does not model codes: train pixelcnn or made"):
        train(resolve("vae", dataset=str(runs["codes"].directory)), out=tmp_path / "vae", progress=False)
    with pytest.raises(DataError, match="has no codes: its model is a PixelCNN"):
        kerasgen.data.load(runs["prior"].directory)
    with pytest.raises(UsageError, match="consists of codes; leave the option out"):
        trained("pixelcnn", tmp_path / "sized", runs["codes"].directory, image_size=16)


@pytest.mark.parametrize(
    "change",
    [
        lambda codec: codec["options"].update(num_codes=4096),
        lambda codec: codec["options"].update(width=1024),
        lambda codec: codec.update(sample_shape=[16, 16, 1]),
        lambda codec: codec.update(recipe="gan"),
        lambda codec: codec.update(codec={}),
        lambda codec: codec.update(precision="float8"),
        lambda codec: codec.clear(),
    ],
)
def test_a_changed_codec_is_refused(runs, tmp_path, change):
    import copy

    model = kerasgen.load(runs["prior"].directory)
    origin = copy.deepcopy(model.origin)
    change(origin["codec"])
    model.save(tmp_path / "model.keras")
    object.__setattr__(model, "origin", origin)
    archive.seal(tmp_path / "model.keras", origin)
    assert zipfile.is_zipfile(tmp_path / "model.keras")
    with pytest.raises(ModelFileError):
        kerasgen.load(tmp_path / "model.keras")


def test_a_codec_of_other_codes_is_refused():
    codec = kerasgen.create("vq-vae", image_size=8, **SMALL["vq-vae"])
    prior = kerasgen.create("pixelcnn", sample_shape=(2, 2), levels=4, **SMALL["pixelcnn"])
    with pytest.raises(UsageError, match=r"codes of shape \(2, 2\) with 5 values, this model \(2, 2\) with 4"):
        prior.attach_codec(codec)
