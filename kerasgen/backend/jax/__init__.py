"""The backend contract on JAX; see `kerasgen.backend`."""

# ruff: noqa: F401
from kerasgen.backend.jax.batches import slice_batches
from kerasgen.backend.jax.compiled import compiled, run
from kerasgen.backend.jax.devices import (
    devices,
    distributed,
    hosts,
    make_deterministic,
    max_over_hosts,
    prepare_devices,
)
from kerasgen.backend.jax.kernels import (
    convolve,
    convolve_transposed,
    cross_entropy,
    dense,
    normalize_batch,
    normalize_images,
    normalize_instances,
    reshape,
)
from kerasgen.backend.jax.model import BackendModel, directional_derivative, input_gradient
from kerasgen.backend.jax.randomness import SeedGenerator, draw
from kerasgen.backend.jax.replicas import batch_mean, global_batch, num_examples, on_global_batch, replica_weight
from kerasgen.backend.jax.steps import skipped_step
