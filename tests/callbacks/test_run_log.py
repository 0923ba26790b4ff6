"""Each value has one name in the table, the events and the lines."""

import csv

import keras
import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import kerasgen
from kerasgen.callbacks import RunLog
from kerasgen.errors import RunError

pytestmark = pytest.mark.once

IMAGES = np.random.default_rng(0).random((16, 8, 8, 1), dtype="float32")


def fit(*callbacks, **kwargs):
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    return model.fit(IMAGES, batch_size=8, verbose=0, callbacks=list(callbacks), **kwargs)


def table(directory):
    with (directory / "history.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_an_epoch_without_validation_leaves_its_cells_empty(tmp_path):
    history = fit(RunLog(tmp_path / "new" / "run"), validation_data=IMAGES, validation_freq=2, epochs=3).history
    rows = table(tmp_path / "new" / "run")
    assert [row["val_loss"] for row in rows] == ["", str(history["val_loss"][0]), ""]
    assert [float(row["loss"]) for row in rows] == history["loss"]
    assert all(None not in row for row in rows)  # no cell without a column
    with Image.open(tmp_path / "new" / "run" / "curves.png") as image:
        assert image.size[0] > 800


@pytest.mark.slow
def test_a_later_start_keeps_the_rows_and_a_new_start_drops_them(tmp_path):
    fit(RunLog(tmp_path), epochs=3)
    before = table(tmp_path)
    fit(RunLog(tmp_path), initial_epoch=2, epochs=4)
    after = table(tmp_path)
    assert [row["epoch"] for row in after] == ["1", "2", "3", "4"]
    assert after[:2] == before[:2]
    log = RunLog(tmp_path)
    for _ in range(2):
        fit(log, epochs=1)
        assert [row["epoch"] for row in table(tmp_path)] == ["1"]


def test_a_table_that_is_damaged_is_one_line_and_stays(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,loss\n1,low\n")
    with pytest.raises(RunError, match=r"cannot read .*history.csv: 'low' in line 2 is not a number"):
        fit(RunLog(tmp_path), initial_epoch=1, epochs=2)
    assert (tmp_path / "history.csv").read_text() == "epoch,loss\n1,low\n"


class DrawnAt(keras.callbacks.Callback):
    def __init__(self, path):
        super().__init__()
        self.path, self.drawn = path, []

    def on_epoch_end(self, epoch, logs=None):
        self.drawn.append(self.path.exists())


@pytest.mark.slow
def test_short_epochs_do_not_wait_for_curves_which_come_at_the_end(tmp_path):
    drawn = DrawnAt(tmp_path / "curves.png")
    fit(RunLog(tmp_path), drawn, epochs=4)
    assert not any(drawn.drawn)
    assert drawn.path.exists()


def test_a_long_training_draws_its_curves_meanwhile(tmp_path):
    log = RunLog(tmp_path)
    log.on_train_begin()
    log._plotted_at -= 60.0  # seconds
    log.on_epoch_begin(0)
    log.on_epoch_end(0, {"loss": 1.0})
    assert (tmp_path / "curves.png").exists()


@pytest.mark.slow
def test_values_that_are_not_finite_are_logged(tmp_path):
    log = RunLog(tmp_path)
    log.on_train_begin()
    log.on_epoch_begin(0)
    log.on_epoch_end(0, {"generator_loss": float("nan"), "val_generator_loss": float("inf"), "vector": np.ones(3)})
    log.on_train_end()
    assert table(tmp_path)[0].keys() == {"epoch", "seconds", "generator_loss", "val_generator_loss"}
    events = EventAccumulator(str(tmp_path / "logs")).Reload()
    assert np.isnan(events.Scalars("Train/generator_loss")[0].value)
    assert events.Scalars("Test/generator_loss")[0].value == float("inf")


@pytest.mark.slow
@pytest.mark.parametrize("tensorflow", ["installed", "missing"])
def test_tensorflow_is_not_imported_even_where_it_is_installed(tensorflow, run_script, tmp_path):
    code = """
import sys
if sys.argv[1] == "missing":
    sys.modules["tensorflow"] = None
import numpy as np, kerasgen
kerasgen.create("gan", image_size=8, hidden_dim=8, latent_dim=2, average=0.9)
model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
images = np.zeros((8, 8, 8, 1), "float32")
model.fit(images, validation_data=images, verbose=0, callbacks=[kerasgen.callbacks.RunLog(sys.argv[2])])
print("tensorflow is", sys.modules.get("tensorflow"))
from kerasgen.backend import keras_internals
from keras.src.utils.module_utils import tensorflow
before = type(tensorflow)
undo = keras_internals.leave_tensorflow_alone()
assert type(tensorflow) is not before and not tensorflow.available
keras_internals.leave_tensorflow_alone()()  # done already: nothing to undo
assert not tensorflow.available
undo()
assert type(tensorflow) is before
"""
    assert run_script(code, tensorflow, tmp_path, backend="jax").strip() == "tensorflow is None"
    events = EventAccumulator(str(tmp_path / "logs")).Reload()
    names = ("loss", "kl_divergence", "reconstruction_error")
    assert set(events.Tags()["scalars"]) == {f"{side}/{name}" for side in ("Train", "Test") for name in names}
    assert [event.step for event in events.Scalars("Test/loss")] == [1]
