"""The batches that TensorFlow cuts from arrays a block at a time, and the steps that it takes several at once."""

import keras
import numpy as np
import pytest

import kerasgen

if keras.backend.backend() != "tensorflow":
    pytest.skip("of TensorFlow alone", allow_module_level=True)

from kerasgen.backend.tensorflow import batches as tensorflow_batches


@pytest.mark.parametrize("bytes_in_block", [1, 2**22], ids=["blocks of a batch", "one block"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_blocks_of_any_size_give_the_same_batches(bytes_in_block, shuffle, monkeypatch):
    monkeypatch.setattr(tensorflow_batches, "_BLOCK_BYTES", bytes_in_block)
    np.random.seed(0)
    found = [labels.numpy() for (labels,) in tensorflow_batches.slice_batches((np.arange(50),), 8, shuffle)]
    assert [len(batch) for batch in found] == [8] * 6 + [2]
    generator = np.random.default_rng(np.random.RandomState(0).randint(2**31))
    np.testing.assert_array_equal(np.concatenate(found), generator.permutation(50) if shuffle else np.arange(50))


def test_steps_that_nobody_hears_are_taken_several_at_once_and_all_of_them():
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
    alone = model.train_function
    model.fit(
        images,
        batch_size=4,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)],
        verbose=0,
    )
    assert calls == [1, 1]
    assert model.train_function is not alone
    assert int(model.optimizer.iterations) == 100


def test_what_follows_takes_one_step_at_a_time_again():
    # else Keras warns that the data ran out, and a warning is an error here
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    images = np.zeros((50, 8, 8, 1), "float32")
    predicting = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: model.predict(images, verbose=0))
    for _ in range(2):
        model.fit(images, validation_data=images, callbacks=[predicting], verbose=0)
        assert len(model.predict(images, verbose=0)) == 50
        before = model.evaluate(images, batch_size=50, verbose=0, return_dict=True)["loss"]
        hearing = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
        model.fit(images, validation_data=images, callbacks=[hearing], verbose=0)
        assert model.evaluate(images, verbose=0, return_dict=True)["loss"] < before


def test_a_broken_execution_leaves_one_step_at_a_time():
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
