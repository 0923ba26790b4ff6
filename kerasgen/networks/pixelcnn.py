"""The two stacks of the gated PixelCNN (van den Oord et al. 2016, arXiv:1606.05328, section 2 and figure 2)."""

from collections.abc import Sequence

import keras
from keras import layers, ops

from kerasgen.layers import CausalConv2D, Conv2D, Dense
from kerasgen.networks.labels import label_input


def pixelcnn_networks(
    shape: Sequence[int],
    features: int,
    outputs: int,
    width: int = 32,
    blocks: int = 4,
    kernel: int = 5,
    first_kernel: int = 7,
    head: int = 64,
    num_classes: int = 0,
) -> tuple[keras.Model, keras.Model]:
    """Return the networks of the vertical and of the horizontal stack.

    The vertical stack maps images (N, H, W, features) to features of the rows above, for all blocks of the horizontal
    stack, (N, H, W, blocks * 2 * width). The horizontal stack maps images, these features and labels to logits (N, H,
    W, outputs). It works on each row separately, so its input can be a single row.

    Args:
        shape: (H, W).
        features: number of input channels.
        outputs: number of logits of each pixel.
        width: channels of each stack.
        blocks: number of gated blocks.
        kernel: width of the kernels, an odd number.
        first_kernel: width of the kernels of the first block.
        head: channels of the layer before the logits.
        num_classes: number of classes; above 0, the labels (N,) are a last input of both networks.

    Example:
        >>> from kerasgen import networks
        >>> vertical, horizontal = networks.pixelcnn_networks((8, 8), 1, 1, width=4, blocks=2)
        >>> vertical.output_shape, horizontal.output_shape
        ((None, 8, 8, 16), (None, None, 8, 1))
    """
    height, side = shape
    vertical = _vertical_stack(height, side, features, width, blocks, kernel, first_kernel, num_classes)
    horizontal = _horizontal_stack(
        side, features, outputs, width, blocks, kernel, first_kernel, head, num_classes, vertical.output_shape[-1]
    )
    return vertical, horizontal


def _vertical_stack(height, side, features, width, blocks, kernel, first_kernel, num_classes):
    x = images = keras.Input((height, side, features), name="images")
    inputs, one_hot = _with_labels(images, num_classes)
    read = []
    for block in range(blocks):
        size = first_kernel if block == 0 else kernel
        x = CausalConv2D(2 * width, size, "vertical", strict=block == 0)(x)
        read.append(Conv2D(2 * width, 1)(x))
        x = _gated(_conditioned(x, one_hot, 2 * width), width)
    read = layers.Concatenate()(read) if blocks > 1 else read[0]
    return keras.Model(inputs, read, name="vertical")


def _horizontal_stack(side, features, outputs, width, blocks, kernel, first_kernel, head, num_classes, channels):
    x = images = keras.Input((None, side, features), name="images")
    above = keras.Input((None, side, channels), name="above")
    inputs, one_hot = _with_labels([images, above], num_classes)
    total = None
    for block in range(blocks):
        size = first_kernel if block == 0 else kernel
        own = CausalConv2D(2 * width, size, "horizontal", strict=block == 0)(x)
        own = layers.Add()([own, above[..., block * 2 * width : (block + 1) * 2 * width]])
        gated = _gated(_conditioned(own, one_hot, 2 * width), width)
        skip = Conv2D(width, 1)(gated)
        total = skip if total is None else layers.Add()([total, skip])
        residual = Conv2D(width, 1)(gated)
        x = residual if block == 0 else layers.Add()([x, residual])  # the first layer must not pass its own pixel on
    x = Conv2D(head, 1, activation="relu")(layers.Activation("relu")(total))
    return keras.Model(inputs, Conv2D(outputs, 1, dtype="float32")(x), name="horizontal")


def _with_labels(inputs, num_classes):
    """Return the inputs of a network, with the labels if there are classes, and the one-hot labels or None."""
    if not num_classes:
        return inputs, None
    labels, one_hot = label_input(num_classes)
    return [*(inputs if isinstance(inputs, list) else [inputs]), labels], one_hot


def _conditioned(x, one_hot, channels):
    """Return features plus a bias for each class (section 2.3)."""
    if one_hot is None:
        return x
    bias = Dense(channels, use_bias=False, kernel_initializer="zeros")(one_hot)
    return layers.Add()([x, layers.Reshape((1, 1, channels))(bias)])


def _gated(x, width):
    """Return tanh(a) * sigmoid(b) of features [a, b] (equation 2)."""
    return ops.tanh(x[..., :width]) * ops.sigmoid(x[..., width:])
