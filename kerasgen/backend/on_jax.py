"""JAX: the step made a pure function of the model's state, and its gradients by `jax.vjp`.

Keras's JAX trainer calls `train_step(state, data)` and expects the new state back. `BackendModel` wraps a
step that reads and assigns variables, as on the other backends, in a `keras.StatelessScope` that maps each
variable to its part of the state, and hands Keras the wrapped step.
"""

import atexit
import contextlib
import itertools
import os
import sys

import jax
import keras
import numpy as np
from jax.experimental import multihost_utils
from keras import ops

from kerasgen.backend import freed_memory
from kerasgen.backend.as_in_keras import dense, draw, normalize_images, normalize_instances, reshape, run  # noqa: F401
from kerasgen.backend.device_names import MOST_VIRTUAL, first_of
from kerasgen.backend.global_batch import (  # noqa: F401
    SeedGenerator,
    batch_mean,
    global_batch,
    num_examples,
    on_global_batch,
    replica_weight,
)
from kerasgen.backend.jax_kernels import convolve, convolve_transposed  # noqa: F401
from kerasgen.backend.machine_names import OF_KERAS, cannot_join, error_of_the_lost, of_jax

_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"


class BackendModel(keras.Model):
    """A `keras.Model` whose `train_step(data)` and `test_step(data)` assign variables, under JAX too."""

    def __setattr__(self, name, value):
        # Keras keeps the state here after every step; tracking it, as a layer does with every attribute, would
        # cost a small model a tenth of its speed and find nothing.
        if name == "_jax_state":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def grouped_steps(self):
        """Do nothing: here Keras takes the steps one by one whatever they are called."""
        return contextlib.nullcontext()

    def make_train_function(self, force=False):
        """Give Keras the train step as `(state, data) -> (logs, state)`."""
        with self._step_made_pure("train_step", self._train_state):
            super().make_train_function(force=force)
        self.train_function = self._keeping_state(self.train_function, self._train_state)

    def make_test_function(self, force=False):
        """Give Keras the test step as `(state, data) -> (logs, state)`."""
        with self._step_made_pure("test_step", self._test_state):
            super().make_test_function(force=force)
        self.test_function = self._keeping_state(self.test_function, self._test_state)

    def _train_state(self):
        return (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )

    def _test_state(self):
        return self.trainable_variables, self.non_trainable_variables, self.metrics_variables

    @contextlib.contextmanager
    def _step_made_pure(self, name, variables):
        """Let `self.<name>` be the pure step for as long as Keras builds its function from it."""
        step = getattr(self, name)

        def pure(state, data):
            groups = variables()
            mapping = [pair for group, values in zip(groups, state) for pair in zip(group, values, strict=True)]
            distribution = keras.distribution.distribution()
            if isinstance(distribution, _WholeBatches):
                data = distribution.cut(data)
            with keras.StatelessScope(state_mapping=mapping) as scope:
                logs = step(data)
            return logs, tuple([scope.get_current_value(variable) for variable in group] for group in groups)

        object.__setattr__(self, name, pure)
        try:
            yield
        finally:
            object.__delattr__(self, name)

    def _keeping_state(self, function, variables):
        """Give the variables their values back when the step, or its data, raises.

        Keras takes the values out of the variables while it trains: without this, an exception in the first
        batch (a broken image, Ctrl-C while compiling) leaves a model without weights.

        What the compiler of the step leaves behind, up to 200 MB, goes back to the system.
        """
        if getattr(function, "keeps_state", False):
            return function
        freed_memory.give_back()
        calls = itertools.count()

        def guarded(state, iterator):
            try:
                if next(calls) == 1:  # the step is compiled; before its state is taken, or Ctrl-C here would lose that
                    freed_memory.give_back()
                return function(state, iterator)
            except BaseException:
                for group, values in zip(variables(), state):
                    for variable, value in zip(group, values):
                        if not value.is_deleted():
                            variable.assign(value)
                raise

        guarded.keeps_state = True
        return guarded

    def differentiate(self, function, variables, inputs=()):
        """Run `function(*inputs)` and prepare its gradients (a vector-Jacobian product).

        Args:
            function: returns `(output, auxiliary)`: the tensor to differentiate, and any nest of tensors.
            variables: the variables to differentiate with respect to; all others are constants.
            inputs: tensors to differentiate with respect to as well; they are the arguments of `function`.

        Returns:
            `(output, auxiliary, pullback)`, where `pullback(cotangent)` takes the gradient of a loss with respect
            to `output` and returns its gradients with respect to the variables and to the inputs: two lists.
            A gradient is `None` (zeros on JAX) where the output does not depend on the variable or input.
        """
        owned = {id(variable) for variable in variables}
        others = [(variable, variable.value) for variable in self.variables if id(variable) not in owned]

        def pure(values, inputs):
            # A nested scope does not see the outer one, so it is told every variable's current value.
            mapping = [*others, *zip(variables, values)]
            with _AssignedAsConstants(state_mapping=mapping) as scope:
                output, auxiliary = function(*inputs)
            return output, (auxiliary, [scope.get_current_value(variable) for variable, _ in others])

        values = [variable.value for variable in variables]
        output, pull, (auxiliary, updated) = jax.vjp(pure, values, list(inputs), has_aux=True)
        for (variable, before), after in zip(others, updated):
            if after is not before:
                variable.assign(after)
        return output, auxiliary, lambda cotangent: pull(ops.cast(cotangent, output.dtype))

    def apply_gradients(self, optimizer, gradients, variables):
        """Take one step of `optimizer`; a `LossScaleOptimizer` needs the stateless form under `jit`."""
        if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer.apply(gradients, variables)
            return
        values, state = optimizer.stateless_apply(
            [variable.value for variable in optimizer.variables],
            gradients,
            [variable.value for variable in variables],
        )
        for variable, value in zip([*variables, *optimizer.variables], [*values, *state]):
            variable.assign(value)


class _AssignedAsConstants(keras.StatelessScope):
    """Where what is assigned to a variable is a constant when it is read again, as on the other backends.

    A penalty of gradients, which reads the moving averages that the pass before it assigned, would otherwise have a
    gradient through them.
    """

    def add_update(self, update):
        """Assign a value, `update` being `(variable, value)`."""
        variable, value = update
        super().add_update((variable, jax.lax.stop_gradient(value)))


def normalize_batch(x, gamma, beta, epsilon):
    """Normalise `x` over all axes but the last; return it with the batch's mean and variance, each (C,)."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    scale = gamma * jax.lax.rsqrt(variance + epsilon)
    return (x - mean) * scale + beta, mean, variance


def cross_entropy(bits, logits):
    """Return -b log y - (1 - b) log(1 - y) with y = sigmoid(logit), of each bit b by itself."""
    return _softplus(logits) - bits * logits


@jax.custom_jvp
def _softplus(x):
    """Return log(1 + e^x); a third of the time of `jax.nn.softplus`, which minds infinities and NaN."""
    return ops.maximum(x, 0.0) + ops.log1p(ops.exp(-ops.abs(x)))


@_softplus.defjvp
def _softplus_along(x, tangent):
    return _softplus(*x), tangent[0] * ops.sigmoid(x[0])


def prepare_devices():
    """JAX needs no settings."""


class _WholeBatches(keras.distribution.DataParallel):
    """Keras's data parallelism, with batches that come whole to every device and are cut by the step.

    Keras cuts all batches of an epoch as it cuts the first, which fails at a last one that does not divide. Here such
    a batch stays whole: each device takes the same step on all of it.
    """

    def get_data_layout(self, data_shape):
        """Return the layout of whole batches."""
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)

    def cut(self, data):
        """Return the tensors of a batch, each cut along its first axis if that divides."""
        return keras.tree.map_structure(self._cut, data)

    def _cut(self, x):
        if x is None or not x.ndim or x.shape[0] % self.device_mesh.devices.size:
            return x
        return jax.lax.with_sharding_constraint(x, super().get_data_layout(x.shape).backend_layout)


def hosts():
    """Return the `Machines` that train together. See `kerasgen.backend`."""
    return of_jax()


@contextlib.contextmanager
def distributed(count):
    """Make and train models on the first `count` devices of each machine; yield their names. See `kerasgen.backend`."""
    together = hosts()
    if count == together.count == 1:
        yield []
        return
    if 1 < count <= MOST_VIRTUAL and "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        with contextlib.suppress(RuntimeError):  # JAX has started: there are as many as there are
            jax.config.update("jax_num_cpu_devices", count)
    if together.count > 1 and not jax.distributed.is_initialized():
        try:
            keras.distribution.initialize()
        except (RuntimeError, ValueError) as error:
            raise cannot_join(OF_KERAS[0], error) from error
    found = [[device for device in jax.devices() if device.process_index == n] for n in range(together.count)]
    names = [name for each in found for name in first_of(count, [f"{one.platform}:{one.id}" for one in each])]
    with _WholeBatches(devices=names, auto_shard_dataset=False).scope():
        if together.count == 1:
            yield names
            return
        with _no_long_farewell(), error_of_the_lost((jax.errors.JaxRuntimeError, ValueError)):
            yield names


@contextlib.contextmanager
def _no_long_farewell():
    """Let the process end at once if the body fails: JAX would wait minutes for machines that wait for this one."""
    try:
        yield
    except Exception as error:
        atexit.register(_end, getattr(error, "exit_code", 1))
        raise


def _end(code):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def max_over_hosts(number):
    """Return the greatest of the machines' numbers; all of them must call this. See `kerasgen.backend`."""
    return number if hosts().count == 1 else int(multihost_utils.process_allgather(np.int32(number)).max())


def make_deterministic():
    """Let XLA use no operation of a GPU that gives other bits when it is run again; before JAX starts."""
    flags = os.environ.get("XLA_FLAGS", "")
    if _DETERMINISTIC not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_DETERMINISTIC}".strip()


def devices():
    """Return the devices that JAX sees, such as `["cpu:0"]`."""
    return [f"{device.platform}:{device.id}" for device in jax.devices()]


def input_gradient(function, x):
    """Return the gradient of `sum(function(x))` with respect to `x`, which can be differentiated again.

    `function` must not assign variables: here it is traced apart from the step.
    """
    return jax.grad(lambda x: ops.sum(function(x)))(x)


def skipped_step(arguments, steps, logs):
    """Return what Keras's train function returns for `arguments`, after taking the data of `steps` steps."""
    state, iterator = arguments
    for _ in range(steps):
        next(iterator, None)
    return logs, state
