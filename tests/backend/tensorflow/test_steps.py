"""Several steps in one execution on TensorFlow."""

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


def test_later_calls_take_single_steps():
    # Otherwise Keras warns that the data ran out, and the tests turn warnings into errors.
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
