"""Data in memory maps that are passed to `fit` and `evaluate`, read batch by batch without the danger of SIGBUS."""

import math
from typing import Any

import keras

from kerasgen import backend
from kerasgen.io.memory_maps import MappedArray, mapped

_DATA = ("x", "y", "validation_data")


def map_arguments(given: dict[str, Any]) -> list[MappedArray]:
    """Replace arrays in memory maps among the arguments of `fit` or `evaluate`, and return the replacements.

    Args:
        given: the arguments by name; changed in place. A validation split of such arrays becomes validation data.
    """
    replaced = {name: _map(given[name]) for name in _DATA if given.get(name) is not None}
    maps = _maps_in(replaced)
    if maps:
        if given.get("validation_split") and given.get("validation_data") is None:
            _split(given)
        given |= {name: _map(given[name]) for name in _DATA if given.get(name) is not None}
        maps = _maps_in([given.get(name) for name in _DATA])
    return maps


def read_in_batches(given: dict[str, Any], shuffle: bool) -> dict[str, Any]:
    """Return the arguments of `fit` or `evaluate`, with batches for data that contain a `MappedArray`.

    Args:
        given: the arguments by name, after `map_arguments`.
        shuffle: whether each epoch has a new order.
    """
    changed: dict[str, Any] = {}
    data = (given.get("x"),) if given.get("y") is None else (given.get("x"), given["y"])
    size = given.get("batch_size")
    if _maps_in(data):
        steps = given.get("steps_per_epoch") or given.get("steps")
        rows = len(keras.tree.flatten(data)[0])
        in_a_batch = size or (math.ceil(rows / steps) if steps else 32)  # as Keras slices arrays
        changed = {"x": backend.slice_batches(data, in_a_batch, shuffle), "y": None, "batch_size": None}
        changed |= {"shuffle": False} if "shuffle" in given or shuffle else {}
    if _maps_in(given.get("validation_data")):
        data = tuple(
            part for part in keras.utils.unpack_x_y_sample_weight(given["validation_data"]) if part is not None
        )
        size = given.get("validation_batch_size") or size or 32
        changed |= {"validation_data": backend.slice_batches(data, size, False), "validation_batch_size": None}
    return given | changed


def _map(data: Any) -> Any:
    def replacement(leaf):
        rows = mapped(leaf)
        return leaf if rows is None else rows

    return keras.tree.map_structure(replacement, data)


def _maps_in(data: Any) -> list[MappedArray]:
    return [leaf for leaf in keras.tree.flatten(data) if isinstance(leaf, MappedArray)]


def _split(given: dict[str, Any]) -> None:
    """Replace the validation split among the arguments by validation data, with the rows that Keras would take."""
    rows = next(len(leaf) for leaf in keras.tree.flatten(given["x"]) if hasattr(leaf, "shape"))
    first = math.floor(rows * (1.0 - given.pop("validation_split")))

    def part(name, rows):
        return keras.tree.map_structure(lambda leaf: leaf[rows] if hasattr(leaf, "shape") else leaf, given.get(name))

    given["validation_data"] = keras.utils.pack_x_y_sample_weight(*(part(name, slice(first, None)) for name in "xy"))
    given |= {name: part(name, slice(first)) for name in "xy"}
