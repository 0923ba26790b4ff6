"""`kerasgen show RECIPE`: the defaults and options of a recipe."""

import click

from kerasgen import zoo
from kerasgen.cli import backends, options, terminal
from kerasgen.option import Option
from kerasgen.recipe import Recipe


@click.command("show")
@options.recipe_argument
@click.option(
    "--sampling",
    is_flag=True,
    help="Also list the options of `kerasgen generate`; a small model is built, which takes seconds.",
)
@options.backend_option()
def command(recipe: str, sampling: bool, backend: str | None):
    """Show the options of a recipe."""
    _print(zoo.get(recipe))
    if sampling:
        backends.start(backend)
        _print_sampling(zoo.get(recipe))
    elif "generate" in zoo.get(recipe).try_next:
        terminal.echo(f"  kerasgen show {recipe} --sampling  (the options of kerasgen generate)")


def _print_sampling(recipe: Recipe) -> None:
    """Print the options that `kerasgen generate --set` takes, of the model and of the samplers."""
    import kerasgen
    from kerasgen import samplers

    model = kerasgen.create(recipe.name, **recipe.tiny)
    rows = [(name, str(known.default), _help(known)) for name, known in model.generate_options.items()]
    terminal.echo("\n" + terminal.heading("Options of kerasgen generate RUN --set NAME=VALUE"))
    terminal.echo(terminal.table(("OPTION", "DEFAULT", "DESCRIPTION"), rows) if rows else "  none")
    for sampler in samplers.SAMPLERS.entries:
        rows = [(name, str(known.default), _help(known)) for name, known in sampler.options.items()]
        if rows:
            terminal.echo("\n" + terminal.heading(f"With --sampler {sampler.name}"))
            terminal.echo(terminal.table(("OPTION", "DEFAULT", "DESCRIPTION"), rows))


def _print(recipe: Recipe) -> None:
    name = recipe.name
    defaults = {
        "--dataset": recipe.dataset,
        "--image-size": recipe.image_size,
        "--epochs": recipe.epochs,
        "--batch-size": recipe.batch_size,
    }
    if recipe.minutes:
        defaults["duration"] = f"{recipe.minutes:g} min on two CPU cores"
    numbers = {"epochs": "--epochs ", "batch_size": "--batch-size "}
    for kind, own in (("points", recipe.points), ("codes", recipe.codes)):
        if own:
            words = [f"{numbers.get(name, f'--set {name}=')}{value}" for name, value in own.items()]
            defaults[f"for {kind}"] = " ".join(words)
    rows = [(option, str(known.default), _help(known)) for option, known in recipe.options.items()]
    terminal.echo(terminal.wrapped(f"{terminal.heading(name)}: {recipe.summary}"))
    terminal.echo(terminal.wrapped(recipe.paper))
    departures = getattr(recipe, "departures", "")
    if departures:
        terminal.echo(terminal.wrapped(f"Differences from the paper: {departures}"))
    terminal.echo(f"\n{terminal.heading('Defaults of kerasgen train')}\n{terminal.pairs(defaults)}\n")
    terminal.echo(terminal.table(("OPTION", "DEFAULT", "DESCRIPTION"), rows) + "\n")
    terminal.echo(terminal.heading("Examples"))
    terminal.echo(f"  kerasgen train {name}")
    sizes = {option: known.default for option, known in recipe.options.items() if type(known.default) is int}
    for option, size in [(option, size) for option, size in sizes.items() if size > 0][:1]:
        terminal.echo(f"  kerasgen train {name} --set {option}={2 * size}")


def _help(option: Option) -> str:
    return f"{option.help.rstrip('.')}: {', '.join(option.choices)}." if option.choices else option.help
