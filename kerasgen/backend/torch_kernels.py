"""What the layers compute on PyTorch: without copies of images and kernels, by whichever of its libraries is fast."""

import contextlib
from pathlib import Path

import keras
import torch
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

from kerasgen.backend import as_in_keras


def _is_by_amd():
    with contextlib.suppress(OSError):
        return "AuthenticAMD" in Path("/proc/cpuinfo").read_text()
    return False


_OF_ONEDNN = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None
_linear = _OF_ONEDNN if _is_by_amd() else None  # where it is the faster one
_LARGE = 2**16  # numbers in an image, from which a kernel of its own is the shorter way
_SMALL = 2**20  # products of two numbers, up to which MKL's calls are the shorter ones


def dense(x, kernel, bias=None):
    """Return `x` (..., I) times `kernel` (I, O), plus `bias` (O,)."""
    return _product(_tensor(x), _tensor(kernel), None if bias is None else _tensor(bias))


def _product(a, b, bias=None):
    """Return `a @ b + bias`: matrices on a CPU by AMD are multiplied by oneDNN, if they are not small.

    PyTorch takes Intel's MKL for them, which there is less than half as fast, and faster on Intel's own. The kernel
    that calls oneDNN has no public name. PyTorch's own compiler, which knows it too, chooses for itself.
    """
    matrices = a.ndim == b.ndim == 2 and a.dtype == b.dtype == torch.float32
    on_cpu = _linear and a.device.type == b.device.type == "cpu"
    if matrices and on_cpu and len(a) * b.numel() > _SMALL and not torch.compiler.is_compiling():
        return _Product.apply(a, b, bias) if torch.is_grad_enabled() else _by_onednn(a, b, bias)
    return linear(a, b.T, bias)


def _by_onednn(a, b, bias):
    return _linear(a, b.T, bias, "none", [], "")


class _Product(torch.autograd.Function):
    """`a @ b + bias` by oneDNN, and the gradient of `a`; that of `b`, with both transposed, is faster by MKL."""

    @staticmethod
    def forward(ctx, a, b, bias):
        ctx.save_for_backward(a, b)
        return _by_onednn(a, b, bias)

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
    return (gradient.T @ a).T if b.T.is_contiguous() else a.T @ gradient


def convolve(x, kernel, strides, padding):
    """Convolve `x` (N, H, W, I) with `kernel` (h, w, I, O); padding is `"same"` or `"valid"`.

    With the channels last in memory and first in shape, as PyTorch has them too, neither is copied.
    """
    x, kernel = _tensor(x).movedim(-1, 1), _kernel(kernel)
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


def convolve_transposed(x, kernel, strides, padding):
    """Return (N, H', W', O) of `x` (N, H, W, I) and `kernel` (h, w, O, I), the gradient of a convolution.

    H' = sH with padding "same", (H - 1) s + h with "valid"; the kernel is not smaller than the strides.
    """
    x, kernel = _tensor(x).movedim(-1, 1), _kernel(kernel)
    cut = [side - stride if padding == "same" else 0 for side, stride in zip(kernel.shape[2:], strides)]
    before = [both // 2 for both in cut]
    height, width = ((n - 1) * s + k - c for n, s, k, c in zip(x.shape[2:], strides, kernel.shape[2:], cut))
    if _is_heavy(kernel, x[:, 0].numel()):
        columns = _product(x.movedim(1, -1).flatten(0, 2), _rows(kernel))  # (N H W, h w O)
        columns = (
            columns.unflatten(0, (len(x), -1)).unflatten(2, (-1, kernel.shape[1])).permute(0, 3, 2, 1).flatten(1, 2)
        )
        reach = [(n - 1) * s + k - 2 * b for n, s, k, b in zip(x.shape[2:], strides, kernel.shape[2:], before)]
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
    return _tensor(kernel).permute(3, 2, 0, 1)


def _tensor(x):
    """Return what Keras's `convert_to_tensor` does, at once where it is a tensor or a variable."""
    x = x.value if isinstance(x, keras.Variable) else x
    return x if isinstance(x, torch.Tensor) else keras.ops.convert_to_tensor(x)


def _same(size, kernel, stride):
    """Return the padding before and after, as TensorFlow defines "same"."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def cross_entropy(bits, logits):
    """Return -b log y - (1 - b) log(1 - y) with y = sigmoid(logit), of each bit b by itself."""
    if logits.device.type == "cpu":
        return _CrossEntropy.apply(bits, logits)
    return binary_cross_entropy_with_logits(logits, bits, reduction="none")


class _CrossEntropy(torch.autograd.Function):
    """The cross entropy in two thirds of the time that PyTorch's takes on a CPU: max(x, 0) - b x + log(1 + e^-|x|)."""

    @staticmethod
    def forward(ctx, bits, logits):
        ctx.save_for_backward(bits, logits)
        return logits.abs().neg_().exp_().log1p_().addcmul_(bits, logits, value=-1).add_(logits.clamp_min(0))

    @staticmethod
    def backward(ctx, gradient):
        bits, logits = ctx.saved_tensors
        of_bits, of_logits = ctx.needs_input_grad
        return (
            -logits * gradient if of_bits else None,
            (torch.sigmoid(logits) - bits) * gradient if of_logits else None,
        )


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


def normalize_images(x, gamma, beta, epsilon):
    """Normalise each image of `x` (N, H, W, C), all its channels together; `gamma` and `beta`: (C,)."""
    return group_norm(x.movedim(-1, 1), 1, gamma, beta, epsilon).movedim(1, -1)
