"""Named random values of a training step, and the batch that a step works on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown


class Noise:
    """Random values of one shape for each example of a batch.

    Args:
        shape: shape of the values of one example; none gives one number for each example, shape (N,).
    """

    distribution: Any

    def __init__(self, *shape: int):
        self.shape = tuple(int(size) for size in shape)

    @property
    def size(self) -> int:
        """Number of values for each example."""
        return math.prod(self.shape)

    def sample(self, generator: np.random.Generator, n: int) -> np.ndarray:
        """Return the values of `n` examples from a NumPy generator, float32 (n, *shape), to be given with a batch."""
        raise NotImplementedError

    def __repr__(self):
        return f"{type(self).__name__}{self.shape}"


class Normal(Noise):
    """Standard normal values.

    Args:
        shape: shape of the values of one example; none gives one number for each example, shape (N,).

    Example:
        >>> import numpy as np
        >>> from kerasgen.models import Normal
        >>> Normal(28, 28, 1).sample(np.random.default_rng(0), 4).shape
        (4, 28, 28, 1)
    """

    distribution = staticmethod(keras.random.normal)

    def sample(self, generator: np.random.Generator, n: int) -> np.ndarray:
        """Return standard normal values, float32 (n, *shape)."""
        return generator.standard_normal((n, *self.shape)).astype("float32")


class Uniform(Noise):
    """Values uniform in [0, 1).

    Args:
        shape: shape of the values of one example; none gives one number for each example, shape (N,).

    Example:
        >>> import numpy as np
        >>> from kerasgen.models import Uniform
        >>> Uniform().sample(np.random.default_rng(0), 4).shape
        (4,)
    """

    distribution = staticmethod(keras.random.uniform)

    def sample(self, generator: np.random.Generator, n: int) -> np.ndarray:
        """Return values in [0, 1), float32 (n, *shape)."""
        return generator.random((n, *self.shape)).astype("float32")


@dataclass(frozen=True)
class Batch:
    """The tensors of one step.

    Attributes:
        images: float32 (N, *sample_shape).
        labels: int32 (N,), or None.
        noise: noise given with the batch, name -> tensor; it replaces the noise that the step would draw.
    """

    images: Any
    labels: Any = None
    noise: Mapping[str, Any] = field(default_factory=dict)

    @property
    def num_examples(self) -> Any:
        """Number of examples, an int or a scalar tensor."""
        return ops.shape(self.images)[0]


def draw(specification: Mapping[str, Noise], batch: Batch, seed_generator: Any) -> dict[str, Any]:
    """Return the noise of a step, name -> float32 (N, *shape): given with the batch, or else drawn.

    Args:
        specification: name -> `Noise`.
        batch: the batch; its `noise` values may have any shape that can be reshaped to (N, *shape).
        seed_generator: seed generator of the model.

    Raises:
        UsageError: the batch has noise of a name that is not in the specification.
    """
    for name in batch.noise:
        if name not in specification:
            raise (
                unknown("noise", name, specification)
                if specification
                else UsageError(f"a step of this model draws no noise; remove {name!r} from the batch's noise")
            )
    count = batch.num_examples
    values = {}
    for name, noise in specification.items():
        shape = (count, *noise.shape)
        if name in batch.noise:
            values[name] = backend.reshape(ops.cast(batch.noise[name], "float32"), shape)
        else:
            values[name] = backend.draw(noise.distribution, shape, seed_generator)
    return values


def noise_of(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the noise of a batch that is a dict, name -> tensor.

    Raises:
        UsageError: the noise is not a dict.
    """
    noise = batch.get("noise") or {} if not hasattr(batch.get("noise"), "shape") else batch["noise"]
    if not isinstance(noise, Mapping):
        raise UsageError(
            "the noise of a batch is an array; give a dict of name -> array, with the names of model.noise"
        )
    return {name: ops.convert_to_tensor(value) for name, value in noise.items()}
