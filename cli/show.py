"""`kerasgen show RECIPE`: what a recipe is and what can be set."""

import click

from kerasgen import zoo
from kerasgen.cli import text


@click.command("show")
@click.argument("recipe")
def command(recipe):
    """Show the options of a recipe and what a run of it does."""
    recipe = zoo.get(recipe)
    run = {
        "--dataset": recipe.dataset,
        "--image-size": recipe.image_size,
        "--epochs": recipe.epochs,
        "--batch-size": recipe.batch_size,
    }
    options = [(name, str(option.default), _meaning(option)) for name, option in recipe.options.items()]
    sizes = [f"--set {name}={2 * option.default}" for name, option in recipe.options.items() if _is_size(option)]
    click.echo(f"{text.heading(recipe.name)}: {recipe.summary}")
    click.echo(f"{recipe.paper}\n")
    click.echo(f"{text.heading('A run')}\n{text.pairs(run)}\n")
    click.echo(text.table(("OPTION", "DEFAULT", "WHAT IT IS"), options, fold=("WHAT IT IS",)) + "\n")
    click.echo(text.heading("Try"))
    click.echo(f"  kerasgen train {recipe.name}")
    for changed in sizes[:1]:
        click.echo(f"  kerasgen train {recipe.name} {changed}")


def _meaning(option):
    return f"{option.help}: {', '.join(option.choices)}" if option.choices else option.help


def _is_size(option):
    return type(option.default) is int and option.default > 0
