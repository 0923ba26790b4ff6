"""Recipes of the zoo: one module for each architecture, with a list `RECIPES`.

Other packages add recipes by an entry point of the group `kerasgen.recipes`, which names a `Recipe` or a list of them.
"""

import functools
import importlib
import pkgutil

from kerasgen.errors import UsageError, counted, unknown
from kerasgen.io.entry_points import load_entries
from kerasgen.recipe import Recipe

GROUP = "kerasgen.recipes"  # group of entry points


def recipes() -> dict[str, Recipe]:
    """Return all recipes by name, sorted, including those of other packages. No backend is imported.

    Example:
        >>> from kerasgen import zoo
        >>> "vae" in zoo.recipes()
        True
    """
    return dict(sorted((own() | _installed()[0]).items()))


@functools.cache
def own() -> dict[str, Recipe]:
    """Return kerasgen's own recipes by name, sorted.

    Example:
        >>> from kerasgen import zoo
        >>> zoo.own()["vae"].image_size
        28
    """
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return dict(sorted((recipe.name, recipe) for module in modules for recipe in module.RECIPES))


def left_out() -> list[str]:
    """Return one sentence for each recipe of another package that cannot be used.

    Example:
        >>> from kerasgen import zoo
        >>> zoo.left_out()
        []
    """
    return _installed()[1]


@functools.cache
def _installed() -> tuple[dict[str, Recipe], list[str]]:
    """Return the recipes of other packages by name, and the sentences of `left_out`."""
    return load_entries("recipe", GROUP, Recipe, own())


def get(name: str) -> Recipe:
    """Return the recipe of that name.

    Raises:
        UsageError: no recipe has this name; the message lists similar names, and the recipes that cannot be used.

    Example:
        >>> from kerasgen import zoo
        >>> zoo.get("vae").paper
        'Kingma and Welling 2014, arXiv:1312.6114'
    """
    if name not in recipes():
        raise UsageError(" ".join([str(unknown("recipe", name, recipes())), *left_out()]))
    return recipes()[name]


def table() -> str:
    """Return kerasgen's own recipes as the Markdown table of the documentation.

    Example:
        >>> from kerasgen import zoo
        >>> zoo.table().splitlines()[0]
        '| recipe | model | paper | by default |'
    """
    rows = [
        f"| `{recipe.name}` | {recipe.summary} | {recipe.paper} | {recipe.dataset}, "
        f"{recipe.image_size}x{recipe.image_size}, {counted(recipe.epochs, 'epoch')}{_duration(recipe)} |"
        for recipe in own().values()
    ]
    return "\n".join(["| recipe | model | paper | by default |", "|---|---|---|---|", *rows])


def _duration(recipe: Recipe) -> str:
    return f", {recipe.minutes:g} min" if recipe.minutes else ""
