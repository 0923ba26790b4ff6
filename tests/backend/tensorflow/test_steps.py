"""Several steps in one execution on TensorFlow."""

import functools
import os
import shutil
import signal

import keras
import numpy as np
import pytest

import kerasgen

if keras.backend.backend() != "tensorflow":
    pytest.skip("for TensorFlow only", allow_module_level=True)

from kerasgen.backend import switches


def test_steps_that_no_callback_needs_are_grouped_and_all_are_taken():
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    calls = []
    grouped_steps = model.grouped_steps

    def counted():
        calls.append(model.steps_per_execution)
        return grouped_steps()

    object.__setattr__(model, "grouped_steps", counted)
    images = np.zeros((100, 8, 8, 1), "float32")
    for epochs in (1, 2):
        model.fit(images, batch_size=4, epochs=epochs, verbose=0)
    assert calls == [1, 1]
    assert int(model.optimizer.iterations) == 75
    assert model.steps_per_execution == 1
    single = model.train_function
    model.fit(
        images,
        batch_size=4,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)],
        verbose=0,
    )
    assert calls == [1, 1]
    assert model.train_function is not single
    assert int(model.optimizer.iterations) == 100


@pytest.mark.slow
def test_later_calls_take_single_steps():
    # Otherwise Keras warns that the data ran out, and the tests turn warnings into errors.
    keras.utils.set_random_seed(0)  # the losses are those of random latents
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    images = np.zeros((50, 8, 8, 1), "float32")
    predicting = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: model.predict(images, verbose=0))
    for _ in range(2):
        model.fit(images, validation_data=images, callbacks=[predicting], verbose=0)
        assert len(model.predict(images, verbose=0)) == 50
        before = model.evaluate(images, batch_size=50, verbose=0, return_dict=True)["loss"]
        each_batch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
        model.fit(images, validation_data=images, callbacks=[each_batch], verbose=0)
        assert model.evaluate(images, verbose=0, return_dict=True)["loss"] < before


def test_an_error_ends_the_grouping():
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    seen = []

    def step(data):
        seen.append(model.steps_per_execution)
        raise ValueError("on purpose")

    object.__setattr__(model, "train_step", step)
    with pytest.raises(ValueError, match="on purpose"):
        model.fit(np.zeros((4, 8, 8, 1), "float32"), verbose=0)
    assert seen == [10]
    assert model.steps_per_execution == 1


def test_the_switch_takes_single_steps(monkeypatch):
    monkeypatch.setattr(switches, "grouped_steps", False)
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    with model.grouped_steps():
        assert model.steps_per_execution == 1


class Recorder(keras.callbacks.Callback):
    """Callback that notes the batches after which it is called, and sends Ctrl-C after one of them."""

    accepts_grouped_steps = True

    def __init__(self, stop_after=None):
        super().__init__()
        self.batches, self.stop_after = [], stop_after

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)
        if len(self.batches) == self.stop_after:
            os.kill(os.getpid(), signal.SIGINT)


def train(directory, *others, every=None):
    """Train for two epochs of 25 steps, from the last checkpoint, and return the weights."""
    keras.utils.set_random_seed(0)
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    images = np.random.default_rng(0).random((100, 8, 8, 1), np.float32)
    checkpoint = kerasgen.callbacks.Checkpoint(directory, every=every, report=print)
    checks = [kerasgen.callbacks.StopWhenNotFinite(), *others, checkpoint]
    model.fit(images, validation_data=images, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=checks)
    return model.get_weights()


@pytest.mark.slow
def test_callbacks_that_accept_it_hear_groups_of_steps(tmp_path):
    recorder = Recorder()
    train(tmp_path / "groups", recorder)
    assert recorder.batches == [9, 19, 29] * 2
    recorder = Recorder()
    train(tmp_path / "steps", recorder, every="3steps")
    assert recorder.batches == [*range(25)] * 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the weights after a training without an interruption."""
    return train(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Return a function that returns the directory of a training that was stopped after that call; do not change it."""

    @functools.cache
    def stop(after):
        directory = tmp_path_factory.mktemp("stopped")
        with pytest.raises(KeyboardInterrupt):
            train(directory, Recorder(after))
        return directory

    return stop


@pytest.mark.slow
@pytest.mark.parametrize(
    "later", [Recorder(), keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]
)
@pytest.mark.parametrize("stop_after", [1, 2, 5])
def test_a_training_resumes_exactly_between_groups(stop_after, later, whole, stopped, tmp_path):
    resumed = train(shutil.copytree(stopped(stop_after), tmp_path / "stopped"), later)
    assert all((one == other).all() for one, other in zip(whole, resumed, strict=True))


@pytest.mark.slow
def test_a_training_that_was_stopped_between_steps_resumes_without_groups(whole, tmp_path):
    stop = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batch == 6 and os.kill(os.getpid(), signal.SIGINT)
    )
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "stopped", stop)
    recorder = Recorder()
    resumed = train(tmp_path / "stopped", recorder)
    assert recorder.batches[:2] == [0, 1]
    assert all((one == other).all() for one, other in zip(whole, resumed, strict=True))
