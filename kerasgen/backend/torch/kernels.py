"""PyTorch: kernels of the layers that avoid copies of images and kernels and use the fastest library on a CPU."""

import contextlib
from pathlib import Path
from typing import Any

import keras
import torch
from torch.autograd.forward_ad import unpack_dual
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    conv2d,
    conv_transpose2d,
    fold,
    group_norm,
    linear,
    pad,
    unfold,
)

from kerasgen.backend import reference, switches

reshape = torch.reshape


def _has_amd_processor():
    with contextlib.suppress(OSError):
        return "AuthenticAMD" in Path("/proc/cpuinfo").read_text()
    return False


_ONEDNN_LINEAR = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None
_linear = _ONEDNN_LINEAR if _has_amd_processor() else None  # there it is faster than MKL
_LARGE_IMAGE = 2**16  # values in an image from which one kernel per image is faster
_SMALL_PRODUCT = 2**20  # multiplications up to which MKL is faster


def dense(x: Any, kernel: Any, bias: Any = None) -> Any:
    """Return `x` (..., I) times `kernel` (I, O), plus `bias` (O,)."""
    return _product(_tensor(x), _tensor(kernel), None if bias is None else _tensor(bias))


def _product(a, b, bias=None):
    """Return `a @ b + bias`. On AMD processors oneDNN multiplies matrices that are not small.

    PyTorch uses Intel's MKL, which is less than half as fast there and faster on Intel's processors. The kernel
    that calls oneDNN has no public name. PyTorch's compiler chooses between both.
    """
    matrices = a.ndim == b.ndim == 2 and a.dtype == b.dtype == torch.float32
    on_cpu = _linear and switches.custom_kernels and a.device.type == b.device.type == "cpu"
    if matrices and on_cpu and len(a) * b.numel() > _SMALL_PRODUCT and not torch.compiler.is_compiling():
        return _Product.apply(a, b, bias) if torch.is_grad_enabled() else _onednn_product(a, b, bias)
    return linear(a, b.T, bias)


def _onednn_product(a, b, bias):
    return _linear(a, b.T, bias, "none", [], "")


class _Product(torch.autograd.Function):
    """`a @ b + bias` and the gradient of `a` with oneDNN. The gradient of `b` is faster with MKL."""

    @staticmethod
    def forward(a, b, bias):
        return _onednn_product(a, b, bias)

    @staticmethod
    def setup_context(ctx, inputs, output):
        a, b, _ = inputs
        ctx.save_for_backward(a, b)
        ctx.save_for_forward(a, b)

    @staticmethod
    def backward(ctx, gradient):
        a, b = ctx.saved_tensors
        needs_a, needs_b, needs_bias = ctx.needs_input_grad
        return (
            _product(gradient, b.T) if needs_a else None,
            _product_like(b, a, gradient) if needs_b else None,
            gradient.sum(0) if needs_bias else None,
        )

    @staticmethod
    def jvp(ctx, a_tangent, b_tangent, bias_tangent):
        a, b = ctx.saved_tensors
        terms = [
            None if a_tangent is None else _product(a_tangent, b),
            None if b_tangent is None else _product(a, b_tangent),
            bias_tangent,
        ]
        return sum(term for term in terms if term is not None)


def _product_like(b, a, gradient):
    """Return `a.T @ gradient` in the memory layout of `b`."""
    return (gradient.T @ a).T if b.T.is_contiguous() else a.T @ gradient


def convolve(x: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    """Convolve `x` (N, H, W, I) with `kernel` (h, w, I, O); padding is `"same"` or `"valid"`.

    Neither is copied: the channels are last in memory and first in shape, a layout that PyTorch supports.
    """
    x, kernel = _tensor(x).movedim(-1, 1), _kernel(kernel)
    before = (0, 0)
    if padding == "same":
        pairs = [_same(*sizes) for sizes in zip(x.shape[2:], kernel.shape[2:], strides)]
        before = tuple(pair[0] for pair in pairs)
        if any(first != last for first, last in pairs):
            x, before = pad(x, [*pairs[1], *pairs[0]]), (0, 0)
    height, width = ((n + 2 * p - k) // s + 1 for n, p, k, s in zip(x.shape[2:], before, kernel.shape[2:], strides))
    if not _is_heavy(kernel, len(x) * height * width):
        if len(x) == len(kernel) == 1:  # PyTorch refuses the gradient of such a kernel in another order
            kernel = kernel.contiguous()
        return conv2d(x, kernel, stride=strides, padding=before).movedim(1, -1)
    columns = unfold(x, kernel.shape[2:], padding=before, stride=strides)  # (N, I h w, H W)
    columns = columns.unflatten(1, (x.shape[1], -1)).permute(0, 3, 2, 1).flatten(2).flatten(0, 1)
    return _product(columns, _rows(kernel).T).unflatten(0, (len(x), height, width))


def convolve_transposed(x: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    """Return the transposed convolution (N, H', W', O) of `x` (N, H, W, I) with `kernel` (h, w, O, I).

    It is the gradient of a convolution. H' is sH with padding `"same"` and (H - 1) s + h with `"valid"`. The kernel is
    not smaller than the strides.
    """
    x, kernel = _tensor(x).movedim(-1, 1), _kernel(kernel)
    total = [side - stride if padding == "same" else 0 for side, stride in zip(kernel.shape[2:], strides)]
    before = tuple(both // 2 for both in total)
    height, width = ((n - 1) * s + k - c for n, s, k, c in zip(x.shape[2:], strides, kernel.shape[2:], total))
    if _is_heavy(kernel, x[:, 0].numel()):
        columns = _product(x.movedim(1, -1).flatten(0, 2), _rows(kernel))  # (N H W, h w O)
        columns = (
            columns.unflatten(0, (len(x), -1)).unflatten(2, (-1, kernel.shape[1])).permute(0, 3, 2, 1).flatten(1, 2)
        )
        size = tuple((n - 1) * s + k - 2 * b for n, s, k, b in zip(x.shape[2:], strides, kernel.shape[2:], before))
        y = fold(columns, size, kernel.shape[2:], padding=before, stride=strides)
    else:
        y = conv_transpose2d(x, kernel, stride=strides, padding=before)
    return y[:, :, :height, :width].movedim(1, -1)  # an odd kernel gives one row and column more


def _is_heavy(kernel, positions):
    """Return whether to compute a convolution as a matrix product: its kernel is far larger than its images.

    PyTorch's convolutions then spend their time on copies of the kernel. The product takes a third of it.

    Args:
        kernel: Tensor (to, from, h, w).
        positions: Number of positions of the kernel in all images.
    """
    on_cpu = switches.custom_kernels and kernel.device.type == "cpu"
    return 4 * positions <= len(kernel) and on_cpu and not torch.compiler.is_compiling()


def _rows(kernel):
    """Return a kernel (A, B, h, w) as a matrix (A, h w B), without a copy in the memory layout of `optimizers.py`."""
    return kernel.permute(0, 2, 3, 1).flatten(1).contiguous()


def _kernel(kernel):
    """Return Keras's kernel in PyTorch's order: (O, I, h, w), or (I, O, h, w) for a transposed convolution."""
    return _tensor(kernel).permute(3, 2, 0, 1)


def _tensor(x):
    """Return `x` as a tensor; faster than Keras's `convert_to_tensor` for tensors and variables."""
    x = x.value if isinstance(x, keras.Variable) else x
    return x if isinstance(x, torch.Tensor) else keras.ops.convert_to_tensor(x)


def _same(size, kernel, stride):
    """Return the padding before and after along one axis for TensorFlow's `"same"`."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def cross_entropy(bits: Any, logits: Any) -> Any:
    """Return -b log y - (1 - b) log(1 - y) with y = sigmoid(logit) for each bit b."""
    if switches.custom_kernels and logits.device.type == "cpu":
        return _CrossEntropy.apply(bits, logits)
    return binary_cross_entropy_with_logits(logits, bits, reduction="none")


class _CrossEntropy(torch.autograd.Function):
    """max(x, 0) - b x + log(1 + e^-|x|), in two thirds of the time of PyTorch's cross entropy on a CPU."""

    @staticmethod
    def forward(bits, logits):
        return logits.abs().neg_().exp_().log1p_().addcmul_(bits, logits, value=-1).add_(logits.clamp_min(0))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, gradient):
        bits, logits = ctx.saved_tensors
        needs_bits, needs_logits = ctx.needs_input_grad
        return (
            -logits * gradient if needs_bits else None,
            (torch.sigmoid(logits) - bits) * gradient if needs_logits else None,
        )

    @staticmethod
    def jvp(ctx, bits_tangent, logits_tangent):
        bits, logits = ctx.saved_tensors
        terms = [
            None if bits_tangent is None else -logits * bits_tangent,
            None if logits_tangent is None else (torch.sigmoid(logits) - bits) * logits_tangent,
        ]
        return sum(term for term in terms if term is not None)


def normalize_batch(x: Any, gamma: Any, beta: Any, epsilon: float) -> tuple[Any, Any, Any]:
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


def normalize_instances(x: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    """Normalise each channel of each image of `x` (N, H, W, C); `gamma` and `beta` are (C,).

    Large images are normalised one at a time with PyTorch's batch normalisation. Its instance normalisation copies them
    into another memory layout.
    """
    if len(x) > 1 and x[0].numel() < _LARGE_IMAGE:
        return reference.normalize_instances(x, gamma, beta, epsilon)
    return torch.cat([normalize_batch(image, gamma, beta, epsilon)[0] for image in x.split(1)])


def normalize_images(x: Any, gamma: Any, beta: Any, epsilon: float, groups: int = 1) -> Any:
    """Normalise each group of channels of each image of `x` (N, H, W, C); `gamma` and `beta` are (C,)."""
    channels_first = x.movedim(-1, 1)
    is_forward_mode = any(unpack_dual(tensor).tangent is not None for tensor in (x, gamma, beta))
    if is_forward_mode or (torch.is_grad_enabled() and not x.requires_grad):
        # On other layouts PyTorch's forward-mode derivative fails, and 2.13 crashes without a gradient of `x`.
        channels_first = channels_first.contiguous()
    return group_norm(channels_first, groups, gamma, beta, epsilon).movedim(1, -1)
