"""`evaluate`: what is generated, what it is compared with, and which evaluators run."""

import numpy as np
import pytest

from kerasgen import data, evaluation
from kerasgen.errors import UsageError
from kerasgen.evaluation import NotApplicable, Score
from kerasgen.evaluation.registry import Evaluator
from kerasgen.io.entry_points import Registry

pytestmark = pytest.mark.once

DIGITS = data.load("digits", image_size=8)


class Generator:
    """A model that returns given images, and counts the calls."""

    sample_shape = (8, 8, 1)

    def __init__(self, images):
        self.images, self.calls = images, []

    def generate(self, n, seed=None, **options):
        self.calls.append((n, seed, options))
        return self.images[:n]


class Autoencoder:
    """A model whose reconstructions leave [0, 1], as those of a linear decoder."""

    sample_shape = (8, 8, 1)

    def __init__(self, clipped):
        self.clipped = clipped

    def reconstruct(self, images, labels=None):
        outputs = images + 1.5 * np.sin(np.arange(images.size)).reshape(images.shape).astype("float32")
        return outputs.clip(0, 1) if self.clipped else outputs


def noisy_digits(n=60):
    images = evaluation.draw_images([DIGITS.test], n, seed=0)
    return images + np.random.default_rng(0).normal(0, 0.4, images.shape).astype("float32")


@pytest.fixture
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "evaluation"))


def values(scores):
    return {score.name: score.value for score in scores}


@pytest.mark.slow
def test_images_are_scored_as_they_would_be_saved(cache):
    """Kind 5 of issue 32: clipped and unclipped images, and the 8-bit file of both, have the same scores."""
    images = noisy_digits()
    assert images.min() < -0.2
    assert images.max() > 1.2
    expected = values(evaluation.score_samples(images, DIGITS))
    assert expected["classifier Frechet distance"] > 0
    for same in (images.clip(0, 1), (images.clip(0, 1) * 255).round().astype(np.uint8)):
        assert values(evaluation.score_samples(same, DIGITS)) == expected
        assert values(evaluation.evaluate(Generator(same), DIGITS, samples=60)) == expected
    reconstructed = [values(evaluation.evaluate(Autoencoder(clipped), DIGITS, 40)) for clipped in (True, False)]
    assert reconstructed[0] == reconstructed[1]


def test_images_that_are_not_finite_are_refused(cache):
    for wrong in (np.nan, np.inf):
        images = noisy_digits()
        images[3] = wrong
        with pytest.raises(UsageError, match="NaN or infinity"):
            evaluation.score_samples(images, DIGITS)


def test_samples_are_generated_once_with_the_options_given(monkeypatch):
    def brightness(run):
        return [Score("brightness", float(run.generated.mean()), "mean")]

    one, two = (Evaluator(name, "", lambda model, dataset: True, brightness) for name in ("one", "two"))
    registry = Registry("group of scores", "kerasgen.nothing", Evaluator, (one, two))
    for module in ("runner", "registry"):
        monkeypatch.setattr(f"kerasgen.evaluation.{module}.EVALUATORS", registry)
    model = Generator(noisy_digits())
    scores = evaluation.evaluate(model, DIGITS, samples=50, seed=3, generate_options={"steps": 7})
    assert [score.name for score in scores] == ["brightness", "brightness"]
    assert model.calls == [(50, 3, {"steps": 7})]


def test_an_evaluator_without_what_it_needs_is_left_out_unless_it_is_named(monkeypatch):
    def refuse(run):
        raise NotApplicable("no labels")

    def compute(run):
        return [Score("a", 1.0, "")]

    applies = lambda model, dataset: True  # noqa: E731
    needs, other = Evaluator("needs", "", applies, compute, check=refuse), Evaluator("other", "", applies, compute)
    for own, groups, expected in (
        ((needs, other), None, 1),
        ((needs, other), ["needs"], None),
        ((needs,), None, None),
        ((needs, other), ["needs", "other"], None),
    ):
        registry = Registry("group of scores", "kerasgen.nothing", Evaluator, own)
        for module in ("runner", "registry"):
            monkeypatch.setattr(f"kerasgen.evaluation.{module}.EVALUATORS", registry)
        if expected is None:
            with pytest.raises(NotApplicable, match="no labels"):
                evaluation.evaluate(Generator(noisy_digits()), DIGITS, 50, groups=groups)
        else:
            assert len(evaluation.evaluate(Generator(noisy_digits()), DIGITS, 50, groups=groups)) == expected


def test_options_are_those_of_the_evaluators():
    with pytest.raises(UsageError, match="unknown option of an evaluator 'likelihood_sample'; did you mean"):
        evaluation.evaluate(Autoencoder(True), DIGITS, 20, likelihood_sample=3)
    with pytest.raises(UsageError, match="likelihood_samples"):
        evaluation.evaluate(Autoencoder(True), DIGITS, 20, likelihood_samples=0)


def test_a_model_without_abilities_is_refused():
    with pytest.raises(UsageError, match="define generate, reconstruct or translate"):
        evaluation.evaluate(object(), DIGITS)


def test_images_of_another_shape_are_refused():
    images = np.zeros((20, 8, 8, 3), "float32")
    with pytest.raises(UsageError, match="8x8 colour images, but digits contains 8x8 greyscale images"):
        evaluation.score_samples(images, DIGITS, ["classifier"])
