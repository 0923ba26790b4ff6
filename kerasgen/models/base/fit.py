"""The methods `fit` and `evaluate`, and a list of callbacks that skips unused events of batches.

The functions whose first argument is `self` are methods of `GenerativeModel`.
"""

import contextlib
import inspect
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any

import keras

from kerasgen import backend
from kerasgen.backend.first_batch import check_first_batch
from kerasgen.errors import UsageError, check_whole, counted, shorten
from kerasgen.models.base.images import check_unweighted
from kerasgen.models.base.mapped_data import map_arguments, read_in_batches
from kerasgen.models.base.monitors import MonitorCheck

_BATCH_EVENTS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)
# Arguments of `fit` and `evaluate` that are whole numbers, and their smallest values
_COUNTS = {
    "batch_size": 1,
    "epochs": 0,
    "initial_epoch": 0,
    "steps_per_epoch": 1,
    "steps": 1,
    "validation_batch_size": 1,
    "validation_steps": 1,
}


def fit(self: Any, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> keras.callbacks.History:
    """Train as `keras.Model.fit` does; arrays, including those to validate with, are checked first.

    A callback with a method `during_fit(data, callbacks)`, a context manager that yields all callbacks in their
    order, controls the training; see `kerasgen.callbacks.Checkpoint`. A callback with `accepts_grouped_steps = True`
    may get one event for several short steps, which is faster on some backends.
    """
    given = inspect.signature(keras.Model.fit).bind(self, x, y, *args, **kwargs).arguments
    del given["self"]
    _check_counts(given)
    check_unweighted(given.get("sample_weight"), given.get("class_weight"))
    maps = map_arguments(given)
    given["x"], given["y"] = check_data(self, given.get("x"), given.get("y"))
    if given.get("validation_data") is not None:
        *arrays, weights = keras.utils.unpack_x_y_sample_weight(given["validation_data"])
        check_unweighted(weights)
        given["validation_data"] = keras.utils.pack_x_y_sample_weight(*check_data(self, *arrays))
        given.pop("validation_split", None)  # as in Keras
    self.prepare_fit(**given)
    with contextlib.ExitStack() as stack:
        callbacks = keras.tree.flatten(given.get("callbacks") or [])
        if own := self.fit_callbacks():
            callbacks = given["callbacks"] = [*own, *callbacks]
        for callback in [each for each in callbacks if hasattr(each, "during_fit")]:
            callback.set_model(self)
            callbacks = given["callbacks"] = stack.enter_context(callback.during_fit(x, callbacks))
        if any(hasattr(each, "monitor") for each in callbacks):
            stack.enter_context(warnings.catch_warnings())
            callbacks = given["callbacks"] = [MonitorCheck(callbacks), *callbacks]
        if given.get("verbose") == 0 and not isinstance(given.get("callbacks"), keras.callbacks.CallbackList):
            given["callbacks"] = quiet_callbacks(self, **given | {"callbacks": callbacks})
        # Steps are not grouped if their number is given, because it may not be a multiple of the group.
        counted = any(given.get(name) is not None for name in ("steps_per_epoch", "validation_steps"))
        quiet = given.get("verbose") == 0 and all(map(_accepts_grouped_steps, callbacks))
        if quiet and _has_short_steps(self) and not counted:
            stack.enter_context(self.grouped_steps())
        stack.enter_context(_own_errors(given["x"], given.get("validation_data"), *maps))
        return backend.BackendModel.fit(self, **read_in_batches(given, bool(given.get("shuffle", True))))


def evaluate(self: Any, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return the logged values for test data as `keras.Model.evaluate` does; arrays are checked first.

    Without `return_dict=True` they are a list in the order of `metrics_names`, which begins with the loss.

    Raises:
        UsageError: the model is not compiled, or weights of samples are given.
    """
    if not self.compiled:  # on PyTorch Keras looks for an optimizer before it reports this
        raise UsageError(f"this {type(self).__name__} has not been compiled; call compile() before evaluate()")
    given = inspect.signature(keras.Model.evaluate).bind(self, x, y, *args, **kwargs).arguments
    del given["self"]
    _check_counts(given)
    check_unweighted(given.get("sample_weight"))
    maps = map_arguments(given)
    given["x"], given["y"] = check_data(self, given.get("x"), given.get("y"))
    as_dict, private = given.pop("return_dict", False), given.pop("kwargs", {})
    with _own_errors(given["x"], *maps):
        logs = backend.BackendModel.evaluate(self, **read_in_batches(given, False), **private, return_dict=True)
    return logs if as_dict else _in_order(self, logs)


def train_on_batch(
    self: Any, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
) -> Any:
    """Take one step on a batch as `keras.Model.train_on_batch` does, and return the logged values as `evaluate` does.

    Raises:
        DataError, UsageError: samples, labels or weights that the model cannot take.
    """
    return _on_batch(self, backend.BackendModel.train_on_batch, x, y, (sample_weight, class_weight), return_dict)


def evaluate_on_batch(self: Any, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
    """Return the logged values for a batch as `evaluate` does; the method `test_on_batch`.

    Raises:
        DataError, UsageError: samples, labels or weights that the model cannot take.
    """
    return _on_batch(self, backend.BackendModel.test_on_batch, x, y, (sample_weight,), return_dict)


def _on_batch(model, method, x, y, weights, as_dict):
    check_unweighted(*weights)
    logs = method(model, *check_data(model, x, y), return_dict=True)
    return logs if as_dict else _in_order(model, logs)


def _in_order(model, logs):
    """Return the logged values as a list that begins with the loss."""
    return [logs[name] for name in [*model.metrics_names, *logs][: len(logs)]]


def check_data(model: Any, x: Any, y: Any = None) -> tuple[Any, Any]:
    """Validate arrays, or the first batch of data that come in batches, and return `(x, y)` to train on.

    Args:
        model: `GenerativeModel`.
        x: arrays, tensors, or an iterable of batches. kerasgen's `Batches` were checked when they were read.
        y: arrays or None.

    Raises:
        DataError, UsageError: samples or labels that the model cannot take.
    """
    _check_kind(x)
    in_batches = isinstance(x, keras.utils.PyDataset) or hasattr(x, "__iter__")
    if not in_batches or hasattr(x, "go_to") or hasattr(x, "shape") or isinstance(x, dict | list | tuple):
        return model.check_arrays(x, y)

    def check(batch):
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(batch)
        check_unweighted(weights)
        model.check_arrays(images, labels)

    return check_first_batch(x, check), y


def skip_steps(self: Any, calls: int) -> None:
    """Skip the next `calls` training steps: consume their data without updating the model.

    Used to resume in mid-epoch.
    """
    function, left = self.train_function, calls
    logs = {name: float(value) for name, value in self.running_means.result().items()}

    def skip(*arguments):
        nonlocal left
        left -= 1
        if not left:
            self.train_function = function
        return backend.skipped_step(arguments, self.steps_per_execution, logs)

    self.train_function = skip


@contextlib.contextmanager
def _own_errors(*data: Any) -> Iterator[None]:
    """Context manager that raises the `failure` of data: TensorFlow replaces such an error, or ends the data."""
    parts = [each for each in data if hasattr(each, "failure")]
    for each in parts:
        each.failure = None
    try:
        yield
    except Exception as error:
        failure = next((each.failure for each in parts if each.failure is not None), None)
        if failure is None or failure is error:
            raise
        raise failure from None
    failure = next((each.failure for each in parts if each.failure is not None), None)
    if failure is not None:
        raise failure


def _check_kind(x):
    """Raise a `UsageError` for data that Keras takes as several inputs, or as no input, of a model.

    Keras takes the images of a list as the inputs of one model, and shuffles their rows.
    """
    samples = next((x[name] for name in ("images", "a") if name in x), ()) if isinstance(x, dict) else x
    if samples is None:
        raise UsageError("there is no data; give an array of samples, or a data set of batches")
    if isinstance(samples, str | os.PathLike):
        raise UsageError(
            f"received the path {shorten(str(samples))}; load it first, for example with kerasgen.data.load(path)"
        )
    if isinstance(samples, list | tuple) and len(samples):
        raise UsageError(
            f"received a {type(samples).__name__} of {counted(len(samples), 'part')}; give one array (N, ...), such as "
            "numpy.stack(images), and labels or a second array as the second argument"
        )


def _check_counts(given):
    """Raise a `UsageError` for a number among the arguments of `fit` or `evaluate` that is impossible."""
    split, frequency = given.get("validation_split"), given.get("validation_freq")
    if split is not None and not (isinstance(split, Real) and 0 <= split < 1):
        raise UsageError(f"validation_split is {shorten(split)}; it is a fraction of the samples, from 0 to below 1")
    if frequency is not None and not isinstance(frequency, list | tuple | set | range):
        check_whole("validation_freq", frequency, 1)
    for name, minimum in _COUNTS.items():
        if given.get(name) is not None:
            check_whole(name, given[name], minimum)


def _has_short_steps(model):
    """Return whether steps are so short that Ctrl-C may wait for several: small samples, or dense layers only."""
    return math.prod(model.sample_shape[:2]) <= 32 * 32 or all(len(v.shape) <= 2 for v in model.trainable_variables)


class QuietCallbackList(keras.callbacks.CallbackList):
    """List of callbacks that skips the events of batches, for callbacks that define none.

    Keras turns the logs of each batch into Python numbers even if no callback uses them. For a small model on JAX this
    costs a tenth of the time.
    """

    def on_train_batch_begin(self, batch, logs=None):
        """Do nothing."""

    def on_train_batch_end(self, batch, logs=None):
        """Do nothing."""

    def on_test_batch_begin(self, batch, logs=None):
        """Do nothing."""

    def on_test_batch_end(self, batch, logs=None):
        """Do nothing."""


def has_batch_events(callback: keras.callbacks.Callback) -> bool:
    """Return whether a callback defines an event of a training or validation batch."""
    default = keras.callbacks.Callback
    return any(
        getattr(type(callback), event) is not getattr(default, event) or event in vars(callback)
        for event in _BATCH_EVENTS
    )


def _accepts_grouped_steps(callback):
    return getattr(callback, "accepts_grouped_steps", False) or not has_batch_events(callback)


def quiet_callbacks(
    model: keras.Model,
    x: Any,
    callbacks: Sequence[keras.callbacks.Callback],
    batch_size: int | None = None,
    epochs: int = 1,
    steps_per_epoch: int | None = None,
    **others: Any,
) -> Any:
    """Return the callbacks of `model.fit(x, ...)`, as a `QuietCallbackList` if none defines an event of a batch."""
    if any(map(has_batch_events, callbacks)):
        return callbacks
    steps = steps_per_epoch or steps_of(x, batch_size, others.get("validation_split"))
    return QuietCallbackList(callbacks, add_history=True, model=model, verbose=0, epochs=epochs, steps=steps)


def steps_of(x: Any, batch_size: int | None = None, validation_split: float | None = None) -> int | None:
    """Return the number of steps in an epoch of `fit` on `x`, or None if it is unknown."""
    arrays = [array for array in keras.tree.flatten(x) if hasattr(array, "shape")]
    if arrays:
        count = math.floor(arrays[0].shape[0] * (1.0 - (validation_split or 0.0)))  # as Keras splits arrays
        return -(-count // (batch_size or 32))
    try:
        return len(x)
    except TypeError:
        return None
