"""What the commands on a trained model share: its file, images to start from, the picture they write."""

import difflib
import re
from pathlib import Path

import click

from kerasgen.errors import UsageError
from kerasgen.runs.directory import RUNS

_TO_FIT = 20_000  # images, for a mixture of their latents


class TrainedPath(click.Path):
    """The path of a run or of a model file, which exists; the message for another has the nearest name in `runs`."""

    def __init__(self, **kwargs):
        super().__init__(exists=True, path_type=Path, **kwargs)

    def convert(self, value, param, ctx):
        """Return the `Path`; as click's own, but for the message."""
        runs = [path.name for path in RUNS.glob("*")]
        near = difflib.get_close_matches(Path(value).name, runs, n=1)
        if near and not Path(value).exists():
            self.fail(f"Path '{value}' does not exist; did you mean {RUNS / near[0]}?", param, ctx)
        return super().convert(value, param, ctx)


model_argument = click.argument("model", type=TrainedPath())


def out_option(default, where="beside the model", what="The picture"):
    """Return the option `-o FILE`; without it the file is called `default` and lies `where` it says."""
    suffix = Path(default).suffix

    def check(context, option, path):
        if path is not None and path.suffix.lower() != suffix:
            raise UsageError(f"-o {path}: {what.lower()} will be a {suffix} file; give a name that ends in {suffix}")
        return path

    return click.option(
        "-o",
        "--out",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=check,
        help=f"{what}, a {suffix} file; replaced if it exists. Default: {default} {where}.",
    )


def data_options(command):
    """Add `--dataset` and `--data-dir` to a command that starts from images."""
    dataset = click.option("--dataset", help="Name or path of the images. Default: what the model was trained on.")
    data_dir = click.option("--data-dir", metavar="DIR", help="Where TensorFlow Datasets keeps its sets.")
    return dataset(data_dir(command))


class _Sampler(click.ParamType):
    """`prior`, `gmm`, or `gmm-N` for another number of Gaussians."""

    name = "prior|gmm|gmm-N"

    def convert(self, value, param, ctx):
        if value not in ("prior", "gmm") and not re.fullmatch(r"gmm-[1-9]\d{0,3}", value):
            self.fail(f"{value!r} is none of prior, gmm and gmm-N, such as gmm-100 for a hundred Gaussians")
        return value


sampler_option = click.option(
    "--sampler",
    type=_Sampler(),
    default="prior",
    show_default=True,
    help="What latents are drawn from: the model's prior, or a mixture of Gaussians, 20 or N, fitted to the latents "
    "of images.",
)


def load_to_sample(path, sampler, dataset, data_dir):
    """Return what has `generate`: with the sampler `prior` the model, or else a mixture fitted to its images."""
    if sampler == "prior":
        return load(path, "generate")
    model = load_to_fit(path)
    return with_mixture(model, data_set(model, path, dataset, data_dir), sampler)


def load_to_fit(path):
    """Return the model, to whose latents a mixture can be fitted; see `load`."""
    return load(path, "encode", ": leave --sampler gmm out")


def with_mixture(model, found, sampler):
    """Return the model with the mixture that `sampler` names, fitted to the latents of a `Dataset`."""
    from kerasgen.samplers.latent_mixture import LatentMixture

    _, _, components = sampler.partition("-")
    return LatentMixture(model, found.train.first(_TO_FIT), **({"components": int(components)} if components else {}))


def load_of_images(path, ability):
    """Return what `load` does; `UsageError` if it is a model of points, which have no pictures."""
    model = load(path, ability)
    if model.is_of_points:
        command = "latents" if hasattr(model, "encode") else "generate"
        raise UsageError(f"{path} is a model of points, not of images: kerasgen {command} {path} draws them")
    return model


def load(path, ability, advice=""):
    """Return the model, which must have the method `ability`; `advice` ends the line where it has not.

    Raises:
        ModelFileError: its file cannot be read.
        UsageError: this kind of model cannot do that.
    """
    from kerasgen.models import load as model_files

    model = model_files.load(path)
    if not hasattr(model, ability):
        abilities = ("generate", "reconstruct", "interpolate", "encode", "denoise", "translate")
        able = [name for name in abilities if hasattr(model, name)]
        if able == ["translate"]:
            advice = ": use kerasgen translate"
        elif ability == "generate":
            advice = ": give --sampler gmm, which generates from a mixture fitted to its latents"
        kind = type(model).__name__
        article = "an" if kind[0] in "AEIOU" else "a"
        raise UsageError(f"{path} is {article} {kind}, which cannot {ability}; it can {', '.join(able)}{advice}")
    return model


def beside(path, name):
    """Return the path of the file `name` in the directory of the model: its run's, if it is a checkpoint."""
    return run_of(path).directory / name


def run_of(path):
    """Return the `Run` that the model at this path is of; without a recipe there, it is just its directory."""
    from kerasgen import runs

    directory = (path if path.is_dir() else path.parent).absolute()
    run = runs.Run(directory.parent.parent)
    if directory.parent == run.checkpoints and run.recipe_path.is_file():
        return run
    return runs.Run(path if path.is_dir() else path.parent)


def data_set(model, path, dataset, data_dir):
    """Return the `Dataset` of that name, by default the one the model was trained on."""
    from kerasgen import data

    kind, bundled = _trained_on(model)
    run = run_of(path)
    if dataset is None and run.recipe_path.is_file():
        settings = run.read_recipe()
        dataset, data_dir = settings.get("dataset"), data_dir or settings.get("data_dir")
    if dataset is None:
        dataset = bundled
        click.echo(f"no recipe.json beside {path}: taking {bundled}; --dataset names another set", err=True)
    height, width, _ = model.sample_shape
    size = height if height == width else None  # a set's images are made square, or left as they are
    return data.load(dataset, image_size=size, data_dir=data_dir, kind=kind)


def _trained_on(model):
    """Return the kind of set that a model is trained on, and the bundled one of that kind."""
    if not hasattr(model, "translate"):
        return "images", "digits"
    return ("pairs", "outlines") if len(model.directions) == 1 else ("domains", "ink-chalk")


def test_images(found, n):
    """Return the first `n` test images (n, H, W, C) of a `Dataset`."""
    images = found.test
    if len(images) < n:
        raise UsageError(f"this needs {n} images, {found.name} has {len(images)} to test with; give a smaller -n")
    return images.first(n)


def test_labels(model, found, n):
    """Return the labels (n,) of `test_images`, or None where the model takes none."""
    if not model.num_classes:
        return None
    if found.test.labels is None:
        raise UsageError(f"{found.name} has no labels, and this model needs them; give another --dataset")
    return model.check_labels(found.test.labels[:n], n)


def save_picture(path, rows):
    """Write the grid of `rows` (rows, columns, H, W, C) as a PNG file and say where it is."""
    from kerasgen.plots import grids

    path.parent.mkdir(parents=True, exist_ok=True)
    grids.save_png(path, grids.grid(rows))
    click.echo(f"Wrote {path}")
