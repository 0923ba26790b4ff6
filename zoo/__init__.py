"""The zoo: one module for each architecture, whose `RECIPES` are found here by themselves.

A package of anybody's adds its own by an entry point of the group `kerasgen.recipes`, which names a list of them.
"""

import functools
import importlib
import importlib.metadata
import pkgutil

from kerasgen.errors import UsageError, unknown
from kerasgen.recipe import Recipe


def recipes():
    """Return all recipes as a dict of name -> `Recipe`, sorted by name. No backend is imported."""
    return dict(sorted((own() | _of_others()[0]).items()))


@functools.cache
def own():
    """Return the zoo's own recipes alone, as `recipes` does."""
    names = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)  # `experiments` has none
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    found = {recipe.name: recipe for module in modules for recipe in module.RECIPES}
    return dict(sorted(found.items()))


def left_out():
    """Return, a sentence for each, which recipes of other packages cannot be used, and why."""
    return _of_others()[1]


@functools.cache
def _of_others():
    found, left = {}, []
    for entry in importlib.metadata.entry_points(group="kerasgen.recipes"):
        try:
            recipes = entry.load()
        except (Exception, SystemExit) as error:  # whatever importing somebody's module raises
            left.append(
                f"the recipes in {entry.value} cannot be imported: {type(error).__name__}: {error}; "
                "repair or uninstall the package"
            )
            continue
        if not isinstance(recipes, list | tuple) or not all(isinstance(recipe, Recipe) for recipe in recipes):
            left.append(f"{entry.value} is no list of kerasgen.Recipe; repair or uninstall the package")
            continue
        for recipe in recipes:
            if recipe.name in own() or recipe.name in found:
                left.append(f"the recipe {recipe.name!r} of {entry.value} has the name of another; rename it")
            else:
                found[recipe.name] = recipe
    return found, left


def get(name):
    """Return the recipe called `name`.

    Raises:
        UsageError: there is none; the message has the nearest names, and which recipes cannot be used.
    """
    if name not in recipes():
        raise UsageError(" ".join([str(unknown("recipe", name, recipes())), *left_out()]))
    return recipes()[name]


def table():
    """Return the zoo's own recipes as a Markdown table, as it stands in the README."""
    rows = [
        f"| `{recipe.name}` | {recipe.summary} | {recipe.paper} | {recipe.dataset}, "
        f"{recipe.image_size}x{recipe.image_size}, {recipe.epochs} epochs |"
        for recipe in own().values()
    ]
    return "\n".join(["| recipe | what it is | paper | by default |", "|---|---|---|---|", *rows])
