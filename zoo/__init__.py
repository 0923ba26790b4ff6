"""The zoo: one module for each architecture, whose `RECIPES` are found here by themselves."""

import functools
import importlib
import pkgutil

from kerasgen.errors import unknown


@functools.cache
def recipes():
    """Return all recipes as a dict of name -> `Recipe`, sorted by name. No backend is imported."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found = [recipe for module in modules for recipe in module.RECIPES]
    return {recipe.name: recipe for recipe in sorted(found, key=lambda recipe: recipe.name)}


def get(name):
    """Return the recipe called `name`.

    Raises:
        UsageError: there is none; the message has the nearest names.
    """
    if name not in recipes():
        raise unknown("recipe", name, recipes())
    return recipes()[name]


def table():
    """Return the zoo as a Markdown table, as it stands in the README."""
    rows = [
        f"| `{recipe.name}` | {recipe.summary} | {recipe.paper} | {recipe.dataset}, "
        f"{recipe.image_size}x{recipe.image_size}, {recipe.epochs} epochs |"
        for recipe in recipes().values()
    ]
    return "\n".join(["| recipe | what it is | paper | by default |", "|---|---|---|---|", *rows])
