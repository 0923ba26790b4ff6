"""PyTorch: trace `train_step` with `make_fx` and replay the graph without Python overhead.

The step of a dense network takes a few milliseconds on a CPU. Python takes a third of it, and a fifth for small
convolutions. As on TensorFlow and JAX, a value that depends on neither the batch nor a variable is fixed by the trace.
"""

import operator
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import torch

from kerasgen.backend import switches

# Per batch shape. A trace takes one to two seconds, because PyTorch imports its compiler, and six for CycleGAN. It
# saves some milliseconds a step, so it does not pay in a short training.
_STEPS_BEFORE_TRACE = 400

_opaque_functions: list[Callable] | None = None  # while a step is traced: functions that its graph calls as they are


def _call_opaque(tensors, index):
    return _opaque_functions[index](*tensors)


_library = torch.library.Library("kerasgen", "DEF")
_library.define("opaque_call(Tensor[] tensors, int index) -> Tensor[]")
_library.impl("opaque_call", _call_opaque, "CompositeExplicitAutograd")
_OPAQUE_CALL = torch.ops.kerasgen.opaque_call.default
torch.fx.node.has_side_effect(_OPAQUE_CALL)


def opaque_call(function: Callable, *tensors: torch.Tensor) -> list[torch.Tensor]:
    """Return `function(*tensors)`, a list of tensors. A traced step calls the function each time, at this place.

    The function does something that cannot be traced: it reads numbers from tensors, or changes Python objects. It has
    at least one tensor as its argument.
    """
    if _opaque_functions is None:
        return function(*tensors)
    _opaque_functions.append(function)
    return _OPAQUE_CALL(list(tensors), len(_opaque_functions) - 1)


def can_be_traced(model: keras.Model) -> bool:
    """Return whether the training steps of a model are traced.

    The class of the model allows it by `traceable = True` in its own body: a class that only inherits the attribute may
    have a `train_step` that changes Python objects. Layers are those of Keras and kerasgen, or their class allows it
    too. Layers that draw random numbers themselves are not traced; `backend.draw` is.
    """
    return (
        switches.traced_steps
        and not (model.run_eagerly or model.jit_compile)
        and _allows_tracing(type(model))
        and all(_is_traceable(layer) for layer in _layers_in(model))
    )


def _allows_tracing(kind):
    return vars(kind).get("traceable") is True


def _is_traceable(layer):
    is_known = _allows_tracing(type(layer)) or type(layer).__module__.startswith(("keras.", "kerasgen."))
    has_user_code = isinstance(layer, (keras.layers.Lambda, keras.layers.TorchModuleWrapper))
    return is_known and not has_user_code and not hasattr(layer, "seed_generator")


def _layers_in(model) -> Iterator[keras.layers.Layer]:
    for layer in [*getattr(model, "layers", ()), *filter(None, [getattr(model, "layer", None)])]:
        yield layer
        yield from _layers_in(layer)


class TracedStep:
    """The `train_step` of a model, traced for a batch shape after many steps with that shape."""

    def __init__(self, model: keras.Model) -> None:
        self._model, self._seen, self._traced = model, {}, {}

    def __call__(self, data: Any) -> dict[str, Any]:
        """Take the step."""
        tensors = keras.tree.flatten(data)
        if not all(isinstance(tensor, torch.Tensor) for tensor in tensors):
            return self._model.train_step(data)
        kind = tuple((tensor.shape, tensor.dtype) for tensor in tensors)
        if run := self._traced.get(kind):
            with torch.no_grad():
                return run(tensors)
        self._seen[kind] = self._seen.get(kind, 0) + 1
        if self._seen[kind] != _STEPS_BEFORE_TRACE + 1:
            return self._model.train_step(data)
        return self._trace(kind, data)

    def _trace(self, kind, data):
        variables = [variable.value for variable in [*self._model.variables, *self._model.optimizer.variables]]
        before = [value.detach().clone() for value in variables]
        try:
            self._traced[kind], logs = traced(self._model.train_step, data)
        except RuntimeError:  # the step reads numbers from tensors, as some of Keras's layers do
            with torch.no_grad():
                for value, kept in zip(variables, before, strict=True):
                    value.copy_(kept)
            logs = self._model.train_step(data)
        return logs


def traced(step: Callable, data: Any) -> tuple[Callable, dict[str, Any]]:
    """Take a step on the batch `data` and trace it.

    Returns:
        `(run, logs)`: `run(tensors)` takes such a step with the flat tensors of another batch and returns its logs.
    """
    from torch.fx.experimental.proxy_tensor import make_fx  # takes a second

    global _opaque_functions
    logs: dict[str, Any] = {}

    def flat(*tensors):
        logs.update(step(keras.tree.pack_sequence_as(data, tensors)))
        return list(logs.values())

    _opaque_functions = functions = []
    try:
        module = make_fx(flat)(*keras.tree.flatten(data))
        held = _optimize(module, functions)
    finally:
        _opaque_functions = None
    names, run = list(logs), module.forward
    return lambda tensors: dict(zip(names, run(*tensors, *held))), logs


def _optimize(module, opaque_functions: Sequence[Callable]) -> list[Any]:
    """Remove as much Python as possible from a traced step, which is never differentiated.

    Returns:
        The arguments that follow the tensors of a batch: the variables, and the functions that it calls.
    """
    graph = module.graph
    _remove_aliases(graph)
    _fold_constants(module)
    _call_methods(graph)
    held = _attributes_to_arguments(module, opaque_functions)
    module.recompile()
    return held


def _remove_aliases(graph):
    """Remove nodes that return their argument: pairs of transpositions, identity permutations and `detach`."""
    for node in graph.nodes:
        if node.target is torch.ops.aten.detach.default or _order(node) == [0, 1]:
            node.replace_all_uses_with(node.args[0])
        elif _order(node) == _order(node.args[0] if node.args else None) == [1, 0]:
            node.replace_all_uses_with(node.args[0].args[0])
    graph.eliminate_dead_code()


def _order(node):
    """Return the order in which a node permutes the axes of a tensor, or None."""
    target = getattr(node, "target", None)
    if target is torch.ops.aten.permute.default:
        return list(node.args[1])
    return [1, 0] if target is torch.ops.aten.t.default else None


_MAKERS = (torch.ops.aten.ones.default, torch.ops.aten.full.default, torch.ops.aten.lift_fresh_copy.default)


def _fold_constants(module):
    """Compute values that are the same in each step, such as the first cotangent."""
    graph, known = module.graph, {}
    for node in graph.nodes:
        if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
            continue
        inputs = node.all_input_nodes
        if node.target in _MAKERS:
            known |= {each: getattr(module, each.target) for each in inputs}
        elif not inputs or not all(each in known for each in inputs):
            if node.target._schema.is_mutable and any(each in known for each in inputs):
                return  # it may change a constant
            continue
        args, kwargs = torch.fx.map_arg((node.args, node.kwargs), known.get)
        known[node] = node.target(*args, **kwargs)
    for number, (node, value) in enumerate(known.items()):
        if node.op == "call_function" and any(user not in known for user in node.users):
            module.register_buffer(f"constant_{number}", value)
            with graph.inserting_before(node):
                node.replace_all_uses_with(graph.get_attr(f"constant_{number}"))
    graph.eliminate_dead_code()


def _call_methods(graph):
    """Call PyTorch's operators as methods of tensors if possible, which takes half the time from Python."""
    for node in graph.nodes:
        if node.op == "call_function" and isinstance(node.target, torch._ops.OpOverload):
            name, arguments = node.target._schema.name.removeprefix("aten::"), node.target._schema.arguments
            method = getattr(torch.Tensor, name, None)
            if isinstance(method, types.MethodDescriptorType) and arguments[0].name == "self":
                node.op, node.target = "call_method", name


def _attributes_to_arguments(module, opaque_functions):
    """Turn the attributes of a step, which are slow to look up, into arguments; return their values in order."""
    graph, held = module.graph, {}
    *_, last = graph.find_nodes(op="placeholder")

    def argument(name, value):
        nonlocal last
        if name not in held:
            with graph.inserting_after(last):
                last = graph.placeholder(name)
            held[name] = last, value
        return held[name][0]

    for node in graph.find_nodes(op="get_attr"):
        node.replace_all_uses_with(argument(node.target, getattr(module, node.target)))
        graph.erase_node(node)
    for node in graph.find_nodes(op="call_function", target=_OPAQUE_CALL):
        tensors, index = node.args
        node.target, node.args = operator.call, (argument(f"opaque_{index}", opaque_functions[index]), *tensors)
    return [value for _, value in held.values()]


def skipped_step(arguments: tuple, steps: int, logs: dict[str, float]) -> Any:
    """Return the value of Keras's train function for a step that is skipped. Keras has consumed its data."""
    return logs
