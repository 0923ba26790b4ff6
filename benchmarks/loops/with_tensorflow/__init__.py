"""The loops in TensorFlow without Keras: variables, `tf.nn`, `tf.data` and one `tf.function` for each step."""

import numpy as np
import tensorflow as tf

from benchmarks.loops import LOSSES, NOISE, weights
from benchmarks.loops.with_tensorflow.dcgan import DCGAN
from benchmarks.loops.with_tensorflow.layers import ON_GPU
from benchmarks.loops.with_tensorflow.pix2pix import Pix2Pix
from benchmarks.loops.with_tensorflow.vae import VAE

RECIPES = {"vae": VAE, "dcgan": DCGAN, "pix2pix": Pix2Pix}


def take_steps(recipe, players, batches, **settings):
    """Return the losses (steps, losses) of a step with each batch; see `benchmarks.loops`."""
    loop = RECIPES[recipe](*players, **settings)
    return np.stack([tf.stack(loop.step(*map(tf.constant, batch))).numpy() for batch in batches])


def epochs(recipe, data, batch_size, seed, test=None, jit_compile=ON_GPU):
    """Return a function that trains one epoch; see `benchmarks.loops`. On a CPU the plain graph is faster."""
    tf.random.set_seed(seed)
    loop = RECIPES[recipe](*weights.first(recipe, seed, *data[0].shape[2:]))
    totals = tf.Variable(tf.zeros(len(LOSSES[recipe])))

    def with_noise(function):
        @tf.function(jit_compile=jit_compile)
        def call(*batch):
            totals.assign_add(tf.stack(function(*batch, *(tf.random.normal((batch_size, *s)) for s in NOISE[recipe]))))

        return call

    def means(function, batches):
        totals.assign(tf.zeros_like(totals))
        count = 0
        for batch in batches:
            function(*(tf.ensure_shape(array, (batch_size, *array.shape[1:])) for array in batch))
            count += 1
        return dict(zip(LOSSES[recipe], (totals.numpy() / count).tolist()))

    batches = _batches(data, batch_size, seed)
    test_batches = None if test is None else _batches(test, batch_size)
    step, validate = with_noise(loop.step), with_noise(loop.validate)

    def epoch():
        losses = means(step, batches)
        if test_batches is not None:
            losses |= {f"val_{name}": value for name, value in means(validate, test_batches).items()}
        return losses

    return epoch


def _batches(data, batch_size, seed=None):
    """Return whole batches of arrays as a `tf.data.Dataset`, in random order if there is a seed."""
    with tf.device("CPU"):
        data = [tf.convert_to_tensor(array) for array in data]
        batches = tf.data.Dataset.range(len(data[0]))
        if seed is not None:
            batches = batches.shuffle(len(data[0]), seed=seed)
        batches = batches.batch(batch_size, drop_remainder=True)
        batches = batches.map(lambda rows: tuple(tf.gather(array, rows) for array in data))
        options = tf.data.Options()
        options.autotune.enabled = False  # there is nothing to tune, and the tuner delays the end of an epoch
        return batches.prefetch(2).with_options(options)
