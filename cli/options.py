"""Options and arguments that several commands share."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from kerasgen import samplers, zoo
from kerasgen.cli import backends
from kerasgen.errors import UsageError, similar, unknown
from kerasgen.option import Option
from kerasgen.runs.directory import RUNS

MAX_COUNT = 1_000_000  # larger numbers overflow integers of the backends
MAX_IMAGES = 100_000  # images that a command holds in memory
MAX_SIDE = 4096  # pixels
MAX_DEVICES = 64


class Number(click.ParamType):
    """A number with bounds; a whole number if the bounds are whole numbers."""

    name = "number"

    def __init__(self, minimum: float, maximum: float):
        self.minimum, self.maximum = minimum, maximum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        kind = int if isinstance(self.maximum, int) else float
        try:
            number = kind(value)
        except (ValueError, OverflowError):  # the latter of an infinite number
            number = math.nan
        if not self.minimum <= number <= self.maximum:  # NaN is never within bounds
            name = "whole number" if kind is int else "number"
            self.fail(f"{value!r} is not a {name} from {self.minimum:,} to {self.maximum:,}", param, ctx)
        return number


def count(maximum: int = MAX_COUNT, minimum: int = 1) -> Number:
    """Return the type of an option that counts something."""
    return Number(minimum, maximum)


def seed_option(help: str, default: int | None = 0, maximum: int = 2**31 - 1) -> Callable:
    """Return the option --seed."""
    return click.option(
        "--seed",
        type=Number(0, maximum),
        metavar="N",
        default=default,
        show_default=default is not None,
        help=help,
    )


class ExistingPath(click.Path):
    """Path of a run or model file that exists; the error message has a similar name in the folder `runs`."""

    def __init__(self, **kwargs: Any):
        super().__init__(exists=True, path_type=Path, **kwargs)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the runs in the folder `runs` whose path begins with `incomplete`, or a completion of file names."""
        runs = [str(path) for path in sorted(RUNS.glob("*")) if path.is_dir() and str(path).startswith(incomplete)]
        return [CompletionItem(run) for run in runs] or super().shell_complete(ctx, param, incomplete)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the `Path`."""
        near = similar(Path(value).name, sorted(path.name for path in RUNS.glob("*")), count=1)
        if near and not Path(value).exists():
            self.fail(f"Path '{value}' does not exist; did you mean {RUNS / near[0]}?", param, ctx)
        return Path(str(super().convert(value, param, ctx)))


def _complete_recipe(context, argument, incomplete):
    return [
        CompletionItem(each.name, help=each.summary)
        for each in zoo.recipes().values()
        if each.name.startswith(incomplete)
    ]


model_argument = click.argument("model", type=ExistingPath())

recipe_argument = click.argument("recipe", shell_complete=_complete_recipe)

trust_option = click.option(
    "--trust",
    is_flag=True,
    help="Permission to load a model file that no installed recipe describes. Such a file can run code, so use this "
    "only if you trust its author.",
)


def backend_option(default: str = "KERAS_BACKEND, keras.json, or tensorflow") -> Callable:
    """Return the option --backend; `default` is for its help."""
    return choice_option("--backend", [*backends.INSTALL], f"Backend of Keras.  [default: {default}]")


def choice_option(name: str, choices: Sequence[str], help: str, **others: Any) -> Callable:
    """Return an option with a few possible values, which its help lists; the list would be a wide column."""
    sentence, dot, rest = help.partition(".")
    help = f"{sentence}: {', '.join(choices[:-1])} or {choices[-1]}{dot}{rest}"
    return click.option(name, type=click.Choice(choices), metavar="NAME", help=help, **others)


def out_option(default: str, where: str = "in the folder of the model", content: str = "picture") -> Callable:
    """Return the option --out for a file.

    Args:
        default: name of the file if the option is not given; it determines the suffix.
        where: place of that file, for the help.
        content: content of the file, for the help.
    """
    suffix = Path(default).suffix

    def check(context, option, path):
        if path is not None and path.suffix.lower() != suffix:
            raise UsageError(f"-o {path}: the {content} is a {suffix} file; give a name that ends in {suffix}")
        return path

    return click.option(
        "-o",
        "--out",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=check,
        help=f"{content.capitalize()} file ({suffix}). An existing file is replaced.  [default: {default} {where}]",
    )


keep_best_option = click.option(
    "--keep-best",
    metavar="NAME",
    help="Logged value, such as val_loss. The model with its lowest value (for an accuracy, its highest) is kept as "
    "best.keras.",
)

no_report_option = click.option(
    "--no-report", is_flag=True, help="Do not write report.html, the page of the run, during training."
)


def page_callbacks(no_report: bool) -> dict[str, Any]:
    """Return arguments of `kerasgen.runs.train` for the page of the run; call it after Keras is started."""
    if no_report:
        return {}
    from kerasgen.report import add_page

    return {"add_callbacks": add_page}


data_dir_option = click.option("--data-dir", metavar="DIR", help="Folder in which TensorFlow Datasets stores its data.")


def data_options(command: Callable) -> Callable:
    """Add the options --dataset and --data-dir to a command on a trained model."""
    dataset = click.option(
        "--dataset",
        metavar="NAME|PATH",
        help="Name or path of the data set.  [default: the training data of the model]",
    )
    return dataset(data_dir_option(command))


class _Sampler(click.ParamType):
    """Name of a sampler, such as `prior` or `gmm-50`."""

    name = "sampler"

    def convert(self, value, param, ctx):
        samplers.get(value)  # raises a UsageError if there is none
        return value


sampler_option = click.option(
    "--sampler",
    type=_Sampler(),
    metavar="NAME",
    default="prior",
    show_default=True,
    help="Distribution of the latents: a name in the table of samplers below.",
)


def help_of_samplers() -> dict[str, str]:
    """Return a dict from the names of kerasgen's samplers to their help."""
    return {f"{each.name}, {each.name}-N" if each.argument else each.name: each.help for each in samplers.SAMPLERS.own}


class CommandWithTables(click.Command):
    """Command whose help has tables below the options.

    Args:
        tables: dict from a title to a function that returns a dict from names to their help.
    """

    def __init__(self, *args: Any, tables: Mapping[str, Callable[[], Mapping[str, str]]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.tables = tables

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the tables."""
        for title, rows in self.tables.items():
            with formatter.section(title):
                formatter.write_dl([*rows().items()])


def settings_option(help: str) -> Callable:
    """Return the repeatable option --set NAME=VALUE."""
    return click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help=help)


sampling_option = settings_option(
    "Sampling option of the model or the sampler; repeatable. `kerasgen show RECIPE --sampling` lists the names."
)


def parse_settings(settings: Sequence[str]) -> dict[str, str]:
    """Return texts `name=value` as a dict.

    Raises:
        UsageError: a text without `=`, or a name that is given twice.

    Example:
        >>> parse_settings(["beta=2", "latent_dim = 8"])
        {'beta': '2', 'latent_dim': '8'}
    """
    parsed = {}
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not equals:
            raise UsageError(f"--set {setting}: give name=value, such as --set learning_rate=0.001")
        if name in parsed:
            raise UsageError(f"{name} is given twice, as {parsed[name]} and as {value}; give one value")
        parsed[name] = value
    return parsed


def resolve_settings(settings: Mapping[str, str], declared: Mapping[str, Option], owner: str) -> dict[str, Any]:
    """Return the values of `--set` for options that a model declares.

    Args:
        settings: names and texts.
        declared: the options of the model.
        owner: name of the model, for error messages.

    Raises:
        UsageError: an unknown name, or a value that the option cannot have.

    Example:
        >>> resolve_settings({"steps": "20"}, {"steps": Option(50, "Number of steps.")}, "Diffusion")
        {'steps': 20}
    """
    for name in settings:
        if not declared:
            raise UsageError(f"--set {name}: {owner} has no options; leave --set out")
        if name not in declared:
            raise unknown(f"option of {owner}", name, declared)
    return {name: declared[name].parse(value, name, owner) for name, value in settings.items()}
