"""Reconstruction losses of autoencoders, by name."""

from typing import Any

from keras import ops

from kerasgen.losses.variational import LIKELIHOODS, Likelihood, flatten_each


def squared_error(images: Any, reconstructions: Any) -> Any:
    """Return the squared difference of two tensors (N, ...), averaged over the pixels: shape (N,).

    Args:
        images: tensor (N, ...).
        reconstructions: tensor of the same shape.

    Example:
        >>> from keras import ops
        >>> from kerasgen.losses import squared_error
        >>> float(squared_error(ops.zeros((1, 8, 8, 1)), ops.full((1, 8, 8, 1), 0.5))[0])
        0.25
    """
    images, reconstructions = flatten_each(images, reconstructions)
    return ops.mean(ops.square(images - reconstructions), axis=-1)


# Losses of raw outputs
RECONSTRUCTION_LOSSES = {
    # of logits and images in [0, 1], in nats per image: the sum over the pixels
    "binary_crossentropy": LIKELIHOODS["bernoulli"],
    # of the values themselves, which may have any range: the mean over the pixels
    "mean_squared_error": Likelihood(squared_error, LIKELIHOODS["gaussian"].mean, LIKELIHOODS["gaussian"].bounds),
}

# Losses of logits, for images in [0, 1]
LOSSES_OF_LOGITS = {
    "binary_crossentropy": LIKELIHOODS["bernoulli"],
    "mean_squared_error": Likelihood(
        lambda images, logits: squared_error(images, ops.sigmoid(logits)), ops.sigmoid, (0.0, 1.0)
    ),
}
