"""Switches of the code that makes training faster than plain Keras.

| switch | default | backends | effect |
|---|---|---|---|
| `traced_steps` | on | PyTorch | `train_step` is traced after 400 steps and replayed without Python overhead. |
| `direct_layers` | on | PyTorch | `backend.run` calls the layers of a functional model without `Layer.__call__`. |
| `custom_kernels` | on | JAX, PyTorch | CPU kernels: gradients of convolutions on JAX, products on PyTorch. |
| `fused_adam` | on | TensorFlow, PyTorch | A plain Adam step is one fused kernel. |
| `array_batches` | on | TensorFlow, PyTorch | `fit` slices batches from NumPy arrays without Keras's data adapter. |
| `grouped_steps` | on | TensorFlow | `fit` takes ten short steps per execution if no callback needs each step. |
| `allocator` | off | JAX, PyTorch | PyTorch: glibc keeps freed memory. JAX: memory of the compiler is returned. |

Each switch is an attribute of this module. Its first value comes from the environment variable `KERASGEN_<SWITCH>`,
which is 0 or 1. Set a switch before the first training step. The values that a model computes do not depend on
the switches, except for rounding.

The allocator belongs to the process, so a library does not set it. The commands of kerasgen turn this switch on
in their own process, if the environment does not say otherwise.

Example:
    ```python
    from kerasgen.backend import switches

    switches.traced_steps = False  # or KERASGEN_TRACED_STEPS=0 in the environment
    ```
"""

import os

from kerasgen.errors import UsageError

__all__ = [
    "allocator",
    "array_batches",
    "custom_kernels",
    "direct_layers",
    "fused_adam",
    "grouped_steps",
    "traced_steps",
]


def _from_environment(name: str, default: str) -> bool:
    value = os.environ.get(name, "").strip() or default
    if value not in ("0", "1"):
        raise UsageError(f"the environment variable {name} is {value!r}; expected 0 or 1")
    return value == "1"


traced_steps = _from_environment("KERASGEN_TRACED_STEPS", "1")
direct_layers = _from_environment("KERASGEN_DIRECT_LAYERS", "1")
custom_kernels = _from_environment("KERASGEN_CUSTOM_KERNELS", "1")
fused_adam = _from_environment("KERASGEN_FUSED_ADAM", "1")
array_batches = _from_environment("KERASGEN_ARRAY_BATCHES", "1")
grouped_steps = _from_environment("KERASGEN_GROUPED_STEPS", "1")
allocator = _from_environment("KERASGEN_ALLOCATOR", "0")
