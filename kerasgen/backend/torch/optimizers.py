"""PyTorch: one step of a Keras optimizer, and the memory layout of variables."""

import functools
import weakref
from collections.abc import Sequence
from typing import Any

import keras
import torch

from kerasgen.backend.fused_adam import is_plain_adam, moments
from kerasgen.backend.torch.steps import opaque_call

_tensors = weakref.WeakKeyDictionary()  # Adam -> (variables, the tensors of them and of their moments)


def apply_gradients(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
) -> None:
    """Take one step of `optimizer`. A traced step calls it as it is."""
    on_cpu = variables and variables[0].value.device.type == "cpu"
    if on_cpu and is_plain_adam(optimizer, gradients, variables):
        step = functools.partial(_fused_adam_step, optimizer, _tensors_of(optimizer, variables))
    else:
        has_gradient = [gradient is not None for gradient in gradients]
        step = functools.partial(_keras_step, optimizer, variables, has_gradient)
    opaque_call(step, *(gradient for gradient in gradients if gradient is not None))


def prepare_variables(variables: Sequence[keras.Variable]) -> None:
    """Put the variables into the memory layout that PyTorch reads without a copy, and drop cached tensors."""
    for variable in variables:
        _contiguous(variable)
    _tensors.clear()


def _contiguous(variable):
    """Return a contiguous view of the value of a Keras variable.

    The kernel of a convolution, (H, W, I, O) in Keras, is put into memory as (O, H, W, I). PyTorch's convolutions read
    this layout without a copy and return the gradient in it. The shape and the values stay the same.
    """
    value = variable.value
    if value.ndim == 4 and not _in_memory_order(value).is_contiguous():
        value.data = _in_memory_order(value.data).contiguous().permute(1, 2, 3, 0)
    return _in_memory_order(value)


def _in_memory_order(value):
    return value.permute(3, 0, 1, 2) if value.ndim == 4 else value


@torch.no_grad()
def _keras_step(optimizer, variables, has_gradient, *gradients):
    gradients = iter(gradients)
    optimizer.apply([next(gradients) if has else None for has in has_gradient], variables)
    return []


@torch.no_grad()
def _fused_adam_step(optimizer, tensors, *gradients):
    """Take the step of Keras's Adam with PyTorch's fused kernel: one pass through memory instead of eight.

    The moments are Keras's variables. Keras adds epsilon to the root before the bias correction of the second moment,
    PyTorch after it. The epsilon passed here makes the two equal.
    """
    weights, first, second = tensors
    step = int(optimizer.iterations.value) + 1
    torch._fused_adam_(  # `torch.optim.Adam` calls this kernel and takes four times as long
        weights,
        [_in_memory_order(gradient).contiguous() for gradient in gradients],
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
    """Return the tensors of the variables and of their first and second moments: three lists.

    Keras assigns to a variable in place, so a tensor stays the same. Its attribute `value` has an overhead.
    """
    known = _tensors.get(optimizer)
    if known is None or known[0] is not variables:
        groups = [[_contiguous(each) for each in group] for group in (variables, *moments(optimizer, variables))]
        known = _tensors[optimizer] = variables, groups
    return known[1]
