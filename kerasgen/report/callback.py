"""The page of a run, written while it trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras

from kerasgen import backend
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import KerasgenError
from kerasgen.report.run_page import write_run_page
from kerasgen.report.samples import POINTS, write_points
from kerasgen.runs.directory import Run

_PAGES, _POINTS = 0.01, 0.0075  # largest shares of the training time; the last page and points are written always

Logs = dict[str, Any] | None


def add_page(run: Run, dataset: Any, report: Callable[[str], None]) -> list[keras.callbacks.Callback]:
    """Return the callback for the argument `add_callbacks` of `kerasgen.runs.train`.

    There is none if several hosts train together, because they would not write at the same time.

    Example:
        >>> from kerasgen import runs
        >>> run = runs.train(runs.resolve("vae"), add_callbacks=add_page)  # doctest: +SKIP
    """
    return [ReportPage(run, dataset, report)] if backend.hosts().count == 1 else []


class ReportPage(keras.callbacks.Callback):
    """Callback that writes `report.html` in the directory of a run.

    The page is written at the end of an epoch. If epochs are short, the next page follows some epochs later, so that
    all but the last page take at most 1 % of the time. The points of a model of points take at most 0.75 %.
    A page that cannot be written is reported once and does not end the training.

    Args:
        run: the run.
        dataset: `Dataset` of the run.
        report: function that is called with a line of text for the user.

    Example:
        >>> from kerasgen.report import ReportPage
        >>> from kerasgen.runs import Run
        >>> page = ReportPage(Run("runs/vae-1"), dataset=None)
    """

    def __init__(self, run: Run, dataset: Any, report: Callable[[str], None] = print) -> None:
        super().__init__()
        self.run, self.dataset, self.report = run, dataset, report
        self._pictures: dict = {}
        self._has_failed = False

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start the clock, and write the points before training."""
        self._page, self._points = _RepeatedWork(_PAGES), _RepeatedWork(_POINTS)
        self._written: int | None = None
        self._epoch: int | None = None
        if not (self.run.samples / "epoch-0001.png").exists():
            self._points.do(lambda: self._write_points(0))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the points of the epoch and the page, if there is time."""
        self._epoch = epoch + 1
        is_last = self._epoch >= self.params["epochs"]
        if is_last or self._points.has_time():
            self._points.do(lambda: self._write_points(epoch + 1))
        if not is_last and self._page.has_time():
            self._write()

    def on_train_end(self, logs: Logs = None) -> None:
        """Write the page of the last epoch."""
        self.close()

    def close(self) -> None:
        """Write the page of the newest epoch unless it is written, also after an interruption."""
        if self._epoch is not None and self._written != self._epoch:
            self._write()

    def _write(self) -> None:
        try:
            self._page.do(lambda: write_run_page(self.run, self.model, self.dataset, pictures=self._pictures))
            self._written = self._epoch
        except (KerasgenError, OSError) as error:
            if not self._has_failed:
                self.report(f"no page of the run was written: {error}")
            self._has_failed = True

    def _write_points(self, epoch: int) -> None:
        from kerasgen.models.base.abilities import Generates

        if sample_kind(self.model.sample_shape) == "points" and isinstance(self.model, Generates):
            self.run.samples.mkdir(parents=True, exist_ok=True)
            data = self.dataset.test.first(4 * POINTS)
            write_points(self.run.samples / f"epoch-{epoch:04d}.json", self.model, data)


class _RepeatedWork:
    """Work that is repeated while it takes at most a share of the time since the training began."""

    def __init__(self, max_share: float) -> None:
        self._max_share = max_share
        self._started, self._spent, self._took = time.monotonic(), 0.0, 0.0

    def has_time(self) -> bool:
        """Return whether the work may be done once more, if it takes as long as the last time."""
        return self._spent + self._took <= self._max_share * (time.monotonic() - self._started)

    def do(self, work: Callable[[], Any]) -> None:
        """Do the work and add its time."""
        started = time.monotonic()
        try:
            work()
        finally:
            self._took = time.monotonic() - started
            self._spent += self._took
