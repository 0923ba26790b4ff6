import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import Checkpoint, StopWhenNotFinite
from kerasgen.data import load
from kerasgen.errors import NotFiniteError, RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints, interval

DIGITS = load("digits", image_size=8)
PLACES = {"first step": (0, 1), "mid-epoch": (1, 2), "last step": (2, "validation"), "epoch end": (1, 0)}


def values(model):
    return [np.array(keras.ops.convert_to_numpy(v)) for v in [*model.variables, *model.optimizer.variables]]


def create(recipe="vae", seed=0, **options):
    keras.utils.set_random_seed(seed)
    return kerasgen.create(recipe, image_size=8, hidden_dim=8, latent_dim=2, **options)


class StopAt(keras.callbacks.Callback):
    """Sends this process a SIGTERM before the step `place`, an (epoch, step)."""

    def __init__(self, place):
        super().__init__()
        self.place = place

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            os.kill(os.getpid(), signal.SIGTERM)

    def on_test_batch_begin(self, batch, logs=None):
        if (self.epoch, "validation") == self.place:
            os.kill(os.getpid(), signal.SIGTERM)


def fit(directory, *others, model=None, epochs=3, report=lambda line: None, **options):
    """Run the script that a user would run again after an interruption; return the model and its history."""
    model = create() if model is None else model
    history = model.fit(
        DIGITS.train.batches(400, shuffle=True),
        validation_data=DIGITS.test.batches(100),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[Checkpoint(directory, report=report, **options), *others],
    )
    return model, history


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return variables, history and checkpoints of a training without an interruption."""
    directory = tmp_path_factory.mktemp("whole")
    model, history = fit(directory)
    return values(model), history.history, directory


@pytest.mark.parametrize("place", PLACES)
def test_an_interrupted_training_ends_as_one_that_was_not(place, whole, tmp_path):
    lines = []
    with pytest.raises(SystemExit) as stopped:
        fit(tmp_path, StopAt(PLACES[place]), report=lines.append)
    assert stopped.value.code == 143
    model, history = fit(tmp_path, report=lines.append)
    for index, (a, b) in enumerate(zip(values(model), whole[0], strict=True)):
        assert np.array_equal(a, b), index
    assert history.history == whole[1]
    assert history.epoch == [0, 1, 2]
    kept = str(lines[0]).removeprefix("stopped; all is kept in ")
    assert lines[1] == f"going on from {kept}"


def test_more_checkpoints_than_epochs_change_nothing_and_the_last_few_are_kept(whole, tmp_path):
    model, _ = fit(tmp_path, every="3steps", keep=4, model_path=tmp_path / "model.keras")
    assert all(np.array_equal(a, b) for a, b in zip(values(model), whole[0], strict=True))
    names = [path.name for path in Checkpoints(tmp_path).paths()]
    assert names == ["epoch-0003", "epoch-0002-step-000003", "epoch-0002", "epoch-0001-step-000003"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "lock", "model.keras"])
    saved = keras.saving.load_model(tmp_path / "model.keras")
    assert all(np.array_equal(a, b) for a, b in zip(values(saved), whole[0], strict=True))


def test_a_training_that_is_done_goes_on_with_more_epochs_only(whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    before = sorted(path.name for path in (tmp_path / "copy").iterdir())
    model, history = fit(tmp_path / "copy")
    assert all(np.array_equal(a, b) for a, b in zip(values(model), whole[0], strict=True))
    assert history.history == whole[1]
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == before
    _, history = fit(tmp_path / "copy", epochs=4)
    assert history.epoch == [0, 1, 2, 3]
    assert history.history["loss"][:3] == whole[1]["loss"]


def test_arrays_in_their_order_go_on_in_the_middle_of_an_epoch(tmp_path):
    images = np.random.default_rng(0).random((40, 8, 8, 1), dtype="float32")

    def run(directory, *others):
        model, checkpoint = create(), Checkpoint(directory, report=lambda line: None)
        model.fit(images, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[checkpoint, *others])
        return values(model)

    expected = run(tmp_path / "whole")
    with pytest.raises(SystemExit):
        run(tmp_path / "broken", StopAt((1, 3)))
    assert all(np.array_equal(a, b) for a, b in zip(run(tmp_path / "broken"), expected, strict=True))


def watching():
    return [
        keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=10.0),
        keras.callbacks.EarlyStopping("loss", patience=3, min_delta=10.0, restore_best_weights=True),
    ]


def test_callbacks_go_on_with_what_they_have_seen(tmp_path):
    model, history = fit(tmp_path / "whole", *watching(), epochs=9)
    assert history.epoch == [0, 1, 2, 3]  # then it stopped early
    assert history.history["learning_rate"][-1] < history.history["learning_rate"][0]
    with pytest.raises(SystemExit):
        fit(tmp_path / "broken", *watching(), StopAt((2, 1)), epochs=9)
    for _ in range(2):  # the second finds that it has stopped early
        again, resumed = fit(tmp_path / "broken", *watching(), epochs=9)
        assert resumed.history == history.history
        assert all(np.array_equal(a, b) for a, b in zip(values(again), values(model), strict=True))


def test_another_training_is_refused_with_the_difference(whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    for other, words in (
        ({"model": create(beta=2.0)}, "model.config.beta was 1.0, is 2.0"),
        ({"model": create(learning_rate=0.5)}, "optimizer.config.learning_rate was 0.001"),
        ({"settings": {"crop": 3}}, "crop was null, is 3"),
    ):
        with pytest.raises(RunError, match="cannot go on from") as refused:
            fit(tmp_path / "copy", epochs=5, **other)
        assert words in str(refused.value)
    with pytest.raises(RunError, match=r"callbacks was \[\"History\"\]"):
        fit(tmp_path / "copy", *watching(), epochs=5)
    assert len(Checkpoints(tmp_path / "copy").paths()) == 3


def test_the_newest_whole_checkpoint_is_used_and_never_random_weights(whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    newest, before, oldest = Checkpoints(tmp_path / "copy").paths()
    with (newest / "model.keras").open("r+b") as file:
        file.seek(9000)
        file.write(bytes([file.read(1)[0] ^ 1]))
    lines = []
    model, history = fit(tmp_path / "copy", report=lines.append)
    assert lines[0] == f"checkpoint {newest} is damaged (the checksum of its model.keras is wrong); passed over"
    assert lines[1] == f"going on from {before}"
    assert all(np.array_equal(a, b) for a, b in zip(values(model), whole[0], strict=True))
    assert history.history == whole[1]
    for path in (newest, before, oldest):
        (path / "state.json").write_text("{}")
    with pytest.raises(RunError, match="none is left to go on from"):
        fit(tmp_path / "copy")


class Steps(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.count = 0

    def on_train_batch_begin(self, batch, logs=None):
        self.count += 1


def test_a_value_that_is_not_finite_stops_within_a_step_whatever_its_name(tmp_path):
    steps = Steps()
    with pytest.raises(
        NotFiniteError, match=r"\w+ became \S+ in step \d of epoch 1: .* checkpoint is .*epoch-0000$"
    ) as error:
        fit(tmp_path, StopWhenNotFinite(), steps, model=create("gan", learning_rate=1e30))
    first_bad = int(str(error.value).split("in step ")[1].split()[0])
    assert steps.count <= first_bad + 1
    assert [path.name for path in Checkpoints(tmp_path).paths()] == ["epoch-0000"]


class Spoil(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            variable = self.model.trainable_variables[0]
            variable.assign(variable * float("nan"))


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    with pytest.raises(NotFiniteError, match=r"is NaN or infinite: .* checkpoint is .*epoch-0001$"):
        fit(tmp_path, Spoil())
    assert [path.name for path in Checkpoints(tmp_path).paths()] == ["epoch-0001", "epoch-0000"]


@pytest.mark.once
@pytest.mark.parametrize(("epoch", "step", "says"), [(0, 0, "look for NaN"), (0, 1, "try a"), (1, 0, "try a")])
def test_in_the_first_step_the_data_are_suspected(epoch, step, says):
    callback = StopWhenNotFinite()
    callback.on_epoch_begin(epoch)
    callback.on_train_batch_begin(step)
    callback.on_train_batch_end(step, {"loss": float("nan")})
    with pytest.raises(NotFiniteError, match=f"the training has broken down, {says}"):
        callback.on_epoch_end(epoch)


@pytest.mark.once
def test_a_validation_that_is_not_finite_stops_too():
    callback = StopWhenNotFinite()
    callback.on_epoch_begin(4)
    callback.on_epoch_end(4, {"loss": 1.0})
    with pytest.raises(NotFiniteError, match="val_value became inf in epoch 5"):
        callback.on_epoch_end(4, {"loss": 1.0, "val_value": float("inf")})


def test_a_disk_that_takes_no_more_leaves_the_checkpoints(tmp_path):
    class Fill(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:  # no file may grow further: the operating system refuses, as when the disk is full
                resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(RunError, match=r"training stopped: cannot write .*epoch-0001$"):
            fit(tmp_path, Fill())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Checkpoints(tmp_path).newest()[0].name == "epoch-0001"
    assert not list(tmp_path.glob(".*"))


def test_one_training_at_a_time_and_where_it_can_write(tmp_path):
    with Checkpoints(tmp_path).locked(), pytest.raises(RunError, match=f"is in use: process {os.getpid()} trains"):
        fit(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot write to"):
        fit(tmp_path / "file")


def test_it_says_how_it_is_used(tmp_path):
    with pytest.raises(UsageError, match="Checkpoint works with models of kerasgen"):
        Checkpoint(tmp_path).on_train_begin()
    assert interval("500steps") == (500, None)
    assert interval("10min") == (None, 600)
    for text in ("often", "0steps", "5"):
        with pytest.raises(UsageError, match="such as 500steps or 10min"):
            Checkpoint(tmp_path, every=text)


# -- files, without Keras


def write(directory, epochs=2, size=20_000):
    for epoch in range(epochs):
        state = {"epoch": epoch, "best": [np.arange(5.0), None], "loss": float("inf")}
        path = Checkpoints(directory).path(epoch, 0)
        Checkpoints(directory).write(path, state, lambda path: path.write_bytes(os.urandom(size)))


DAMAGE = {
    "cut": lambda path: os.truncate(path / "model.keras", 10_000),
    "empty": lambda path: os.truncate(path / "model.keras", 0),
    "zeroed": lambda path: (path / "model.keras").write_bytes(bytes(20_000)),
    "missing": lambda path: (path / "model.keras").unlink(),
    "state empty": lambda path: os.truncate(path / "state.json", 0),
    "state missing": lambda path: (path / "state.json").unlink(),
    "arrays missing": lambda path: (path / "arrays.npz").unlink(),
    "sums missing": lambda path: (path / "SHA256SUMS").unlink(),
    "sums empty": lambda path: os.truncate(path / "SHA256SUMS", 0),
    "a file of the same name": lambda path: (shutil.rmtree(path), path.touch()),
}


@pytest.mark.once
@pytest.mark.parametrize("kind", DAMAGE)
def test_every_damage_is_found(kind, tmp_path):
    write(tmp_path)
    DAMAGE[kind](tmp_path / "epoch-0001")
    path, state, (line,) = Checkpoints(tmp_path).newest()
    assert path == tmp_path / "epoch-0000"
    assert f"checkpoint {tmp_path / 'epoch-0001'} is damaged (it" in line or "the checksum of its" in line
    assert state["epoch"] == 0
    assert state["loss"] == float("inf")
    np.testing.assert_array_equal(state["best"][0], np.arange(5.0))
    write(tmp_path)  # over the damaged one
    assert Checkpoints(tmp_path).newest()[0] == tmp_path / "epoch-0001"


SAVING = """
import itertools, os, sys
from kerasgen.io.checkpoints import Checkpoints
checkpoints = Checkpoints(sys.argv[1])
with checkpoints.locked():
    print("locked", flush=True)
    for number in itertools.count():
        path = checkpoints.path(number % 5, 0)
        checkpoints.write(path, {}, lambda path: path.write_bytes(os.urandom(2_000_000)))
"""


@pytest.mark.once
def test_kills_leave_whole_checkpoints_and_no_lock(tmp_path):
    rng = np.random.default_rng()
    for _ in range(5):
        saving = subprocess.Popen([sys.executable, "-c", SAVING, tmp_path], stdout=subprocess.PIPE, text=True)
        assert saving.stdout.readline() == "locked\n"
        while not Checkpoints(tmp_path).paths():
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.2))
        saving.kill()
        saving.communicate()
        path, _, passed_over = Checkpoints(tmp_path).newest()
        assert path is not None
        assert passed_over == []
    with Checkpoints(tmp_path).locked():
        assert not list(tmp_path.glob(".*"))


SIGNALS = """
import os, signal, sys, time
from kerasgen.callbacks.signals import Signals
with Signals() as signals:
    os.kill(os.getpid(), signal.SIGTERM)
    assert signals.received == signal.SIGTERM
    print("still here", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    print("never here")
"""


@pytest.mark.once
def test_the_second_signal_ends_the_process_at_once():
    done = subprocess.run([sys.executable, "-c", SIGNALS], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "still here\n")
