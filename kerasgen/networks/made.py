"""The network of MADE (Germain et al. 2015, arXiv:1502.03509): masked dense layers."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.layers import Dense, MaskedDense
from kerasgen.networks.dense import ACTIVATIONS
from kerasgen.networks.labels import label_input


def made_network(
    num_inputs: int,
    hidden_dims: Sequence[int],
    values: Sequence[int] = (1, 1),
    num_classes: int = 0,
    num_masks: int = 1,
    order: str = "raster",
    activation: str = "relu",
    seed: int = 0,
) -> keras.Model:
    """Return a network from features (N, D * values[0]) to logits (N, D * values[1]).

    The logits of an input depend on the inputs before it. Further inputs are the labels (N,) if there are classes, and
    the index of the mask (N,) if there are several masks.

    Args:
        num_inputs: D, number of pixels.
        hidden_dims: units of each hidden layer.
        values: number of features of each pixel, and of its logits.
        num_classes: number of classes; above 0 each layer has a bias for each class.
        num_masks: number of masks.
        order: `"raster"` or `"random"`.
        activation: activation of the hidden layers, one of `kerasgen.networks.dense.ACTIVATIONS`.
        seed: seed of the masks.

    Example:
        >>> from kerasgen import networks
        >>> networks.made_network(16, [8], values=(1, 4)).output_shape
        (None, 64)
    """
    x = features = keras.Input((num_inputs * values[0],), name="features")
    inputs, index = [features], []
    if num_classes:
        labels, one_hot = label_input(num_classes)
        inputs.append(labels)
    if num_masks > 1:
        index = [keras.Input((), dtype="int32", name="mask")]
        inputs += index
    for depth in range(len(hidden_dims) + 1):
        is_last = depth == len(hidden_dims)
        masked = MaskedDense(
            depth,
            num_inputs,
            hidden_dims,
            num_masks,
            order,
            seed,
            values,
            kernel_initializer=ACTIVATIONS[activation](),
            dtype="float32" if is_last else None,
        )
        x = masked([x, *index] if index else x)
        if num_classes:
            x = layers.Add()([x, Dense(masked.units, use_bias=False, kernel_initializer="zeros")(one_hot)])
        x = x if is_last else layers.Activation(activation)(x)
    return keras.Model(inputs if len(inputs) > 1 else features, x, name="network")
