"""JAX: batches of arrays as Keras slices them."""

import inspect
from collections.abc import Callable
from typing import Any


def fit_arguments(fit: Callable, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call of Keras's `fit` by name, unchanged."""
    return inspect.signature(fit).bind(*args, **kwargs).arguments
