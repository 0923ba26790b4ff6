"""PyTorch: gradients by `torch.autograd.grad`, which touches no `.grad` and so leaves nothing stale."""

import contextlib
import os

import keras
import torch
from torch.optim.adam import adam

from kerasgen.backend.global_batch import SeedGenerator, counted, on_global_batch, share  # noqa: F401
from kerasgen.backend.plain_adam import is_plain_adam, moments
from kerasgen.errors import UsageError


class BackendModel(keras.Model):
    """A `keras.Model` as it is: on PyTorch Keras calls `train_step(data)` itself."""

    def differentiate(self, function, variables, inputs=()):
        """Run `function(*inputs)`, which returns `(output, auxiliary)`; see `on_jax.py`."""
        values = [variable.value for variable in variables]
        inputs = [x.detach().requires_grad_() for x in inputs]
        with torch.enable_grad():
            output, auxiliary = function(*inputs)

        def pullback(cotangent):
            cotangent = torch.as_tensor(cotangent, dtype=output.dtype, device=output.device).expand_as(output)
            gradients = torch.autograd.grad(output, [*values, *inputs], cotangent, allow_unused=True)
            return list(gradients[: len(values)]), list(gradients[len(values) :])

        return output.detach(), keras.tree.map_structure(torch.Tensor.detach, auxiliary), pullback

    def apply_gradients(self, optimizer, gradients, variables):
        """Take one step of `optimizer`."""
        with torch.no_grad():
            on_cpu = all(variable.value.device.type == "cpu" for variable in variables)
            if on_cpu and is_plain_adam(optimizer, gradients, variables):
                _step_of_adam(optimizer, gradients, variables)
            else:
                optimizer.apply(gradients, variables)


def _step_of_adam(optimizer, gradients, variables):
    """Take the step of Keras's Adam by PyTorch's fused kernel: one pass through memory where Keras makes eight.

    The moments are Keras's variables. Keras adds epsilon to the root before it is corrected for the bias of the
    first steps, PyTorch after it: the epsilon handed over makes the two the same.
    """
    first, second = moments(optimizer)
    done = int(optimizer.iterations.value)
    adam(
        [variable.value for variable in variables],
        [gradient.contiguous() for gradient in gradients],  # the kernel ignores strides
        [variable.value for variable in first],
        [variable.value for variable in second],
        max_exp_avg_sqs=[],
        state_steps=[torch.tensor(float(done)) for _ in variables],
        fused=True,
        amsgrad=False,
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        lr=float(optimizer.learning_rate),
        weight_decay=0.0,
        eps=optimizer.epsilon / (1.0 - optimizer.beta_2 ** (done + 1)) ** 0.5,
        maximize=False,
    )
    optimizer.iterations.assign_add(1)


def normalize_batch(x, gamma, beta, epsilon):
    """Normalise `x` over all axes but the last; return it with the batch's mean and variance, each (C,)."""
    channels_first = x.movedim(-1, 1)
    y, mean, inverse = torch.native_batch_norm(
        channels_first,
        gamma,
        beta,
        running_mean=None,
        running_var=None,
        training=True,
        momentum=0.0,
        eps=epsilon,
    )
    return y.movedim(1, -1), mean.detach(), inverse.detach().pow(-2) - epsilon


def prepare_devices():
    """PyTorch needs no settings."""


@contextlib.contextmanager
def distributed(count):
    """Make and train models on one device; refuse several. See `kerasgen.backend`."""
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


def step_passed_over(arguments, steps, logs):
    """Return what Keras's train function returns for `arguments`, after taking no step; its data are taken."""
    return logs
