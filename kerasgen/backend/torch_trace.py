"""PyTorch: the step of a model, traced once and then run without the Python that it is written in.

The step of a network of matrices takes a few milliseconds on a CPU, of which Keras's Python and ours are a third; of
small convolutions they are a fifth. TensorFlow and JAX trace a step too: what depends on nothing in the batch and on no
variable stays as it was then.
"""

import operator
import types

import keras
import torch

_LATER = 100  # steps with batches of a shape, after which it is traced; that takes a second, of CycleGAN six

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
    """Tell whether the steps of a model are to be traced: it is one of ours, without dropout.

    Nothing is lost that users wrote for each step, and what is random is drawn by `draw`.
    """
    return (
        not (model.run_eagerly or model.jit_compile)
        and type(model).__module__.startswith("kerasgen.")
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
        held = _shortened(module, _called_outside)
    finally:
        _called_outside = None
    names, run = list(logs), module.forward
    return lambda tensors: dict(zip(names, run(*tensors, *held))), logs


def _shortened(module, called_outside):
    """Let a traced step, which nothing differentiates, have as little Python as will do.

    Returns:
        list of what it takes besides the tensors of a batch: the variables, and the functions that it calls.
    """
    graph = module.graph
    _take_out_names(graph)
    _take_out_constants(module)
    _call_methods(graph)
    held = _as_arguments(module, called_outside)
    module.recompile()
    return held


def _take_out_names(graph):
    """Take out what only gives a tensor another name: transpositions in pairs or of nothing, and `detach`."""
    for node in graph.nodes:
        if node.target is torch.ops.aten.detach.default or _order(node) == [0, 1]:
            node.replace_all_uses_with(node.args[0])
        elif _order(node) == _order(node.args[0] if node.args else None) == [1, 0]:
            node.replace_all_uses_with(node.args[0].args[0])
    graph.eliminate_dead_code()


def _order(node):
    """Return in which order a node puts the axes of a tensor, or None."""
    target = getattr(node, "target", None)
    if target is torch.ops.aten.permute.default:
        return list(node.args[1])
    return [1, 0] if target is torch.ops.aten.t.default else None


_MAKERS = (torch.ops.aten.ones.default, torch.ops.aten.full.default, torch.ops.aten.lift_fresh_copy.default)


def _take_out_constants(module):
    """Compute now what is the same in each step, such as where the gradients begin."""
    graph, known = module.graph, {}
    for node in graph.nodes:
        if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
            continue
        inputs = node.all_input_nodes
        if node.target in _MAKERS:
            known |= {each: getattr(module, each.target) for each in inputs}
        elif not inputs or not all(each in known for each in inputs):
            if node.target._schema.is_mutable and any(each in known for each in inputs):
                return  # it may change one of them
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
    """Call PyTorch's operators as methods of tensors where there are such, which takes half as long from Python."""
    for node in graph.nodes:
        if node.op == "call_function" and isinstance(node.target, torch._ops.OpOverload):
            name, arguments = node.target._schema.name.removeprefix("aten::"), node.target._schema.arguments
            method = getattr(torch.Tensor, name, None)
            if isinstance(method, types.MethodDescriptorType) and arguments[0].name == "self":
                node.op, node.target = "call_method", name


def _as_arguments(module, called_outside):
    """Make arguments of what a step has as attributes, which are found slowly; return their values, in order."""
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
    for node in graph.find_nodes(op="call_function", target=_OUTSIDE):
        tensors, index = node.args
        node.target, node.args = operator.call, (argument(f"outside_{index}", called_outside[index]), *tensors)
    return [value for _, value in held.values()]
