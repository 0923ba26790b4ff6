"""pix2pix in TensorFlow: a U-Net and a discriminator of patches, instance normalization, L1."""

import tensorflow as tf

from benchmarks.loops.with_tensorflow.layers import Adam, down, up, variables

DROPPED = 3  # blocks of the U-Net with dropout
ONE_AROUND = ((0, 0), (1, 1), (1, 1), (0, 0))


class Pix2Pix(tf.Module):
    """The weights of both players and their Adams, with arrays of `weights.first`."""

    def __init__(self, generator, discriminator, dropout=0.5, jitter=True):
        super().__init__()
        self.g, self.d = variables(generator), variables(discriminator)
        self.g_adam, self.d_adam = (Adam(player.values(), 2e-4, beta_1=0.5) for player in (self.g, self.d))
        self.dropout, self.jitter = dropout, jitter

    def step(self, a, b):
        """Take a step of the discriminator, then one of the generator; return the losses in that order."""
        a, b = a * 2 - 1, b * 2 - 1
        if self.jitter:
            a, b = tf.split(jittered(tf.concat([a, b], -1)), 2, -1)
        with tf.GradientTape() as generator_tape:
            fake = self.generate(a)
        with tf.GradientTape() as tape:
            on_real, on_fake = self.discriminate(a, b), self.discriminate(a, fake)
            d_loss = (tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))) / 2
        self.d_adam.apply(tape.gradient(d_loss, [*self.d.values()]))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            distance = tf.reduce_mean(tf.abs(fake - b))
            g_loss = tf.reduce_mean(tf.nn.softplus(-self.discriminate(a, fake))) + 100 * distance
        gradient = tape.gradient(g_loss, fake)
        self.g_adam.apply(generator_tape.gradient(fake, [*self.g.values()], gradient))
        return d_loss, g_loss

    def validate(self, a, b):
        """Return the losses, without a step and without jitter."""
        a, b = a * 2 - 1, b * 2 - 1
        fake = self.generate(a)
        on_real, on_fake = self.discriminate(a, b), self.discriminate(a, fake)
        d_loss = (tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))) / 2
        return d_loss, tf.reduce_mean(tf.nn.softplus(-on_fake)) + 100 * tf.reduce_mean(tf.abs(fake - b))

    def generate(self, images):
        """Return the translations, (N, H, W, C) in [-1, 1] like the images."""
        depth = sum(name.startswith("down") and name.endswith("kernel") for name in self.g)
        x, skips = images, []
        for number in range(1, depth + 1):
            x = down(self.g, f"down_{number}", tf.nn.leaky_relu(x) if number > 1 else x)
            skips.append(x)
        for number, skip in enumerate(reversed(skips[:-1]), 1):
            x = up(self.g, f"up_{number}", tf.nn.relu(x))
            if self.dropout and number <= min(DROPPED, depth - 2):
                x = tf.nn.dropout(x, self.dropout)
            x = tf.concat([x, skip], -1)
        return tf.tanh(up(self.g, f"up_{depth}", tf.nn.relu(x)))

    def discriminate(self, a, b):
        """Return logits (N, h, w, 1), one for each patch of 70x70."""
        x = tf.concat([a, b], -1)
        for name in ("down_1", "down_2", "down_3"):
            x = tf.nn.leaky_relu(down(self.d, name, x))
        x = tf.nn.leaky_relu(down(self.d, "down_4", x, 1, ONE_AROUND))
        return down(self.d, "logit", x, 1, ONE_AROUND)


def jittered(images):
    """Return images (N, H, W, C), square, enlarged by 286/256, cropped and mirrored at random, all in the same way."""
    side = images.shape[1]
    larger = round(side * 286 / 256)
    top, left = tf.unstack(tf.random.uniform((2,), maxval=larger - side + 1, dtype=tf.int32))
    x = tf.image.resize(images, (larger, larger))
    x = tf.slice(x, (0, top, left, 0), images.shape)
    return tf.where(tf.random.uniform(()) < 0.5, x[:, :, ::-1], x)
