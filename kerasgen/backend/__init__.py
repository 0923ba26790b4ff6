"""The operations that training steps need from TensorFlow, JAX and PyTorch.

No other package of kerasgen imports a backend. The packages `jax`, `tensorflow` and `torch` have files with the same
names, and each defines all names of the table. This module exports those of the current Keras backend.

| name | meaning |
|---|---|
| `BackendModel` | A `keras.Model` whose `train_step(data)` and `test_step(data)` are the same on every backend. |
| `BackendModel.differentiate(function, variables, inputs)` | Run `function(*inputs)` and return its pullback. |
| `BackendModel.apply_gradients(optimizer, gradients, variables)` | Take one optimizer step. |
| `BackendModel.grouped_steps()` | Context manager for a `fit` with short steps, if no callback needs every step. |
| `input_gradient(function, x)` | Gradient with respect to `x`, which can be differentiated further. |
| `directional_derivative(function, inputs, directions)` | Forward-mode derivative, a constant for gradients. |
| `compiled(function, **constants)` | A pure function of tensors, compiled to one program; for iterative samplers. |
| `run(network, inputs, training)` | Outputs of a network, without the overhead of `Layer.__call__`. |
| `SeedGenerator` | Keras's seed generator, whose seeds differ between replicas. |
| `draw(distribution, shape, seed_generator)` | Random numbers of a step; `distribution` is from `keras.random`. |
| `dense(x, kernel, bias)` | Matrix product plus bias. |
| `convolve(x, kernel, strides, padding)` | Convolution of images with the channels last. |
| `convolve_transposed(x, kernel, strides, padding)` | Transposed convolution, which makes images larger. |
| `cross_entropy(bits, logits)` | Binary cross entropy of each bit in nats, exact for large logits. |
| `reshape(x, shape)` | Fast `keras.ops.reshape` for shapes of numbers. |
| `normalize_batch(x, gamma, beta, epsilon)` | Batch normalization over all axes but the last, and its statistics. |
| `normalize_instances(x, gamma, beta, epsilon)` | Instance normalization of images. |
| `normalize_images(x, gamma, beta, epsilon, groups)` | Group normalization of images, with affine channels. |
| `replica_weight()` | Fraction of the global batch that this replica has; it weights the loss. |
| `num_examples(count)` | Number of the `count` examples in this step that are data, not padding. |
| `on_global_batch(function, *tensors)` | Result of `function` on the rows of all replicas; it may assign variables. |
| `global_batch(*tensors)` | The tensors with the rows of all replicas. |
| `batch_mean(x)` | Mean over the rows of all replicas. |
| `slice_batches(data, batch_size, shuffle)` | Batches of a nest of arrays, for `fit` and `evaluate`. |
| `skipped_step(arguments, steps, logs)` | Return value of Keras's train function for steps that are skipped. |
| `prepare_devices()` | Apply device settings before the first model is built. |
| `devices()` | Names of the devices that the backend can use. |
| `hosts()` | The `Hosts` that train together: their number, and the index of this one. |
| `distributed(count)` | Context in which models are made and trained on `count` devices of each host. |
| `max_over_hosts(number)` | Maximum over all hosts; all hosts must call it within `distributed`. |
| `make_deterministic()` | Restrict the backend to deterministic operations. Call it before any computation. |
| `switches` | Module with a switch for each optimization of speed. |

`distributed` yields the names of the devices. It makes virtual CPU devices if there is no accelerator and the backend
has computed nothing yet. It raises `UsageError` if there are fewer devices, or if Keras cannot distribute on this
backend. For one device on one host it does nothing.

On several hosts (see `host_names.py`) the same program runs on each, and `distributed` waits for all of them. Each
host passes the same global batches to `fit` and computes a part of each. All hosts take the same steps and have the
whole model. Everything that a model computes, `predict` and `save` included, must run on all hosts in the same order.
"""

import importlib
from typing import TYPE_CHECKING

import keras

from kerasgen.backend import switches
from kerasgen.errors import UsageError

BACKENDS = ("tensorflow", "jax", "torch")

if keras.backend.backend() not in BACKENDS:
    raise UsageError(
        f"the Keras backend is {keras.backend.backend()!r}; training needs one of {', '.join(BACKENDS)}: "
        "set the environment variable KERAS_BACKEND before Keras is imported"
    )

CONTRACT = (
    "BackendModel",
    "SeedGenerator",
    "batch_mean",
    "compiled",
    "convolve",
    "convolve_transposed",
    "cross_entropy",
    "dense",
    "devices",
    "directional_derivative",
    "distributed",
    "draw",
    "global_batch",
    "hosts",
    "input_gradient",
    "make_deterministic",
    "max_over_hosts",
    "normalize_batch",
    "normalize_images",
    "normalize_instances",
    "num_examples",
    "on_global_batch",
    "prepare_devices",
    "replica_weight",
    "reshape",
    "run",
    "skipped_step",
    "slice_batches",
)

__all__ = ["BACKENDS", "CONTRACT", "switches", *CONTRACT]

if TYPE_CHECKING:  # a type checker sees the names of one backend; the other backends have the same types
    from kerasgen.backend.jax import *  # noqa: F403
else:
    _package = importlib.import_module(f"kerasgen.backend.{keras.backend.backend()}")
    globals().update({name: getattr(_package, name) for name in CONTRACT})
