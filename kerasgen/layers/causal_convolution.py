"""Convolutions over the pixels that come before a pixel: PixelCNN (van den Oord et al. 2016, arXiv:1606.05328)."""

from typing import Any

import keras
from keras import ops

from kerasgen.errors import unknown
from kerasgen.layers.convolutions import Conv2D

STACKS = ("vertical", "horizontal")


@keras.saving.register_keras_serializable("kerasgen")
class CausalConv2D(Conv2D):
    """Convolution of a stack of the gated PixelCNN; images are shifted, so that no weight is masked.

    In the `vertical` stack an output depends on the rows above its own and on its own row, and on columns on both
    sides. In the `horizontal` stack it depends on its own row, up to its own column. If it is `strict`, the output's
    own row or column is left out. The first layer of each stack is strict.

    Args:
        filters: number of output channels.
        size: odd number, width of the full kernel.
        stack: `"vertical"` or `"horizontal"`.
        strict: whether the own row or column is left out.
        **kwargs: arguments of `Conv2D`.

    Raises:
        UsageError: the stack is unknown.

    Source:
        van den Oord et al. 2016, section 2.2 and figure 1.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import CausalConv2D
        >>> CausalConv2D(4, 3, "vertical")(np.ones((1, 8, 8, 2), "float32")).shape == (1, 8, 8, 4)
        True
    """

    def __init__(self, filters: int, size: int = 3, stack: str = "vertical", strict: bool = False, **kwargs: Any):
        if stack not in STACKS:
            raise unknown("stack", stack, STACKS)
        half = size // 2
        before = half if strict else half + 1  # rows or columns of the kernel, up to the output's own
        kernel = (before, size) if stack == "vertical" else (1, before)
        kwargs.pop("kernel_size", None)
        super().__init__(filters, kernel, padding="valid", **kwargs)
        self.size, self.stack, self.strict = size, stack, strict

    def call(self, inputs: Any) -> Any:
        """Return features (N, H, W, filters) of features (N, H, W, C)."""
        half = self.size // 2
        if self.stack == "vertical":
            inputs = inputs[:, :-1] if self.strict else inputs
            padded = ops.pad(inputs, ((0, 0), (half, 0), (half, half), (0, 0)))
        else:
            inputs = inputs[:, :, :-1] if self.strict else inputs
            padded = ops.pad(inputs, ((0, 0), (0, 0), (half, 0), (0, 0)))
        return super().call(padded)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return (N, H, W, filters)."""
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        config = super().get_config()
        for name in ("kernel_size", "padding"):  # determined by the other arguments
            del config[name]
        return config | {"size": self.size, "stack": self.stack, "strict": self.strict}
