"""The published figures as data: each has its recorded rows, and each recorded training has its experiment."""

import subprocess
import sys

import pytest

from kerasgen import zoo
from kerasgen.errors import UsageError
from kerasgen.experiments import results
from kerasgen.losses import OBJECTIVES
from kerasgen.zoo import experiments
from kerasgen.zoo.experiments import frechet

pytestmark = pytest.mark.once

EXPERIMENTS = experiments.experiments()
OF_DEFAULTS = {name for name in EXPERIMENTS if name.startswith("confident-")}
ROWS = {results.key_of(row): row for row in results.read()}


def keys(experiment):
    """Return the rows that an experiment records, key -> `Metric`."""
    return {
        (experiment.table, experiment.row_label(sampler), experiment.dataset, experiment.backend, metric.name): metric
        for sampler in experiment.samplers
        for metric in experiment.metrics
    }


RECORDED = [name for name, experiment in EXPERIMENTS.items() if any(key in ROWS for key in keys(experiment))]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiment_can_be_built(name):
    experiment = EXPERIMENTS[name]
    assert experiment.name == name
    recipe = zoo.get(experiment.recipe)
    assert recipe.resolve(experiment.options)
    assert experiment.quick_version().seeds == 1
    if experiment.is_trained:
        assert experiment.quick_version().settings() != experiment.settings()


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_rows_have_the_settings_of_the_experiment(name):
    experiment = EXPERIMENTS[name]
    for key, metric in keys(experiment).items():
        row = ROWS[key]
        assert (row["epochs"], row["seeds"]) == (experiment.length, str(experiment.seeds))
        assert (row["setup"], row["reference_source"]) == (experiment.setup, experiment.source)
        assert row["reference"].startswith(metric.reference)
        assert bool(row["spread"]) == (experiment.seeds > 1)


def test_every_recorded_training_has_an_experiment():
    """A row whose experiment has another label, data set or metric by now is found here."""
    trained = {experiment.table for experiment in EXPERIMENTS.values() if experiment.is_trained}
    known = {key for experiment in EXPERIMENTS.values() for key in keys(experiment)}
    rows = [key for key, row in ROWS.items() if row["figure"] in trained]
    assert len(rows) > 100
    assert {*rows} <= known


def test_every_objective_and_every_recipe_has_its_figure():
    assert {*frechet.OBJECTIVES} == {*OBJECTIVES}
    assert {f"throughput-{recipe}" for recipe in zoo.own()} <= set(EXPERIMENTS)


def test_experiments_are_selected_by_name_or_pattern():
    assert [experiment.name for experiment in experiments.select("outlines")] == ["outlines"]
    assert len(experiments.select("frechet-*")) == 3 + 3 * len(OBJECTIVES)
    for wrong in ("ring-9-best", "ring-9-*"):
        with pytest.raises(UsageError, match="unknown experiment"):
            experiments.select(wrong)


def test_no_backend_is_imported_to_list_experiments():
    code = (
        "import sys; from kerasgen.zoo import experiments; from kerasgen.zoo.experiments import tables; "
        "experiments.experiments(); assert not {'keras', 'numpy', 'jax', 'torch'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_confident_samples_are_measured_with_the_default_settings():
    shown = [EXPERIMENTS[name] for name in OF_DEFAULTS]
    assert {"vae", "gan", "diffusion", "pixelcnn", "autoencoder-conv", "vq-vae"} <= {each.recipe for each in shown}
    for each in shown:
        recipe = zoo.get(each.recipe)
        assert not each.all_options
        assert (each.dataset, each.epochs, each.batch_size) == (recipe.dataset, recipe.epochs, recipe.batch_size)


@pytest.mark.parametrize(
    "name", [name for name in EXPERIMENTS if EXPERIMENTS[name].is_trained and name not in OF_DEFAULTS]
)
def test_a_new_default_of_a_recipe_does_not_change_what_an_experiment_trains(name):
    experiment = EXPERIMENTS[name]
    values = zoo.get(experiment.recipe).resolve(experiment.all_options)
    expected = experiments.RECORDED_DEFAULTS.get(experiment.recipe, {}) | dict(experiment.options)
    assert {option: values[option] for option in expected} == expected
    if experiment.recipe in ("gan", "cgan", "dcgan"):
        assert values["learning_rate"] == experiment.options.get("learning_rate", 2e-4)
        assert values["average"] == experiment.options.get("average", 0)
    if experiment.recipe in ("vae", "autoencoder"):
        assert values["latent_dim"] == experiment.options.get("latent_dim", 20)
