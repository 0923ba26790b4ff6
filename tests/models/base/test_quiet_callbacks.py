"""Batches are kept from callbacks only where none of them listens, and nothing else changes."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.models.base.fit import QuietCallbackList, has_batch_events


class OfEpochs(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.seen = epoch, logs, self.params


class OfBatches(OfEpochs):
    seen_batches = 0

    def on_test_batch_end(self, batch, logs=None):
        self.seen_batches += isinstance(logs["loss"], float)


def fit(callbacks, **options):
    keras.utils.set_random_seed(0)
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    images = np.random.default_rng(0).random((20, 8, 8, 1), dtype="float32")
    history = model.fit(images, validation_data=images, batch_size=8, callbacks=callbacks, epochs=2, **options)
    return history.history


@pytest.mark.slow
def test_the_history_is_the_same_whether_anyone_listens_or_not():
    quiet, loud = OfEpochs(), OfBatches()
    assert fit([quiet], verbose=0) == fit([loud], verbose=0)
    assert quiet.seen == loud.seen
    assert quiet.seen[2] == {"verbose": 0, "epochs": 2, "steps": 3}
    assert loud.seen_batches == 6


@pytest.mark.slow
def test_the_quiet_list_is_taken_where_nobody_listens(monkeypatch):
    lists = []
    monkeypatch.setattr(QuietCallbackList, "on_epoch_begin", lambda self, epoch, logs=None: lists.append(epoch))
    fit([OfBatches()], verbose=0)
    fit([], verbose=2)  # Keras's own bar wants every batch
    assert lists == []
    fit([OfEpochs()], verbose=0)
    assert lists == [0, 1]


@pytest.mark.parametrize(("event", "quiet"), [("on_train_end", True), ("on_train_batch_begin", False)])
def test_a_function_given_to_a_callback_counts_as_listening(event, quiet):
    assert has_batch_events(keras.callbacks.LambdaCallback(**{event: lambda *args: None})) is not quiet
