"""Interrupted trainings resume with the weights and history of uninterrupted ones."""

import hashlib
import io
import json
import os
import resource
import shutil
import signal
import zipfile

import h5py
import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import Checkpoint, StopWhenNotFinite
from kerasgen.data import load
from kerasgen.errors import NotFiniteError, RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints

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
    """Train as a script that is run again after an interruption; return the model and its history."""
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


@pytest.mark.slow
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
    kept = str(lines[0]).removeprefix("stopped; the training is saved in ")
    assert lines[1] == f"resuming from {kept}"


@pytest.mark.slow
@pytest.mark.once
def test_more_checkpoints_than_epochs_change_nothing_and_the_last_few_are_kept(whole, tmp_path):
    model, _ = fit(tmp_path, every="3steps", keep=4, model_path=tmp_path / "model.keras")
    assert all(np.array_equal(a, b) for a, b in zip(values(model), whole[0], strict=True))
    names = [path.name for path in Checkpoints(tmp_path).paths()]
    assert names == ["epoch-0003", "epoch-0002-step-000003", "epoch-0002", "epoch-0001-step-000003"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "lock", "model.keras"])
    assert os.path.samefile(tmp_path / "model.keras", tmp_path / "epoch-0003" / "model.keras")  # takes no space
    saved = keras.saving.load_model(tmp_path / "model.keras")
    assert all(np.array_equal(a, b) for a, b in zip(values(saved), whole[0], strict=True))


@pytest.mark.slow
@pytest.mark.once
def test_a_finished_training_resumes_only_with_more_epochs(whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    before = sorted(path.name for path in (tmp_path / "copy").iterdir())
    model, history = fit(tmp_path / "copy")
    assert all(np.array_equal(a, b) for a, b in zip(values(model), whole[0], strict=True))
    assert history.history == whole[1]
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == before
    _, history = fit(tmp_path / "copy", epochs=4)
    assert history.epoch == [0, 1, 2, 3]
    assert history.history["loss"][:3] == whole[1]["loss"]


@pytest.mark.slow
def test_arrays_in_order_resume_in_mid_epoch(tmp_path):
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


@pytest.mark.slow
def test_callbacks_resume_with_their_state(tmp_path):
    model, history = fit(tmp_path / "whole", *watching(), epochs=9)
    assert history.epoch == [0, 1, 2, 3]  # then it stopped early
    assert history.history["learning_rate"][-1] < history.history["learning_rate"][0]
    with pytest.raises(SystemExit):
        fit(tmp_path / "broken", *watching(), StopAt((2, 1)), epochs=9)
    for _ in range(2):  # the second finds that it has stopped early
        again, resumed = fit(tmp_path / "broken", *watching(), epochs=9)
        assert resumed.history == history.history
        assert all(np.array_equal(a, b) for a, b in zip(values(again), values(model), strict=True))


@pytest.mark.once
def test_another_training_is_refused_and_the_difference_named(whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    for other, words in (
        ({"model": create(beta=2.0)}, "model.config.beta was 1.0, is 2.0"),
        ({"model": create(learning_rate=0.5)}, "optimizer.config.learning_rate was 0.001"),
        ({"settings": {"crop": 3}}, "crop was null, is 3"),
    ):
        with pytest.raises(RunError, match="cannot resume from") as refused:
            fit(tmp_path / "copy", epochs=5, **other)
        assert words in str(refused.value)
    with pytest.raises(RunError, match=r"callbacks was \[\"History\"\]"):
        fit(tmp_path / "copy", *watching(), epochs=5)
    assert len(Checkpoints(tmp_path / "copy").paths()) == 3


@pytest.mark.once
def test_the_newest_whole_checkpoint_is_used_and_never_random_weights(whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    newest, before, oldest = Checkpoints(tmp_path / "copy").paths()
    with (newest / "model.keras").open("r+b") as file:
        file.seek(9000)
        flipped = bytes([file.read(1)[0] ^ 1])
        file.seek(9000)
        file.write(flipped)
    lines = []
    model, history = fit(tmp_path / "copy", report=lines.append)
    assert lines[0] == f"checkpoint {newest} is damaged (the checksum of its model.keras is wrong); skipped"
    assert lines[1] == f"resuming from {before}"
    assert all(np.array_equal(a, b) for a, b in zip(values(model), whole[0], strict=True))
    assert history.history == whole[1]
    for path in (newest, before, oldest):
        (path / "state.json").write_text("{}")
    with pytest.raises(RunError, match="no checkpoint is left to resume from"):
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
        fit(tmp_path, StopWhenNotFinite(), steps, model=create("gan", learning_rate=1e9))
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


@pytest.mark.slow
@pytest.mark.once
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
    assert Checkpoints(tmp_path).newest()[0].path.name == "epoch-0001"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.once
def test_one_training_at_a_time_and_where_it_can_write(tmp_path):
    with Checkpoints(tmp_path).locked(), pytest.raises(RunError, match=f"is in use: process {os.getpid()} trains"):
        fit(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot write to"):
        fit(tmp_path / "file")


@pytest.mark.once
def test_wrong_use_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="Checkpoint works with models of kerasgen"):
        Checkpoint(tmp_path).on_train_begin()
    with pytest.raises(UsageError, match="such as 500steps or 10min"):
        Checkpoint(tmp_path, every="often")
    with pytest.raises(UsageError, match="keep is 0"):
        Checkpoint(tmp_path, keep=0)


@pytest.mark.once
def test_the_best_model_is_kept_although_its_checkpoint_is_not(whole, tmp_path):
    options = {"keep": 1, "keep_best": "val_loss", "best_path": tmp_path / "best.keras"}
    directory = tmp_path / "checkpoints"
    worse = Worsen(2)  # the last epoch
    with pytest.raises(SystemExit):
        fit(directory, worse, StopAt((2, 1)), **options)
    assert [path.name for path in Checkpoints(directory).paths()] == ["epoch-0002-step-000001"]
    assert (tmp_path / "best.keras").stat().st_nlink == 1  # all that is left of epoch-0002
    _, history = fit(directory, worse, **options)
    losses = history.history["val_loss"]
    assert np.argmin(losses) == 1
    assert [path.name for path in Checkpoints(directory).paths()] == ["epoch-0003"]
    best = keras.saving.load_model(tmp_path / "best.keras")
    loss = best.evaluate(DIGITS.test.batches(100), return_dict=True, verbose=0)["loss"]
    np.testing.assert_allclose(loss, losses[1], rtol=0.05)  # other random latents than in the training
    assert loss < losses[2] * 0.9


class Worsen(keras.callbacks.Callback):
    """Multiplies all weights by 10 at the end of one epoch, before its validation."""

    def __init__(self, epoch):
        super().__init__()
        self.worse = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_test_begin(self, logs=None):
        if self.epoch == self.worse:
            for variable in self.model.trainable_variables:
                variable.assign(variable * 10.0)


@pytest.mark.once
def test_a_best_value_that_is_not_logged_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(UsageError, match=r"keep_best is 'val_los', which is not logged; known: .*val_loss"):
        fit(tmp_path, keep_best="val_los")
    images = np.zeros((8, 8, 8, 1), "float32")
    checkpoint = Checkpoint(tmp_path / "without", keep_best="val_loss", report=lambda line: None)
    create().fit(images, verbose=0, callbacks=[checkpoint])  # no validation in this epoch
    assert not (tmp_path / "without" / "best.keras").exists()


@pytest.mark.once
def test_a_kill_between_the_checkpoint_and_its_link_is_repaired(whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    (tmp_path / "model.keras").write_text("the model of the epoch before")
    fit(tmp_path / "copy", model_path=tmp_path / "model.keras")
    assert os.path.samefile(tmp_path / "model.keras", tmp_path / "copy" / "epoch-0003" / "model.keras")


# -- checkpoints that are not valid although their checksums match


def sign(path):
    files = sorted(file for file in path.iterdir() if file.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (path / "SHA256SUMS").write_text("".join(sums))


def damage_state(path, change):
    state = json.loads((path / "state.json").read_text())
    change(state)
    (path / "state.json").write_text(json.dumps(state))
    sign(path)


def set_history(value):
    return lambda state: state["callbacks"].__setitem__(-1, value)


STATES = {
    "fewer callbacks": lambda state: state.update(callbacks=[]),
    "history of text": set_history({"epoch": [0], "history": {"loss": ["low"]}}),
    "history of no epochs": set_history({"epoch": "all", "history": {}}),
    "history of other keys": set_history({"rows": []}),
    "a best that is no number": lambda state: state.update(best={"name": None, "value": "low", "epoch": 1}),
}


@pytest.mark.once
@pytest.mark.parametrize("kind", STATES)
def test_a_state_that_does_not_fit_is_one_line(kind, whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    damage_state(tmp_path / "copy" / "epoch-0003", STATES[kind])
    with pytest.raises(RunError, match=r"cannot resume from .*epoch-0003: its state is not valid") as refused:
        fit(tmp_path / "copy", epochs=4)
    assert "\n" not in str(refused.value)


@pytest.fixture(scope="module")
def midway(tmp_path_factory):
    """Return the checkpoints of a training that was stopped in the middle of an epoch."""
    directory = tmp_path_factory.mktemp("midway")
    with pytest.raises(SystemExit):
        fit(directory, StopAt((1, 2)))
    return directory


@pytest.mark.once
@pytest.mark.parametrize(
    "values", [None, [], [[0.0]], [[0.0] * 9, [0, 0]], ["text", [0, 0]], [[[0.0], [0.0, 1.0]], [0, 0]]]
)
def test_values_that_do_not_fit_are_one_line(values, midway, tmp_path):
    shutil.copytree(midway, tmp_path / "copy")
    path = tmp_path / "copy" / "epoch-0001-step-000002"
    damage_state(path, lambda state: state.update(values=values))
    with pytest.raises(RunError, match=r"cannot resume from .*: its state is not valid"):
        fit(tmp_path / "copy")


@pytest.mark.once
@pytest.mark.parametrize("names", [[], [["loss", 1]], ["loss"], [["loss"], ["loss"]]])
def test_names_that_are_no_text_are_one_line(names, midway, tmp_path):
    shutil.copytree(midway, tmp_path / "copy")
    path = tmp_path / "copy" / "epoch-0001-step-000002"
    assert "loss" in json.loads((path / "state.json").read_text())["names"][0]
    damage_state(path, lambda state: state.update(names=names))
    with pytest.raises(RunError, match=r"cannot resume from .*: its state is not valid"):
        fit(tmp_path / "copy")


def repack(path, change):
    """Change the weights of a checkpoint and keep the rest of the file as kerasgen writes it."""
    with zipfile.ZipFile(path / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
        comment = archive.comment
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        change(file)
    members["model.weights.h5"] = buffer.getvalue()
    with zipfile.ZipFile(path / "model.keras", "w") as archive:
        archive.comment = comment
        for name, contents in members.items():
            archive.writestr(name, contents)
    sign(path)


def matrices(file):
    found = []
    file.visititems(lambda name, item: found.append(name) if getattr(item, "ndim", 0) == 2 else None)
    return found


def declare_gigabytes(file):
    name = matrices(file)[0]
    del file[name]
    file.create_dataset(name, (2**29,), "f4", chunks=(2**20,), compression="gzip")


def spoil(file):
    file[matrices(file)[0]][0, 0] = np.nan


def link_elsewhere(file):
    name = matrices(file)[0]
    del file[name]
    file[name] = h5py.ExternalLink("/etc/passwd", "/")


MODELS = {
    "text": lambda path: ((path / "model.keras").write_text("x"), sign(path)),
    "another archive": lambda path: (zipfile.ZipFile(path / "model.keras", "w").close(), sign(path)),
    "gigabytes that are not there": lambda path: repack(path, declare_gigabytes),
    "a weight that is NaN": lambda path: repack(path, spoil),
    "a link to another file": lambda path: repack(path, link_elsewhere),
    "weights of another shape": lambda path: (
        shutil.copyfile(path.parent.parent / "other.keras", path / "model.keras"),
        sign(path),
    ),
}


@pytest.mark.once
@pytest.mark.parametrize("kind", MODELS)
def test_a_model_that_load_would_refuse_never_reaches_keras(kind, whole, tmp_path):
    shutil.copytree(whole[2], tmp_path / "copy")
    keras.utils.set_random_seed(0)
    kerasgen.create("vae", image_size=8, hidden_dim=9, latent_dim=2).save(tmp_path / "other.keras")
    MODELS[kind](tmp_path / "copy" / "epoch-0003")
    with pytest.raises(RunError, match=r"cannot resume from .*epoch-0003: .*model.keras") as refused:
        fit(tmp_path / "copy", epochs=4)
    assert "\n" not in str(refused.value)
