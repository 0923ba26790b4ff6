"""The runner of experiments: trains each seed, measures it and makes the rows of the table of results."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerasgen.experiments import results
from kerasgen.experiments.experiment import Experiment
from kerasgen.experiments.trial import Trial, load_data
from kerasgen.io.files import atomic_write

Measured = dict[str, dict[str, Any]]  # sampler -> metric -> value; "baseline" -> metric -> text


def run(
    experiment: Experiment,
    folder: Path | str | None = None,
    *,
    data_dir: Path | str | None = None,
    progress: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> list[results.Row]:
    """Train and measure all seeds of an experiment on the current backend, and return its rows of results.

    Args:
        experiment: The experiment, or its `quick_version()`.
        folder: Directory that keeps the values of finished seeds, checkpoints and pictures. Called again with the same
            folder, a killed experiment continues: finished seeds are not trained again. None keeps nothing.
        data_dir: Folder of TensorFlow Datasets, or the folder that holds the data set's folder.
        progress: Whether to show a progress bar.
        report: Function that is given a line of text for each seed.

    Returns:
        Rows as dicts of column -> text, without `date`, `hardware` and `command`; see `kerasgen.experiments.results`.

    Raises:
        KerasgenError: The data cannot be used.
        NotFiniteError: A training diverged.

    Example:
        .. code-block:: python

            from kerasgen.experiments.runner import run
            from kerasgen.zoo import experiments

            rows = run(experiments.get("ring-8-gan").quick_version(), report=print)
    """
    import keras

    backend, dataset, seeds = keras.backend.backend(), None, []
    for seed in range(experiment.seeds):
        place = None if folder is None else Path(folder) / experiment.name / f"{backend}-seed-{seed}"
        measured = place and _kept(place, experiment)
        if not measured:
            start = time.perf_counter()
            dataset = dataset or load_data(experiment, data_dir)
            measured = _measure(Trial(experiment, dataset, seed, place, progress))
            report(f"seed {seed}: {_in_words(measured, experiment)}; {time.perf_counter() - start:.0f} s")
            if place is not None:
                _keep(place, experiment, measured)
        seeds.append(measured)
    return _rows(experiment, backend, seeds)


def _measure(trial: Trial) -> Measured:
    """Return the values of one seed, of each sampler; of the first seed the measured references too."""
    experiment = trial.experiment
    if experiment.is_trained:
        trial.model = trial.train()
    measured: Measured = {}
    for trial.sampler in experiment.samplers:
        measured[trial.sampler] = {name: float(value) for name, value in experiment.measure(trial).items()}
    if experiment.baseline and trial.seed == 0:
        measured["baseline"] = dict(experiment.baseline(trial))
    return measured


def _rows(experiment: Experiment, backend: str, seeds: list[Measured]) -> list[results.Row]:
    """Return the rows: the mean over the seeds of each metric, for each sampler."""
    rows = []
    for sampler in experiment.samplers:
        for metric in experiment.metrics:
            values = [measured[sampler][metric.name] for measured in seeds]
            value, spread = results.mean_and_spread(values, metric.digits, metric.error_digits)
            if experiment.show_seeds and len(values) > 1:
                spread += f" (seeds: {', '.join(f'{each:.{metric.digits}f}' for each in values)})"
            references = (metric.reference, seeds[0].get("baseline", {}).get(metric.name, ""))
            rows.append(
                {
                    "figure": experiment.table,
                    "recipe": experiment.row_label(sampler),
                    "dataset": experiment.dataset,
                    "backend": backend,
                    "metric": metric.name,
                    "value": value,
                    "spread": spread,
                    "seeds": str(len(values)) if experiment.is_trained else "",
                    "reference": "; ".join(filter(None, references)),
                    "reference_source": experiment.source,
                    "epochs": experiment.length,
                    "setup": experiment.setup,
                }
            )
    return rows


def _kept(place: Path, experiment: Experiment) -> Measured | None:
    """Return the values of a finished seed, or None if there are none with the same settings."""
    path = place.with_suffix(".json")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_same = isinstance(record, dict) and record.get("settings") == _plain(experiment.settings())
    return record.get("measured") if is_same else None


def _keep(place: Path, experiment: Experiment, measured: Measured) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    record = {"settings": experiment.settings(), "measured": measured}
    with atomic_write(place.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(place, ignore_errors=True)  # the checkpoints


def _plain(settings: dict[str, object]) -> Any:
    return json.loads(json.dumps(settings))


def _in_words(measured: Measured, experiment: Experiment) -> str:
    digits = {metric.name: metric.digits for metric in experiment.metrics}
    words = []
    for sampler in experiment.samplers:
        prefix = f"{sampler}: " if len(experiment.samplers) > 1 else ""
        words += [f"{prefix}{name} {value:.{digits[name]}f}" for name, value in measured[sampler].items()]
    return ", ".join(words)
