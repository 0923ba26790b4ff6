"""The batches that TensorFlow cuts from arrays are those that Keras would cut."""

import keras
import numpy as np
import pytest

import kerasgen

if keras.backend.backend() != "tensorflow":
    pytest.skip("the other backends take Keras's batches", allow_module_level=True)

from kerasgen.backend import tensorflow_batches


def rows(count=50):
    """Images that tell their number, and labels that do too."""
    return np.arange(count, dtype="float32").reshape(-1, 1, 1, 1) + np.zeros((1, 2, 2, 1), "float32"), np.arange(count)


def numbers(batches):
    """The rows' numbers, one array for each batch of an epoch."""
    return [labels.numpy() for _, labels in batches]


@pytest.fixture(params=[1, 2**22], ids=["blocks of a batch", "one block"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(tensorflow_batches, "_BLOCK_BYTES", request.param)


@pytest.mark.usefixtures("blocks")
def test_an_epoch_has_each_row_once_with_its_label_and_an_order_of_its_own():
    batches = tensorflow_batches.cut(rows(), 8, shuffle=True)
    assert len(batches) == 7
    epochs = []
    for _ in range(3):
        found = numbers(batches)
        assert [len(batch) for batch in found] == [8] * 6 + [2]
        assert sorted(np.concatenate(found)) == list(range(50))
        epochs.append(np.concatenate(found).tolist())
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0] != list(range(50))
    for images, labels in batches:
        np.testing.assert_array_equal(images[:, 1, 1, 0], labels)


@pytest.mark.usefixtures("blocks")
def test_unshuffled_rows_keep_their_order():
    batches = tensorflow_batches.cut(rows(20), 8, shuffle=False)
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(numbers(batches)), np.arange(20))


def test_a_seed_fixes_the_orders_of_all_epochs():
    def two_epochs(seed):
        np.random.seed(seed)
        batches = tensorflow_batches.cut(rows(), 8, shuffle=True)
        return [np.concatenate(numbers(batches)).tolist() for _ in range(2)]

    assert two_epochs(3) == two_epochs(3) != two_epochs(4)


def test_nests_and_types_are_those_that_keras_gives_a_step():
    images = np.zeros((6, 2, 2, 1))
    ((batch, labels),) = tensorflow_batches.cut(
        ({"images": images, "bytes": images.astype("uint8")}, np.arange(6)), 6, True
    )
    assert {name: tensor.dtype.name for name, tensor in batch.items()} == {"images": "float32", "bytes": "uint8"}
    assert labels.dtype.name == "int64"
    assert batch["images"].shape == (6, 2, 2, 1)


def test_fit_takes_the_arrays_as_batches_and_leaves_the_rest_to_keras():
    images, labels = rows()
    given = tensorflow_batches.in_batches(keras.Model().fit, (images, labels), {"batch_size": 8, "epochs": 3})
    assert len(given.pop("x")) == 7
    expected = {"y": None, "batch_size": None, "shuffle": False, "epochs": 3, "validation_batch_size": 8}
    assert given == expected


@pytest.mark.parametrize(
    "options",
    [
        {"sample_weight": np.ones(50)},
        {"validation_split": 0.5},
        {"steps_per_epoch": 2},
        {"shuffle": "batch"},
        {"y": np.arange(49)},
        {"x": [[1.0], [2.0]]},
        {"x": np.empty((0, 2, 2, 1))},
        {"x": np.array(["a", "b"])},
        {"x": keras.ops.ones((8, 2, 2, 1))},
        {"x": None},
    ],
    ids=lambda options: "-".join(options),
)
def test_what_is_not_plainly_arrays_is_left_to_keras(options):
    options = {"x": rows()[0]} | options
    given = tensorflow_batches.in_batches(keras.Model().fit, (), options)
    assert given.keys() == options.keys()
    assert all(given[name] is value for name, value in options.items())


def test_steps_that_nobody_hears_are_taken_several_at_once_and_all_of_them():
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    calls = []
    unheard = model.unheard

    def counted():
        calls.append(model.steps_per_execution)
        return unheard()

    object.__setattr__(model, "unheard", counted)
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
