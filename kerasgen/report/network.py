"""A network from latents to images as a list of operations that the page's JavaScript computes.

Operations refer to their inputs by number. Kernels are rounded to few bits with a scale for each output channel; biases
and normalizations stay float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kerasgen.report.encoding import encode_array, pack_bits, quantize

MAX_WEIGHTS = 2_000_000
_WEIGHT_BYTES = 960_000  # of all kernels, if 10 bits or more are left for each weight
_BITS = (10, 16)
_ACTIVATIONS = ("linear", "relu", "leaky_relu", "tanh", "sigmoid", "elu", "silu", "softplus", "gelu")


class UnsupportedNetworkError(ValueError):
    """The page cannot compute this network; the message names the reason."""


def export_network(network: Any, weights: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return a functional Keras model as JSON-able operations.

    Args:
        network: `keras.Model` with an input `latents` (N, L), and an optional input `labels` (N,).
        weights: values of `network.weights`, or values to use instead.

    Returns:
        Dict with `operations`, a list of dicts with the keys `op`, `inputs` and more; `latents` and `labels`, the
        numbers of the inputs, where `labels` may be None; `output`, the number of the result; and `bits`, those of a
        kernel's weight.

    Raises:
        UnsupportedNetworkError: too many weights, or a layer that the page does not support.

    Example:
        >>> from kerasgen import networks
        >>> decoder = networks.dense_decoder((2, 2, 1), [4], latent_dim=2)
        >>> exported = export_network(decoder, decoder.get_weights())
        >>> [operation["op"] for operation in exported["operations"]]
        ['input', 'dense', 'dense', 'reshape']
    """
    count = sum(int(np.size(value)) for value in weights)
    if count > MAX_WEIGHTS:
        raise UnsupportedNetworkError(f"the network has {count:,} weights; the page decodes up to {MAX_WEIGHTS:,}")
    bits = int(np.clip(8 * _WEIGHT_BYTES // max(1, count), *_BITS))
    values = {id(variable): np.asarray(value, "float32") for variable, value in zip(network.weights, weights)}
    config = network.get_config()
    if "input_layers" not in config:
        raise UnsupportedNetworkError(f"a {type(network).__name__} is not a functional model")
    numbers: dict[str, int] = {}
    operations = []
    layers = {layer.name: layer for layer in network.layers}
    for entry in config["layers"]:
        name, kind = entry["config"]["name"], entry["class_name"]
        module = type(layers[name]).__module__ if name in layers else "keras"
        if kind not in _EXPORTERS or module.split(".")[0] not in ("keras", "kerasgen"):
            raise UnsupportedNetworkError(f"the page does not support the layer {kind}")
        layer = _Layer(entry["config"], layers.get(name), values, bits)
        operation = _EXPORTERS[kind](layer)
        operation["inputs"] = [numbers[source] for source in _sources(entry)]
        numbers[name] = len(operations)
        operations.append(operation)
    named_inputs = _names(config["input_layers"])
    latents = [name for name in named_inputs if len(layers[name].batch_shape) == 2]
    labels = [name for name in named_inputs if len(layers[name].batch_shape) == 1]
    outputs = _names(config["output_layers"])
    if len(latents) != 1 or len(labels) > 1 or len(latents) + len(labels) != len(named_inputs) or len(outputs) != 1:
        raise UnsupportedNetworkError("the network does not map latents, and perhaps labels, to one image")
    return {
        "operations": operations,
        "latents": numbers[latents[0]],
        "labels": numbers[labels[0]] if labels else None,
        "output": numbers[outputs[0]],
        "bits": bits,
    }


class _Layer:
    """Settings and weights of one layer."""

    def __init__(self, config: Mapping[str, Any], layer: Any, values: Mapping[int, np.ndarray], bits: int):
        self.config, self.layer, self._values, self._bits = config, layer, values, bits

    def value(self, name: str) -> np.ndarray | None:
        variable = getattr(self.layer, name, None)
        return None if variable is None else self._values[id(variable)]

    def floats(self, name: str) -> str | None:
        value = self.value(name)
        return None if value is None else encode_array(value)

    def kernel(self, axis: int) -> dict[str, Any]:
        kernel = self._values[id(self.layer.kernel)]
        numbers, scales = quantize(kernel, axis, self._bits)
        return {"shape": list(kernel.shape), "numbers": pack_bits(numbers, self._bits), "scales": encode_array(scales)}

    def activation(self) -> dict[str, Any]:
        name = self.config.get("activation") or "linear"
        if name not in _ACTIVATIONS:
            raise UnsupportedNetworkError(f"the page does not support the activation {name!r}"[:100])
        return {"activation": name, "slope": 0.2}  # the slope of Keras's function `leaky_relu`


def _names(layers):
    """Return the names of input or output layers; Keras writes a single one without a list around it."""
    return [layers[0]] if isinstance(layers[0], str) else [layer[0] for layer in layers]


def _sources(entry):
    """Return the names of the layers whose outputs a layer takes."""
    nodes = entry["inbound_nodes"]
    if len(nodes) > 1:
        raise UnsupportedNetworkError(f"the layer {entry['class_name']} is used twice")
    arguments = nodes[0]["args"] if nodes else []
    arguments = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    tensors = [each for each in arguments if isinstance(each, dict) and each.get("class_name") == "__keras_tensor__"]
    if len(tensors) != len(arguments):
        raise UnsupportedNetworkError(f"the layer {entry['class_name']} has inputs that are not tensors")
    return [tensor["config"]["keras_history"][0] for tensor in tensors]


def _dense(layer):
    return {"op": "dense", "kernel": layer.kernel(1), "bias": layer.floats("bias"), **layer.activation()}


def _convolution(op: str, axis: int) -> Callable[[_Layer], dict[str, Any]]:
    def export(layer):
        config = layer.config
        plain = config["data_format"] == "channels_last" and {*config["dilation_rate"]} == {1}
        if not plain or config.get("groups", 1) != 1 or config.get("output_padding") is not None:
            raise UnsupportedNetworkError("the page does not support dilated or grouped convolutions")
        details = {"strides": list(config["strides"]), "padding": config["padding"]}
        return {"op": op, "kernel": layer.kernel(axis), "bias": layer.floats("bias"), **details, **layer.activation()}

    return export


def _batch_normalization(layer):
    variance, mean = (layer.value(name).astype("float64") for name in ("moving_variance", "moving_mean"))
    gamma, beta = layer.value("gamma"), layer.value("beta")
    scale = (1.0 if gamma is None else gamma) / np.sqrt(variance + layer.config["epsilon"])
    shift = (0.0 if beta is None else beta) - mean * scale
    return {"op": "affine", "scale": encode_array(scale), "shift": encode_array(shift)}


def _normalization(groups: Callable[[Mapping[str, Any]], int]) -> Callable[[_Layer], dict[str, Any]]:
    def export(layer):
        return {
            "op": "normalize",
            "groups": groups(layer.config),
            "epsilon": layer.config["epsilon"],
            "scale": layer.floats("gamma"),
            "shift": layer.floats("beta"),
        }

    return export


def _upsampling(layer):
    size, interpolation = layer.config["size"], layer.config["interpolation"]
    if interpolation != "nearest":
        raise UnsupportedNetworkError(f"the page does not support the interpolation {interpolation!r}"[:100])
    return {"op": "upsample", "size": [size, size] if isinstance(size, int) else list(size)}


def _leaky_relu(layer):
    return {"op": "activation", "activation": "leaky_relu", "slope": layer.config["negative_slope"]}


def _relu(layer):
    config = layer.config
    if config.get("max_value") is not None or config.get("threshold"):
        raise UnsupportedNetworkError("the page does not support a ReLU with a limit")
    return {"op": "activation", "activation": "leaky_relu", "slope": config.get("negative_slope") or 0.0}


def _concatenate(layer):
    if layer.config["axis"] != -1:
        raise UnsupportedNetworkError("the page concatenates only along the last axis")
    return {"op": "concatenate"}


_EXPORTERS: dict[str, Callable[[_Layer], dict[str, Any]]] = {
    "InputLayer": lambda layer: {"op": "input"},
    "Dense": _dense,
    "Conv2D": _convolution("convolve", 3),
    "Conv2DTranspose": _convolution("convolve_transposed", 2),
    "BatchNormalization": _batch_normalization,
    "GroupNormalization": _normalization(lambda config: config["groups"]),
    "InstanceNormalization": _normalization(lambda config: -1),
    "UpSampling2D": _upsampling,
    "LeakyReLU": _leaky_relu,
    "ReLU": _relu,
    "Activation": lambda layer: {"op": "activation", **layer.activation()},
    "Reshape": lambda layer: {"op": "reshape", "shape": list(layer.config["target_shape"])},
    "Flatten": lambda layer: {"op": "reshape", "shape": [-1]},
    "Dropout": lambda layer: {"op": "activation", "activation": "linear"},
    "OneHot": lambda layer: {"op": "one_hot", "classes": layer.config["num_classes"]},
    "Concatenate": _concatenate,
    "Add": lambda layer: {"op": "add"},
}
