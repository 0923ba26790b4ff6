"""TensorFlow: functions and networks as one program."""

import tensorflow as tf

from kerasgen.backend import programs
from kerasgen.backend.reference import run  # noqa: F401


def _build(function):
    def program(*tensors):
        with programs.ReadOnlyScope():
            return function(*tensors)

    return tf.function(program, autograph=False)  # not by XLA, which lacks operations and takes seconds per shape


compiled = programs.compiler(_build)
