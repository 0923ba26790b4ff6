"""JAX: random numbers of a training step, as Keras draws them."""

import keras

from kerasgen.backend.reference import draw  # noqa: F401

SeedGenerator = keras.random.SeedGenerator
