"""Conversions between NumPy arrays and tensors of the current backend."""

import keras
import numpy as np


def array(tensor):
    """Return a tensor or a variable as a NumPy array."""
    return np.array(keras.ops.convert_to_numpy(tensor))


def tensor(x):
    """Return an array or a list as a float32 tensor."""
    return keras.ops.convert_to_tensor(np.asarray(x, "float32"))
