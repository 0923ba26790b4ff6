"""The data and the model of a run, and their description in words."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kerasgen import zoo
from kerasgen.errors import UsageError, counted
from kerasgen.runs.settings import Settings

MAXIMUM_SIDE = 256  # pixels of own images that are not resized
MAXIMUM_NUMBERS = 2**26  # numbers in the variables of a model for them
_STEPS = 4  # in an epoch of a set that is smaller than the default batch size


def load_dataset(settings: Settings) -> Any:
    """Return the `Dataset` of a run. With an image size, no backend is imported, except for TensorFlow Datasets.

    Args:
        settings: settings of the run. If they have no image size, images that all have one size keep it if the recipe
            can make it; see `can_make`.

    Raises:
        KerasgenError: the data cannot be used, the recipe needs labels and there are none, or an image size was
            chosen for points.

    Example:
        >>> from kerasgen.runs import resolve
        >>> load_dataset(resolve("vae", dataset="digits")).name
        'digits'
    """
    from kerasgen import data
    from kerasgen.data.load_options import keep_native_size
    from kerasgen.data.shapes import sample_kind

    recipe, size = zoo.get(settings.recipe), settings.image_size
    rule = keep_native_size(recipe.image_size, lambda native: can_make(settings, native)) if size is None else size
    dataset = data.load(settings.dataset, image_size=rule, data_dir=settings.data_dir, kind=recipe.kind)
    if settings.options.get("conditional") and not dataset.num_classes:
        raise UsageError(f"{dataset.name} has no labels, which {settings.recipe} needs; give another --dataset")
    kind = sample_kind(dataset.sample_shape)
    if kind != "images" and settings.image_size not in (None, recipe.image_size):
        raise UsageError(f"--image-size {settings.image_size}: {dataset.name} consists of {kind}; leave the option out")
    return dataset


def can_make(settings: Settings, size: tuple[int, int]) -> bool:
    """Return whether images of this size are kept, if no image size is set.

    Its networks must accept the size. No side may exceed `MAXIMUM_SIDE`, and no model `MAXIMUM_NUMBERS`, because
    larger images need more memory than most machines have.

    Args:
        settings: settings of the run.
        size: (height, width) in pixels.

    Example:
        >>> from kerasgen.runs import resolve
        >>> can_make(resolve("dcgan"), (32, 32)), can_make(resolve("dcgan"), (30, 30))
        (True, False)
    """
    from kerasgen.io.memory import TooLargeError, limit_variables

    if max(size) > MAXIMUM_SIDE:
        return False
    try:
        with limit_variables(MAXIMUM_NUMBERS, initialize=False):
            zoo.get(settings.recipe).create((*size, 3), **settings.options)
    except (UsageError, TooLargeError):
        return False
    return True


def fit_batch_size(
    settings: Settings, dataset: Any, is_default: bool = False, report: Callable[[str], None] = print
) -> Settings:
    """Return the settings, with a smaller batch size if it is the default and larger than the training set.

    Args:
        settings: settings of the run.
        dataset: `Dataset` of the run.
        is_default: whether the batch size is that of the recipe, and not one that the user has chosen.
        report: function that receives a line about the smaller batch size.

    Raises:
        UsageError: a chosen batch size that is larger than the training set.

    Example:
        >>> from kerasgen.runs import resolve
        >>> settings = resolve("vae", dataset="digits", batch_size=5000)
        >>> fit_batch_size(settings, load_dataset(settings), is_default=True).batch_size
        batch size 256 instead of 5000, because digits has 1,617 training samples; --batch-size sets another one
        256
    """
    count, packing = len(dataset.train), settings.options.get("packing", 1)
    if settings.batch_size <= count:
        return settings
    has = f"{dataset.name} has {counted(count, 'training sample')}"
    size = packing * 2 ** (max(1, count // (_STEPS * packing)).bit_length() - 1)
    if not is_default or size > count:
        raise UsageError(f"batch size {settings.batch_size} is too large, because {has}; give a smaller --batch-size")
    report(f"batch size {size} instead of {settings.batch_size}, because {has}; --batch-size sets another one")
    return replace(settings, batch_size=size)


def load_data(settings: Settings) -> tuple[Any, Any]:
    """Return the `Dataset` of a run and the `Batches` of its training images.

    Args:
        settings: settings of the run.

    Raises:
        KerasgenError: the data cannot be used.

    Example:
        >>> from kerasgen.runs import resolve
        >>> dataset, batches = load_data(resolve("vae", dataset="digits", batch_size=100))
        >>> len(batches)
        16
    """
    dataset = load_dataset(settings)
    return dataset, batches_of(settings, dataset)


def batches_of(settings: Settings, dataset: Any) -> Any:
    """Return the `Batches` of the training images.

    Args:
        settings: settings of the run.
        dataset: `Dataset` of the run.

    Example:
        >>> from kerasgen.runs import resolve
        >>> settings = resolve("vae", dataset="digits", batch_size=100)
        >>> len(batches_of(settings, load_dataset(settings)))
        16
    """
    labels = settings.options.get("conditional", False) or zoo.get(settings.recipe).kind != "images"
    return dataset.train.batches(settings.batch_size, shuffle=True, seed=settings.seed, labels=labels)


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
        options = settings.options | _options_of_codes(settings.recipe, dataset)
        model = zoo.get(settings.recipe).create(dataset.sample_shape, **classes, **options)
        if dataset.codec is not None:
            model.attach_codec(dataset.codec)
        if getattr(model, "levels", 0) == 2 and not model.draws_pixels:
            model.check_images(dataset.train[:])  # each pixel must be 0 or 1
        if model.is_of_points:  # points have any range; images were checked when they were read
            model.check_images(dataset.train[:])
        return model
    finally:
        keras.config.set_dtype_policy(before)


def _options_of_codes(recipe: str, dataset: Any) -> dict[str, Any]:
    """Return the options of a model of the codes of a data set; none for other data.

    Raises:
        UsageError: the recipe is not one for codes.
    """
    if dataset.codec is None:
        return {}
    if "levels" not in zoo.get(recipe).options:
        raise UsageError(f"{dataset.name} is a set of codes, and {recipe} does not model codes: train pixelcnn or made")
    return {"levels": dataset.codec.num_codes}


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
    """Return one line about the model and the data, one about resized images, and one for each file that was skipped.

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
    from kerasgen.data import bad_files, load_options

    line = f"{directory}: {counted(model.count_params(), 'parameter')}, {_describe_samples(dataset)}"
    line += f" of {dataset.name}, {_count(dataset.test)} for testing"
    return "\n".join([line, *load_options.resize_lines(dataset), *bad_files.skipped_lines(dataset)])


def _describe_samples(dataset: Any) -> str:
    """Return the number, the kind and the size of the training samples, such as `100 grey images 28x28`.

    The width comes first.
    """
    from kerasgen.data import Pairs
    from kerasgen.data.shapes import sample_kind

    shape = dataset.sample_shape
    kind = sample_kind(shape)
    noun, plural, size = "point", "points", f"in {shape[0]}-D"
    if kind != "points":
        noun, plural, size = "code", "codes", f"{shape[1]}x{shape[0]}"
    if kind == "images":
        colour = {1: "grey", 3: "colour"}.get(shape[2], f"{shape[2]}-channel")
        noun, plural = f"{colour} image", f"{colour} images"
        if isinstance(dataset.train, Pairs):
            noun, plural = f"pair of {plural}", f"pairs of {plural}"
    *others, last = dataset.train.counts
    return " and ".join([*(f"{count:,}" for count in others), counted(last, noun, plural)]) + f" {size}"


def _count(part: Any) -> str:
    """Return the number of images as text; for two domains without pairs, both numbers."""
    return " and ".join(f"{count:,}" for count in part.counts)
