"""The log-likelihood of images under a variational autoencoder, by importance sampling."""

import keras
import numpy as np
from keras import ops

from kerasgen.data.pixels import as_floats
from kerasgen.losses import LIKELIHOODS


def log_likelihood(model, images, samples=5000, seed=0, labels=None, chunk=50):
    """Return lower bounds on log p(x) in nats, (N,): log (1/k) sum_i p(x, z_i) / q(z_i | x), z_i from q(z | x).

    Of a conditional model on log p(x | y), y the label.

    With one sample its mean is the evidence lower bound; it rises with their number towards log p(x).

    Source: Burda et al. 2015, arXiv:1509.00519, eq. 8; appendix E of Rezende et al. 2014, arXiv:1401.4082.

    Args:
        model: a `kerasgen.models.VAE`.
        images: (N, H, W, C) in the range that the model takes; values of a Bernoulli are 0 or 1.
        samples: k.
        seed: of the latents; the same on every backend.
        labels: int (N,), of a conditional model.
        chunk: latents of each image that are decoded at once, which bounds the memory.

    Raises:
        DataError, UsageError: images or labels that the model cannot take.
    """
    mean, log_variance = posterior(model, images, labels)
    images = as_floats(images)
    generator = np.random.default_rng(seed)
    rows = max(1, 10_000 // min(samples, chunk))
    bounds = []
    for start in range(0, len(images), rows):
        part = slice(start, start + rows)
        of_part = None if labels is None else np.asarray(labels)[part]
        bounds.append(_bound(model, images[part], mean[part], log_variance[part], of_part, samples, chunk, generator))
    return np.concatenate(bounds)


def posterior(model, images, labels=None):
    """Return `[mean, log variance]` of q(z | x), each (N, latent_dim); the arguments are those of `log_likelihood`."""
    images = model.check_images(images)
    inputs = model.with_labels(images, model.given_labels(labels, len(images)))
    return [moments.astype("float32") for moments in model.predict_in_batches(model.encoder, inputs)]


def _bound(model, images, mean, log_variance, labels, samples, chunk, generator):
    total = np.full(len(images), -np.inf)
    for start in range(0, samples, chunk):
        count = min(chunk, samples - start)
        noise = generator.standard_normal((len(images), count, mean.shape[1]), dtype="float32")
        latents = mean[:, None] + np.exp(0.5 * log_variance)[:, None] * noise
        error = _reconstruction_error(model, images, latents, labels)
        # log p(z) - log q(z | x); the constants of the two normal densities cancel
        ratio = 0.5 * np.sum(noise**2 - latents**2 + log_variance[:, None], axis=2, dtype="float64")
        total = np.logaddexp(total, np.logaddexp.reduce(ratio - error, axis=1))
    return total - np.log(samples)


def _reconstruction_error(model, images, latents, labels):
    """Return -log p(x | z) of images (N, H, W, C) for latents (N, K, D): (N, K)."""
    count = latents.shape[1]
    labels = None if labels is None else np.repeat(labels, count)
    inputs = model.with_labels(latents.reshape(-1, latents.shape[2]), labels)
    outputs = ops.cast(model.decoder(inputs, training=False), "float32")
    repeated = ops.convert_to_tensor(np.repeat(images, count, axis=0))
    error = LIKELIHOODS[model.likelihood].reconstruction_error(repeated, outputs)
    # What the loss leaves out of a normal density of unit variance
    constant = 0.5 * np.log(2 * np.pi) * images[0].size if model.likelihood == "gaussian" else 0.0
    return keras.ops.convert_to_numpy(error).reshape(latents.shape[:2]).astype("float64") + constant


def active_units(means, threshold=0.01):
    """Return how many latents say something about the image: their mean's variance over the images exceeds 0.01.

    Source: Burda et al. 2015, section 5.2.

    Args:
        means: of q(z | x), (N, latent_dim).
    """
    return int((np.var(means, axis=0) > threshold).sum())
