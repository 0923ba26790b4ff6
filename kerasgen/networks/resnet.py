"""The ResNet generator of CycleGAN (Zhu et al. 2017, arXiv:1703.10593, section 7.2), after Johnson et al. 2016."""

import keras
from keras import layers

from kerasgen.errors import UsageError
from kerasgen.layers import ReflectionPadding2D
from kerasgen.networks.blocks import convolution, doubled, normalized


def resnet_generator(image_shape, width=64, blocks=None, upsampling="transposed", name="generator"):
    """Return a network from images (N, *image_shape) to images of the same shape, both in [-1, 1].

    c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3, with reflection padding and instance normalisation.

    Args:
        image_shape: (H, W, C), sides multiples of 4, 8 or more.
        width: channels of the first layer.
        blocks: residual blocks; 6 for sides up to 128 and 9 from 256 on, as in the paper, if it is None.
        upsampling: `"transposed"` or `"resize"`, see `kerasgen.networks.blocks.doubled`.
        name: of the network.

    Raises:
        UsageError: a side that cannot be halved twice, or an argument that cannot be.
    """
    sides = image_shape[:2]
    if any(side < 8 or side % 4 for side in sides):
        raise UsageError(
            f"image size {sides[0]}x{sides[1]} does not suit a ResNet generator: it halves each side twice, "
            f"so sides are multiples of 4, 8 or more, such as {max(8, 4 * round(sides[0] / 4))}"
        )
    blocks = (9 if min(sides) >= 256 else 6) if blocks is None else blocks
    if blocks < 1:
        raise UsageError(f"blocks is {blocks}; a ResNet generator has 1 or more")
    x = images = keras.Input(image_shape, name="images")
    x = _activated(_convolved(x, width, 7))
    for channels in (2 * width, 4 * width):
        x = _activated(convolution(channels, 3, strides=2, padding="same", use_bias=False)(x))
    for _ in range(blocks):
        inner = _activated(_convolved(x, 4 * width, 3))
        x = layers.Add()([x, normalized(_convolved(inner, 4 * width, 3), "instance")])
    for channels in (2 * width, width):
        x = _activated(doubled(x, channels, 3, upsampling, use_bias=False))
    # In float32: images are made of it, and PyTorch's CPU has no float16 gradient of a kernel with one output
    x = _convolved(x, image_shape[-1], 7, use_bias=True, dtype="float32")
    return keras.Model(images, layers.Activation("tanh", dtype="float32")(x), name=name)


def _convolved(x, channels, kernel, use_bias=False, **kwargs):
    return convolution(channels, kernel, use_bias=use_bias, **kwargs)(ReflectionPadding2D(kernel // 2)(x))


def _activated(x):
    return layers.ReLU()(normalized(x, "instance"))
