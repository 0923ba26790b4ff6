"""Building a model whose weights come from a file: bounded in memory, and without initial values."""

import contextlib
import math
import threading
from collections.abc import Iterator

import keras
import ml_dtypes
import numpy as np


class TooLargeError(MemoryError):
    """A model would have more values than the limit."""


@contextlib.contextmanager
def limit_variables(maximum: int, initialize: bool = True) -> Iterator[None]:
    """Context manager that limits the total size of the Keras variables that this thread creates.

    The options in a file determine the size of its model. The file also holds the weights, so a model that needs far
    more values than the file has is refused. The constructor of the variable that exceeds the limit raises before it
    allocates.

    Args:
        maximum: largest number of values in all variables together.
        initialize: whether initializers run. If not, variables begin with zeros. This is for variables that are loaded
            afterwards: JAX compiles an initializer for each shape, which takes seconds.

    Raises:
        TooLargeError: by the constructor of a variable.

    Example:
        >>> import kerasgen
        >>> from kerasgen.io import memory
        >>> with memory.limit_variables(1000):
        ...     model = kerasgen.create("vae")
        Traceback (most recent call last):
        kerasgen.io.memory.TooLargeError: it has more than 1,000 numbers
    """
    thread, count, kind = threading.get_ident(), 0, keras.Variable
    constructor = kind.__init__
    inherited = "__init__" not in vars(kind)

    def limited(self, initializer, shape=None, *args, **kwargs):
        nonlocal count
        if threading.get_ident() == thread and shape is not None:
            count += math.prod(int(size) for size in ((shape,) if isinstance(shape, int) else shape))
            if count > maximum:
                raise TooLargeError(f"it has more than {maximum:,} numbers")
            if not initialize and (callable(initializer) or isinstance(initializer, str)):
                initializer = _zeros
        constructor(self, initializer, shape, *args, **kwargs)

    kind.__init__ = limited
    try:
        yield
    finally:
        if inherited:
            del kind.__init__
        else:
            kind.__init__ = constructor


def _zeros(shape, dtype=None, **kwargs):
    return np.zeros(shape, ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
