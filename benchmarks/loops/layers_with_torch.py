"""What the loops in PyTorch are built of: Adam, layers beside an image, and how modules are filled with arrays."""

import numpy as np
import torch
from torch import nn

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def adam(network, learning_rate=1e-3, beta_1=0.9):
    """Return the optimizer of a network."""
    return torch.optim.Adam(network.parameters(), learning_rate, betas=(beta_1, 0.999), eps=1e-7, fused=True)


class FromImage(nn.Linear):
    """A dense layer on a flattened image (C, H, W), which Keras has as (H, W, C); see `mirrored`."""

    def __init__(self, image_shape, outputs, mirror=False):
        super().__init__(int(np.prod(image_shape)), outputs)
        self.sample_shape, self.mirror = image_shape, mirror


class ToImage(nn.Linear):
    """A dense layer that makes a flattened image (C, H, W), which Keras has as (H, W, C); see `mirrored`."""

    def __init__(self, inputs, image_shape, mirror=False, **kwargs):
        super().__init__(inputs, int(np.prod(image_shape)), **kwargs)
        self.sample_shape, self.mirror = image_shape, mirror


def mirrored(array):
    """Return an array (H, W, ...) mirrored in both directions.

    Of an even side Keras pads the end for a kernel of 3, and PyTorch, with `padding=1`, the beginning: one is the other
    in a mirror.
    """
    return array[::-1, ::-1]


@torch.no_grad()
def filled(network, arrays):
    """Return the network on the device with the arrays, in Keras's layout, as its parameters, in their order."""
    arrays = iter(arrays.values())
    for layer in network.modules():
        for parameter in layer.parameters(recurse=False):
            parameter.copy_(torch.from_numpy(_in_layout(layer, next(arrays)).copy()))
    assert next(arrays, None) is None
    return network.to(DEVICE)


def _in_layout(layer, array):
    """Return an array as a layer of PyTorch has it."""
    if isinstance(layer, FromImage | ToImage):
        if array.ndim == 2 and isinstance(layer, FromImage):
            array = array.T
        elif isinstance(layer, FromImage):
            return array
        images = array.reshape(len(array) if array.ndim == 2 else 1, *layer.sample_shape)
        images = images[:, ::-1, ::-1] if layer.mirror else images
        images = images.transpose(0, 3, 1, 2).reshape(array.shape)
        return images.T if isinstance(layer, ToImage) else images
    if array.ndim == 4:  # (h, w, a, b) -> (b, a, h, w)
        return (mirrored(array) if len(array) == 3 else array).transpose(3, 2, 0, 1)
    return array.T if isinstance(layer, nn.Linear) else array
