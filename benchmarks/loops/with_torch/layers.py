"""Adam, dense layers next to an image, and the conversion of arrays into parameters in PyTorch."""

import numpy as np
import torch
from torch import nn

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def adam(network, learning_rate=1e-3, beta_1=0.9):
    """Return the optimizer of a network."""
    return torch.optim.Adam(network.parameters(), learning_rate, betas=(beta_1, 0.999), eps=1e-7, fused=True)


class FromImage(nn.Linear):
    """Dense layer on a flattened image (C, H, W); Keras flattens (H, W, C)."""

    def __init__(self, image_shape, outputs):
        super().__init__(int(np.prod(image_shape)), outputs)
        self.image_shape = image_shape


class ToImage(nn.Linear):
    """Dense layer without a bias that makes a flattened image (C, H, W); Keras flattens (H, W, C)."""

    def __init__(self, inputs, image_shape):
        super().__init__(inputs, int(np.prod(image_shape)), bias=False)
        self.image_shape = image_shape


@torch.no_grad()
def filled(network, arrays):
    """Return the network on the device, its parameters filled with arrays in Keras's layout, in the same order."""
    arrays = iter(arrays.values())
    for layer in network.modules():
        for parameter in layer.parameters(recurse=False):
            parameter.copy_(torch.from_numpy(_in_layout(layer, next(arrays)).copy()))
    assert next(arrays, None) is None
    return network.to(DEVICE)


def _in_layout(layer, array):
    """Return an array in the layout of a layer of PyTorch."""
    if isinstance(layer, ToImage):  # (in, H W C) -> (C H W, in)
        return array.reshape(len(array), *layer.image_shape).transpose(0, 3, 1, 2).reshape(array.shape).T
    if isinstance(layer, FromImage) and array.ndim == 2:  # (H W C, out) -> (out, C H W)
        return array.T.reshape(-1, *layer.image_shape).transpose(0, 3, 1, 2).reshape(array.T.shape)
    if array.ndim == 4:  # (h, w, a, b) -> (b, a, h, w)
        return array.transpose(3, 2, 0, 1)
    return array.T if array.ndim == 2 else array


class Player:
    """A network filled with arrays, and its Adam."""

    def __init__(self, network, arrays, learning_rate, beta_1=0.9):
        self.network = filled(network, arrays)
        self.optimizer = adam(self.network, learning_rate, beta_1)

    def __call__(self, *inputs):
        """Return the outputs of the network."""
        return self.network(*inputs)

    def step(self, loss):
        """Take one step and return the loss without its graph."""
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()
