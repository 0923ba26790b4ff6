"""Padding by reflection, against artifacts at the borders of images (Johnson et al. 2016, arXiv:1603.08155)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class ReflectionPadding2D(keras.layers.Layer):
    """Continues images (N, H, W, C) beyond each border by their mirror image, without the border itself.

    Args:
        padding: int, pixels on each side; less than H and W.
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs):
        """Return images (N, H + 2 padding, W + 2 padding, C)."""
        sides = (self.padding, self.padding)
        return ops.pad(inputs, ((0, 0), sides, sides, (0, 0)), mode="reflect")

    def get_config(self):
        """Return the arguments."""
        return super().get_config() | {"padding": self.padding}
