"""The autoencoders and the VAEs in JAX: for each its losses, and the step that all take."""

import jax
import jax.numpy as jnp

from .layers_with_jax import (
    adam_state,
    adam_step,
    batch_norm,
    convolution,
    cross_entropy,
    dense,
    first_statistics,
    leaky_relu,
    transposed_convolution,
)
from .weights import CLASSES

# -- the networks: images to the encoder's last hidden values, and latents to the logits (N, pixels)


def encode(w, images, labels=None):
    """Return what the perceptron makes of images."""
    x = with_class(images.reshape(len(images), -1), labels)
    return leaky_relu(dense(w, "encoder_2", leaky_relu(dense(w, "encoder_1", x))))


def decode(w, latents, labels=None):
    """Return the perceptron's logits."""
    x = leaky_relu(dense(w, "decoder_1", with_class(latents, labels)))
    return dense(w, "pixels", leaky_relu(dense(w, "decoder_2", x)))


def with_class(x, labels):
    """Return x with the class beside it, of labels, if there are any."""
    return x if labels is None else jnp.concatenate([x, jax.nn.one_hot(labels, CLASSES)], -1)


def encode_by_convolution(w, images):
    """Return what the convolutions make of images."""
    x = images
    for name in ("down_1", "down_2"):
        x = leaky_relu(convolution(x, w[f"{name}.kernel"]) + w[f"{name}.bias"])
    return leaky_relu(dense(w, "encoder", x.reshape(len(x), -1)))


def decode_by_convolution(w, latents):
    """Return the logits that the transposed convolutions make."""
    x = leaky_relu(dense(w, "project", leaky_relu(dense(w, "decoder", latents)))).reshape(-1, 7, 7, 64)
    x = leaky_relu(transposed_convolution(x, w["up_1.kernel"]) + w["up_1.bias"])
    return (transposed_convolution(x, w["up_2.kernel"]) + w["up_2.bias"]).reshape(len(x), -1)


# -- the losses: `(loss, (the others that are logged, running statistics))`


def autoencoder(encode, decode):
    """Return the losses of an autoencoder with these networks."""

    def losses(w, statistics, images):
        pixels = images.reshape(len(images), -1)
        logits = decode(w, dense(w, "latents", encode(w, images)))
        squared = ((jax.nn.sigmoid(logits) - pixels) ** 2).mean()
        return cross_entropy(pixels, logits), ((squared,), statistics)

    return losses


def denoising_losses(w, statistics, images, noise):
    """Return the losses of the denoising autoencoder."""
    x = jnp.clip(images + 0.3 * noise, 0, 1)
    for number, padding in enumerate(("SAME", "SAME", "VALID"), 1):
        x = convolution(x, w[f"down_{number}.kernel"], padding=padding)
        x, statistics = batch_norm(w, statistics, f"norm_{number}", x)
        x = jax.nn.relu(x)
    latents = dense(w, "latents", jax.nn.relu(dense(w, "encoder", x.reshape(len(x), -1))))
    x = jax.nn.relu(dense(w, "project", jax.nn.relu(dense(w, "decoder", latents)))).reshape(-1, 3, 3, 32)
    for number, padding in enumerate(("VALID", "SAME"), 1):
        x = transposed_convolution(x, w[f"up_{number}.kernel"], padding)
        x, statistics = batch_norm(w, statistics, f"norm_{number + 3}", x)
        x = jax.nn.relu(x)
    logits = transposed_convolution(x, w["up_3.kernel"]) + w["up_3.bias"]
    squared = ((jax.nn.sigmoid(logits) - images) ** 2).mean()
    return squared, ((squared,), statistics)


def vae(encode, decode):
    """Return the losses of a VAE with these networks; of a conditional one, labels come before the noise."""

    def losses(w, statistics, images, *labels_and_noise):
        *labels, noise = labels_and_noise
        hidden = encode(w, images, *labels)
        mean, log_variance = dense(w, "mean", hidden), dense(w, "log_variance", hidden)
        logits = decode(w, mean + jnp.exp(0.5 * log_variance) * noise, *labels)
        error = cross_entropy(images.reshape(len(images), -1), logits)
        divergence = -0.5 * (1 + log_variance - mean**2 - jnp.exp(log_variance)).sum(-1).mean()
        return error + divergence, ((error, divergence), statistics)

    return losses


def trainer(losses, learning_rate=1e-3):
    """Return the function that makes `(state, step)` of arrays as `weights.first` has them."""

    def step(state, *batch):
        gradient = jax.value_and_grad(losses, has_aux=True)
        (loss, (others, statistics)), gradients = gradient(state["weights"], state["statistics"], *batch)
        trained, adam = adam_step(state["weights"], gradients, state["adam"], learning_rate)
        totals = state["totals"] + jnp.stack([loss, *others])
        return state | {"weights": trained, "statistics": statistics, "adam": adam, "totals": totals}

    def make(arrays):
        (weights,) = jax.tree.map(jnp.array, arrays)
        state = {"weights": weights, "statistics": first_statistics(weights), "adam": adam_state(weights)}
        return state, step

    return make


AUTOENCODERS = {
    "autoencoder": trainer(autoencoder(encode, decode)),
    "autoencoder-conv": trainer(autoencoder(encode_by_convolution, decode_by_convolution)),
    "denoising-autoencoder": trainer(denoising_losses, learning_rate=3e-3),
    "vae": trainer(vae(encode, decode)),
    "vae-conv": trainer(vae(encode_by_convolution, decode_by_convolution)),
    "cvae": trainer(vae(encode, decode)),
}
