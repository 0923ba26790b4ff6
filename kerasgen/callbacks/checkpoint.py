"""Checkpoints of a training, from which it resumes with bit-exact results."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasgen.backend import keras_internals
from kerasgen.callbacks import callback_state
from kerasgen.callbacks.deferred_signals import DeferredSignals
from kerasgen.callbacks.training_identity import describe_training
from kerasgen.errors import ModelFileError, NotFiniteError, RunError, UsageError
from kerasgen.io.changes import refuse_changes
from kerasgen.io.checkpoints import MODEL_FILE, Checkpoints, SavedCheckpoint, parse_interval
from kerasgen.io.files import link_or_copy
from kerasgen.models.load import restore

Logs = dict[str, Any] | None


class Checkpoint(keras.callbacks.Callback):
    """Callback that saves the whole state of a training after each epoch, and resumes from it when the script restarts.

    The state consists of weights, optimizers, statistics, random states, running means, the position in the data, the
    history, and the state of Keras's `EarlyStopping`, `ReduceLROnPlateau` and `ModelCheckpoint`. A killed and
    resumed training ends with the weights of an uninterrupted one, bit for bit, if their batches are the same. The
    batches are the same for kerasgen's `Batches`, also after a kill in the middle of an epoch, and for data in a fixed
    order, such as arrays with `shuffle=False`. Data that Keras or tf.data shuffles come in a new order.

    SIGINT and SIGTERM wait for the end of the step, save a checkpoint and end `fit` with `KeyboardInterrupt` or
    `SystemExit(143)`. A second signal ends the process at once. The state of other callbacks is saved if they have the
    methods `get_state()` and `set_state(state)`. Pass `callbacks=` to `fit` by name.

    Args:
        directory: directory of the checkpoints, or its `Checkpoints`; only one process at a time may train in it.
        every: interval of additional checkpoints, such as `"500steps"` or `"10min"`, or None.
        keep: number of checkpoints to keep.
        model_path: `.keras` file that always holds the model of the newest checkpoint, or None.
        keep_best: name of a logged value, such as `"val_loss"`, or None. The model of the epoch with its lowest value
            is kept in `best_path`; for a name that contains "accuracy", that with its highest value.
        best_path: `.keras` file of the best model; `best.keras` in the directory by default.
        settings: dict of plain values that must be the same when the training is resumed. The settings of the model
            and of the optimizers, the backend, and the size and batches of the data are compared in any case.
        report: function that receives one line about each checkpoint that is used or skipped; the default prints it
            to stderr.

    Raises:
        UsageError: `every` is not an interval, `keep` is not a number of 1 or more, or `keep_best` is not logged.
        RunError: by `fit`: the directory is in use or cannot be written, all its checkpoints are damaged, or they are
            of another training.
        NotFiniteError: by `fit`: a value is NaN or infinite. The checkpoint of such a model is never written.

    Example:
        >>> import kerasgen
        >>> checkpoint = kerasgen.callbacks.Checkpoint("checkpoints", every="10min", keep=2)
        >>> # model.fit(images, epochs=30, callbacks=[checkpoint])
    """

    def __init__(
        self,
        directory: str | os.PathLike | Checkpoints,
        every: str | None = None,
        keep: int = 3,
        model_path: str | os.PathLike | None = None,
        keep_best: str | None = None,
        best_path: str | os.PathLike | None = None,
        settings: dict[str, Any] | None = None,
        report: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._checkpoints = directory if isinstance(directory, Checkpoints) else Checkpoints(directory, keep)
        self.directory, self.keep = self._checkpoints.directory, self._checkpoints.keep
        self.model_path, self.keep_best = model_path, keep_best
        self.best_path = self.directory / "best.keras" if best_path is None else best_path
        self.settings, self.report = settings or {}, report or _print_to_stderr
        self.every_steps, self.every_seconds = parse_interval(None if every is None else str(every))
        self._signals: Any = None
        self._best: dict[str, Any] | None = None
        self._saved: SavedCheckpoint | None = None

    @property
    def accepts_grouped_steps(self) -> bool:
        """Whether `fit` may group short steps; false if a checkpoint could fall within a group."""
        state = {"step": 0} if self._saved is None else self._saved.state
        return not self.every_steps and (not state["step"] or bool(state.get("grouped")))

    @contextlib.contextmanager
    def during_fit(
        self, data: Any, callbacks: Sequence[keras.callbacks.Callback]
    ) -> Iterator[list[keras.callbacks.Callback]]:
        """Context manager that surrounds `fit` and yields its callbacks in the required order.

        This callback comes last, so that a checkpoint includes the state of the others after the epoch.

        Args:
            data: argument `x` of `fit`.
            callbacks: argument `callbacks` of `fit`.
        """
        self._data = data
        self._others = [callback for callback in callbacks if callback is not self]
        if not any(isinstance(callback, keras.callbacks.History) for callback in callbacks):
            self._others.append(keras.callbacks.History())
        self._resumed: dict[str, Any] | None = None
        self._last: Any = None
        self._best = None
        with self._checkpoints.locked(), DeferredSignals() as self._signals:
            try:
                self._saved, self._skipped_lines = self._checkpoints.newest()
                yield [*self._others, self]
            except NotFiniteError as error:
                raise NotFiniteError(f"{error}; the last good checkpoint is {self._last or 'none'}") from None
            except BaseException:
                self.model.train_function = None  # it may be the one that skips steps
                raise
            finally:
                self._signals = None
                keras_internals.set_initial_epoch(self.model, None)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Resume from the newest valid checkpoint, if there is one."""
        if self._signals is None:
            raise UsageError("Checkpoint works with models of kerasgen, in fit(..., callbacks=[...])")
        self._stateful = [callback for callback in self._others if callback_state.has_state(callback)]
        described = describe_training(self.model, self._data, self.params["steps"], self._stateful)
        self._identity = json.loads(json.dumps(self.settings, default=str)) | described
        for line in self._skipped_lines:
            self.report(f"{line}; skipped")
        if self._saved is not None:
            self._resume_from(self._saved)
        self._saved = None  # its arrays need memory
        self._saved_at = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begin the epoch, or resume in the middle of it."""
        self._epoch, self._step, self._skipped = epoch, 0, 0
        if self._resumed is not None and self._resumed["step"] and self._resumed["epoch"] == epoch:
            self._step = self._skipped = self._resumed["step"]
            with _invalid_state(self._last):
                self._set_names(self._resumed.get("names"))
                self._set_values(self._resumed["values"])
            self.model.skip_steps(-(-self._step // self.model.steps_per_execution))
        self._resumed = None
        if hasattr(self._data, "go_to"):
            self._data.go_to(epoch, self._step)
        self._saved_step = self._step
        if self._last is None:
            self._save()
        self._stop_if_asked()

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Save a checkpoint if the interval has passed or a signal was received."""
        if batch < self._skipped:
            return
        self._step = batch
        due = self.every_steps and self._step - self._saved_step >= self.every_steps
        if due or (self.every_seconds and time.monotonic() - self._saved_at >= self.every_seconds):
            self._save()
        self._stop_if_asked()

    def on_test_begin(self, logs: Logs = None) -> None:
        """Store the values that the validation changes: the running means and the random states."""
        self._step = self.params["steps"] or self._step + self.model.steps_per_execution
        self._before_test = self._names(), self._values()
        self._stop_if_asked()

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Save the state of before the validation if a signal was received."""
        if self._signals.received is not None:
            names, values = self._before_test
            self._set_names(names)
            self._set_values(values)
            self._stop_if_asked()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save a checkpoint."""
        self._epoch, self._step = epoch + 1, 0
        if self.keep_best is not None:
            self._update_best(self.keep_best, logs or {})
        self._save()
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self._signals.received is not None:
            self._save()
            self.report(f"stopped; the training is saved in {self._last}")
            self._signals.raise_if_received()

    # -- saving

    def _save(self) -> None:
        path = self._checkpoints.path(self._epoch, self._step)
        if path == self._last:
            return
        self._check_finite()
        try:
            self._last = self._checkpoints.write(self._state(), self.model.save)
            self._link_models()
        except RunError:
            raise
        except OSError as error:
            message = f"training stopped: cannot write {error.filename or path}: {error.strerror or error}"
            trained = self._last is not None and self._last != self._checkpoints.path(0, 0)
            raise RunError(f"{message}; the last good checkpoint is {self._last}" if trained else message) from error
        self._saved_at, self._saved_step = time.monotonic(), self._step

    def _state(self) -> dict[str, Any]:
        return {
            "epoch": self._epoch,
            "step": self._step,
            "grouped": self.model.steps_per_execution != self.model.compiled_steps_per_execution,
            "stopped": bool(self.model.stop_training),
            "names": self._names() if self._step else None,
            "values": self._values() if self._step else None,
            "best": self._best,
            "callbacks": [callback_state.get_state(callback) for callback in self._stateful],
            "identity": self._identity,
        }

    def _link_models(self) -> None:
        """Let `model_path` and `best_path` be the model of the checkpoint `self._last`, without a copy if possible."""
        if self.model_path is not None:
            link_or_copy(self._last / MODEL_FILE, self.model_path)
        if self._best and not self._step and self._best["epoch"] == self._epoch:
            link_or_copy(self._last / MODEL_FILE, self.best_path)

    def _update_best(self, best: str, logs: dict[str, Any]) -> None:
        if best not in logs:
            without_validation = not any(name.startswith("val_") for name in logs)
            if self._best is not None or (without_validation and best.startswith("val_")):
                return
            raise UsageError(f"keep_best is {best!r}, which is not logged; known: {', '.join(logs)}")
        value = float(keras.ops.convert_to_numpy(logs[best]))
        sign = -1.0 if "accuracy" in best else 1.0
        if self._best is None or sign * value < sign * self._best["value"]:
            self._best = {"name": best, "value": value, "epoch": self._epoch}

    def _check_finite(self) -> None:
        model = self.model
        for variable in [*model.variables, *model.optimizer.variables]:
            value = keras.ops.convert_to_numpy(variable)
            if not np.isfinite(value.astype("float32", copy=False)).all():
                raise NotFiniteError(f"{variable.path} is NaN or infinite: the training has diverged")

    # -- resuming

    def _resume_from(self, saved: SavedCheckpoint) -> None:
        path, state = saved.path, saved.state
        refuse_changes(path, state["identity"], self._identity)
        try:
            restore(self.model, path / MODEL_FILE)
        except ModelFileError as error:
            raise RunError(f"cannot resume from {path}: {error}") from error
        with _invalid_state(path):
            for callback, callback_saved in zip(self._stateful, state["callbacks"], strict=True):
                callback_state.set_state(callback, callback_saved)
            self._best = _valid_best(state.get("best"), self.keep_best)
        self._epoch, self._step = state["epoch"], state["step"]
        self._resumed, self._last = state, path
        self._link_models()  # a kill may have come between the checkpoint and the link
        is_over = state["stopped"] or self._epoch >= self.params["epochs"]
        keras_internals.set_initial_epoch(self.model, sys.maxsize if is_over else self._epoch)
        self.report(f"{path} is the end of this training" if is_over else f"resuming from {path}")

    def _names(self) -> list[list[str]]:
        return [list(metric.names) for metric in self.model.metrics if hasattr(metric, "names")]

    def _set_names(self, names: list[list[str]] | None) -> None:
        """Name the running means, whose names are otherwise known only after the first step."""
        metrics = [metric for metric in self.model.metrics if hasattr(metric, "names")]
        for metric, saved in zip(metrics, self._names() if names is None else names, strict=True):
            if not isinstance(saved, list) or not all(isinstance(name, str) for name in saved):
                raise ValueError("the names of the logged values are not text")
            if list(metric.names) != saved:
                metric.names = saved

    def _values(self) -> list[Any]:
        # Lists, which JSON keeps exactly: a float32 is a Python float, and a random state two integers
        variables = [*self.model.metrics_variables, *self.model.seed_states]
        return [keras.ops.convert_to_numpy(variable).tolist() for variable in variables]

    def _set_values(self, values: list[Any]) -> None:
        for variable, value in zip([*self.model.metrics_variables, *self.model.seed_states], values, strict=True):
            variable.assign(np.asarray(value, keras.backend.standardize_dtype(variable.dtype)))


@contextlib.contextmanager
def _invalid_state(path: Path) -> Iterator[None]:
    """Context manager that turns the errors of a state that does not fit the training into one line."""
    try:
        yield
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RunError(f"cannot resume from {path}: its state is not valid for this training ({reason})") from error


def _valid_best(best: dict[str, Any] | None, name: str | None) -> dict[str, Any] | None:
    """Return the saved best value, or None if it is of another name."""
    if best is None or best.get("name") != name:
        return None
    return {"name": name, "value": float(best["value"]), "epoch": int(best["epoch"])}


def _print_to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
