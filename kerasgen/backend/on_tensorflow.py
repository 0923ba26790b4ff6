"""TensorFlow: a gradient tape, and Keras's own graph function around the step.

Under a `tf.distribute` strategy each replica takes the step on its part of the batch. The parts may be of unequal
size, and the last batch may leave a replica without an image: each replica's loss, and each of its statistics, counts
by its share of the images.
"""

import contextlib
import functools
from types import SimpleNamespace

import keras
import tensorflow as tf

from kerasgen.backend.array_batches import in_batches
from kerasgen.backend.as_in_keras import (  # noqa: F401
    convolve,
    convolve_transposed,
    cross_entropy,
    dense,
    draw,
    normalize_images,
    normalize_instances,
    reshape,
    run,
)
from kerasgen.backend.device_names import MOST_VIRTUAL, first_of
from kerasgen.backend.machine_names import cannot_join, error_of_the_lost, of_tensorflow
from kerasgen.backend.plain_adam import is_plain_adam, moments
from kerasgen.backend.tensorflow_batches import cut
from kerasgen.backend.tensorflow_replicas import (  # noqa: F401
    SeedGenerator,
    batch_mean,
    global_batch,
    in_one_of_several,
    num_examples,
    on_global_batch,
    replica_weight,
    step_with_share,
)
from kerasgen.errors import UsageError

_UNHEARD_STEPS = 10


class BackendModel(keras.Model):
    """A `keras.Model` whose `train_step(data)` and `test_step(data)` Keras calls itself, in each replica."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Keras's functions, by how many steps they take at once
        self._made = SimpleNamespace(train_function={}, test_function={}, predict_function={})

    def fit(self, *args, **kwargs):
        """Train as `keras.Model.fit` does; one device cuts batches from arrays as `tensorflow_batches.py` says."""
        if self._replicas > 1:
            return super().fit(*args, **kwargs)
        return super().fit(**in_batches(cut, super().fit, args, kwargs))

    @contextlib.contextmanager
    def grouped_steps(self):
        """Take several steps in one execution, which TensorFlow takes a millisecond to begin."""
        if self.run_eagerly or self.steps_per_execution > 1 or self._replicas > 1:
            yield
            return
        self.steps_per_execution = _UNHEARD_STEPS
        try:
            yield
        finally:
            self.steps_per_execution = 1

    @property
    def _replicas(self):
        return self.distribute_strategy.num_replicas_in_sync

    def make_train_function(self, force=False):
        """Build Keras's train function around the step, for so many steps; replicas know their shares."""
        with self._kept_for_these_steps("train_function", force), self._step_with_share("train_step"):
            return super().make_train_function(force=force)

    def make_test_function(self, force=False):
        """Build Keras's test function around the step, for so many steps; replicas know their shares."""
        with self._kept_for_these_steps("test_function", force), self._step_with_share("test_step"):
            return super().make_test_function(force=force)

    def make_predict_function(self, force=False):
        """Build Keras's predict function, for so many steps."""
        with self._kept_for_these_steps("predict_function", force):
            return super().make_predict_function(force=force)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Do nothing: our models are built, and Keras learns a batch's shape by adding up the parts of the replicas."""

    @contextlib.contextmanager
    def _kept_for_these_steps(self, name, force):
        """Let Keras, which makes a function once, find the one that was made for as many steps as it is to take.

        Where it makes one anew, because the model is compiled again or somebody wants it so, the others are forgotten.
        """
        made, present = getattr(self._made, name), getattr(self, name)
        if present is None or force:
            made.clear()
        elif present in made.values():
            present = made.get(self.steps_per_execution)
            setattr(self, name, present)
        yield
        if getattr(self, name) is not present:
            made[self.steps_per_execution] = getattr(self, name)

    @contextlib.contextmanager
    def _step_with_share(self, name):
        """Let `self.<name>` be a step that sets the replica's share, for as long as Keras builds its function of it."""
        if self._replicas == 1:
            yield
            return
        machines = isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy)
        object.__setattr__(self, name, step_with_share(getattr(self, name), machines))
        try:
            yield
        finally:
            object.__delattr__(self, name)

    def differentiate(self, function, variables, inputs=()):
        """Run `function(*inputs)`, which returns `(output, auxiliary)`; see `on_jax.py`."""
        values, inputs = [variable.value for variable in variables], list(inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([*values, *inputs])
            output, auxiliary = function(*inputs)

        def pullback(cotangent):
            gradients = tape.gradient(output, [*values, *inputs], output_gradients=cotangent)
            return gradients[: len(values)], gradients[len(values) :]

        return output, auxiliary, pullback

    def apply_gradients(self, optimizer, gradients, variables):
        """Take one step of `optimizer`; a distribution strategy sums the gradients of its replicas."""
        if not tf.distribute.has_strategy() and is_plain_adam(optimizer, gradients, variables):
            _step_of_adam(optimizer, gradients, variables)
        else:
            optimizer.apply(gradients, variables)


def _step_of_adam(optimizer, gradients, variables):
    """Take the step of Keras's Adam by TensorFlow's own kernel: one operation for each variable, not a dozen."""
    step = tf.cast(optimizer.iterations.value + 1, tf.float32)
    learning_rate = tf.cast(optimizer.learning_rate, tf.float32)
    for variable, gradient, first, second in zip(variables, gradients, *moments(optimizer, variables), strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=first.value.handle,
            v=second.value.handle,
            beta1_power=tf.pow(optimizer.beta_1, step),
            beta2_power=tf.pow(optimizer.beta_2, step),
            lr=learning_rate,
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )
    optimizer.iterations.assign_add(1)


def normalize_batch(x, gamma, beta, epsilon):
    """Normalise `x` over all axes but the last; return it with the batch's mean and variance, each (C,)."""
    axes = list(range(x.shape.rank - 1))
    if in_one_of_several():  # the statistics of the global batch, so that N devices train the model that one would
        mean = batch_mean(x, axes)
        variance = batch_mean(tf.square(x - mean), axes)
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, epsilon), mean, variance
    rows = tf.reshape(x, (-1, 1, 1, x.shape[-1])) if x.shape.rank != 4 else x
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=rows, scale=gamma, offset=beta, mean=[], variance=[], epsilon=epsilon, is_training=True
    )
    count = tf.cast(tf.size(x) / tf.size(gamma), tf.float32)
    # The kernel gives the unbiased variance; Keras, and the other backends, average the biased one.
    return tf.reshape(y, tf.shape(x)), mean, variance * (count - 1.0) / count


def prepare_devices():
    """Let TensorFlow take a GPU's memory as it needs it, not all of it at once."""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def hosts():
    """Return the `Machines` that train together. See `kerasgen.backend`."""
    return of_tensorflow()


@contextlib.contextmanager
def distributed(count):
    """Make and train models on the first `count` devices of each machine; yield their names. See `kerasgen.backend`."""
    together = hosts()
    if together.count > 1:
        strategy, names = _strategy_of_machines(count), []
        for place in range(together.count):
            names += [
                f"{device.split('device:')[-1]} of machine {place}" for device in strategy.extended.worker_devices
            ]
        with error_of_the_lost(tf.errors.OpError), strategy.scope():
            yield names
        return
    if count == 1:
        yield []
        return
    if not tf.config.list_physical_devices("GPU"):
        cpu = tf.config.list_physical_devices("CPU")[0]
        if len(tf.config.get_logical_device_configuration(cpu) or [cpu]) < count <= MOST_VIRTUAL:
            with contextlib.suppress(RuntimeError):  # TensorFlow has started: there are as many as there are
                tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    names = first_of(count, [device.name.removeprefix("/device:") for device in found])
    with _strategy(tuple(names)).scope():
        yield names


@functools.cache
def _strategy(names):
    """Return the strategy for devices; a second one in a process would mix its sums up with those of the first."""
    return tf.distribute.MirroredStrategy(names)


@functools.cache
def _strategy_of_machines(count):
    """Return the strategy for `count` devices of each of the machines in TF_CONFIG; it waits for them all."""
    gpus = tf.config.list_physical_devices("GPU")
    if count > max(len(gpus), 1):
        there = f"there are {len(gpus)} GPUs" if gpus else "on TensorFlow its CPU is one"
        raise UsageError(f"devices is {count}; of each of several machines {there}")
    try:
        tf.config.set_visible_devices(gpus[:count], "GPU")
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (RuntimeError, ValueError) as error:
        raise cannot_join("TF_CONFIG", error) from error


def max_over_hosts(number):
    """Return the greatest of the machines' numbers; all of them must call this. See `kerasgen.backend`."""
    if hosts().count == 1:
        return number
    strategy = tf.distribute.get_strategy()
    return int(strategy.experimental_local_results(_greatest(tf.constant(number), strategy))[0])


@tf.function
def _greatest(number, strategy):
    def of_all(own):
        return tf.reduce_max(tf.distribute.get_replica_context().all_gather(own[None], axis=0))

    return strategy.run(of_all, args=(number,))


def make_deterministic():
    """Let TensorFlow use no operation that gives other bits when it is run again."""
    tf.config.experimental.enable_op_determinism()


def devices():
    """Return the devices that TensorFlow sees, such as `["CPU:0", "GPU:0"]`."""
    return [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]


def input_gradient(function, x):
    """Return the gradient of `sum(function(x))` with respect to `x`; see `on_jax.py`."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)


def skipped_step(arguments, steps, logs):
    """Return what Keras's train function returns for `arguments`, after taking the data of `steps` steps."""
    (iterator,) = arguments
    for _ in range(steps):
        next(iterator, None)
    return logs
