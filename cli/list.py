"""`kerasgen list`: the zoo as a table."""

import click

from kerasgen import zoo
from kerasgen.cli import text


@click.command("list")
def command():
    """List the recipes of the zoo."""
    rows = [
        (
            recipe.name,
            recipe.summary,
            f"{recipe.dataset} {recipe.image_size}x{recipe.image_size}",
            recipe.epochs,
            recipe.paper,
        )
        for recipe in zoo.recipes().values()
    ]
    click.echo(text.table(["RECIPE", "WHAT IT IS", "DATA", "EPOCHS", "PAPER"], rows, fold=["WHAT IT IS", "PAPER"]))
    for sentence in zoo.left_out():
        click.echo(f"\nleft out: {sentence}", err=True)
    click.echo(f"\nkerasgen show {rows[0][0]} lists the options of a recipe, kerasgen train {rows[0][0]} trains it.")
