"""PyTorch: the step of a small model, traced once and then run without the Python that it is written in.

The step of a network of matrices takes a few milliseconds on a CPU, of which Keras's Python and ours are a third.
TensorFlow and JAX trace a step too: what depends on nothing in the batch and on no variable stays as it was then.
"""

import keras
import torch

_LATER = 100  # steps with batches of a shape, after which it is traced; that takes as long as it saves in 300

_called_outside = None  # while a step is traced, the functions that it calls anew each time

_library = torch.library.Library("kerasgen", "DEF")
_library.define("outside(Tensor[] tensors, int index) -> Tensor[]")
_library.impl("outside", lambda tensors, index: _called_outside[index](*tensors), "CompositeExplicitAutograd")
_OUTSIDE = torch.ops.kerasgen.outside.default
torch.fx.node.has_side_effect(_OUTSIDE)


def outside(function, *tensors):
    """Return `function(*tensors)`, a list of tensors; a traced step calls it each time, at this place.

    It does what cannot be traced: it reads numbers from tensors, or changes what is none. There must be a tensor.
    """
    if _called_outside is None:
        return function(*tensors)
    _called_outside.append(function)
    return _OUTSIDE(list(tensors), len(_called_outside) - 1)


def can_be_traced(model):
    """Tell whether the steps of a model are to be traced: it is one of ours, of matrices alone, without dropout.

    Nothing is lost that users wrote for each step, and what is random is drawn by `draw`.
    """
    return (
        not (model.run_eagerly or model.jit_compile)
        and type(model).__module__.startswith("kerasgen.")
        and all(len(variable.shape) <= 2 for variable in model.trainable_variables)
        and all(_is_known(layer) for layer in _layers_in(model))
    )


def _is_known(layer):
    own_code = isinstance(layer, (keras.layers.Lambda, keras.layers.TorchModuleWrapper))
    is_random = hasattr(layer, "seed_generator")
    return type(layer).__module__.startswith(("keras.", "kerasgen.")) and not own_code and not is_random


def _layers_in(model):
    for layer in [*getattr(model, "layers", ()), *filter(None, [getattr(model, "layer", None)])]:
        yield layer
        yield from _layers_in(layer)


class TracedStep:
    """The `train_step` of a model, which is traced for batches of a shape when many of them have come."""

    def __init__(self, model):
        self._model, self._seen, self._traced = model, {}, {}

    def __call__(self, data):
        """Take the step."""
        tensors = keras.tree.flatten(data)
        if not all(isinstance(tensor, torch.Tensor) for tensor in tensors):
            return self._model.train_step(data)
        kind = tuple((tensor.shape, tensor.dtype) for tensor in tensors)
        if run := self._traced.get(kind):
            with torch.no_grad():
                return run(tensors)
        self._seen[kind] = self._seen.get(kind, 0) + 1
        if self._seen[kind] != _LATER + 1:
            return self._model.train_step(data)
        return self._trace(kind, data)

    def _trace(self, kind, data):
        variables = [variable.value for variable in [*self._model.variables, *self._model.optimizer.variables]]
        before = [value.detach().clone() for value in variables]
        try:
            self._traced[kind], logs = traced(self._model.train_step, data)
        except RuntimeError:  # something reads numbers from tensors, as some of Keras's layers do
            with torch.no_grad():
                for value, kept in zip(variables, before, strict=True):
                    value.copy_(kept)
            logs = self._model.train_step(data)
        return logs


def traced(step, data):
    """Take a step, and return `run(tensors)`, which takes such a step with the tensors of a batch, and its logs."""
    from torch.fx.experimental.proxy_tensor import make_fx  # takes a second

    global _called_outside
    logs = None

    def flat(*tensors):
        nonlocal logs
        logs = step(keras.tree.pack_sequence_as(data, tensors))
        return list(logs.values())

    _called_outside = []
    try:
        module = make_fx(flat)(*keras.tree.flatten(data))
        _shorten(module.graph)
        for node in module.graph.find_nodes(op="call_function", target=_OUTSIDE):
            tensors, index = node.args
            node.op, node.target, node.args = "call_module", f"outside_{index}", (tensors,)
            module.add_submodule(node.target, _Outside(_called_outside[index]))
    finally:
        _called_outside = None
    module.recompile()
    names = list(logs)
    return lambda tensors: dict(zip(names, module(*tensors))), logs


class _Outside(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self._function = function

    def forward(self, tensors):
        return self._function(*tensors)


_TRANSPOSED = {torch.ops.aten.t.default: (), torch.ops.aten.permute.default: ([1, 0],)}


def _shorten(graph):
    """Take out of a graph, which nothing differentiates, what only gives a tensor another name.

    Such are a matrix transposed twice, and a tensor detached from what made it.
    """
    for node in graph.nodes:
        if node.target is torch.ops.aten.detach.default:
            node.replace_all_uses_with(node.args[0])
        elif _is_transposed(node) and _is_transposed(node.args[0]):
            node.replace_all_uses_with(node.args[0].args[0])
    graph.eliminate_dead_code()


def _is_transposed(node):
    return node.target in _TRANSPOSED and node.args[1:] == _TRANSPOSED[node.target]
