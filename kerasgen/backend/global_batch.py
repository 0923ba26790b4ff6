"""What a step knows of the batch where it sees the global one: on JAX, whose compiler cuts it, and on PyTorch.

TensorFlow's replicas see their parts, and have functions of these names of their own.
"""

import keras

SeedGenerator = keras.random.SeedGenerator


def replica_weight():
    """Return 1: the step has all images of the batch."""
    return 1.0


def num_examples(count):
    """Return `count`: all images in the step are data."""
    return count


def batch_mean(x):
    """Return the mean over the rows."""
    return keras.ops.mean(x, 0)


def global_batch(*tensors):
    """Return the tensors."""
    return tensors


def on_global_batch(function, *tensors):
    """Return `function(*tensors)`."""
    return function(*tensors)
