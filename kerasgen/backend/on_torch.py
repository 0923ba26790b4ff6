"""PyTorch: gradients by `torch.autograd.grad`, which touches no `.grad` and so leaves nothing stale."""

import contextlib
import functools
import os
import weakref

import keras
import torch

from kerasgen.backend import freed_memory
from kerasgen.backend.array_batches import in_batches
from kerasgen.backend.global_batch import (  # noqa: F401
    batch_mean,
    global_batch,
    num_examples,
    on_global_batch,
    replica_weight,
)
from kerasgen.backend.keras_internals import can_run_layers, layers_of
from kerasgen.backend.machine_names import none
from kerasgen.backend.plain_adam import is_plain_adam, moments
from kerasgen.backend.torch_batches import cut
from kerasgen.backend.torch_kernels import (  # noqa: F401
    convolve,
    convolve_transposed,
    cross_entropy,
    dense,
    normalize_batch,
    normalize_images,
    normalize_instances,
)
from kerasgen.backend.torch_trace import TracedStep, can_be_traced, outside
from kerasgen.errors import UsageError

reshape = torch.reshape

_layers = weakref.WeakKeyDictionary()  # network -> what runs its layers, or None
_tensors = weakref.WeakKeyDictionary()  # Adam -> variables, and the tensors of them and of their moments


class SeedGenerator(keras.random.SeedGenerator):
    """Keras's generator of seeds, the next of which it gives in a fifth of the time."""

    def next(self, ordered=True):
        """Return the next seed."""
        if not ordered:
            return super().next(ordered)
        seed = self.state.value.clone()
        self.state.value[1] += 1
        return seed


class BackendModel(keras.Model):
    """A `keras.Model` almost as it is: on PyTorch Keras calls `train_step(data)` itself."""

    def fit(self, *args, **kwargs):
        """Train as `keras.Model.fit` does; batches are cut from arrays as `torch_batches.py` says."""
        return super().fit(**in_batches(cut, super().fit, args, kwargs))

    def grouped_steps(self):
        """Do nothing: here Keras takes the steps one by one whatever they are called."""
        return contextlib.nullcontext()

    def make_train_function(self, force=False):
        """Make what Keras makes, after memory is as PyTorch is fast with it."""
        # It otherwise goes back to the system with every large tensor and is cleared page by page for the next one,
        # which takes a fifth of a DCGAN's step on a CPU and a third of pix2pix's.
        freed_memory.keep()
        for variable in [*self.trainable_variables, *self.optimizer.variables]:
            _laid_out(variable)
        _tensors.clear()
        present = None if force else self.train_function
        super().make_train_function(force)
        if self.train_function is not present and can_be_traced(self):
            step = TracedStep(self)
            self.train_function = lambda data: step(data[0])

    def differentiate(self, function, variables, inputs=()):
        """Run `function(*inputs)`, which returns `(output, auxiliary)`; see `on_jax.py`."""
        values = [variable.value for variable in variables]
        inputs = [x.detach().requires_grad_() for x in inputs]
        with torch.enable_grad():
            output, auxiliary = function(*inputs)

        def pullback(cotangent):
            cotangent = torch.as_tensor(cotangent, dtype=output.dtype, device=output.device).expand_as(output)
            wanted = [*values, *inputs]  # none where all of a network is frozen
            gradients = [None] * len(wanted)
            if wanted and output.requires_grad:
                gradients = torch.autograd.grad(output, wanted, cotangent, allow_unused=True)
            return list(gradients[: len(values)]), list(gradients[len(values) :])

        return output.detach(), keras.tree.map_structure(_detached, auxiliary), pullback

    def apply_gradients(self, optimizer, gradients, variables):
        """Take one step of `optimizer`."""
        has_gradient = [gradient is not None for gradient in gradients]
        on_cpu = variables and variables[0].value.device.type == "cpu"
        if on_cpu and is_plain_adam(optimizer, gradients, variables):
            take = functools.partial(_step_of_adam, optimizer, _tensors_of(optimizer, variables))
        else:
            take = functools.partial(_step_of_keras, optimizer, variables, has_gradient)
        outside(take, *(gradient for gradient in gradients if gradient is not None))


def _laid_out(variable):
    """Return a contiguous view of the value of a Keras variable.

    The kernel of a convolution, (H, W, I, O) in Keras, is put into memory as (O, H, W, I): PyTorch's convolutions read
    it so without a copy, and give its gradient so. Its shape and values stay as they are.
    """
    value = variable.value
    if value.ndim == 4 and not _in_memory(value).is_contiguous():
        value.data = _in_memory(value.data).contiguous().permute(1, 2, 3, 0)
    return _in_memory(value)


def _in_memory(value):
    return value.permute(3, 0, 1, 2) if value.ndim == 4 else value


def _detached(value):
    return value.detach() if isinstance(value, torch.Tensor) else value


@torch.no_grad()
def _step_of_keras(optimizer, variables, has_gradient, *gradients):
    gradients = iter(gradients)
    optimizer.apply([next(gradients) if has else None for has in has_gradient], variables)
    return []


@torch.no_grad()
def _step_of_adam(optimizer, tensors, *gradients):
    """Take the step of Keras's Adam by PyTorch's fused kernel: one pass through memory where Keras makes eight.

    The moments are Keras's variables. Keras adds epsilon to the root before it is corrected for the bias of the
    first steps, PyTorch after it: the epsilon handed over makes the two the same.
    """
    weights, first, second = tensors
    step = int(optimizer.iterations.value) + 1
    torch._fused_adam_(  # what `torch.optim.Adam` calls, which takes four times as long around it
        weights,
        [_in_memory(gradient).contiguous() for gradient in gradients],
        first,
        second,
        [],
        list(torch.full((len(weights),), float(step)).unbind()),
        lr=float(optimizer.learning_rate),
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        weight_decay=0.0,
        eps=optimizer.epsilon / (1.0 - optimizer.beta_2**step) ** 0.5,
        amsgrad=False,
        maximize=False,
    )
    optimizer.iterations.value.add_(1)
    return []


def _tensors_of(optimizer, variables):
    """Return the tensors of the variables, and of their first and second moments, three lists.

    Keras assigns to a variable by filling its tensor, and asks much before it gives that away.
    """
    known = _tensors.get(optimizer)
    if known is None or known[0] is not variables:
        of_each = [[_laid_out(each) for each in kind] for kind in (variables, *moments(optimizer, variables))]
        known = _tensors[optimizer] = variables, of_each
    return known[1]


def run(network, inputs, training=False):
    """Return `network(inputs, training=training)`; see `kerasgen.backend`."""
    if network not in _layers:
        _layers[network] = layers_of(network) if can_run_layers(network) else None
    run_layers = _layers[network] or network
    return run_layers(inputs, training=training)


def draw(distribution, shape, seed_generator):
    """Return `distribution(shape, seed=seed_generator)`; see `kerasgen.backend`."""
    return outside(lambda _: [distribution(shape, seed=seed_generator)], seed_generator.state.value)[0]


def prepare_devices():
    """PyTorch needs no settings."""


def hosts():
    """Return the `Machines` that train together: one; refuse several. See `kerasgen.backend`."""
    return none()


def max_over_hosts(number):
    """Return `number`, the only machine's. See `kerasgen.backend`."""
    return number


@contextlib.contextmanager
def distributed(count):
    """Make and train models on one device; refuse several. See `kerasgen.backend`."""
    hosts()
    if count > 1:
        raise UsageError(
            f"devices is {count}; on PyTorch Keras trains on one: leave it out, or take the backend jax or tensorflow"
        )
    yield []


def make_deterministic():
    """Let PyTorch use no operation that gives other bits when it is run again; before a GPU is used."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS asks for it
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False


def devices():
    """Return the devices that PyTorch sees, such as `["cpu", "cuda:0"]`."""
    return ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]


def input_gradient(function, x):
    """Return the gradient of `sum(function(x))` with respect to `x`; see `on_jax.py`."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
    return gradient


def skipped_step(arguments, steps, logs):
    """Return what Keras's train function returns for `arguments`, after taking no step; its data are taken."""
    return logs
