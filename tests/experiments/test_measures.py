"""What experiments measure, of models with a known answer: the metrics that the experiments list, and their values."""

from dataclasses import replace

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import data
from kerasgen.data.pixels import as_floats
from kerasgen.data.sources import drawn_digits
from kerasgen.data.sources.mixtures import MIXTURES
from kerasgen.experiments.trial import Trial
from kerasgen.zoo import experiments

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", image_size=8)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """Keep the classifiers of the tests in a folder of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


class Answers:
    """A model with given answers: functions by the name of the method, and attributes."""

    num_classes = 0

    def __init__(self, **methods):
        for name, method in methods.items():
            setattr(self, name, method)


def trial_of(name, model, dataset, folder=None, **changes):
    """Return a trial of the experiment with that name, with a model that was not trained."""
    return Trial(replace(experiments.get(name), **changes), dataset, seed=0, folder=folder, model=model)


def measure(trial):
    """Return the values; their names are those of the experiment's metrics."""
    values = trial.experiment.measure(trial)
    assert [*values] == [metric.name for metric in trial.experiment.metrics]
    return [*values.values()]


def test_mode_coverage_of_the_mixture_itself(tmp_path):
    dataset, mixture = data.load("ring-8"), MIXTURES["ring-8"]
    sampler = Answers(generate=lambda n, seed=None: mixture.sample(n, seed)[0])
    modes, high_quality, divergence = measure(trial_of("ring-8-gan", sampler, dataset))
    assert modes == 8
    assert high_quality == pytest.approx(98.9, abs=1)
    assert divergence < 0.01
    gan = kerasgen.zoo.get("gan").create((2,), hidden_dim=8, latent_dim=2)
    measure(trial_of("ring-8-gan", gan, dataset, tmp_path / "jax-seed-0", samples=100))
    assert (tmp_path / "jax-seed-0.png").stat().st_size > 1000


def test_divergence_of_the_mixture_itself_and_of_half_its_density():
    dataset, mixture = data.load("grid-25"), MIXTURES["grid-25"]
    for name, factor in (("itself", 1.0), ("half", 0.5)):
        model = Answers(log_likelihood=lambda x, factor=factor: mixture.log_density(x) + np.log(factor))
        (divergence,) = measure(trial_of("grid-25-flow", model, dataset))
        assert divergence == pytest.approx(-np.log(factor), abs=1e-9), name


def test_modes_and_density_of_the_mixture_itself():
    dataset, mixture = data.load("grid-25"), MIXTURES["grid-25"]
    model = Answers(
        generate=lambda n, seed=None: mixture.sample(n, seed)[0],
        log_likelihood=lambda x: mixture.log_density(x) + np.where(np.arange(len(x)) % 2, 0.1, -0.1),
    )
    trial = trial_of("flow-grid-25", model, dataset)
    modes, high_quality, _, error = measure(trial)
    assert (modes, high_quality) == (25, pytest.approx(98.9, abs=1))
    assert error == pytest.approx(0.1, abs=1e-9)
    assert trial.experiment.baseline(trial)["modes"] == "25"


def test_reconstruction_of_an_identity_and_of_pca(digits):
    identity = Answers(reconstruct=lambda images: images, latent_dim=32)
    trial = trial_of("autoencoder-pca-32", identity, digits)
    assert measure(trial) == [0]
    errors = []
    for latent_dim in (2, 32):
        identity.latent_dim = latent_dim
        (text,) = trial.experiment.baseline(trial).values()
        errors.append(float(text))
    assert 0 < errors[1] < errors[0] / 5


def test_denoising_by_the_clean_images(digits):
    pytest.importorskip("skimage")
    clean = as_floats(digits.test[:])
    noise = np.random.default_rng(0).normal(0, 0.3, clean.shape).astype("float32")
    model = Answers(corrupt=lambda images, seed: (images + noise).clip(0, 1), denoise=lambda images: clean)
    trial = trial_of("denoising", model, digits)
    error, peak, structure = measure(trial)
    assert (error, structure) == (0, pytest.approx(1))
    assert peak >= 100
    references = trial.experiment.baseline(trial)
    assert [*references] == [metric.name for metric in trial.experiment.metrics]
    assert references["mean squared error of a pixel"].startswith("noisy 0.0")


def test_denoising_at_strengths_by_the_clean_images_and_by_filters(digits):
    pytest.importorskip("skimage")
    model = kerasgen.create("denoising-unet", image_size=8, width=2, levels=2)
    trial = trial_of("denoising-unet", model, digits, test_images=20)
    model.denoise = lambda images: as_floats(digits.test[:20])
    assert min(measure(trial)) >= 100
    references = trial.experiment.baseline(trial)
    assert [*references] == [metric.name for metric in trial.experiment.metrics]
    values = [
        {part.rsplit(" ", 1)[0]: float(part.rsplit(" ", 1)[1]) for part in text.split("; ")}
        for text in references.values()
    ]
    assert [each["noisy"] for each in values] == sorted([each["noisy"] for each in values], reverse=True)
    assert {*values[0]} == {"noisy", "median filter", "total variation", "non-local means"}
    assert values[-1]["total variation"] > values[-1]["noisy"]


@pytest.mark.slow
def test_distances_and_labels_of_real_images(digits):
    test = as_floats(digits.test[:])
    model = Answers(generate=lambda n, seed=None: test[:n])
    same = trial_of("frechet-vae", model, digits, samples=len(test))
    (distance,) = same.experiment.measure(same).values()
    (of_training,) = same.experiment.baseline(same).values()
    assert abs(distance) < 0.1 < float(of_training)

    def generate(n, seed=None, labels=None):
        return np.stack([test[np.flatnonzero(digits.test.labels == label)[0]] for label in labels])

    trial = trial_of("cgan-labels", Answers(generate=generate), digits, samples=50)
    assert measure(trial)[0] in (70, 80, 90, 100)
    assert float(*trial.experiment.baseline(trial).values()) > 80


def test_modes_of_stacked_digits():
    dataset = data.load("stacked-digits", image_size=8)
    model = Answers(generate=lambda n, seed=None: as_floats(dataset.test.first(n)))
    modes, divergence = measure(trial_of("stacked-dcgan", model, dataset, samples=1800))
    assert 700 < modes <= 1000
    assert 0 < divergence < 0.6
    one = Answers(generate=lambda n, seed=None: np.repeat(as_floats(dataset.test.first(1)), n, axis=0))
    assert measure(trial_of("stacked-dcgan", one, dataset, samples=20)) == [1, pytest.approx(np.log(1000))]


def test_loss_and_likelihood_of_vaes(digits):
    keras.utils.set_random_seed(0)
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2, binarize=True)
    (loss,) = measure(trial_of("vae-mnist", model, digits, test_images=50))
    (bound,) = measure(trial_of("log-likelihood-vae", model, digits, test_images=50))
    assert bound == pytest.approx(-loss, rel=0.2)
    model = kerasgen.create("cvae", image_size=8, hidden_dim=8, latent_dim=2)
    assert np.isfinite(measure(trial_of("log-likelihood-cvae", model, digits, test_images=5)))


def test_translation_by_the_right_answers(tmp_path):
    size = 16
    dataset = data.load("outlines", image_size=size, kind="pairs")
    answers = as_floats(drawn_digits.right_answers("outlines", size))
    model = Answers(translate=lambda images, seed=None: answers[:, 1], directions=("AtoB",))
    trial = trial_of("outlines", model, dataset, tmp_path / "seed-0", image_size=size)
    trial.train = lambda stage, adversarial_weight: Answers(translate=lambda images, seed=None: images)
    error, of_l1, ratio = measure(trial)
    assert (error, ratio) == (0, 0)
    assert of_l1 > 0.1
    assert (tmp_path / "seed-0.png").is_file()
    pairs = Answers(translate=lambda images, seed=None: as_floats(dataset.test[:][1]), directions=("AtoB",))
    error, peak, structure = measure(trial_of("facades", pairs, dataset))
    assert (error, structure) == (0, pytest.approx(1))
    assert peak >= 100


def test_domains_by_the_right_answers():
    size = 16
    dataset = data.load("ink-chalk", image_size=size, kind="domains")
    right = {way: as_floats(drawn_digits.right_answers("ink-chalk", size, way)[:, 0]) for way in ("AtoB", "BtoA")}
    starts = {"AtoB": as_floats(dataset.test.a[:]), "BtoA": as_floats(dataset.test.b[:])}
    back = {"AtoB": "BtoA", "BtoA": "AtoB"}

    def translate(images, direction):
        is_start = images.shape == starts[direction].shape and np.allclose(as_floats(images), starts[direction])
        return right[direction] if is_start else starts[back[direction]]

    trial = trial_of("ink-chalk", Answers(translate=translate), dataset, image_size=size)
    assert measure(trial) == [0, 0, 0, 0]
    identity = Answers(translate=lambda images, direction: as_floats(images))
    assert measure(trial_of("ink-chalk", identity, dataset, image_size=size)) == [1, 1, 0, 0]
    assert measure(trial_of("daisy2sunflower", identity, dataset)) == [0, 0]


def test_confident_samples_of_real_images_and_of_noise(digits):
    """Real images are read with confidence and have balanced classes; noise is neither."""
    real = digits.train[:500]
    noise = np.random.default_rng(0).random(real.shape, dtype="float32") ** 4
    trial = trial_of("confident-gan", None, digits, samples=500, test_images=None)
    values = {}
    for name, images in (("real", real), ("noise", noise)):
        trial.model = Answers(generate=lambda n, seed=None, images=images: images[:n])
        values[name] = measure(trial)
    assert values["real"][0] > 90
    assert values["noise"][0] < values["real"][0]
    assert values["real"][1] < 0.1 < values["noise"][1]
    (text,) = trial.experiment.baseline(trial).values()
    assert float(text) > 80


def test_conditional_samples_have_each_class_equally_often(digits):
    received = []
    model = Answers(generate=lambda n, seed=None, labels=None: (received.append(labels), digits.train[:n])[1])
    model.num_classes = 10
    measure(trial_of("confident-cgan", model, digits, samples=200))
    assert np.bincount(received[0]).tolist() == [20] * 10


def test_confident_samples_of_codes(digits):
    """A PixelCNN is trained on the codes; its samples are decoded."""
    digits = replace(digits, train=digits.test)
    tiny = dict(kerasgen.zoo.get("vq-vae").tiny)
    model = kerasgen.create("vq-vae", **tiny)
    share, balance = measure(trial_of("confident-vq-vae", model, digits, samples=20))
    assert 0 <= share <= 100
    assert 0 <= balance <= 1
