"""Couplings: invertible layers that change some of the values of a sample, given the others."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import unknown
from kerasgen.layers.element_transforms import element_transform


def _bits(shape: Sequence[int], index: int) -> np.ndarray:
    """Return a mask of points (D,): one binary digit of each dimension's number.

    Any two dimensions differ in a digit, so that some coupling keeps one and transforms the other.
    """
    digits = max(1, math.ceil(math.log2(shape[0])))
    return (np.arange(shape[0]) >> (index // 2 % digits)) % 2


def _checkerboard(shape: Sequence[int], index: int) -> np.ndarray:
    """Return a mask of images (H, W, C), figure 3 on the left of Dinh et al. 2017."""
    rows, columns, _ = np.indices(shape)
    return (rows + columns) % 2


def _channels(shape: Sequence[int], index: int) -> np.ndarray:
    """Return a mask of images (H, W, C), figure 3 on the right: the second half of the channels."""
    return np.broadcast_to(np.arange(shape[2]) >= shape[2] / 2, shape)


MASKS: dict[str, Callable] = {"bits": _bits, "checkerboard": _checkerboard, "channels": _channels}


def mask_of(name: str, shape: Sequence[int], index: int) -> np.ndarray:
    """Return a mask of 0 and 1, float32 (*shape): 1 for values that a coupling keeps.

    Args:
        name: a name in `MASKS`.
        shape: shape of one sample.
        index: number of the coupling; odd ones have the opposite of the mask before.

    Raises:
        UsageError: the name is unknown.

    Example:
        >>> mask_of("checkerboard", (2, 2, 1), 0)[..., 0]
        array([[0., 1.],
               [1., 0.]], dtype=float32)
    """
    if name not in MASKS:
        raise unknown("mask", name, MASKS)
    mask = MASKS[name](shape, index).astype("float32")
    return 1.0 - mask if index % 2 else mask


@keras.saving.register_keras_serializable("kerasgen")
class Coupling(keras.layers.Layer):
    """Invertible layer that keeps the values in a mask and transforms the others, with parameters computed from these.

    Source:
        Dinh et al. 2017, arXiv:1605.08803, equation 9; Durkan et al. 2019, arXiv:1906.04032, section 3.

    Args:
        network: `keras.Model` from samples (N, *shape), and a context if there is one, to the parameters of the
            transform (N, ..., C * parameters). Zeros give the identity.
        mask: name of the mask: `"bits"` for points, `"checkerboard"` or `"channels"` for images.
        index: number of the coupling, see `mask_of`.
        transform: `"affine"` or `"spline"`.
        bins: number of pieces of a spline.
        bound: end of the interval of a spline; it is the identity outside.
        **kwargs: arguments of `keras.layers.Layer`.

    Raises:
        UsageError: an unknown mask or transform.

    Example:
        >>> from keras import ops
        >>> from kerasgen import networks
        >>> coupling = Coupling(networks.dense_conditioner((3,), [8], parameters=2), "bits", index=0)
        >>> y, log_det = coupling.forward(ops.ones((4, 3)))
        >>> y.shape == (4, 3), log_det.shape == (4,)
        (True, True)
    """

    def __init__(
        self,
        network: keras.Model,
        mask: str,
        index: int,
        transform: str = "affine",
        bins: int = 8,
        bound: float = 4.0,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.network, self.mask, self.index = network, mask, index
        self.transform, self.bins, self.bound = transform, bins, bound
        shapes = network.input_shape
        self.sample_shape = tuple((shapes[0] if isinstance(shapes, list) else shapes)[1:])
        self._kept = mask_of(mask, self.sample_shape, index)
        self._transform = element_transform(transform, bins, bound)
        self.built = True

    @property
    def layers(self) -> list[keras.Model]:
        """The network, in a list."""
        return [self.network]

    def forward(self, x: Any, context: Any = None, training: bool = False) -> tuple[Any, Any]:
        """Return `(y, log |det dy/dx|)` of samples (N, *shape), the latter (N,)."""
        kept = ops.convert_to_tensor(self._kept)
        y, log_slope = self._transform.forward(x, self._compute_parameters(x * kept, context, training))
        log_det = ops.sum(backend.reshape(log_slope * (1.0 - kept), (-1, self._kept.size)), axis=1)
        return ops.where(kept > 0, x, y), log_det

    def inverse(self, y: Any, context: Any = None) -> Any:
        """Return the samples (N, *shape) that `forward` maps to `y`."""
        kept = ops.convert_to_tensor(self._kept)
        x = self._transform.inverse(y, self._compute_parameters(y * kept, context, False))
        return ops.where(kept > 0, y, x)

    def _compute_parameters(self, kept, context, training):
        """Return the parameters of each value, (N, *shape, parameters), of samples with only the kept values."""
        if self.transform == "spline":  # where the spline is the identity, its parameters stay those at the end
            kept = ops.clip(kept, -self.bound, self.bound)
        raw = backend.run(self.network, kept if context is None else [kept, context], training)
        return backend.reshape(ops.cast(raw, "float32"), (-1, *self.sample_shape, self._transform.parameters))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        names = ("mask", "index", "transform", "bins", "bound")
        network = keras.saving.serialize_keras_object(self.network)
        return super().get_config() | {name: getattr(self, name) for name in names} | {"network": network}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Coupling":
        """Return a coupling of `config`, its network with fresh weights."""
        return cls(**config | {"network": keras.saving.deserialize_keras_object(config["network"])})
