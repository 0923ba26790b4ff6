"""Checkpoints of a training, from which the same training goes on as if nothing had happened."""

import contextlib
import json
import shutil
import sys
import time
import warnings
from pathlib import Path

import keras
import numpy as np

from kerasgen.backend import keras_internals
from kerasgen.callbacks.signals import Signals
from kerasgen.errors import NotFiniteError, RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints, interval, refuse_changes
from kerasgen.io.files import atomic_write
from kerasgen.optimizers.group import serialize_optimizer

# What Keras's callbacks remember from one epoch to the next.
_REMEMBERED = {
    keras.callbacks.EarlyStopping: ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
    keras.callbacks.ModelCheckpoint: ("best",),
    keras.callbacks.History: ("epoch", "history"),
}
# Parts of a model's config that are made up anew in each process.
_MADE_UP = {"name", "inbound_nodes", "input_layers", "output_layers", "build_config", "registered_name", "module"}


class Checkpoint(keras.callbacks.Callback):
    """Saves all that the next step depends on after each epoch, and goes on from there when the script runs again.

    That is weights, optimizers, statistics, random states, the means in the logs, the place in the data, the
    history, and what Keras's EarlyStopping, ReduceLROnPlateau and ModelCheckpoint have seen. A training that was
    killed and one that was not end with the same weights, bit for bit, if their batches are the same: those of
    kerasgen's `Batches` are, in the middle of an epoch too; so are those of any data that come in the same order in
    every epoch, as arrays do with `shuffle=False`. Data that Keras or tf.data shuffles come in a new order.

    SIGINT and SIGTERM wait for the end of the step, leave a checkpoint and end `fit` with KeyboardInterrupt or
    SystemExit(143); a second signal ends the process at once. Other callbacks have their state kept if they have
    the methods `get_state()` and `set_state(state)`. Call `fit` with `callbacks=` by name.

    Args:
        directory: of the checkpoints; one process at a time may train into it.
        every: text such as `"500steps"` or `"10min"`, or None: when to save besides the end of each epoch.
        keep: how many checkpoints to keep.
        model_path: a `.keras` file that is kept up to date with the newest checkpoint, or None.
        settings: dict of plain values that must be the same when the training goes on; the model's and the
            optimizers' own, the backend, and size and batches of the data are compared without being named.
        report: function that is given a line about a checkpoint that is used or passed over; prints it by default.

    Raises:
        UsageError: `every` is no such text.
        RunError: by `fit`: the directory is in use or cannot be written, all its checkpoints are damaged, or the
            training differs from the one that wrote them.
        NotFiniteError: by `fit`: a value is NaN or infinite; no checkpoint of such a model is ever written.
    """

    def __init__(self, directory, every=None, keep=3, model_path=None, settings=None, report=None):
        super().__init__()
        self.directory, self.keep, self.model_path = Path(directory), keep, model_path
        self.settings, self.report = settings or {}, report or _to_stderr
        self.every_steps, self.every_seconds = interval(None if every is None else str(every))
        self._checkpoints = Checkpoints(directory, keep)
        self._signals = None

    @contextlib.contextmanager
    def during_fit(self, data, callbacks):
        """Be in charge while `fit` runs on `data`: yield its callbacks in the order that they need.

        This callback comes last, so that a checkpoint has what the others have learnt from the epoch.
        """
        self._data = data
        self._others = [callback for callback in callbacks if callback is not self]
        if not any(isinstance(callback, keras.callbacks.History) for callback in callbacks):
            self._others.append(keras.callbacks.History())
        self._resumed, self._last = None, None
        with self._checkpoints.locked(), Signals() as self._signals:
            try:
                yield [*self._others, self]
            except NotFiniteError as error:
                raise NotFiniteError(f"{error}; the last good checkpoint is {self._last or 'none'}") from None
            except BaseException:
                self.model.train_function = None  # it may be the one that passes steps over
                raise
            finally:
                self._signals = None
                keras_internals.begin_at(self.model, None)

    def on_train_begin(self, logs=None):
        """Go on from the newest checkpoint that is whole, if there is one."""
        if self._signals is None:
            raise UsageError("Checkpoint works with models of kerasgen, in fit(..., callbacks=[...])")
        self._identity = self._described()
        path, state, passed_over = self._checkpoints.newest()
        for line in passed_over:
            self.report(f"{line}; passed over")
        if path is not None:
            self._go_on_from(path, state)
        self._saved_at = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        """Begin the epoch, or go on in the middle of it."""
        self._epoch, self._step, self._passed = epoch, 0, 0
        if self._resumed is not None and self._resumed["step"] and self._resumed["epoch"] == epoch:
            self._step = self._passed = self._resumed["step"]
            self._set_values(self._resumed["values"])
            self.model.skip_steps(-(-self._step // self.model.steps_per_execution))
        self._resumed = None
        if hasattr(self._data, "go_to"):
            self._data.go_to(epoch, self._step)
        self._saved_step = self._step
        if self._last is None:
            self._save()
        self._stop_if_asked()

    def on_train_batch_begin(self, batch, logs=None):
        """Save if it is time to, or if the process was told to stop."""
        if batch < self._passed:
            return
        self._step = batch
        due = self.every_steps and self._step - self._saved_step >= self.every_steps
        if due or (self.every_seconds and time.monotonic() - self._saved_at >= self.every_seconds):
            self._save()
        self._stop_if_asked()

    def on_test_begin(self, logs=None):
        """Hold what the validation will change: the means in the logs and the random states."""
        self._step = self.params["steps"] or self._step + self.model.steps_per_execution
        self._held = self._values()
        self._stop_if_asked()

    def on_test_batch_begin(self, batch, logs=None):
        """Save as it was before the validation if the process was told to stop."""
        if self._signals.received is not None:
            self._set_values(self._held)
            self._stop_if_asked()

    def on_epoch_end(self, epoch, logs=None):
        """Save."""
        self._epoch, self._step = epoch + 1, 0
        self._save()
        self._stop_if_asked()

    def _stop_if_asked(self):
        if self._signals.received is not None:
            self._save()
            self.report(f"stopped; all is kept in {self._last}")
            self._signals.obey()

    # -- saving

    def _save(self):
        path = self._checkpoints.path(self._epoch, self._step)
        if path == self._last:
            return
        self._check_finite()
        try:
            self._last = self._checkpoints.write(path, self._state(), self.model.save)
            if self.model_path is not None:
                with atomic_write(self.model_path) as temporary:
                    shutil.copyfile(self._last / "model.keras", temporary)
        except OSError as error:
            kept = f"the last good checkpoint is {self._last}" if self._last else "there is no checkpoint"
            reason = error.strerror or error
            raise RunError(f"training stopped: cannot write {error.filename or path}: {reason}; {kept}") from error
        self._saved_at, self._saved_step = time.monotonic(), self._step

    def _state(self):
        return {
            "epoch": self._epoch,
            "step": self._step,
            "stopped": bool(self.model.stop_training),
            "values": self._values() if self._step else None,
            "callbacks": [_get_state(callback) for callback in self._remembering()],
            "identity": self._identity,
        }

    def _check_finite(self):
        model = self.model
        for variable in [*model.variables, *model.optimizer.variables]:
            value = keras.ops.convert_to_numpy(variable)
            if not np.isfinite(value.astype("float32", copy=False)).all():
                raise NotFiniteError(f"{variable.path} is NaN or infinite: the training has broken down")

    # -- going on

    def _go_on_from(self, path, state):
        refuse_changes(path, state["identity"], self._identity)
        remembering = self._remembering()
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("error", "Skipping")  # Keras skips what does not fit, and leaves it untrained
                self.model.load_weights(path / "model.keras")
        except (ValueError, KeyError, UserWarning) as error:
            raise RunError(f"cannot go on from {path}: its weights do not fit the model") from error
        for callback, remembered in zip(remembering, state["callbacks"], strict=True):
            _set_state(callback, remembered)
        keras_internals.begin_at(self.model, sys.maxsize if state["stopped"] else state["epoch"])
        self._resumed, self._last = state, path
        self.report(f"going on from {path}" if not state["stopped"] else f"{path} is the end of this training")

    def _remembering(self):
        return [callback for callback in self._others if hasattr(callback, "get_state") or _attributes(callback)]

    def _values(self):
        # Lists, which JSON keeps exactly: a float32 is a Python float, and a random state two integers
        variables = [*self.model.metrics_variables, *self.model.seed_states]
        return [keras.ops.convert_to_numpy(variable).tolist() for variable in variables]

    def _set_values(self, values):
        for variable, value in zip([*self.model.metrics_variables, *self.model.seed_states], values, strict=True):
            variable.assign(np.asarray(value, keras.backend.standardize_dtype(variable.dtype)))

    def _described(self):
        model, data = self.model, self._data
        batches = {name: getattr(data, name) for name in ("batch_size", "shuffle", "seed") if hasattr(data, name)}
        shape = getattr(data, "shape", None)
        about = {
            "backend": keras.backend.backend(),
            "model": {"class_name": type(model).__name__, "config": model.get_config()},
            "optimizer": serialize_optimizer(model.optimizer),
            "steps_per_execution": model.steps_per_execution,
            "callbacks": [type(callback).__name__ for callback in self._remembering()],
            "data": batches | {"steps": self.params["steps"]} | ({"shape": shape} if shape is not None else {}),
        }
        return json.loads(json.dumps(self.settings | _without_names(about), default=str))


def _without_names(value):
    if isinstance(value, dict):
        if value.get("class_name") == "DTypePolicy":  # the one whose name says what it is
            return value["config"]["name"]
        made_up = _MADE_UP | ({"first", "steps"} if {"first", "steps", "begin"} <= set(value) else set())  # LinearDecay
        return {key: _without_names(item) for key, item in value.items() if key not in made_up}
    return [_without_names(item) for item in value] if isinstance(value, (list, tuple)) else value


def _attributes(callback):
    return next((names for kind, names in _REMEMBERED.items() if isinstance(callback, kind)), ())


def _get_state(callback):
    if hasattr(callback, "get_state"):
        return callback.get_state()
    return {name: getattr(callback, name) for name in _attributes(callback)}


def _set_state(callback, state):
    if hasattr(callback, "set_state"):
        callback.set_state(state)
    else:
        for name, value in state.items():
            setattr(callback, name, value)


def _to_stderr(line):
    print(line, file=sys.stderr, flush=True)
