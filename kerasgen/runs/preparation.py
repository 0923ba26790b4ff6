"""The data and the model of a run, and their description in words."""

import os
from typing import Any

from kerasgen import zoo
from kerasgen.runs.settings import Settings


def load_data(settings: Settings) -> tuple[Any, Any]:
    """Return the `Dataset` of a run and the `Batches` of its training images.

    Args:
        settings: settings of the run.

    Raises:
        KerasgenError: the data cannot be used.

    Example:
        >>> from kerasgen.runs import resolve
        >>> dataset, batches = load_data(resolve("vae", batch_size=100))
        >>> len(batches)
        16
    """
    from kerasgen import data

    kind = zoo.get(settings.recipe).kind
    dataset = data.load(settings.dataset, image_size=settings.image_size, data_dir=settings.data_dir, kind=kind)
    labels = settings.options.get("conditional", False) or kind != "images"
    return dataset, dataset.train.batches(settings.batch_size, shuffle=True, seed=settings.seed, labels=labels)


def create_model(settings: Settings, dataset: Any) -> Any:
    """Return the compiled model of a run, with weights from the seed and layers of the precision.

    Args:
        settings: settings of the run.
        dataset: `Dataset` of the run.

    Raises:
        UsageError: the recipe cannot make images of this size, or points are not finite.

    Example:
        >>> from kerasgen.runs import resolve
        >>> settings = resolve("vae", {"latent_dim": 2}, image_size=8)
        >>> create_model(settings, load_data(settings)[0]).latent_dim
        2
    """
    import keras

    keras.utils.set_random_seed(settings.seed)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)  # layers keep the policy under which they are made
    try:
        classes = {"num_classes": dataset.num_classes, "class_names": dataset.class_names}
        model = zoo.get(settings.recipe).create(dataset.sample_shape, **classes, **settings.options)
        if model.is_of_points:  # points have any range; images were checked when they were read
            model.check_images(dataset.train[:])
        return model
    finally:
        keras.config.set_dtype_policy(before)


def picture_size(recipe: str, model: Any) -> int:
    """Return the number of samples in a picture of a training.

    Args:
        recipe: name of the recipe.
        model: its model.

    Example:
        >>> import kerasgen
        >>> picture_size("vae", kerasgen.create("vae"))
        64
    """
    from kerasgen.plots import plotter_of

    return plotter_of(model).preview_size if zoo.get(recipe).kind == "images" else 8


def describe(directory: str | os.PathLike, model: Any, dataset: Any) -> str:
    """Return one line about the model and the data, and one for each file that was skipped.

    Args:
        directory: directory of the run.
        model: model of the run.
        dataset: `Dataset` of the run.

    Example:
        >>> from kerasgen.runs import resolve
        >>> settings = resolve("vae", {"hidden_dim": 8, "latent_dim": 2}, dataset="digits", image_size=8)
        >>> dataset, _ = load_data(settings)
        >>> describe("runs/vae-1", create_model(settings, dataset), dataset)
        'runs/vae-1: 1,300 parameters, 1,617 grey images 8x8 of digits, 180 for testing'
    """
    from kerasgen.data import bad_files

    line = f"{directory}: {model.count_params():,} parameters, {_count(dataset.train)} {_describe_samples(dataset)}"
    line += f" of {dataset.name}, {_count(dataset.test)} for testing"
    return "\n".join([line, *bad_files.skipped_lines(dataset)])


def _describe_samples(dataset: Any) -> str:
    """Return the kind and the size of the samples, such as `grey images 28x28`."""
    from kerasgen.data import Pairs
    from kerasgen.data.shapes import sample_kind

    shape = dataset.sample_shape
    kind = sample_kind(shape)
    if kind == "points":
        return f"points in {shape[0]}-D"
    if kind == "codes":
        return f"codes {shape[0]}x{shape[1]}"
    colour = {1: "grey", 3: "colour"}.get(shape[2], f"{shape[2]}-channel")
    pairs = "pairs of " if isinstance(dataset.train, Pairs) else ""
    return f"{pairs}{colour} images {shape[0]}x{shape[1]}"


def _count(part: Any) -> str:
    """Return the number of images as text; for two domains without pairs, both numbers."""
    return " and ".join(f"{count:,}" for count in part.counts)
