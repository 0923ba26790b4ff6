"""Dense layer whose connections keep an order of the inputs: MADE (Germain et al. 2015, arXiv:1502.03509)."""

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown

ORDERS = ("raster", "random")
MAXIMUM_DEGREES = 2**24  # of all units and masks together


@functools.lru_cache(maxsize=32)
def mask_degrees(
    num_inputs: int, hidden_dims: tuple[int, ...], num_masks: int = 1, order: str = "raster", seed: int = 0
) -> list[np.ndarray]:
    """Return the degrees m(k) of the inputs and of each hidden layer, int32 (num_masks, units).

    The degree of an input is its place in the order, from 0. A hidden unit of degree m depends on the inputs of degree
    at most m; an output depends on the hidden units of lower degree.

    Args:
        num_inputs: D, number of inputs and of outputs.
        hidden_dims: units of each hidden layer.
        num_masks: number of sets of degrees.
        order: `"raster"`, the given order of the inputs; or `"random"`, another permutation in each set.
        seed: seed of the degrees.

    Raises:
        UsageError: the order is unknown, or there is no mask.

    Source:
        Germain et al. 2015, sections 4 and 4.2, where degrees count from 1.

    Example:
        >>> [degrees.tolist() for degrees in mask_degrees(3, (2,))]
        [[[0, 1, 2]], [[1, 1]]]
    """
    if order not in ORDERS:
        raise unknown("order", order, ORDERS)
    if num_masks < 1:
        raise UsageError(f"the number of masks is {num_masks}; it must be 1 or more")
    if num_masks * (num_inputs + sum(hidden_dims)) > MAXIMUM_DEGREES:
        raise UsageError(
            f"{num_masks} masks of {num_inputs:,} inputs and {sum(hidden_dims):,} hidden units have more than "
            f"{MAXIMUM_DEGREES:,} degrees; take fewer masks or smaller images"
        )
    sets = []
    for index in range(num_masks):
        generator = np.random.default_rng([seed, index])
        inputs = generator.permutation(num_inputs) if order == "random" else np.arange(num_inputs)
        degrees = [inputs]
        for units in hidden_dims:
            lowest = int(degrees[-1].min())
            degrees.append(generator.integers(lowest, max(num_inputs - 1, lowest + 1), units))
        sets.append(degrees)
    return [np.stack(layer).astype("int32") for layer in zip(*sets)]


@keras.saving.register_keras_serializable("kerasgen")
class MaskedDense(keras.layers.Layer):
    """Dense layer number `depth` of a MADE, with the connections that the degrees of its units allow.

    If there are several masks, the second input is the index of the mask, the same for the whole batch.

    Args:
        depth: index of the layer; the last one, `len(hidden_dims)`, returns the outputs.
        num_inputs: D, see `mask_degrees`.
        hidden_dims: units of each hidden layer of the network.
        num_masks: number of masks.
        order: `"raster"` or `"random"`.
        seed: seed of the masks.
        values: pair of numbers: features of each input of the network, such as K for one-hot values, and features of
            each output. The first layer uses the first number, the last layer the second.
        activation: activation, or None.
        kernel_initializer: initializer of the kernel.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import MaskedDense
        >>> MaskedDense(0, num_inputs=4, hidden_dims=[5])(np.ones((2, 4), "float32")).shape == (2, 5)
        True
    """

    traceable = True

    def __init__(
        self,
        depth: int,
        num_inputs: int,
        hidden_dims: Sequence[int],
        num_masks: int = 1,
        order: str = "raster",
        seed: int = 0,
        values: Sequence[int] = (1, 1),
        activation: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.depth, self.num_inputs, self.hidden_dims = depth, num_inputs, list(hidden_dims)
        self.num_masks, self.order, self.seed, self.values = num_masks, order, seed, list(values)
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        degrees = mask_degrees(num_inputs, tuple(self.hidden_dims), num_masks, order, seed)
        last = depth == len(self.hidden_dims)
        before = degrees[depth]
        after = degrees[0] - 1 if last else degrees[depth + 1]  # an output depends on strictly lower degrees only
        # Underscored tuples of arrays are constants; a mask is the comparison of two vectors.
        self._before = np.repeat(before, self.values[0] if depth == 0 else 1, axis=1)
        self._after = np.repeat(after, self.values[1] if last else 1, axis=1)
        self.units = self._after.shape[1]

    def build(self, input_shape: Any) -> None:
        """Create kernel and bias."""
        size = self._before.shape[1]
        self.kernel = self.add_weight((size, self.units), self.kernel_initializer, name="kernel")
        self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        """Return (N, units).

        Args:
            inputs: features (N, I); or `[features, index]` with the index of the mask, int (N,), if there are several.
        """
        x, index = inputs if self.num_masks > 1 else (inputs, None)
        outputs = backend.dense(x, self.kernel * ops.cast(self._mask(index), self.kernel.dtype), self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def _mask(self, index):
        """Return the mask (I, units) with the index of the first row of `index`."""
        if index is None:
            return ops.convert_to_tensor(self._before[0][:, None] <= self._after[0][None, :])
        before, after = (
            ops.take(ops.convert_to_tensor(degrees), ops.cast(index, "int32")[0], axis=0)
            for degrees in (self._before, self._after)
        )
        return ops.expand_dims(before, 1) <= ops.expand_dims(after, 0)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Return (N, units)."""
        shape = input_shape[0] if self.num_masks > 1 else input_shape
        return (shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        names = ("depth", "num_inputs", "hidden_dims", "num_masks", "order", "seed", "values")
        return super().get_config() | {
            **{name: getattr(self, name) for name in names},
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
