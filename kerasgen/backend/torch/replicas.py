"""PyTorch: the batch of a step, which is the global batch; see `kerasgen.backend.whole_batch`."""

# ruff: noqa: F401
from kerasgen.backend.whole_batch import batch_mean, global_batch, num_examples, on_global_batch, replica_weight
