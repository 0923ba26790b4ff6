"""A small convolutional classifier. Its features and labels score the images that a model generates."""

import contextlib
import random
from collections.abc import Iterator

import keras
import numpy as np
from keras import layers
from scipy.special import softmax

from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError
from kerasgen.io import progress

STEPS = 300  # smallest number of training steps
_BATCH = 250  # images of a prediction; smaller batches are padded, so that one program is compiled


class Classifier:
    """Features and labels of images, computed by a trained network in one pass.

    Args:
        network: model that `train_classifier` returned.

    Example:
        >>> images, labels = np.zeros((4, 8, 8, 1), "float32"), [0, 1, 0, 1]
        >>> network = train_classifier(images, labels, epochs=1, batch_size=2)
        >>> features, labels = Classifier(network).predict(images)
        >>> features.shape, labels.shape
        ((4, 128), (4,))
    """

    def __init__(self, network: keras.Model):
        self.network = network
        self._outputs = keras.Model(network.input, [network.get_layer("features").output, network.output])

    def predict(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the features float32 (N, 128) and the labels int (N,) of images (N, H, W, C), uint8 or in [0, 1]."""
        features, probabilities = self.read(images)
        return features, probabilities.argmax(axis=1)

    def read(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the features float32 (N, 128) and the probabilities of the classes float32 (N, num_classes)."""
        features, probabilities = [], []
        for start in range(0, len(images), _BATCH):
            batch = as_floats(images[start : start + _BATCH])
            padding = [(0, _BATCH - len(batch)), *[(0, 0)] * (batch.ndim - 1)]
            hidden, logits = self._outputs.predict_on_batch(np.pad(batch, padding))
            features.append(np.asarray(hidden)[: len(batch)])
            probabilities.append(softmax(np.asarray(logits)[: len(batch)], axis=1))
        return np.concatenate(features), np.concatenate(probabilities)

    def features(self, images: np.ndarray) -> np.ndarray:
        """Return the activations (N, 128) of the hidden layer `features`."""
        return self.predict(images)[0]

    def labels(self, images: np.ndarray) -> np.ndarray:
        """Return the predicted labels (N,)."""
        return self.predict(images)[1]


def train_classifier(
    images: np.ndarray,
    labels: np.ndarray,
    num_classes: int | None = None,
    epochs: int = 3,
    batch_size: int = 100,
    seed: int = 0,
) -> keras.Model:
    """Return a network from images (N, H, W, C) in [0, 1] to logits (N, num_classes).

    The network has three convolutions of stride 2 with batch normalisation and a hidden layer of 128 units called
    `features`. The learning rate of Adam falls linearly from 1e-3 to 0. Images become floats batch by batch. The
    random states of Python and NumPy are restored; those of Keras and of the backend start from the seed.

    Args:
        images: uint8 or float in [0, 1], (N, H, W, C), at least 8 pixels high and wide.
        labels: int (N,), from 0 on.
        num_classes: number of classes; by default the largest label plus 1.
        epochs: number of epochs; an epoch of a small set repeats it, for at least `STEPS` steps in all.
        batch_size: number of images in a batch.
        seed: seed of the weights and of the order of the images.

    Raises:
        UsageError: the number of labels differs from the number of images.

    Example:
        >>> train_classifier(np.zeros((4, 8, 8, 1)), [0, 1, 0, 1], epochs=1, batch_size=2).output_shape
        (None, 2)
    """
    labels = np.asarray(labels)
    if labels.shape != (len(images),):
        raise UsageError(f"{len(images)} images need {len(images)} labels; received labels of shape {labels.shape}")
    rows = np.tile(np.arange(len(images)), -(-STEPS * batch_size // (epochs * len(images))))
    steps = epochs * -(-len(rows) // batch_size)
    rate = keras.optimizers.schedules.PolynomialDecay(1e-3, steps, end_learning_rate=0.0)
    with _preserved_random_states():
        keras.utils.set_random_seed(seed)
        model = _network(images.shape[1:], num_classes or int(labels.max()) + 1)
        model.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        batches = _batches(images, labels, rows, batch_size, seed)
        with progress.steps(steps) as step:
            callbacks = [keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: step())]
            epoch_steps = {"steps_per_epoch": steps // epochs, "epochs": epochs}
            model.fit(batches, **epoch_steps, shuffle=False, verbose=0, callbacks=callbacks)
    return model


def _batches(images, labels, rows, batch_size, seed) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield batches (images, labels) of the rows without end, in a new order for each epoch."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(rows)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            yield as_floats(images[batch]), labels[batch]


@contextlib.contextmanager
def _preserved_random_states():
    """Context manager that restores the random states of Python and NumPy."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)


def _network(image_shape, num_classes):
    inputs = x = keras.Input(image_shape)
    for width in (32, 64, 128):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    x = layers.Dense(128, activation="relu", name="features")(x)
    return keras.Model(inputs, layers.Dense(num_classes)(x), name="classifier")
