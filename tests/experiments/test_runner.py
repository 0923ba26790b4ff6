"""The runner: rows of all seeds, kept seeds, steps, samplers and measured references, with a tiny model."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from kerasgen import data
from kerasgen.errors import UsageError
from kerasgen.experiments import Experiment, Metric, measures
from kerasgen.experiments.burda import LAST_RATE, Training
from kerasgen.experiments.runner import run
from kerasgen.experiments.trial import Trial, as_saved, load_data
from kerasgen.zoo import experiments

ERROR = "mean squared error of a pixel"
TINY = Experiment(
    name="tiny",
    summary="tiny",
    table="reconstruction",
    recipe="autoencoder",
    measure=measures.reconstruction_error,
    metrics=(Metric(ERROR, 5, "0.1"),),
    options={"hidden_dim": 8, "latent_dim": 2},
    dataset="digits",
    image_size=8,
    batch_size=400,
    epochs=1,
    seeds=2,
    baseline=measures.pca_error,
    source="PCA",
    setup="batch 400",
)


def iterations(trial):
    return {ERROR: float(keras.ops.convert_to_numpy(trial.model.optimizer.iterations))}


@pytest.mark.slow
def test_row_is_the_mean_over_the_seeds_and_finished_seeds_are_kept(tmp_path):
    lines = []
    (row,) = run(TINY, tmp_path, report=lines.append)
    values = [float(line.split(ERROR)[1].split(";")[0]) for line in lines]
    assert len(values) == 2
    assert values[0] != values[1]
    assert float(row["value"]) == pytest.approx(np.mean(values), abs=2e-5)
    assert row["spread"].endswith("standard error")
    assert (row["seeds"], row["epochs"], row["setup"]) == ("2", "1", "batch 400")
    known, measured = row["reference"].split("; ")
    assert known == "0.1"
    assert 0 < float(measured) < 0.1  # PCA
    assert sorted(path.name for path in (tmp_path / "tiny").iterdir()) == [
        f"{keras.backend.backend()}-seed-{seed}.json" for seed in (0, 1)
    ]
    again = run(replace(TINY, seeds=3), tmp_path, report=lines.append)
    assert [line.split(":")[0] for line in lines] == ["seed 0", "seed 1", "seed 2"]
    assert (again[0]["seeds"], again[0]["reference"]) == ("3", row["reference"])
    assert run(TINY, tmp_path, report=lines.append) == [row]
    run(replace(TINY, epochs=2, seeds=1), tmp_path, report=lines.append)
    assert len(lines) == 4  # other settings: trained again


def test_interrupted_training_continues_from_its_checkpoint(tmp_path):
    def fails(trial):
        raise KeyboardInterrupt

    experiment = replace(TINY, measure=iterations, epochs=2, seeds=1, baseline=None)
    with pytest.raises(KeyboardInterrupt):
        run(replace(experiment, measure=fails), tmp_path)
    place = tmp_path / "tiny" / f"{keras.backend.backend()}-seed-0"
    assert [path.name for path in (place / "checkpoints" / "training").glob("epoch-*")] == ["epoch-0002"]
    (row,) = run(experiment, tmp_path)
    assert float(row["value"]) == 2 * 4
    assert not place.exists()


@pytest.mark.once
@pytest.mark.parametrize("steps", [3, 4, 6])
def test_steps_are_whole_epochs_and_a_part_of_one(steps):
    experiment = replace(TINY, measure=iterations, epochs=0, steps=steps, seeds=1, baseline=None)
    (row,) = run(experiment)
    assert (float(row["value"]), row["epochs"]) == (steps, f"{steps} steps")
    assert row["spread"] == ""


@pytest.mark.slow
@pytest.mark.once
def test_each_sampler_has_a_row_of_the_same_training():
    def mean(trial):
        images = trial.generate(20)
        assert images.shape == (20, 8, 8, 1)
        return {ERROR: float(images.mean())}

    rows = run(replace(TINY, measure=mean, samplers=("prior", "gmm-1", "gmm"), seeds=1, baseline=None))
    assert [row["recipe"].partition(" sampler=")[2] for row in rows] == ["", "gmm-1", "gmm"]
    assert len({row["value"] for row in rows}) == 3


@pytest.mark.once
def test_without_a_training_no_data_are_loaded():
    experiment = replace(TINY, measure=lambda trial: {ERROR: 7.0}, epochs=0, seeds=1, dataset="noise", baseline=None)
    (row,) = run(experiment)
    assert (row["value"], row["seeds"], row["epochs"]) == ("7.00000", "", "")


@pytest.mark.once
def test_images_are_measured_as_they_would_be_saved():
    images = np.array([-0.5, 0.1, 0.5, 1.7], "float32").reshape(1, 2, 2, 1)
    np.testing.assert_allclose(as_saved(images).ravel(), [0, 26 / 255, 128 / 255, 1], rtol=1e-6)
    points = np.array([[-3.0, 2.5]], "float32")
    assert as_saved(points) is points


@pytest.mark.once
def test_photographs_need_a_folder():
    with pytest.raises(UsageError, match="facades is not bundled"):
        load_data(experiments.get("facades"))


@pytest.mark.slow
@pytest.mark.once
def test_training_of_burda_has_two_stages():
    experiment = replace(
        TINY,
        recipe="vae",
        options={"hidden_dim": 8, "latent_dim": 2, "binarize": True},
        epochs=3,
        fit=Training(learning_rate=0.01, first_epochs=1, first_samples=2, samples=4, gradient_samples=2),
    )
    dataset = data.load("digits", image_size=8)
    trial = Trial(experiment, dataset, seed=0)
    model = trial.train()
    assert (model.samples, model.gradient_samples) == (4, 2)
    assert isinstance(model.optimizer, keras.optimizers.Muon)
    rates = [float(model.optimizer._learning_rate(step)) for step in (0, 4, 12)]
    assert rates == pytest.approx([0.01, 0.01, 0.01 * LAST_RATE])
    assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == 12
    quick = Trial(replace(experiment, epochs=1), dataset, seed=0).train()
    assert (quick.samples, int(keras.ops.convert_to_numpy(quick.optimizer.iterations))) == (4, 4)
