from itertools import chain

import keras
import numpy as np
import pytest

from kerasgen.data import Images
from kerasgen.data.array_source import ArraySource
from kerasgen.errors import UsageError


def numbered(count=25):
    """Return images of one value, their number, which is also their label."""
    array = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 1), np.uint8)
    return Images(ArraySource(array), labels=np.arange(count))


def numbers(batches):
    return [batches[i][0][:, 0, 0, 0].tolist() for i in range(len(batches))]


def test_unshuffled_batches_keep_order_and_all_images():
    batches = numbered().batches(10)
    assert len(batches) == 3
    assert list(chain(*numbers(batches))) == list(range(25))
    assert batches[0][0].dtype == np.uint8
    assert [len(batch) for batch in batches] == [1, 1, 1]


def test_shuffled_batches_are_whole_and_differ_by_epoch_and_seed():
    batches = numbered().batches(10, shuffle=True, seed=3)
    assert len(batches) == 2
    first = numbers(batches)
    assert [len(batch) for batch in first] == [10, 10]
    assert len(set(chain(*first))) == 20
    batches.epoch = 1
    assert numbers(batches) != first
    batches.epoch = 0
    assert numbers(batches) == first
    assert numbers(numbered().batches(10, shuffle=True, seed=4)) != first


def test_the_order_is_philox_of_seed_and_epoch():
    batches = numbered().batches(25, shuffle=True, seed=-5)
    batches.epoch = 7
    key = np.array([2**64 - 5, 7], np.uint64)
    assert numbers(batches)[0] == np.random.Generator(np.random.Philox(key=key)).permutation(25).tolist()


@pytest.mark.parametrize("workers", [2, 5])
def test_workers_do_not_change_the_batches(workers):
    alone = numbered().batches(4, shuffle=True)
    helped = numbered().batches(4, shuffle=True, workers=workers)
    for epoch in range(3):
        alone.epoch = helped.epoch = epoch
        assert numbers(helped) == numbers(alone)
    assert helped[5][0].tolist() == alone[5][0].tolist()
    assert helped[1][0].tolist() == alone[1][0].tolist()


def test_labels_belong_to_their_images():
    images, labels = numbered().batches(10, shuffle=True, labels=True)[1]
    assert labels.dtype == np.int64
    assert images[:, 0, 0, 0].tolist() == labels.tolist()


def test_an_epoch_counts_when_its_last_batch_was_read():
    batches = numbered().batches(10, shuffle=True)
    batches.on_epoch_end()  # as `fit` does before it begins
    batches.on_epoch_begin()
    batches[0]
    batches.on_epoch_end()  # only one batch was read
    assert batches.epoch == 0
    for expected in (1, 2):
        batches.on_epoch_begin()
        numbers(batches)
        batches.on_epoch_end()
        batches.on_epoch_end()
        assert batches.epoch == expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"batch_size": 26, "shuffle": True}, ["batch size 26", "25 images"]),
        ({"batch_size": 0}, ["batch_size is 0;"]),
        ({"batch_size": -1, "shuffle": True}, ["batch_size is -1;"]),
        ({"batch_size": 5, "workers": 0}, ["workers is 0;"]),
        ({"batch_size": 2.5}, ["batch_size is 2.5; it must be a whole number of 1 or more"]),
        ({"batch_size": 5, "seed": "a"}, ["seed is 'a'; it must be a whole number"]),
    ],
)
def test_impossible_requests_are_refused(arguments, words):
    with pytest.raises(UsageError) as caught:
        numbered().batches(**arguments)
    assert all(word in str(caught.value) for word in words)


def test_missing_labels_are_an_error():
    with pytest.raises(UsageError, match="no labels"):
        Images(ArraySource(np.zeros((5, 2, 2, 1)))).batches(2, labels=True)


class Recorder(keras.layers.Layer):
    """Layer that keeps a moving average of its inputs, which depends on the order of the batches."""

    def build(self, shape):
        self.trace = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, images, training=False):
        if training:
            self.trace.assign(self.trace * 0.9 + keras.ops.mean(keras.ops.cast(images, "float32")))
        return keras.ops.mean(images * self.scale, (1, 2))


def fitted(built, workers=1, epoch=0, epochs=2, labels=True):
    images = numbered()
    recorder = Recorder()
    model = keras.Sequential([recorder])
    if built:
        model.build((None, 4, 4, 1))
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.0))
    batches = images.batches(5, shuffle=True, labels=labels, workers=workers)
    batches.epoch = epoch
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, validation_data=images.batches(10, labels=True))
    return float(keras.ops.convert_to_numpy(recorder.trace)), batches.epoch


def expected_trace(epochs):
    batches, trace = numbered().batches(5, shuffle=True), 0.0
    for batches.epoch in epochs:
        for (images,) in batches:
            trace = trace * 0.9 + images.mean()
    return trace


@pytest.mark.parametrize(
    ("built", "workers", "epoch", "epochs"), [(True, 1, 0, 3), (False, 1, 0, 2), (True, 3, 0, 2), (True, 1, 2, 1)]
)
def test_fit_trains_on_the_batches_in_the_order_of_each_epoch(built, workers, epoch, epochs):
    trace, next_epoch = fitted(built, workers, epoch, epochs)
    assert next_epoch == epoch + epochs
    assert trace == pytest.approx(expected_trace(range(epoch, epoch + epochs)), rel=1e-5)
