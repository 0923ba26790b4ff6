"""Experiments: labels, its length and its quick version."""

from dataclasses import FrozenInstanceError, replace

import pytest

from kerasgen.errors import UsageError
from kerasgen.experiments import Experiment, Metric

pytestmark = pytest.mark.once

EXPERIMENT = Experiment(
    name="tiny",
    summary="tiny",
    table="test loss",
    recipe="gan",
    measure=len,
    metrics=(Metric("modes", 2),),
    options={"packing": 2, "feature_matching": True},
    steps=500,
    quick={"steps": 5},
)


def test_label_has_the_options_and_the_sampler():
    assert EXPERIMENT.row_label() == "gan packing=2 feature_matching=true"
    assert EXPERIMENT.row_label("gmm") == "gan packing=2 feature_matching=true sampler=gmm"
    assert replace(EXPERIMENT, label="gan, packing 2").row_label() == "gan, packing 2"


def test_length_is_in_epochs_or_in_steps():
    assert EXPERIMENT.length == "500 steps"
    assert replace(EXPERIMENT, steps=0, epochs=3).length == "3"
    assert not replace(EXPERIMENT, steps=0).is_trained
    with pytest.raises(UsageError, match="epochs=3 and steps=500"):
        replace(EXPERIMENT, epochs=3)
    with pytest.raises(UsageError, match="seeds is 0"):
        replace(EXPERIMENT, seeds=0)


def test_quick_version_has_one_seed_and_other_settings():
    quick = EXPERIMENT.quick_version()
    assert (quick.seeds, quick.steps, quick.name) == (1, 5, "tiny")
    assert quick.settings() != EXPERIMENT.settings()
    assert replace(EXPERIMENT, seeds=5, minutes=9).settings() == EXPERIMENT.settings()


def test_experiment_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        EXPERIMENT.steps = 3
