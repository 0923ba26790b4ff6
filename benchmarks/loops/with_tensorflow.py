"""The loops in TensorFlow without Keras: variables, `tf.nn`, `tf.data` and one `tf.function` for each step."""

import tensorflow as tf

from . import weights

ON_GPU = bool(tf.config.list_physical_devices("GPU"))


def autoencoder(images, batch_size, seed, jit_compile=ON_GPU):
    """Return `epoch()` that trains the dense autoencoder; see `loops`. On a CPU the plain graph is faster."""
    model = Autoencoder(weights.autoencoder(seed))
    return _epochs(model, tf.function(model.step, jit_compile=jit_compile), images, batch_size, seed)


def vae(images, batch_size, seed, jit_compile=ON_GPU):
    """Return `epoch()` that trains the dense VAE; see `loops`. On a CPU the plain graph is faster."""
    return _noisy_epochs(VAE(weights.vae(seed)), weights.VAE_LATENT, images, batch_size, seed, jit_compile)


def gan(images, batch_size, seed, jit_compile=ON_GPU):
    """Return `epoch()` that trains the GAN of perceptrons; see `loops`. On a CPU the plain graph is faster."""
    return _noisy_epochs(GAN(*weights.gan(seed)), weights.GAN_LATENT, images, batch_size, seed, jit_compile)


def dcgan(images, batch_size, seed, jit_compile=ON_GPU):
    """Return `epoch()` that trains the DCGAN; see `loops`. On a CPU the plain graph's convolutions are faster."""
    return _noisy_epochs(DCGAN(*weights.dcgan(seed)), weights.DCGAN_LATENT, images, batch_size, seed, jit_compile)


def _noisy_epochs(model, latent_dim, images, batch_size, seed, jit_compile):
    tf.random.set_seed(seed)

    @tf.function(jit_compile=jit_compile)
    def step(batch):
        model.step(batch, tf.random.normal((batch_size, latent_dim)))

    return _epochs(model, step, images, batch_size, seed)


def _epochs(model, step, images, batch_size, seed):
    count = len(images) // batch_size
    with tf.device("CPU"):
        images = tf.convert_to_tensor(images)
        batches = tf.data.Dataset.range(len(images)).shuffle(len(images), seed=seed)
        batches = batches.batch(batch_size, drop_remainder=True).map(lambda rows: tf.gather(images, rows))
        options = tf.data.Options()
        options.autotune.enabled = False  # there is nothing to tune, and the tuner would hold up the end of an epoch
        batches = batches.prefetch(2).with_options(options)

    def epoch():
        model.totals.assign(tf.zeros_like(model.totals))
        for batch in batches:
            step(batch)
        return dict(zip(model.logged, (model.totals.numpy() / count).tolist()))

    return epoch


class Autoencoder(tf.Module):
    """The dense autoencoder and its Adam, with arrays as `weights.autoencoder` makes."""

    logged = ("loss", "mean_squared_error")

    def __init__(self, arrays):
        super().__init__()
        self.weights = _variables(arrays)
        self.adam = Adam(self.weights.values(), 1e-3)
        self.totals = tf.Variable(tf.zeros(len(self.logged)))

    def step(self, images):
        """Take one step; the losses are added to `totals`."""
        w, pixels = self.weights, tf.reshape(images, (len(images), -1))
        with tf.GradientTape() as tape:
            logits = _decode(w, _dense(w, "latents", _encode(w, pixels)))
            loss = _cross_entropy(pixels, logits)
        self.adam.apply(tape.gradient(loss, [*w.values()]))
        squared = tf.reduce_mean(tf.math.squared_difference(tf.sigmoid(logits), pixels))
        self.totals.assign_add(tf.stack([loss, squared]))


class VAE(tf.Module):
    """The dense VAE and its Adam, with arrays as `weights.vae` makes."""

    logged = ("loss", "reconstruction_error", "kl_divergence")

    def __init__(self, arrays):
        super().__init__()
        self.weights = _variables(arrays)
        self.adam = Adam(self.weights.values(), 1e-3)
        self.totals = tf.Variable(tf.zeros(len(self.logged)))

    def step(self, images, noise):
        """Take one step; the losses are added to `totals`."""
        with tf.GradientTape() as tape:
            error, divergence = self.losses(images, noise)
            loss = error + divergence
        self.adam.apply(tape.gradient(loss, [*self.weights.values()]))
        self.totals.assign_add(tf.stack([loss, error, divergence]))

    def losses(self, images, noise):
        """Return `(reconstruction error, KL divergence)`, means over the batch."""
        w, pixels = self.weights, tf.reshape(images, (len(images), -1))
        hidden = _encode(w, pixels)
        mean, log_variance = _dense(w, "mean", hidden), _dense(w, "log_variance", hidden)
        error = _cross_entropy(pixels, _decode(w, mean + tf.exp(0.5 * log_variance) * noise))
        divergences = -0.5 * (1 + log_variance - tf.square(mean) - tf.exp(log_variance))
        return error, tf.reduce_mean(tf.reduce_sum(divergences, -1))


def _encode(w, pixels):
    return tf.nn.leaky_relu(_dense(w, "encoder_2", tf.nn.leaky_relu(_dense(w, "encoder_1", pixels))))


def _decode(w, latents):
    hidden = tf.nn.leaky_relu(_dense(w, "decoder_1", latents))
    return _dense(w, "pixels", tf.nn.leaky_relu(_dense(w, "decoder_2", hidden)))


def _cross_entropy(pixels, logits):
    return tf.reduce_mean(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(pixels, logits), -1))


class GAN(tf.Module):
    """The GAN of perceptrons and its two Adams, with arrays as `weights.gan` makes."""

    logged = ("discriminator_loss", "generator_loss")
    normalized = dict.fromkeys(("norm_1", "norm_2", "norm_3", "norm_4"), weights.HIDDEN)  # name -> channels

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = _variables(generator), _variables(discriminator)
        self.generator_adam = Adam(self.generator.values(), 2e-4, beta_1=0.5)
        self.discriminator_adam = Adam(self.discriminator.values(), 2e-4, beta_1=0.5)
        self.statistics = {
            name: (tf.Variable(tf.zeros(channels)), tf.Variable(tf.ones(channels)))
            for name, channels in self.normalized.items()
        }
        self.totals = tf.Variable(tf.zeros(len(self.logged)))

    def step(self, images, latents):
        """Take one step of each player, with one set of fakes for both; the losses are added to `totals`."""
        with tf.GradientTape() as generator_tape:
            fake = self.generate(latents)
        with tf.GradientTape() as tape:
            on_real, on_fake = self.discriminate(images * 2 - 1), self.discriminate(fake)
            d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
        self.discriminator_adam.apply(tape.gradient(d_loss, [*self.discriminator.values()]))

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            g_loss = tf.reduce_mean(tf.nn.softplus(-self.discriminate(fake)))
        of_fake = tape.gradient(g_loss, fake)
        self.generator_adam.apply(generator_tape.gradient(fake, [*self.generator.values()], of_fake))
        self.totals.assign_add(tf.stack([d_loss, g_loss]))

    def generate(self, latents):
        """Return images (N, 28, 28, 1) in [-1, 1]."""
        w, x = self.generator, latents
        for i in (1, 2, 3, 4):
            x = tf.reshape(x @ w[f"dense_{i}.kernel"], (-1, 1, 1, weights.HIDDEN))  # of four axes, as the kernel asks
            x = tf.reshape(tf.nn.relu(self._batch_norm(w, f"norm_{i}", x)), (-1, weights.HIDDEN))
        return tf.reshape(tf.tanh(_dense(w, "pixels", x)), (-1, 28, 28, 1))

    def discriminate(self, images):
        """Return logits (N, 1)."""
        w, x = self.discriminator, tf.reshape(images, (len(images), -1))
        for i in (1, 2, 3):
            x = tf.reduce_max(tf.reshape(_dense(w, f"maxout_{i}", x), (-1, weights.PIECES, weights.UNITS)), 1)
        return _dense(w, "judge", x)

    def _batch_norm(self, w, name, x):
        mean, variance = self.statistics[name]
        x, new_mean, new_variance = tf.compat.v1.nn.fused_batch_norm(
            x,
            w[f"{name}.scale"],
            w[f"{name}.shift"],
            mean,
            variance,
            epsilon=1e-5,
            exponential_avg_factor=0.1,
        )
        mean.assign(new_mean)
        variance.assign(new_variance)
        return x


class DCGAN(GAN):
    """The DCGAN and its two Adams, with arrays as `weights.dcgan` makes."""

    normalized = {"norm_1": 128, "norm_2": 64, "norm_3": 128, "norm_4": 256}

    def generate(self, latents):
        """Return images (N, 28, 28, 1) in [-1, 1]."""
        w, n = self.generator, len(latents)
        x = tf.reshape(latents @ w["project.kernel"], (n, 7, 7, 128))
        x = tf.nn.relu(self._batch_norm(w, "norm_1", x))
        x = tf.nn.conv2d_transpose(x, w["up_1.kernel"], (n, 14, 14, 64), 2)
        x = tf.nn.relu(self._batch_norm(w, "norm_2", x))
        x = tf.nn.conv2d_transpose(x, w["up_2.kernel"], (n, 28, 28, 1), 2)
        return tf.tanh(x + over_pixels(w["up_2.bias"]))

    def discriminate(self, images):
        """Return logits (N, 1)."""
        w = self.discriminator
        x = tf.nn.conv2d(images, w["down_1.kernel"], 2, "SAME")
        x = tf.nn.leaky_relu(x + over_pixels(w["down_1.bias"]))
        x = tf.nn.leaky_relu(self._batch_norm(w, "norm_3", tf.nn.conv2d(x, w["down_2.kernel"], 2, "SAME")))
        x = tf.nn.leaky_relu(self._batch_norm(w, "norm_4", tf.nn.conv2d(x, w["down_3.kernel"], 2, "SAME")))
        return _dense(w, "logit", tf.reshape(x, (len(images), -1)))


class Adam(tf.Module):
    """Adam by TensorFlow's own kernel (Kingma and Ba 2015)."""

    def __init__(self, variables, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        super().__init__()
        self.weights = [*variables]
        self.moments = [(tf.Variable(tf.zeros_like(w)), tf.Variable(tf.zeros_like(w))) for w in self.weights]
        self.powers = tf.Variable(1.0), tf.Variable(1.0)
        self.settings = {"lr": learning_rate, "beta1": beta_1, "beta2": beta_2, "epsilon": epsilon}

    def apply(self, gradients):
        """Take one step."""
        power_1 = self.powers[0].assign(self.powers[0] * self.settings["beta1"])
        power_2 = self.powers[1].assign(self.powers[1] * self.settings["beta2"])
        for weight, (m, v), gradient in zip(self.weights, self.moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=power_1,
                beta2_power=power_2,
                grad=gradient,
                **self.settings,
            )


def _variables(arrays):
    return {name: tf.Variable(array) for name, array in arrays.items()}


def _dense(w, name, x):
    return x @ w[f"{name}.kernel"] + w[f"{name}.bias"]


def over_pixels(bias):
    """Return a bias (C,) that is added to images."""
    # As (1, 1, 1, C): a plain bias before a LeakyReLU makes TensorFlow's remapper fail, loudly.
    return tf.reshape(bias, (1, 1, 1, -1))
