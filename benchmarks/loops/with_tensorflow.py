"""The loops in TensorFlow without Keras: variables, `tf.nn`, `tf.data` and one `tf.function` for each step."""

import tensorflow as tf

from . import LOGGED, NOISE, weights
from .autoencoders_with_tensorflow import AUTOENCODERS
from .games_with_tensorflow import GAMES
from .layers_with_tensorflow import ON_GPU

DRAW = {"normal": tf.random.normal, "uniform": tf.random.uniform}


def trainer(recipe, arrays):
    """Return a module with `step(*batch)`, of data and noise, with arrays as `weights.first` makes.

    A step adds its losses to `totals`.
    """
    made = (AUTOENCODERS | GAMES)[recipe](*arrays)
    made.totals = tf.Variable(tf.zeros(len(LOGGED[recipe])))
    return made


def epochs(recipe, data, batch_size, seed, jit_compile=ON_GPU):
    """Return `epoch()` that trains the recipe; see `loops`. On a CPU the plain graph is faster."""
    tf.random.set_seed(seed)
    made = trainer(recipe, weights.first(recipe, seed))

    @tf.function(jit_compile=jit_compile)
    def step(*batch):
        made.step(*batch, *(DRAW[kind]((batch_size, *shape)) for kind, shape in NOISE[recipe]))

    count = len(data[0]) // batch_size
    with tf.device("CPU"):
        data = [tf.convert_to_tensor(array) for array in data]
        batches = tf.data.Dataset.range(len(data[0])).shuffle(len(data[0]), seed=seed)
        batches = batches.batch(batch_size, drop_remainder=True)
        batches = batches.map(lambda rows: tuple(tf.gather(array, rows) for array in data))
        options = tf.data.Options()
        options.autotune.enabled = False  # there is nothing to tune, and the tuner would hold up the end of an epoch
        batches = batches.prefetch(2).with_options(options)

    def epoch():
        made.totals.assign(tf.zeros_like(made.totals))
        for batch in batches:
            step(*batch)
        return dict(zip(LOGGED[recipe], (made.totals.numpy() / count).tolist()))

    return epoch
