"""`kerasgen list`: the table of the recipes."""

import click

from kerasgen import zoo
from kerasgen.cli import terminal


@click.command("list")
def command():
    """List the recipes of the zoo."""
    rows = [
        (
            recipe.name,
            recipe.summary,
            f"{recipe.dataset} {recipe.image_size}x{recipe.image_size}",
            recipe.epochs,
            f"{recipe.minutes:g}" if recipe.minutes else "",
            recipe.paper,
        )
        for recipe in zoo.recipes().values()
    ]
    terminal.echo(terminal.table(["RECIPE", "MODEL", "DATA", "EPOCHS", "MINUTES", "PAPER"], rows))
    terminal.print_left_out(zoo)
    note = "MINUTES: duration of the default training on two CPU cores with TensorFlow"
    terminal.echo("\n" + terminal.wrapped(note))
    name = rows[0][0]
    terminal.echo(f"\nOptions of a recipe: kerasgen show {name}\nTraining: kerasgen train {name}")
