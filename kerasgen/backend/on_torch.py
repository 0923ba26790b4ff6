"""PyTorch: gradients by `torch.autograd.grad`, which touches no `.grad` and so leaves nothing stale."""

import contextlib
import os
import weakref

import keras
import torch
from torch.nn.functional import conv2d, conv_transpose2d, fold, linear, pad, unfold
from torch.optim.adam import adam

from kerasgen.backend import as_in_keras, freed_memory
from kerasgen.backend.global_batch import (  # noqa: F401
    SeedGenerator,
    batch_mean,
    counted,
    global_batch,
    on_global_batch,
    share,
)
from kerasgen.backend.keras_internals import can_run_layers, layers_of
from kerasgen.backend.machine_names import none
from kerasgen.backend.plain_adam import is_plain_adam, moments
from kerasgen.errors import UsageError

_linear = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None
_layers = weakref.WeakKeyDictionary()  # network -> what runs its layers, or None
_LARGE = 2**16  # numbers in an image, from which a kernel of its own is the shorter way
_SMALL = 2**20  # products of two numbers, up to which MKL's calls are the shorter ones


class BackendModel(keras.Model):
    """A `keras.Model` almost as it is: on PyTorch Keras calls `train_step(data)` itself."""

    def unheard(self):
        """Do nothing: here Keras takes the steps one by one whatever they are called."""
        return contextlib.nullcontext()

    def make_train_function(self, force=False):
        """Make what Keras makes, after memory is as PyTorch is fast with it."""
        # It otherwise goes back to the system with every large tensor and is cleared page by page for the next one,
        # which takes a fifth of a DCGAN's step on a CPU and a third of pix2pix's.
        freed_memory.keep()
        for variable in [*self.trainable_variables, *self.optimizer.variables]:
            _laid_out(variable)
        return super().make_train_function(force)

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
            if variables[0].value.device.type == "cpu" and is_plain_adam(optimizer, gradients, variables):
                _step_of_adam(optimizer, gradients, variables)
            else:
                optimizer.apply(gradients, variables)


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


def _step_of_adam(optimizer, gradients, variables):
    """Take the step of Keras's Adam by PyTorch's fused kernel: one pass through memory where Keras makes eight.

    The moments are Keras's variables. Keras adds epsilon to the root before it is corrected for the bias of the
    first steps, PyTorch after it: the epsilon handed over makes the two the same.
    """
    first, second = moments(optimizer)
    done = int(optimizer.iterations.value)
    adam(
        [_laid_out(variable) for variable in variables],
        [_in_memory(gradient).contiguous() for gradient in gradients],
        [_laid_out(variable) for variable in first],
        [_laid_out(variable) for variable in second],
        max_exp_avg_sqs=[],
        state_steps=list(torch.full((len(variables),), float(done)).unbind()),
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


def run(network, inputs, training=False):
    """Return `network(inputs, training=training)`; see `kerasgen.backend`."""
    if network not in _layers:
        _layers[network] = layers_of(network) if can_run_layers(network) else None
    run_layers = _layers[network] or network
    return run_layers(inputs, training=training)


def dense(x, kernel, bias=None):
    """Return `x` (..., I) times `kernel` (I, O), plus `bias` (O,)."""
    x, kernel = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(kernel)
    bias = None if bias is None else keras.ops.convert_to_tensor(bias)
    return _product(x, kernel, bias)


def _product(a, b, bias=None):
    """Return `a @ b + bias`: matrices on a CPU are multiplied by oneDNN, if they are not small.

    PyTorch takes Intel's MKL for them, which on a processor of AMD is less than half as fast. For the kernel that
    calls oneDNN there is no public name. PyTorch's own compiler, which knows it too, chooses for itself.
    """
    matrices = a.ndim == b.ndim == 2 and a.dtype == b.dtype == torch.float32
    on_cpu = _linear and a.device.type == b.device.type == "cpu"
    if matrices and on_cpu and len(a) * b.numel() > _SMALL and not torch.compiler.is_compiling():
        return _Product.apply(a, b, bias)
    return linear(a, b.T, bias)


class _Product(torch.autograd.Function):
    """`a @ b + bias` by oneDNN, of which the gradient is made of such products again."""

    @staticmethod
    def forward(ctx, a, b, bias):
        ctx.save_for_backward(a, b)
        return _linear(a, b.T, bias, "none", [], "")

    @staticmethod
    def backward(ctx, gradient):
        a, b = ctx.saved_tensors
        of_a, of_b, of_bias = ctx.needs_input_grad
        return (
            _product(gradient, b.T) if of_a else None,
            _product_like(b, a, gradient) if of_b else None,
            gradient.sum(0) if of_bias else None,
        )


def _product_like(b, a, gradient):
    """Return `a.T @ gradient`, in memory as `b` is."""
    return _product(gradient.T, a).T if b.T.is_contiguous() else _product(a.T, gradient)


def convolve(x, kernel, strides, padding):
    """Convolve `x` (N, H, W, I) with `kernel` (h, w, I, O); padding is `"same"` or `"valid"`.

    With the channels last in memory and first in shape, as PyTorch has them too, neither is copied.
    """
    x, kernel = keras.ops.convert_to_tensor(x).movedim(-1, 1), _kernel(kernel)
    before = (0, 0)
    if padding == "same":
        pairs = [_same(*sizes) for sizes in zip(x.shape[2:], kernel.shape[2:], strides)]
        before = [pair[0] for pair in pairs]
        if any(first != last for first, last in pairs):
            x, before = pad(x, [*pairs[1], *pairs[0]]), (0, 0)
    height, width = ((n + 2 * p - k) // s + 1 for n, p, k, s in zip(x.shape[2:], before, kernel.shape[2:], strides))
    if not _is_heavy(kernel, len(x) * height * width):
        return conv2d(x, kernel, stride=strides, padding=before).movedim(1, -1)
    columns = unfold(x, kernel.shape[2:], padding=before, stride=strides)  # (N, I h w, H W)
    columns = columns.unflatten(1, (x.shape[1], -1)).permute(0, 3, 2, 1).flatten(2).flatten(0, 1)
    return _product(columns, _rows(kernel).T).unflatten(0, (len(x), height, width))


def convolve_transposed(x, kernel, strides):
    """Return (N, sH, sW, O) of `x` (N, H, W, I) and `kernel` (h, w, O, I): the gradient of a "same" convolution."""
    x, kernel = keras.ops.convert_to_tensor(x).movedim(-1, 1), _kernel(kernel)
    height, width = (size * stride for size, stride in zip(x.shape[2:], strides))
    before = [(size - stride) // 2 for size, stride in zip(kernel.shape[2:], strides)]
    if _is_heavy(kernel, x[:, 0].numel()):
        columns = _product(x.movedim(1, -1).flatten(0, 2), _rows(kernel))  # (N H W, h w O)
        columns = (
            columns.unflatten(0, (len(x), -1)).unflatten(2, (-1, kernel.shape[1])).permute(0, 3, 2, 1).flatten(1, 2)
        )
        reach = [n * s + (k - s) % 2 for n, s, k in zip(x.shape[2:], strides, kernel.shape[2:])]
        y = fold(columns, reach, kernel.shape[2:], padding=before, stride=strides)
    else:
        y = conv_transpose2d(x, kernel, stride=strides, padding=before)
    return y[:, :, :height, :width].movedim(1, -1)  # an odd kernel reaches one further at the end


def _is_heavy(kernel, places):
    """Tell whether a convolution at so many places is a product of matrices, with a kernel (to, from, h, w) far larger.

    PyTorch's kernels then spend their time on copies of the convolution's: the product takes a third of it.
    """
    return 4 * places <= len(kernel) and kernel.device.type == "cpu" and not torch.compiler.is_compiling()


def _rows(kernel):
    """Return a kernel (A, B, h, w) as a matrix (A, h w B): no copy, as `_laid_out` has it in memory."""
    return kernel.permute(0, 2, 3, 1).flatten(1).contiguous()


def _kernel(kernel):
    """Return Keras's kernel as PyTorch has it: (O, I, h, w), or (I, O, h, w) of a transposed convolution."""
    return keras.ops.convert_to_tensor(kernel).permute(3, 2, 0, 1)


def _same(size, kernel, stride):
    """Return the padding before and after, as TensorFlow defines "same"."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


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


def normalize_instances(x, gamma, beta, epsilon):
    """Normalise each channel of each image of `x` (N, H, W, C); `gamma` and `beta`: (C,).

    Large images one by one, each by PyTorch's kernel for batches: that of instances copies them into another layout.
    """
    if len(x) > 1 and x[0].numel() < _LARGE:
        return as_in_keras.normalize_instances(x, gamma, beta, epsilon)
    return torch.cat([normalize_batch(image, gamma, beta, epsilon)[0] for image in x.split(1)])


def prepare_devices():
    """PyTorch needs no settings."""


def machines():
    """Return the `Machines` that train together: one; refuse several. See `kerasgen.backend`."""
    return none()


def most(number):
    """Return `number`, the only machine's. See `kerasgen.backend`."""
    return number


@contextlib.contextmanager
def distributed(count):
    """Make and train models on one device; refuse several. See `kerasgen.backend`."""
    machines()
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
