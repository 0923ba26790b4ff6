"""PyTorch: the model class, and gradients by `torch.autograd.grad`, which does not accumulate into `.grad`."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import torch

from kerasgen.backend import allocator, reference
from kerasgen.backend.torch.batches import fit_arguments
from kerasgen.backend.torch.optimizers import apply_gradients, prepare_variables
from kerasgen.backend.torch.steps import TracedStep, can_be_traced
from kerasgen.errors import UsageError


class BackendModel(keras.Model):
    """A `keras.Model` with the methods of the contract. On PyTorch Keras calls `train_step(data)` directly."""

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Train as `keras.Model.fit` does. Arrays are sliced as `batches.py` describes.

        Raises:
            UsageError: the process belongs to a group of `torch.distributed`.
        """
        _check_not_distributed()
        return super().fit(**fit_arguments(super().fit, args, kwargs))

    def grouped_steps(self) -> contextlib.AbstractContextManager:
        """Context manager that does nothing: on PyTorch Keras takes one step per execution."""
        return contextlib.nullcontext()

    def make_train_function(self, force: bool = False) -> None:
        """Build Keras's train function, with variables in PyTorch's memory layout and, if possible, a traced step."""
        allocator.keep_freed_memory()
        prepare_variables([*self.trainable_variables, *self.optimizer.variables])
        present = None if force else self.train_function
        super().make_train_function(force)
        if self.train_function is not present and can_be_traced(self):
            step = TracedStep(self)
            self.train_function = lambda data: step(data[0])

    def differentiate(
        self, function: Callable, variables: Sequence[keras.Variable], inputs: Sequence[Any] = ()
    ) -> tuple[Any, Any, Callable]:
        """Run `function(*inputs)`, which returns `(output, auxiliary)`; see `jax/model.py`."""
        values = [variable.value for variable in variables]
        inputs = [x.detach().requires_grad_() for x in inputs]
        with torch.enable_grad():
            output, auxiliary = function(*inputs)

        def pullback(cotangent):
            cotangent = torch.as_tensor(cotangent, dtype=output.dtype, device=output.device).expand_as(output)
            sources = [*values, *inputs]  # empty if the whole network is frozen
            gradients = [None] * len(sources)
            if sources and output.requires_grad:
                gradients = torch.autograd.grad(output, sources, cotangent, allow_unused=True)
            return list(gradients[: len(values)]), list(gradients[len(values) :])

        return output.detach(), keras.tree.map_structure(_detached, auxiliary), pullback

    def apply_gradients(
        self, optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
    ) -> None:
        """Take one step of `optimizer`."""
        apply_gradients(optimizer, gradients, variables)


def _check_not_distributed():
    """Refuse to train in one of several processes, because their gradients would not be averaged."""
    group = torch.distributed
    if group.is_available() and group.is_initialized() and group.get_world_size() > 1:
        raise UsageError(
            f"torch.distributed has {group.get_world_size()} processes, and on PyTorch kerasgen trains in one process "
            "only: the gradients of several would not be averaged. Call "
            "torch.distributed.destroy_process_group() before fit, or train with --devices on JAX or TensorFlow"
        )


def _detached(value):
    return value.detach() if isinstance(value, torch.Tensor) else value


def input_gradient(function: Callable, x: Any) -> Any:
    """Return the gradient of `sum(function(x))` with respect to `x`; see `jax/model.py`."""
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
    return gradient


def directional_derivative(function: Callable, inputs: Sequence[Any], directions: Sequence[Any]) -> Any:
    """Return the derivative of `function(*inputs)` along `directions`, one for each input; a constant for gradients."""
    with torch.no_grad():
        return reference.directional_derivative(function, inputs, directions)
