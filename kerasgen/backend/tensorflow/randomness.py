"""TensorFlow: random numbers of a training step."""

from typing import Any

import keras
import tensorflow as tf

from kerasgen.backend.reference import draw  # noqa: F401
from kerasgen.backend.tensorflow.replicas import is_one_of_several


class SeedGenerator(keras.random.SeedGenerator):
    """Keras's seed generator with different seeds for each replica. With Keras's, all replicas draw the same."""

    def next(self, ordered: bool = True) -> Any:
        """Return the next seed."""
        seed = super().next(ordered)
        if not is_one_of_several():
            return seed
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return seed + tf.cast(tf.stack([0, replica * 2**24]), seed.dtype)  # the second number counts the draws
