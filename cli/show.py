"""`kerasgen show RECIPE`: the defaults and options of a recipe."""

import click

from kerasgen import zoo
from kerasgen.cli import options, terminal
from kerasgen.recipe import Option, Recipe


@click.command("show")
@options.recipe_argument
def command(recipe: str):
    """Show the options of a recipe."""
    _print(zoo.get(recipe))


def _print(recipe: Recipe) -> None:
    name = recipe.name
    defaults = {
        "--dataset": recipe.dataset,
        "--image-size": recipe.image_size,
        "--epochs": recipe.epochs,
        "--batch-size": recipe.batch_size,
    }
    if recipe.minutes:
        defaults["duration"] = f"about {recipe.minutes:g} minutes on two CPU cores with TensorFlow"
    rows = [(option, str(known.default), _help(known)) for option, known in recipe.options.items()]
    terminal.echo(terminal.wrapped(f"{terminal.heading(name)}: {recipe.summary}"))
    terminal.echo(terminal.wrapped(recipe.paper))
    departures = getattr(recipe, "departures", "")
    if departures:
        terminal.echo(terminal.wrapped(f"Different from the paper: {departures}"))
    terminal.echo(f"\n{terminal.heading('Defaults of kerasgen train')}\n{terminal.pairs(defaults)}\n")
    terminal.echo(terminal.table(("OPTION", "DEFAULT", "DESCRIPTION"), rows) + "\n")
    terminal.echo(terminal.heading("Examples"))
    terminal.echo(f"  kerasgen train {name}")
    sizes = {option: known.default for option, known in recipe.options.items() if type(known.default) is int}
    for option, size in [(option, size) for option, size in sizes.items() if size > 0][:1]:
        terminal.echo(f"  kerasgen train {name} --set {option}={2 * size}")


def _help(option: Option) -> str:
    return f"{option.help.rstrip('.')}: {', '.join(option.choices)}." if option.choices else option.help
