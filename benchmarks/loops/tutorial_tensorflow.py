"""The training loop of TensorFlow's DCGAN tutorial, with the networks of PyTorch's tutorial: images (N, 64, 64, 3).

The tutorial's own networks are for digits. Its step is kept: one `tf.function`, two tapes, Keras's layers and Adam.

Source:
    https://www.tensorflow.org/tutorials/generative/dcgan
"""

import keras
import tensorflow as tf
from keras import layers

LATENT, WIDTH = 100, 64


def generator():
    """Return the network from latents (N, 100) to images in [-1, 1]."""
    model = keras.Sequential([keras.Input((LATENT,)), layers.Dense(4 * 4 * 8 * WIDTH, use_bias=False)])
    model.add(layers.Reshape((4, 4, 8 * WIDTH)))
    for channels in (4 * WIDTH, 2 * WIDTH, WIDTH):
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
        model.add(layers.Conv2DTranspose(channels, 4, strides=2, padding="same", use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.ReLU())
    model.add(layers.Conv2DTranspose(3, 4, strides=2, padding="same", use_bias=False, activation="tanh"))
    return model


def discriminator():
    """Return the network from images to logits (N, 1)."""
    model = keras.Sequential([keras.Input((64, 64, 3))])
    for channels in (WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH):
        model.add(layers.Conv2D(channels, 4, strides=2, padding="same", use_bias=False))
        if channels > WIDTH:
            model.add(layers.BatchNormalization())
        model.add(layers.LeakyReLU(0.2))
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    return model


def epochs(data, batch_size):
    """Return a function that trains one epoch on images in [0, 1], and one that generates images."""
    net_g, net_d = generator(), discriminator()
    adam_g, adam_d = (keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2))
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    batches = tf.data.Dataset.from_tensor_slices(data * 2 - 1).shuffle(len(data)).batch(batch_size)

    @tf.function
    def train_step(images):
        noise = tf.random.normal([tf.shape(images)[0], LATENT])
        with tf.GradientTape() as tape_g, tf.GradientTape() as tape_d:
            fake = net_g(noise, training=True)
            on_real, on_fake = net_d(images, training=True), net_d(fake, training=True)
            loss_g = cross_entropy(tf.ones_like(on_fake), on_fake)
            loss_d = cross_entropy(tf.ones_like(on_real), on_real) + cross_entropy(tf.zeros_like(on_fake), on_fake)
        gradients_g = tape_g.gradient(loss_g, net_g.trainable_variables)
        gradients_d = tape_d.gradient(loss_d, net_d.trainable_variables)
        adam_g.apply_gradients(zip(gradients_g, net_g.trainable_variables))
        adam_d.apply_gradients(zip(gradients_d, net_d.trainable_variables))

    def epoch():
        for images in batches:
            train_step(images)

    forward = tf.function(lambda count: net_g(tf.random.normal([count, LATENT]), training=False))

    def generate(count):
        return [forward(tf.constant(min(batch_size, count - done))).numpy() for done in range(0, count, batch_size)]

    return epoch, generate
