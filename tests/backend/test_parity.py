"""The three backends must be one: the same updates, and files that each can read."""

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.once

BACKENDS = ("tensorflow", "jax", "torch")
WORKER = Path(__file__).with_name("worker.py")
RECIPES = {
    "vae": {"hidden_dim": 12, "latent_dim": 3},
    "vae-conv": {"width": 2, "hidden_dim": 8, "latent_dim": 3},
    "cvae": {"hidden_dim": 12, "latent_dim": 3},
    "autoencoder": {"hidden_dim": 12, "latent_dim": 3},
    "autoencoder-conv": {"width": 2, "hidden_dim": 8, "latent_dim": 3},
    "denoising-autoencoder": {"width": 2, "hidden_dim": 8, "latent_dim": 3},
    "dcgan": {"width": 4, "latent_dim": 3},
    "dcgan+labels": {
        "width": 4,
        "latent_dim": 3,
        "conditional": True,
        "objective": "hinge",
        "discriminator_steps": 2,
        "minibatch_discrimination": True,
        "spectral_normalization": True,
        "historical_averaging": 0.01,
        "average": 0.9,
    },
    "dcgan+penalties": {"width": 4, "latent_dim": 3, "r1_penalty": 0.2, "r2_penalty": 0.05},
    # L1 weighs less than by default: at 100, steps of SGD as large as these go nowhere.
    "pix2pix": {"width": 2, "receptive_field": "16", "l1_weight": 1.0},
    "pix2pix+resize": {
        "width": 2,
        "receptive_field": "1",
        "l1_weight": 1.0,
        "normalization": "batch",
        "upsampling": "resize",
        "objective": "least_squares",
        "direction": "BtoA",
    },
    "cyclegan": {"width": 4, "blocks": 1, "receptive_field": "16", "pool_size": 10, "cycle_weight": 1.0},
    "gan+packing": {"hidden_dim": 8, "latent_dim": 3, "packing": 2, "feature_matching": True, "r1_penalty": 0.1},
    "vae-gan": {"width": 2, "hidden_dim": 8, "latent_dim": 3, "r1_penalty": 0.1, "likelihood": "gaussian"},
    "gan+relativistic": {"hidden_dim": 8, "latent_dim": 3, "objective": "relativistic", "r2_penalty": 0.1},
}
SGD = {"class_name": "SGD", "config": {"learning_rate": 0.01, "momentum": 0.9}}
ADAM = {"class_name": "Adam", "config": {"learning_rate": 1e-3}}


def run_worker(backend, *arguments):
    done = subprocess.run(
        [sys.executable, "-P", WORKER, *map(str, arguments)],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder where each backend has trained each recipe."""
    folder = tmp_path_factory.mktemp("backends")
    (folder / "task.json").write_text(json.dumps({"recipes": RECIPES, "sgd": SGD, "adam": ADAM}))
    for backend in BACKENDS:
        run_worker(backend, "train", folder)
    return folder


def results(folder, name):
    return {backend: np.load(folder / f"{backend}-{name}.npz") for backend in BACKENDS}


@pytest.mark.parametrize("recipe", RECIPES)
def test_ten_steps_of_sgd_agree_in_every_weight_moment_and_statistic(folder, recipe):
    arrays = results(folder, recipe)
    names = [name for name in arrays["jax"] if name.startswith("weights ")]
    if recipe == "dcgan":
        assert sum("moving" in name for name in names) == 6
    assert sum("momentum" in name for name in names) >= 8
    for a, b in combinations(BACKENDS, 2):
        assert sorted(arrays[a]) == sorted(arrays[b])
        for name in names:
            np.testing.assert_allclose(
                arrays[a][name], arrays[b][name], atol=1e-5, rtol=1e-5, err_msg=f"{a} {b} {name}"
            )


def test_ten_steps_of_adam_agree_in_the_losses(folder):
    arrays = results(folder, "adam")
    for a, b in combinations(BACKENDS, 2):
        for name in ("generator_loss", "discriminator_loss"):
            assert arrays[a][name].shape == (10,)
            np.testing.assert_allclose(arrays[a][name], arrays[b][name], atol=1e-4, err_msg=f"{a} {b} {name}")


def test_files_of_each_backend_load_on_each_without_the_others_installed(folder):
    for backend in BACKENDS:
        differences = json.loads(run_worker(backend, "load", folder).splitlines()[-1])
        others = [other for other in BACKENDS if other != backend]
        assert sorted(differences) == sorted(f"{other}-{recipe}" for other in others for recipe in RECIPES)
        assert max(differences.values()) < 1e-5, differences
