"""Scores of models with a density."""

import keras
import numpy as np
import pytest

from kerasgen import create, data, evaluation, zoo
from kerasgen.data.sources.mixtures import MIXTURES
from kerasgen.models.realnvp import bits_per_dimension

pytestmark = pytest.mark.once


def test_points_have_the_divergence_from_the_mixture():
    keras.utils.set_random_seed(0)
    model, ring = zoo.get("realnvp").create((2,), couplings=2, hidden_dim=4, bins=4), data.load("ring-8")
    scores = {score.name: score for score in evaluation.evaluate(model, ring, 100, groups=["likelihood"])}
    points = ring.test[evaluation.images.choose_rows(len(ring.test), 100, 0)]
    expected = -np.log(2 * np.pi) - 0.5 * (points**2).sum(axis=1)  # the flow is the identity at the start
    assert scores["log-likelihood"].value == pytest.approx(expected.mean(), abs=1e-4)
    divergence = MIXTURES["ring-8"].log_density(points) - expected
    assert scores["KL(mixture, model)"].value == pytest.approx(divergence.mean(), abs=1e-4)
    assert scores["KL(mixture, model)"].spread == pytest.approx(divergence.std(ddof=1) / 10, rel=1e-3)


def test_images_have_bits_per_dimension():
    model = create("realnvp", image_size=8, couplings=3, width=2, scales=1)
    digits = data.load("digits", image_size=8)
    scores = {score.name: score for score in evaluation.evaluate(model, digits, 20, groups=["likelihood"])}
    assert "uniform dequantization" in scores["log-likelihood"].estimator
    expected = bits_per_dimension(-scores["log-likelihood"].value, 64)
    assert scores["bits per dimension"].value == pytest.approx(expected)


def test_a_set_of_other_points_has_no_divergence(tmp_path):
    np.save(tmp_path / "table.npy", np.random.default_rng(0).standard_normal((50, 3)))
    model = zoo.get("realnvp").create((3,), couplings=2, hidden_dim=4, bins=4)
    scores = evaluation.evaluate(model, data.load(tmp_path / "table.npy"), groups=["likelihood"])
    assert [score.name for score in scores] == ["log-likelihood"]
