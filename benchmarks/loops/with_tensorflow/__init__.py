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


def epochs(recipe, data, batch_size, seed, jit_compile=ON_GPU):
    """Return a function that trains one epoch; see `benchmarks.loops`. On a CPU the plain graph is faster."""
    tf.random.set_seed(seed)
    loop = RECIPES[recipe](*weights.first(recipe, seed))
    totals = tf.Variable(tf.zeros(len(LOSSES[recipe])))

    @tf.function(jit_compile=jit_compile)
    def step(*batch):
        totals.assign_add(tf.stack(loop.step(*batch, *(tf.random.normal((batch_size, *s)) for s in NOISE[recipe]))))

    count = len(data[0]) // batch_size
    with tf.device("CPU"):
        data = [tf.convert_to_tensor(array) for array in data]
        batches = tf.data.Dataset.range(len(data[0])).shuffle(len(data[0]), seed=seed)
        batches = batches.batch(batch_size, drop_remainder=True)
        batches = batches.map(lambda rows: tuple(tf.gather(array, rows) for array in data))
        options = tf.data.Options()
        options.autotune.enabled = False  # there is nothing to tune, and the tuner delays the end of an epoch
        batches = batches.prefetch(2).with_options(options)

    def epoch():
        totals.assign(tf.zeros_like(totals))
        for batch in batches:
            step(*(tf.ensure_shape(array, (batch_size, *array.shape[1:])) for array in batch))
        return dict(zip(LOSSES[recipe], (totals.numpy() / count).tolist()))

    return epoch
