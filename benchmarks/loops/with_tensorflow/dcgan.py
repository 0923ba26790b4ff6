"""The DCGAN in TensorFlow: the fakes are made once for both players."""

import tensorflow as tf

from benchmarks.loops.with_tensorflow.layers import Adam, batch_norm, dense, down, statistics, up, variables


class DCGAN(tf.Module):
    """The weights of both players and their Adams, with arrays of `weights.first`."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.g, self.g_statistics = variables(generator), statistics(generator)
        self.d, self.d_statistics = variables(discriminator), statistics(discriminator)
        self.g_adam, self.d_adam = (Adam(player.values(), 2e-4, beta_1=0.5) for player in (self.g, self.d))

    def step(self, images, latents):
        """Take one step of each player and return the losses, the discriminator's first."""
        with tf.GradientTape() as generator_tape:
            fake = self.generate(latents)
        with tf.GradientTape() as tape:
            on_real, on_fake = self.discriminate(images * 2 - 1), self.discriminate(fake)
            d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
        self.d_adam.apply(tape.gradient(d_loss, [*self.d.values()]))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            g_loss = tf.reduce_mean(tf.nn.softplus(-self.discriminate(fake)))
        gradient = tape.gradient(g_loss, fake)
        self.g_adam.apply(generator_tape.gradient(fake, [*self.g.values()], gradient))
        return d_loss, g_loss

    def validate(self, images, latents):
        """Return the losses with the running statistics, without a step."""
        fake = self.generate(latents, training=False)
        on_real, on_fake = (self.discriminate(x, training=False) for x in (images * 2 - 1, fake))
        d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
        return d_loss, tf.reduce_mean(tf.nn.softplus(-on_fake))

    def generate(self, latents, training=True):
        """Return images (N, 28, 28, 1) in [-1, 1]."""
        x = tf.reshape(dense(self.g, "project", latents), (len(latents), 7, 7, 128))
        x = up(self.g, "up_1", tf.nn.relu(batch_norm(self.g, self.g_statistics, "norm_1", x, training)))
        return tf.tanh(up(self.g, "up_2", tf.nn.relu(batch_norm(self.g, self.g_statistics, "norm_2", x, training))))

    def discriminate(self, images, training=True):
        """Return logits (N, 1)."""
        x = tf.nn.leaky_relu(down(self.d, "down_1", images))
        for number in (2, 3):
            x = down(self.d, f"down_{number}", x)
            x = batch_norm(self.d, self.d_statistics, f"norm_{number + 1}", x, training)
            x = tf.nn.leaky_relu(x)
        return dense(self.d, "logit", tf.reshape(x, (len(images), -1)))
