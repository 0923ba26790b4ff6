"""Settings are checked when they are made, by a user or from a file."""

import numpy as np
import pytest

from kerasgen import runs
from kerasgen.errors import UsageError
from kerasgen.runs import Settings

pytestmark = pytest.mark.once

GOOD = {"recipe": "vae", "options": {}, "dataset": "digits", "data_dir": None, "image_size": 28, "epochs": 1}
GOOD |= {"batch_size": 100, "seed": 0, "precision": "float32"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 10**12}, "epochs is 1000000000000; it must be a whole number of 1 or more and at most 10,000,000"),
        ({"epochs": 1.5}, "epochs is 1.5; it must be a whole number"),
        ({"epochs": "3"}, "epochs is '3'; it must be a whole number"),
        ({"batch_size": True}, "batch_size is True; it must be a whole number"),
        ({"seed": 0.5}, "seed is 0.5; it must be a whole number"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"image_size": 10**6}, "image_size is 1000000"),
        ({"devices": 0}, "devices is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"precision": "float16"}, "did you mean mixed_float16 or float32"),
        ({"checkpoint_every": "often"}, "such as 500steps or 10min"),
        ({"recipe": "vea"}, "did you mean"),
        ({"options": {"latent": 2}}, "unknown option of vae 'latent'"),
        ({"options": {"latent_dim": "two"}}, "option latent_dim of vae is a whole number"),
        ({"recipe": "gan", "options": {"packing": 3}}, "packing 3 does not divide the batch size 100"),
    ],
)
def test_values_out_of_range_are_refused_at_once(changes, says):
    with pytest.raises(UsageError, match=says):
        Settings(**(GOOD | changes))
    with pytest.raises(UsageError, match=says):
        runs.resolve(**({"recipe": "vae", "batch_size": 100} | changes))


def test_missing_settings_come_from_the_recipe():
    settings = runs.resolve("vae", {"latent_dim": "3"}, batch_size=50)
    assert (settings.dataset, settings.image_size, settings.batch_size) == ("mnist-10k", 28, 50)
    assert settings.options["latent_dim"] == 3
    assert settings.options["beta"] == 1.0
    assert type(runs.resolve("vae", epochs=np.int64(3)).epochs) is int  # for recipe.json
    assert Settings(**GOOD).options == runs.resolve("vae").options


def test_sets_of_points_have_defaults_of_their_own():
    points, images = runs.resolve("flow", dataset="grid-25"), runs.resolve("flow")
    assert (points.epochs, points.batch_size, points.options["hidden_dim"]) == (30, 500, 128)
    assert (images.epochs, images.batch_size, images.options["hidden_dim"]) == (40, 64, 256)
    chosen = runs.resolve("flow", {"hidden_dim": 8}, dataset="grid-25", epochs=2)
    assert (chosen.epochs, chosen.batch_size, chosen.options["hidden_dim"]) == (2, 500, 8)
    assert runs.resolve("vae", dataset="grid-25").epochs == runs.resolve("vae").epochs


def test_codes_have_defaults_of_their_own(tmp_path):
    (tmp_path / "recipe.json").write_text("{}")  # a run directory
    codes, images = runs.resolve("pixelcnn", dataset=str(tmp_path)), runs.resolve("pixelcnn")
    assert (codes.epochs, codes.batch_size, codes.options["width"]) == (16, 64, 64)
    assert (images.epochs, images.batch_size, images.options["width"]) == (8, 32, 16)
    assert runs.resolve("made", dataset=str(tmp_path)).options == runs.resolve("made").options
