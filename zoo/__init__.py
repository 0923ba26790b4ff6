"""The zoo: one module for each architecture, whose `RECIPES` are found here by themselves.

A package of anybody's adds its own by an entry point of the group `kerasgen.recipes`, which names a list of them.
"""

import functools
import importlib
import importlib.metadata
import pkgutil

from kerasgen.errors import MissingPackageError, UsageError, unknown


@functools.cache
def recipes():
    """Return all recipes as a dict of name -> `Recipe`, sorted by name. No backend is imported.

    Raises:
        MissingPackageError: what another package says are its recipes cannot be imported.
        UsageError: two recipes have the same name.
    """
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found = [(recipe, __name__) for module in modules for recipe in module.RECIPES]
    for entry in importlib.metadata.entry_points(group="kerasgen.recipes"):
        found += [(recipe, entry.value) for recipe in _of(entry)]
    homes = {}
    for recipe, home in found:
        if recipe.name in homes:
            raise UsageError(f"{homes[recipe.name]} and {home} both have a recipe {recipe.name!r}; rename one of them")
        homes[recipe.name] = home
    return {recipe.name: recipe for recipe, _ in sorted(found, key=lambda each: each[0].name)}


def _of(entry):
    try:
        return list(entry.load())
    except Exception as error:  # whatever importing somebody's module raises
        raise MissingPackageError(
            f"the recipes in {entry.value} cannot be imported: {type(error).__name__}: {error}; repair or uninstall "
            "the package"
        ) from error


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
