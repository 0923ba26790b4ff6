"""What a train step needs of TensorFlow, JAX or PyTorch, and the only place that imports one of them.

Each of the three modules offers the same names; the one of the running Keras backend is picked here.

| name | what it does |
|---|---|
| `BackendModel` | a `keras.Model` whose `train_step(data)` and `test_step(data)` are the same on every backend |
| `BackendModel.differentiate(function, variables, inputs)` | run `function(*inputs)`, give its pullback |
| `BackendModel.apply_gradients(optimizer, gradients, variables)` | take one optimizer step |
| `BackendModel.grouped_steps()` | a context for a `fit` with short steps, of which no callback hears each |
| `replica_weight()` | the share of the global batch that this run of the step has, by which its loss counts |
| `num_examples(count)` | how many of the `count` images that the step sees are data |
| `on_global_batch(function, *tensors)` | what depends on all images of the batch, row by row; may assign variables |
| `global_batch(*tensors)` | the tensors with the rows of all images of the batch |
| `batch_mean(x)` | the mean over the rows of all images of the batch |
| `SeedGenerator` | Keras's, with which several devices draw different numbers |
| `draw(distribution, shape, seed_generator)` | what `distribution`, a function of `keras.random`, draws in a step |
| `run(network, inputs, training)` | what the network makes of the inputs, without Keras's work around each layer |
| `dense(x, kernel, bias)` | a product of matrices, and a bias |
| `convolve(x, kernel, strides, padding)` | a convolution of images, the channels last |
| `convolve_transposed(x, kernel, strides, padding)` | its gradient, which makes images larger |
| `cross_entropy(bits, logits)` | of each bit, or probability of 1, in nats; exact for large logits |
| `reshape(x, shape)` | Keras's, which on PyTorch is slow at looking for symbolic tensors in the shape |
| `normalize_batch(x, gamma, beta, epsilon)` | batch normalisation over all axes but the last, and its statistics |
| `normalize_instances(x, gamma, beta, epsilon)` | instance normalisation of images |
| `normalize_images(x, gamma, beta, epsilon)` | layer normalisation of images, with a scale and shift of each channel |
| `input_gradient(function, x)` | the gradient with respect to `x`, to be differentiated again |
| `skipped_step(arguments, steps, logs)` | what a call of Keras's train function returns that does nothing |
| `prepare_devices()` | settings that a user expects to be made before the first model |
| `devices()` | the devices that the backend sees, in words |
| `hosts()` | the `Machines` that train together, as the environment names them: their count, the place of this one |
| `distributed(count)` | a context in which models are made and trained on `count` devices of each; yields their names |
| `max_over_hosts(number)` | the greatest of the machines' numbers, in that context; all of them must call it |
| `make_deterministic()` | no operation that depends on chance, from now on; before the first computation |

`distributed` makes virtual CPU devices where there is no accelerator, if the backend has computed nothing yet, and
raises `UsageError` where there are fewer devices, or where Keras does not distribute. For 1 it does nothing.

On several machines (see `machine_names.py`) the same program runs on each, and `distributed` waits for them all. Each
passes `fit` the same whole batches, of which it computes its part; all take the same steps, and each has the whole
model. What a model computes, `predict` and `save` too, all of them must compute together, in the same order.
"""

import importlib

import keras

from kerasgen.errors import UsageError

BACKENDS = ("tensorflow", "jax", "torch")

if keras.backend.backend() not in BACKENDS:
    raise UsageError(
        f"the Keras backend is {keras.backend.backend()!r}; training needs one of {', '.join(BACKENDS)}: "
        "set the environment variable KERAS_BACKEND before Keras is imported"
    )

_module = importlib.import_module(f"kerasgen.backend.on_{keras.backend.backend()}")

BackendModel = _module.BackendModel
SeedGenerator = _module.SeedGenerator
replica_weight = _module.replica_weight
num_examples = _module.num_examples
on_global_batch = _module.on_global_batch
global_batch = _module.global_batch
batch_mean = _module.batch_mean
convolve = _module.convolve
convolve_transposed = _module.convolve_transposed
dense = _module.dense
run = _module.run
draw = _module.draw
cross_entropy = _module.cross_entropy
reshape = _module.reshape
normalize_batch = _module.normalize_batch
normalize_images = _module.normalize_images
normalize_instances = _module.normalize_instances
input_gradient = _module.input_gradient
skipped_step = _module.skipped_step
prepare_devices = _module.prepare_devices
devices = _module.devices
distributed = _module.distributed
hosts = _module.hosts
max_over_hosts = _module.max_over_hosts
make_deterministic = _module.make_deterministic

__all__ = [
    "BACKENDS",
    "BackendModel",
    "SeedGenerator",
    "batch_mean",
    "convolve",
    "convolve_transposed",
    "cross_entropy",
    "dense",
    "devices",
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
]
