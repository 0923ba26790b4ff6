"""Flows: chains of invertible layers, at one scale or at several."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasgen import backend
from kerasgen.layers.coupling import Coupling


@keras.saving.register_keras_serializable("kerasgen")
class Flow(keras.layers.Layer):
    """Invertible function from samples (N, *shape) to latents (N, D), with the logarithm of its Jacobian determinant.

    At several scales, half of the channels become latents. Each 2x2 block of the other half becomes one pixel of four
    times as many channels, and the flow `rest` maps these to the remaining latents.

    Args:
        couplings: couplings of samples, and after them of the squeezed images; see `squeeze_at`.
        squeeze_at: number of couplings before the images are squeezed; None for no squeezing.
        rest: flow of the channels that are not factored out; None if all values become latents.
        **kwargs: arguments of `keras.layers.Layer`.

    Source:
        Dinh et al. 2017, arXiv:1605.08803, sections 3.3 and 3.6.

    Example:
        >>> from keras import ops
        >>> from kerasgen import networks
        >>> flow = networks.dense_flow((3,), couplings=2, hidden_dims=[8])
        >>> latents, log_det = flow.forward(ops.ones((4, 3)))
        >>> latents.shape == (4, 3), flow.inverse(latents).shape == (4, 3)
        (True, True)
    """

    def __init__(
        self,
        couplings: Sequence[Coupling],
        squeeze_at: int | None = None,
        rest: "Flow | None" = None,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.couplings, self.squeeze_at, self.rest = list(couplings), squeeze_at, rest
        self.sample_shape = self.couplings[0].sample_shape
        self.latent_dim = math.prod(self.sample_shape)
        self.built = True

    @property
    def layers(self) -> list[keras.layers.Layer]:
        """The couplings, and the flow of the other scales."""
        return [*self.couplings, *([self.rest] if self.rest else [])]

    def forward(self, x: Any, context: Any = None, training: bool = False) -> tuple[Any, Any]:
        """Return `(latents, log |det|)` of samples (N, *shape): (N, D) and (N,)."""
        log_det = 0.0
        for index, coupling in enumerate(self.couplings):
            x = squeeze(x) if index == self.squeeze_at else x
            x, change = coupling.forward(x, context, training)
            log_det = log_det + change
        if self.rest is None:
            return backend.reshape(x, (-1, self.latent_dim)), log_det
        kept, factored_out = ops.split(x, 2, axis=3)
        latents, change = self.rest.forward(kept, training=training)
        flat = backend.reshape(factored_out, (-1, self.latent_dim // 2))
        return ops.concatenate([flat, latents], axis=1), log_det + change

    def inverse(self, latents: Any, context: Any = None) -> Any:
        """Return the samples (N, *shape) of latents (N, D)."""
        shape = self.couplings[-1].sample_shape
        if self.rest is None:
            x = backend.reshape(latents, (-1, *shape))
        else:
            half = self.latent_dim // 2
            factored_out = backend.reshape(latents[:, :half], (-1, *shape[:2], shape[2] // 2))
            x = ops.concatenate([self.rest.inverse(latents[:, half:]), factored_out], axis=3)
        for index in reversed(range(len(self.couplings))):
            x = self.couplings[index].inverse(x, context)
            x = unsqueeze(x) if index == self.squeeze_at else x
        return x

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        nested = {"couplings": self.couplings, "rest": self.rest}
        nested = {name: keras.saving.serialize_keras_object(value) for name, value in nested.items()}
        return super().get_config() | nested | {"squeeze_at": self.squeeze_at}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Flow":
        """Return a flow of `config`, its networks with fresh weights."""
        nested = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("couplings", "rest")}
        return cls(**config | nested)


def squeeze(x: Any) -> Any:
    """Return images (N, H, W, C) with each 2x2 block as one pixel, (N, H / 2, W / 2, 4 C).

    Example:
        >>> from keras import ops
        >>> squeeze(ops.zeros((1, 4, 6, 3))).shape == (1, 2, 3, 12)
        True
    """
    height, width, channels = x.shape[1:]
    blocks = backend.reshape(x, (-1, height // 2, 2, width // 2, 2, channels))
    blocks = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
    return backend.reshape(blocks, (-1, height // 2, width // 2, 4 * channels))


def unsqueeze(x: Any) -> Any:
    """Return the images (N, H, W, C) that `squeeze` turns into `x`, (N, H / 2, W / 2, 4 C).

    Example:
        >>> from keras import ops
        >>> unsqueeze(ops.zeros((1, 2, 3, 12))).shape == (1, 4, 6, 3)
        True
    """
    height, width, channels = x.shape[1:]
    blocks = ops.transpose(backend.reshape(x, (-1, height, width, 2, 2, channels // 4)), (0, 1, 3, 2, 4, 5))
    return backend.reshape(blocks, (-1, 2 * height, 2 * width, channels // 4))
