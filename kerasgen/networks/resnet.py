"""The ResNet generator of CycleGAN (Zhu et al. 2017, arXiv:1703.10593, section 7.2), after Johnson et al. 2016."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.errors import UsageError
from kerasgen.layers import ReflectionPadding2D
from kerasgen.networks.blocks import convolution, normalize, upsample
from kerasgen.networks.sizes import check_image_shape


def resnet_generator(
    image_shape: Sequence[int],
    width: int = 64,
    blocks: int | None = None,
    upsampling: str = "transposed",
    name: str = "generator",
) -> keras.Model:
    """Return a network from images (N, *image_shape) to images of the same shape, both in [-1, 1].

    c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3, with reflection padding and instance normalization.

    Args:
        image_shape: (H, W, C); sides are multiples of 4, and 8 or more.
        width: channels of the first layer.
        blocks: number of residual blocks; if None, 6 for sides below 256 and 9 otherwise, as in the paper.
        upsampling: `"transposed"` or `"resize"`, see `kerasgen.networks.blocks.upsample`.
        name: name of the network.

    Raises:
        UsageError: the image shape is not supported, there are no blocks, or the upsampling is unknown.

    Example:
        >>> from kerasgen import networks
        >>> networks.resnet_generator((8, 12, 3), width=4, blocks=1).output_shape
        (None, 8, 12, 3)
    """
    sides = check_image_shape(image_shape, "a ResNet generator")[:2]
    if any(side < 8 or side % 4 for side in sides):
        raise UsageError(
            f"image size {sides[0]}x{sides[1]} does not suit a ResNet generator: it halves each side twice, "
            f"so sides are multiples of 4, and 8 or more, such as {max(8, 4 * round(sides[0] / 4))}"
        )
    blocks = (9 if min(sides) >= 256 else 6) if blocks is None else blocks
    if blocks < 1:
        raise UsageError(f"blocks is {blocks}; a ResNet generator has 1 or more")
    x = images = keras.Input(image_shape, name="images")
    x = _norm_relu(_reflected_convolution(x, width, 7))
    for channels in (2 * width, 4 * width):
        x = _norm_relu(convolution(channels, 3, strides=2, padding="same", use_bias=False)(x))
    for _ in range(blocks):
        residual = _norm_relu(_reflected_convolution(x, 4 * width, 3))
        x = layers.Add()([x, normalize(_reflected_convolution(residual, 4 * width, 3), "instance")])
    for channels in (2 * width, width):
        x = _norm_relu(upsample(x, channels, 3, upsampling, use_bias=False))
    # float32, because images need the precision, and PyTorch's CPU lacks the float16 gradient of a one-output kernel
    x = _reflected_convolution(x, image_shape[-1], 7, use_bias=True, dtype="float32")
    return keras.Model(images, layers.Activation("tanh", dtype="float32")(x), name=name)


def _reflected_convolution(x, channels, kernel, use_bias=False, **arguments):
    return convolution(channels, kernel, use_bias=use_bias, **arguments)(ReflectionPadding2D(kernel // 2)(x))


def _norm_relu(x):
    return layers.ReLU()(normalize(x, "instance"))
