"""The backend contract on PyTorch; see `kerasgen.backend`."""

# ruff: noqa: F401
from kerasgen.backend.torch.batches import slice_batches
from kerasgen.backend.torch.compiled import compiled, run
from kerasgen.backend.torch.devices import (
    devices,
    distributed,
    hosts,
    make_deterministic,
    max_over_hosts,
    prepare_devices,
)
from kerasgen.backend.torch.kernels import (
    convolve,
    convolve_transposed,
    cross_entropy,
    dense,
    normalize_batch,
    normalize_images,
    normalize_instances,
    reshape,
)
from kerasgen.backend.torch.model import BackendModel, directional_derivative, input_gradient
from kerasgen.backend.torch.randomness import SeedGenerator, draw
from kerasgen.backend.torch.replicas import batch_mean, global_batch, num_examples, on_global_batch, replica_weight
from kerasgen.backend.torch.steps import skipped_step
