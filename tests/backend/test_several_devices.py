"""Runs on several devices, and runs that give the same bits each time they are made."""

import csv
import hashlib
import json

import keras
import numpy as np
import pytest

from checks import several_devices
from kerasgen import runs
from kerasgen.errors import UsageError
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen

BACKEND = keras.backend.backend()
TINY = {"dataset": "digits", "batch_size": 400, "image_size": 8, "options": {"hidden_dim": 8, "latent_dim": 2}}
not_on_torch = pytest.mark.skipif(BACKEND == "torch", reason="on PyTorch Keras trains on one device")


def task(recipe, image_size=8, images=33, **options):
    return {"recipe": recipe, "image_size": image_size, "images": images, "options": options}


TASKS = {
    "vae": task("vae", hidden_dim=12, latent_dim=3),
    "denoising": task("denoising-autoencoder", width=2, hidden_dim=8, latent_dim=3),
    "dcgan": task("dcgan", image_size=16, width=2, hidden_dim=4, latent_dim=3),
    "pix2pix": task("pix2pix", image_size=16, width=2, receptive_field="16"),
}
if BACKEND == "tensorflow":  # its replicas see parts of the batch; these steps depend on all of it
    tiny = {"hidden_dim": 6, "latent_dim": 3}
    TASKS |= {
        "no image for the second device": task("gan", **tiny, minibatch_discrimination=True, r1_penalty=0.5),
        "one pack": task("gan", images=35, **tiny, feature_matching=True, packing=3, r1_penalty=0.5),
    }

TRAIN_ON_TWO = """
import json, sys
import numpy as np
from checks import several_devices
from kerasgen.backend import keras_internals
keras_internals.leave_tensorflow_alone()
for name, task in json.loads(sys.argv[1]).items():
    np.savez(f"{sys.argv[2]}/{name}.npz", **several_devices.train(task, 2))
"""


@pytest.fixture(scope="module")
def trained_on_two(tmp_path_factory, run_script):
    """Return the directory with the results of each task on two devices."""
    directory = tmp_path_factory.mktemp("two")
    run_script(TRAIN_ON_TWO, json.dumps(TASKS), directory)
    return directory


@pytest.mark.slow
@not_on_torch
@pytest.mark.parametrize("name", TASKS)
def test_two_devices_train_the_same_model_as_one(name, trained_on_two):
    one = several_devices.train(TASKS[name], 1)
    with np.load(trained_on_two / f"{name}.npz") as two:
        assert sorted(one) == sorted(two)
        for value in one:
            np.testing.assert_allclose(one[value], two[value], atol=1e-5, rtol=1e-5, err_msg=value)


RESUME_ON_TWO = """
import sys
import keras
from kerasgen import backend, runs
runs.resume(sys.argv[1], epochs=2, devices=2, progress=False, report=print)
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    with backend.distributed(2):
        seeds = backend.SeedGenerator(0)
        strategy = tf.distribute.get_strategy()
        draws = strategy.run(lambda: keras.random.normal((3,), seed=seeds))
    first, second = strategy.experimental_local_results(draws)
    assert not set(first.numpy()) & set(second.numpy()), "replicas draw the same noise"
"""


@pytest.mark.slow
@not_on_torch
def test_a_run_resumes_on_more_and_on_fewer_devices(tmp_path, run_script):
    run = runs.train(runs.resolve("vae", epochs=1, **TINY), out=tmp_path / "run", progress=False)
    output = run_script(RESUME_ON_TWO, run.directory).lower().splitlines()
    assert any(line.startswith("training on cpu:0, cpu:1") for line in output)
    assert run.read_recipe()["devices"] == 2
    result = kerasgen("resume", run.directory, "--epochs", 3, "--devices", 1)
    assert result.exit_code == 0, result.output
    assert run.read_recipe()["devices"] == 1
    with run.history_path.open() as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert len(losses) == 3
    assert np.diff(losses).max() < 0
    assert int(keras.saving.load_model(run.model_path).optimizer.iterations) == 3 * 4


def test_too_many_devices_are_refused_and_leave_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keras.ops.zeros(1)  # the backend has started, so it makes no more virtual devices
    result = kerasgen(*TINY_VAE, "--devices", 9)
    assert_refused(
        result, 2, "devices is 9; " + ("on PyTorch Keras trains on one" if BACKEND == "torch" else "there is")
    )
    with pytest.raises(UsageError, match="devices is 0"):
        runs.resolve("vae", devices=0)
    assert not any(tmp_path.iterdir())


TRAIN_AGAIN = """
import json, os, sys
import keras
from kerasgen import runs
from kerasgen.errors import RunError
settings, out = json.loads(sys.argv[1]), sys.argv[2]
for name, deterministic in (("plain", False), ("deterministic", True)):
    resolved = runs.resolve("vae", epochs=1, deterministic=deterministic, **settings)
    runs.train(resolved, out=f"{out}/{name}", progress=False)
run = runs.Run.open(f"{out}/plain")
run.write_recipe(run.read_recipe() | {"deterministic": True})
try:
    runs.resume(run.directory, epochs=2, progress=False)
except RunError as refused:
    print(refused)
if keras.backend.backend() == "torch":
    import torch
    assert torch.are_deterministic_algorithms_enabled()
if keras.backend.backend() == "jax":
    assert "--xla_gpu_deterministic_ops=true" in os.environ["XLA_FLAGS"].split()
"""


def digest(run):
    """Return the SHA-256 of a run's weights and moments."""
    model = keras.saving.load_model(run.model_path)
    variables = [*model.variables, *model.optimizer.variables]
    return hashlib.sha256(b"".join(keras.ops.convert_to_numpy(v).tobytes() for v in variables)).hexdigest()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_in_another_process(tmp_path, run_script):
    here = runs.train(runs.resolve("vae", epochs=1, **TINY), out=tmp_path / "here", progress=False)
    output = run_script(TRAIN_AGAIN, json.dumps(TINY), tmp_path)
    assert "deterministic was false, is true" in output
    assert digest(runs.Run.open(tmp_path / "plain")) == digest(here)
    assert runs.Run.open(tmp_path / "deterministic").read_recipe()["deterministic"] is True
