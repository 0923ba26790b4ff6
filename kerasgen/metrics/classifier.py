"""A small convolutional classifier, trained on a data set to judge what a model of that set makes."""

import contextlib
import random

import keras
import numpy as np
from keras import layers

from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError

STEPS = 300  # at least


def train_classifier(images, labels, num_classes=None, epochs=3, batch_size=100, seed=0):
    """Return a `keras.Model` from images (N, H, W, C) in [0, 1] to logits (N, num_classes).

    Three convolutions of stride 2 with batch normalisation and a hidden layer of 128, whose activations are called
    `features`; Adam, 1e-3 and then linearly to zero. Images become floats batch by batch. Python's
    and NumPy's random states are as before afterwards; those of Keras and of the backend, which cannot be read, start
    from the seed.

    Args:
        images: uint8 or float in [0, 1], (N, H, W, C), at least 8 pixels high and wide.
        labels: int (N,), from 0 on.
        num_classes: int; as many as the labels have by default.
        epochs, batch_size: of the training; an epoch of a small set has each image several times, for `STEPS` in all.
        seed: of the weights and the order.

    Raises:
        UsageError: not one label for each image.
    """
    labels = np.asarray(labels)
    if labels.shape != (len(images),):
        raise UsageError(f"{len(images)} images need {len(images)} labels; received labels {labels.shape}")
    rows = np.tile(np.arange(len(images)), -(-STEPS * batch_size // (epochs * len(images))))
    steps = epochs * -(-len(rows) // batch_size)
    rate = keras.optimizers.schedules.PolynomialDecay(1e-3, steps, end_learning_rate=0.0)
    with _random_states_kept():
        keras.utils.set_random_seed(seed)
        model = _network(images.shape[1:], num_classes or int(labels.max()) + 1)
        model.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        batches = _batches(images, labels, rows, batch_size, seed)
        model.fit(batches, steps_per_epoch=steps // epochs, epochs=epochs, shuffle=False, verbose=0)
    return model


def _batches(images, labels, rows, batch_size, seed):
    """Yield batches (images, labels) of the rows without end, in another order for each epoch."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(rows)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            yield as_floats(images[batch]), labels[batch]


@contextlib.contextmanager
def _random_states_kept():
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


def predict_labels(classifier, images, batch_size=500):
    """Return the labels (N,) that the classifier reads off images (N, H, W, C), uint8 or in [0, 1]."""
    return classifier.predict(as_floats(images), batch_size=batch_size, verbose=0).argmax(axis=1)


class Features:
    """The activations (N, 128) of a classifier's hidden layer `features`, as a function of images (N, H, W, C)."""

    def __init__(self, classifier):
        self._network = keras.Model(classifier.input, classifier.get_layer("features").output)

    def __call__(self, images, batch_size=500):
        """Return the features of images."""
        return self._network.predict(as_floats(images), batch_size=batch_size, verbose=0)


def _network(image_shape, num_classes):
    inputs = x = keras.Input(image_shape)
    for width in (32, 64, 128):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    x = layers.Dense(128, activation="relu", name="features")(x)
    return keras.Model(inputs, layers.Dense(num_classes)(x), name="classifier")
