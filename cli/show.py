"""`kerasgen show RECIPE`: the defaults and options of a recipe."""

import click

from kerasgen import zoo
from kerasgen.cli import terminal
from kerasgen.recipe import Option


@click.command("show")
@click.argument("recipe")
def command(recipe: str):
    """Show the options of a recipe."""
    recipe = zoo.get(recipe)
    defaults = {
        "--dataset": recipe.dataset,
        "--image-size": recipe.image_size,
        "--epochs": recipe.epochs,
        "--batch-size": recipe.batch_size,
    }
    options = [(name, str(option.default), _help(option)) for name, option in recipe.options.items()]
    terminal.echo(terminal.wrapped(f"{terminal.heading(recipe.name)}: {recipe.summary}"))
    terminal.echo(terminal.wrapped(recipe.paper))
    departures = getattr(recipe, "departures", "")
    if departures:
        terminal.echo(terminal.wrapped(f"Different from the paper: {departures}"))
    terminal.echo(f"\n{terminal.heading('Defaults of kerasgen train')}\n{terminal.pairs(defaults)}\n")
    terminal.echo(terminal.table(("OPTION", "DEFAULT", "DESCRIPTION"), options) + "\n")
    terminal.echo(terminal.heading("Examples"))
    terminal.echo(f"  kerasgen train {recipe.name}")
    sizes = [name for name, option in recipe.options.items() if _is_size(option)]
    for name in sizes[:1]:
        terminal.echo(f"  kerasgen train {recipe.name} --set {name}={2 * recipe.options[name].default}")


def _help(option: Option) -> str:
    return f"{option.help.rstrip('.')}: {', '.join(option.choices)}." if option.choices else option.help


def _is_size(option: Option) -> bool:
    return type(option.default) is int and option.default > 0
