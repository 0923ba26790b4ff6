"""One seed of an experiment: its data, its training and the samples that are measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kerasgen import data, samplers, zoo
from kerasgen.data.pixels import as_floats
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import UsageError
from kerasgen.experiments.experiment import Experiment


def load_data(experiment: Experiment, data_dir: Path | str | None = None) -> Any:
    """Return the `Dataset` of an experiment; None if it trains on noise.

    Args:
        experiment: The experiment.
        data_dir: Folder of TensorFlow Datasets, or the folder that holds the data set's folder.

    Raises:
        UsageError: The data set is a folder that the user has to provide, and `data_dir` is None.
    """
    if not experiment.is_trained:
        return None
    kind = zoo.get(experiment.recipe).kind
    if not experiment.in_data_dir:
        return data.load(experiment.dataset, image_size=experiment.image_size, data_dir=data_dir, kind=kind)
    if data_dir is None:
        name = experiment.dataset
        raise UsageError(f"{name} is not bundled and not downloaded; give --data-dir, the folder that holds {name}")
    return data.load(Path(data_dir) / experiment.dataset, image_size=experiment.image_size, kind=kind)


@dataclass
class Trial:
    """One seed of an experiment.

    Attributes:
        experiment: The experiment.
        dataset: `Dataset` that `load_data` returned.
        seed: Seed of the weights, the noise, the order of the data and the samples.
        folder: Directory of checkpoints and pictures; None writes nothing.
        progress: Whether to show a progress bar.
        model: The trained model; None before the training.
        sampler: Source of latents, one of the experiment's `samplers`.
        fitted: Name of a sampler -> the fitted sampler.
    """

    experiment: Experiment
    dataset: Any
    seed: int
    folder: Path | None = None
    progress: bool = False
    model: Any = None
    sampler: str = "prior"
    fitted: dict[str, Any] = field(default_factory=dict)

    def train(self, stage: str = "training", **changes: object) -> Any:
        """Return the recipe's model after the experiment's training.

        Args:
            stage: Name of the training; its checkpoints have a directory of that name.
            changes: Options of the recipe that differ from the experiment's.
        """
        import keras

        keras.utils.set_random_seed(self.seed)
        options = self.experiment.all_options | changes
        recipe = zoo.get(self.experiment.recipe)
        model = recipe.create(self.dataset.sample_shape, self.dataset.num_classes, **options)
        (self.experiment.fit or Trial.fit)(self, model, stage)
        return model

    def fit(self, model: Any, stage: str = "training") -> None:
        """Train for the experiment's epochs, or for its steps: whole epochs and a part of one."""
        batches = self.batches()
        epochs, rest = self.experiment.epochs, 0
        if self.experiment.steps:
            epochs, rest = divmod(self.experiment.steps, len(batches))
        if epochs:
            model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=self.callbacks(stage))
        if rest:
            batches.go_to(epochs)  # a resumed training may have skipped the epochs
            model.fit(batches, steps_per_epoch=rest, shuffle=False, verbose=0, callbacks=self.callbacks())

    def batches(self) -> Any:
        """Return the shuffled batches of the training, with labels if the model takes them."""
        recipe = zoo.get(self.experiment.recipe)
        labels = recipe.resolve(self.experiment.all_options).get("conditional", False) or recipe.kind != "images"
        train = self.dataset.train
        return train.batches(self.experiment.batch_size, shuffle=True, seed=self.seed, labels=bool(labels))

    def callbacks(self, stage: str | None = None) -> list[Any]:
        """Return the callbacks of a training; a killed one resumes from the checkpoints of its stage."""
        from kerasgen.callbacks import Checkpoint, Progress

        bars = [Progress()] if self.progress else []
        if self.folder is None or stage is None:
            return bars
        return [*bars, Checkpoint(self.folder / "checkpoints" / stage, keep=1)]

    def generate(self, n: int, labels: np.ndarray | None = None) -> np.ndarray:
        """Return `n` samples, images as they would be saved: in [0, 1], with 8 bits."""
        from kerasgen.models.base.abilities import Generates

        model = self.model
        options: dict[str, Any] = {} if labels is None else {"labels": labels}
        if self.sampler == "prior" and not isinstance(model, Generates):  # an autoencoder: N(0, I)
            return as_saved(model.decode(model.draw_latents(n, (model.latent_dim,), self.seed)))
        name, *settings = self.sampler.split()
        generator = self.fitted.get(name) or samplers.get(name).fit_to(model, self.dataset)
        if generator is not model:
            self.fitted[name] = generator
        options |= dict(setting.split("=") for setting in settings)
        return as_saved(generator.generate(n, seed=self.seed, **options))

    def draw(self, rows: Callable[[], np.ndarray]) -> None:
        """Write the picture of this seed, `seed-N.png`, if there is a folder.

        Args:
            rows: Function that returns images in rows and columns (R, columns, H, W, C).
        """
        if self.folder is not None:
            from kerasgen.plots import grids

            self.folder.mkdir(parents=True, exist_ok=True)
            grids.save_png(self.folder.parent / f"{self.folder.name}.png", grids.grid(rows()))


def as_saved(samples: np.ndarray) -> np.ndarray:
    """Return samples as they are read from a file: images clipped to [0, 1] and rounded to 8 bits; points unchanged."""
    from kerasgen.evaluation.images import as_saved as as_bytes

    return as_floats(as_bytes(samples)) if sample_kind(samples.shape[1:]) == "images" else samples
