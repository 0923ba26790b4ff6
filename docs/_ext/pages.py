"""Pages that are made from the code: one for each recipe, the tables of figures, and `llms.txt`."""

import hashlib
import html
import re
from dataclasses import replace
from pathlib import Path

from sphinx.util import logging

from kerasgen import zoo
from kerasgen.experiments import results, tables
from kerasgen.zoo.experiments.tables import QUALITY, SECTIONS, SPEED_PAGE

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
RECIPES = DOCS / "reference/recipes"
GENERATED = DOCS / "_generated"
PICTURES = DOCS / "pictures"

logger = logging.getLogger(__name__)


def code_hash():
    """Return a hash of the code and the facts that the tutorials run."""
    digest = hashlib.sha256()
    for folder in ("kerasgen", "zoo"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def write(path, text):
    """Write a text file unless it has this content, so that Sphinx reads only changed pages again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


# -- recipes


def recipe_page(recipe):
    """Return the page of a recipe: picture, command, defaults, options and figures."""
    parts = [f"# {recipe.name}", f"{recipe.summary}.", f"Paper: {recipe.paper}."]
    if recipe.departures:
        parts.append(f"Differences from the paper: {recipe.departures}")
    if picture := next(iter(sorted(PICTURES.glob(f"{recipe.name}.png"))), None):
        parts.append(f"![samples of {recipe.name}](../../pictures/{picture.name})")
    parts += [
        "## Train",
        f"```bash\nkerasgen train {recipe.name}\n```",
        _table(
            ["default", "value"],
            [
                ["`--dataset`", f"`{recipe.dataset}`"],
                ["`--image-size`", str(recipe.image_size)],
                ["`--epochs`", str(recipe.epochs)],
                ["`--batch-size`", str(recipe.batch_size)],
            ],
        ),
        f"This takes about {recipe.minutes:g} min on two CPU cores with TensorFlow." if recipe.minutes else "",
        "Commands for the trained model: " + ", ".join(f"`kerasgen {name}`" for name in recipe.try_next) + ".",
        "## Options",
        f'`kerasgen train {recipe.name} --set NAME=VALUE`, or `kerasgen.create("{recipe.name}", NAME=VALUE)`.',
        _table(["option", "default", "values", "meaning"], [_option(*item) for item in recipe.options.items()]),
    ]
    figures = _recipe_figures(recipe.name)
    if figures:
        parts += ["## Results", "[How to read the tables](../figures.md).", *figures]
    return "\n\n".join(filter(None, parts)) + "\n"


def _option(name, option):
    return [f"`{name}`", f"`{option.default}`", _values(option), option.help]


def _values(option):
    if option.choices:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    if type(option.default) is bool:
        return "`true`, `false`"
    if type(option.default) is str:
        return "a word"
    low, high = option.limits
    return f"{low:g} to {high:,.0f}" if high < 1e9 or type(option.default) is int else f"{low:g} or more"


def _recipe_figures(name):
    own = re.compile(rf"{re.escape(name)}(?=[ ,]|$)")
    rows = [row for row in results.read() if own.match(row["recipe"])]
    by_table = {table: [row for row in rows if row["figure"] == table.name] for table in QUALITY}
    return [tables.markdown(replace(table, plain=""), own_rows) for table, own_rows in by_table.items() if own_rows]


def recipe_index(recipes):
    """Return the page that lists the recipes."""
    table = re.sub(r"^\| `([^`]+)`", r"| [`\1`](\1.md)", zoo.table(), flags=re.MULTILINE)
    names = "\n".join(recipes)
    return (
        "# Recipes\n\nA recipe is a model with its networks, options and default data. Each page is generated from the "
        f"`Recipe` in `zoo/`.\n\n{table}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    )


def _table(head, rows):
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *cells])


# -- figures


def figure_tables():
    """Return all figures as Markdown, in sections with the notes about each table."""
    rows = results.read()
    text = "\n\n".join(f"## {title}\n\n{tables.section(section, rows)}" for title, section in SECTIONS.items())
    return _with_headings(text)


def speed_tables():
    """Return name -> tables as Markdown, for each part of the page about speed."""
    rows = results.read()
    return {name: _with_headings(tables.section(section, rows)) for name, section in SPEED_PAGE.items()}


def _with_headings(text):
    return re.sub(r"^\*\*(.+)\*\*$", r"### \1", text, flags=re.MULTILINE) + "\n"


def figure_rows():
    """Return one sortable table of all rows, as HTML."""
    names = [*(name for name in results.COLUMNS if name != "date"), "date"]
    head = "".join(f'<th scope="col">{name.replace("_", " ")}</th>' for name in names)
    body = "\n".join(f"<tr>{''.join(_cell(name, row[name]) for name in names)}</tr>" for row in results.read())
    return (
        '<div class="rows"><table class="docutils sortable">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n"
    )


def _cell(name, text):
    kind = ' class="long"' if name in ("reference_source", "setup", "command") and len(text) > 40 else ""
    return f"<td{kind}>{html.escape(text)}</td>"


def _generate(app):
    recipes = zoo.own()
    for old in {path.stem for path in RECIPES.glob("*.md")} - {*recipes, "index"}:
        (RECIPES / f"{old}.md").unlink()
    for recipe in recipes.values():
        write(RECIPES / f"{recipe.name}.md", recipe_page(recipe))
    write(RECIPES / "index.md", recipe_index(recipes))
    write(GENERATED / "figures.md", figure_tables())
    write(GENERATED / "rows.html", figure_rows())
    for name, text in speed_tables().items():
        write(GENERATED / f"speed-{name}.md", text)


# -- after the build


def llms_text(env):
    """Return `llms.txt`: the pages with their titles, for programs that read documentation (llmstxt.org)."""
    sections = {}
    for name in sorted(env.found_docs - {env.config.root_doc}):
        section = name.split("/")[0].replace("-", " ").capitalize()
        title = env.titles[name].astext()
        sections.setdefault(section, []).append(f"- [{title}](_sources/{name}.md.txt)")
    lines = [
        "# kerasgen",
        "",
        "> Generative models for Keras 3, written once and trained with fit() on TensorFlow, JAX and PyTorch.",
        "",
        "`kerasgen.create(recipe)` makes a model, `kerasgen train RECIPE` trains one, `kerasgen.load(path)` loads one.",
    ]
    for section, links in sections.items():
        lines += ["", f"## {section}", "", *links]
    return "\n".join(lines) + "\n"


def broken_links(folder):
    """Return the links of built pages to files or parts of pages that do not exist.

    Args:
        folder: folder of the built site.
    """
    pages = {path.resolve(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html"))}
    names = {path: set(re.findall(r'\b(?:id|name)="([^"]+)"', text)) for path, text in pages.items()}
    broken = []
    for path, text in pages.items():
        for link in set(re.findall(r'\b(?:href|src)="([^"]+)"', text)):
            target, _, part = html.unescape(link).partition("#")
            if re.match(r"[a-z]+:|//", target):
                continue
            file = (path.parent / target.partition("?")[0]).resolve() if target else path
            if not file.exists() or (part and file in names and part not in names[file]):
                broken.append(f"{path.relative_to(folder.resolve())}: {link}")
    return broken


def _finish(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    (app.outdir / "llms.txt").write_text(llms_text(app.env), encoding="utf-8")
    for link in broken_links(Path(app.outdir)):
        logger.warning("broken link in %s", link)
    for name, data in sorted(app.env.nb_metadata.items()):
        if runtime := data.get("exec_data", {}).get("runtime"):
            logger.info("%s: executed in %.0f s", name, runtime)


def setup(app):
    """Write the pages before Sphinx looks for them, and the index and the check of links after the build."""
    app.connect("config-inited", lambda app, config: _generate(app))
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True}
