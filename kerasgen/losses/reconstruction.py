"""How far a reconstruction is from its image, by name: what an autoencoder minimises."""

from keras import ops

from kerasgen.losses.variational import LIKELIHOODS, Likelihood, in_rows


def squared_error(images, others):
    """Return the mean over the pixels of the squared difference of (N, ...) and (N, ...): shape (N,)."""
    images, others = in_rows(images, others)
    return ops.mean(ops.square(images - others), axis=-1)


# on raw outputs, for data of any range where the loss allows it
RECONSTRUCTION_LOSSES = {
    # of logits, in nats for each image: the sum over its pixels; for images in [0, 1]
    "binary_crossentropy": LIKELIHOODS["bernoulli"],
    # of the values themselves, the mean over the pixels
    "mean_squared_error": Likelihood(squared_error, LIKELIHOODS["gaussian"].mean, LIKELIHOODS["gaussian"].bounds),
}

# on logits, for images in [0, 1] whatever the loss
LOSSES_OF_LOGITS = {
    "binary_crossentropy": LIKELIHOODS["bernoulli"],
    "mean_squared_error": Likelihood(
        lambda images, logits: squared_error(images, ops.sigmoid(logits)), ops.sigmoid, (0.0, 1.0)
    ),
}
