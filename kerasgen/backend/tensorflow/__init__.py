"""The backend contract on TensorFlow; see `kerasgen.backend`."""

# ruff: noqa: F401
from kerasgen.backend.tensorflow.batches import slice_batches
from kerasgen.backend.tensorflow.compiled import compiled, run
from kerasgen.backend.tensorflow.devices import (
    devices,
    distributed,
    hosts,
    make_deterministic,
    max_over_hosts,
    prepare_devices,
)
from kerasgen.backend.tensorflow.kernels import (
    convolve,
    convolve_transposed,
    cross_entropy,
    dense,
    normalize_batch,
    normalize_images,
    normalize_instances,
    reshape,
)
from kerasgen.backend.tensorflow.model import BackendModel, directional_derivative, input_gradient
from kerasgen.backend.tensorflow.randomness import SeedGenerator, draw
from kerasgen.backend.tensorflow.replicas import batch_mean, global_batch, num_examples, on_global_batch, replica_weight
from kerasgen.backend.tensorflow.steps import skipped_step
