"""MADE, the masked autoencoder for distribution estimation (Germain et al. 2015, arXiv:1502.03509)."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.layers import mask_degrees
from kerasgen.models.base.autoregressive import Autoregressive, choose


@keras.saving.register_keras_serializable("kerasgen")
class MADE(Autoregressive):
    """Autoregressive model whose conditionals are the outputs of one dense network with masked connections.

    With several masks each training step uses one of them, and p(x) is the mean over the masks. This is a likelihood.
    The mean of conditionals of different orders, which some implementations report, is not.

    Args:
        network: `keras.Model` of `kerasgen.networks.made_network`.
        shape: shape of one sample: (H, W, C), (D,), or (H, W) for codes.
        num_masks: number of masks of the network.
        order: order of the pixels, `"raster"`; or `"random"`, another order for each mask.
        mask_seed: seed of the masks.
        **kwargs: arguments of `Autoregressive`: `levels`, `binarize`, `num_classes`, `codec`, `seed`.

    Raises:
        UsageError: a network of another shape.

    Example:
        ```python
        model = kerasgen.create("made", hidden_dim=500)
        model.fit(images, batch_size=100, epochs=30)
        nats = model.log_likelihood(kerasgen.evaluation.binarize(images, seed=0))
        ```
    """

    traceable = True

    def __init__(
        self,
        network: keras.Model,
        shape: Sequence[int],
        num_masks: int = 1,
        order: str = "raster",
        mask_seed: int = 0,
        **kwargs: Any,
    ):
        self.shape = tuple(shape)
        super().__init__(**kwargs)
        self.network, self.num_masks, self.order, self.mask_seed = network, num_masks, order, mask_seed
        size = math.prod(self.shape)
        outputs = size * (1 if self.levels == 2 else self.levels)
        if network.output_shape[1:] != (outputs,):
            raise UsageError(f"the network makes {network.output_shape}; samples {self.shape} need (None, {outputs})")
        degrees = mask_degrees(size, (), num_masks, order, mask_seed)[0]
        self._pixels = degrees.argsort(axis=1).astype("int32")  # (num_masks, D): the pixel at each place of the order
        self.built = True

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.shape)

    def logits(self, levels: Any, labels: Any, mask: Any = None, training: bool = False) -> Any:
        """Return the logits of each value given the values before it; see `Autoregressive.logits`."""
        features = self.to_features(levels)
        inputs = [backend.reshape(features, (-1, math.prod(features.shape[1:])))]
        inputs += [labels] if self.num_classes else []
        inputs += [mask] if self.num_masks > 1 else []
        outputs = backend.run(self.network, inputs if len(inputs) > 1 else inputs[0], training)
        shape = self.sample_shape if self.levels == 2 else (*self.sample_shape, self.levels)
        return backend.reshape(ops.cast(outputs, "float32"), (-1, *shape))

    def sample_levels(self, levels: Any, uniforms: Any, labels: Any, mask: Any, start: Any) -> Any:
        """Return levels with all but the first `start` values of the order drawn; see `Autoregressive`."""
        size = math.prod(self.sample_shape)
        pixels = ops.take(ops.convert_to_tensor(self._pixels), mask[0], axis=0)
        places = ops.arange(size, dtype="int32")
        flat_uniforms = backend.reshape(uniforms, (-1, size))

        def draw_pixel(i, flat):
            logits = self.logits(backend.reshape(flat, (-1, *self.sample_shape)), labels, mask)
            logits = backend.reshape(logits, (-1, size) if self.levels == 2 else (-1, size, self.levels))
            pixel = ops.take(pixels, i, axis=0)
            value = choose(ops.take(logits, pixel, axis=1), ops.take(flat_uniforms, pixel, axis=1))
            return ops.where(places == pixel, ops.expand_dims(value, 1), flat)

        flat = ops.fori_loop(start, size, draw_pixel, backend.reshape(levels, (-1, size)))
        return backend.reshape(flat, (-1, *self.sample_shape))
