"""The pages of the site: their links, commands and code. The tutorials are executed when the site is built."""

import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest

from kerasgen import zoo
from kerasgen.cli import COMMANDS, main
from kerasgen.experiments import results
from kerasgen.zoo import experiments

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GENERATED = (DOCS / "reference/recipes", DOCS / "_generated")
PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
    if not any(folder in page.parents for folder in GENERATED)
]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
CODE = [page for page in PAGES if "```python\n" in page.read_text(encoding="utf-8") and page.parent != ROOT]
NOT_RUN = {"explanation/one-step.md"}  # lines of a train_step, which is not whole

pytestmark = pytest.mark.once


def pages_module():
    spec = importlib.util.spec_from_file_location("pages", DOCS / "_ext/pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands_of(page):
    """Return the kerasgen commands in the shell blocks of a page, without the name of the program."""
    blocks = re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    words = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    words = [part for line in words for part in split_at(line, "&&")]
    return [line[1:] for line in words if line and Path(line[0]).name == "kerasgen"]


def split_at(words, separator):
    parts = [[]]
    for word in words:
        if word == separator:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_file_that_is_linked_exists(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        path = page.parent / link
        is_recipe = path.resolve().parent == GENERATED[0] and path.stem in {*zoo.own(), "index"}
        assert "://" in link or is_recipe or path.is_file(), link


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_command_has_options_that_exist(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("photos", "generated", "inputs", "pairs", "domains"):
        (tmp_path / name).mkdir()
    for words in commands_of(page):
        if not words or words[0] not in COMMANDS:
            assert not words or words[0].startswith("-"), words
            continue
        for word in words[1:]:
            if word.startswith("runs/"):
                (tmp_path / word).mkdir(parents=True, exist_ok=True)
        command = main.get_command(None, words[0])
        with command.make_context(words[0], words[1:]) as context:
            check(words[0], context.params)


def check(name, values):
    """Assert that the recipe, its options and the experiments of a parsed command exist."""
    if name in ("train", "show"):
        recipe = zoo.get(values.get("recipe") or values.get("name"))
        recipe.resolve(dict(setting.split("=") for setting in values.get("settings", ())))
    if name == "reproduce":
        assert all(experiments.select(each) for each in values["names"])


RUN_EACH = """
import json, os, sys, traceback

for path, code in json.load(open(sys.argv[1])).items():
    os.makedirs(path)
    os.chdir(path)
    try:
        exec(compile(code, path, "exec"), {"__name__": "__main__"})
    except BaseException:
        sys.exit(traceback.format_exc())
"""


@pytest.mark.slow
def test_the_code_of_the_pages_runs(tmp_path, run_script):
    """Each page has a folder and a namespace of its own; one process for all, because its start takes seconds."""
    scripts = {}
    for page in CODE:
        name = str(page.relative_to(DOCS))
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        if name not in NOT_RUN:
            scripts[str(tmp_path / name)] = re.sub(r"epochs=\d+", "epochs=1", "\n".join(blocks))
    assert scripts
    (tmp_path / "scripts.json").write_text(json.dumps(scripts))
    run_script(RUN_EACH, tmp_path / "scripts.json")


def test_the_page_of_a_recipe_has_its_command_its_options_and_its_figures():
    pytest.importorskip("sphinx")
    pages = pages_module()
    for recipe in zoo.own().values():
        page = pages.recipe_page(recipe)
        assert f"kerasgen train {recipe.name}\n" in page
        assert recipe.paper in page
        for name, option in recipe.options.items():
            assert f"| `{name}` | `{option.default}` |" in page
    assert "**-86.40**" in pages.recipe_page(zoo.get("vae"))
    assert "cgan" not in pages.recipe_page(zoo.get("gan"))
    assert set(re.findall(r"\[`([^`]+)`\]", pages.recipe_index(zoo.own()))) == {*zoo.own()}


def test_the_tables_of_the_site_have_every_recorded_value():
    pytest.importorskip("sphinx")
    pages = pages_module()
    rows = results.read()
    tables = pages.figure_tables()
    assert all(row["value"] in tables for row in rows)
    assert pages.figure_rows().count("<tr>") == len(rows) + 1


def test_the_page_about_speed_includes_all_of_its_tables():
    pytest.importorskip("sphinx")
    made = pages_module().speed_tables()
    assert "ratio of seconds an epoch" in made["command"]
    included = re.findall(r"_generated/speed-(\w+)\.md", (DOCS / "explanation/speed.md").read_text(encoding="utf-8"))
    assert included == [*made]


def test_links_that_lead_nowhere_are_found(tmp_path):
    pytest.importorskip("sphinx")
    (tmp_path / "a.html").write_text('<a href="b.html#here">b</a><a href="c.html">c</a><a href="b.html#no">d</a>')
    (tmp_path / "b.html").write_text('<h1 id="here">b</h1><a href="https://keras.io">e</a><a href="#here">f</a>')
    assert sorted(pages_module().broken_links(tmp_path)) == ["a.html: b.html#no", "a.html: c.html"]


def pictures_module():
    spec = importlib.util.spec_from_file_location("make_pictures", DOCS / "pictures/make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pictures_of_recipes_show_the_default_settings_of_today():
    """`python docs/pictures/make.py RECIPE` makes a picture again after a change of defaults."""
    pictures = pictures_module()
    names = [name for name in pictures.FAMILIES if (DOCS / "pictures" / f"{name}.png").exists()]
    assert set(pictures.hashes()) <= set(names)
    old = {name for name in names if pictures.hashes().get(name) != pictures.settings_hash(name)}
    assert not old
