"""The tables of results as Markdown."""

from pathlib import Path

import pytest

from kerasgen.experiments import results, tables
from kerasgen.experiments.tables import Table
from kerasgen.zoo.experiments.tables import SECTIONS, TABLES

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
ROW = {"figure": "test loss", "recipe": "vae", "dataset": "mnist", "backend": "jax", "metric": "nats", "date": "2026"}


def row(**changes):
    return dict.fromkeys(results.COLUMNS, "") | ROW | changes


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("page", tables.PAGES)
def test_the_tables_of_a_page_are_current(page):
    contents = (ROOT / page).read_text(encoding="utf-8")
    assert contents.count("\n| ") > 5
    assert contents == tables.updated(page, contents), "run: python -m kerasgen.experiments.tables"


def test_every_recorded_figure_has_a_table_in_one_section():
    assert {row["figure"] for row in results.read()} <= set(TABLES)
    assert sum(map(len, SECTIONS.values())) == len(TABLES)
    for table in TABLES.values():
        if table.plain:
            assert table.plain in {row["recipe"] for row in results.read() if row["figure"] == table.name}


def test_line_for_each_model_if_all_have_the_same_metrics():
    rows = [
        row(recipe=recipe, metric=metric, value=value, reference="9", epochs="20", seeds="3", setup="batch 8")
        for recipe in ("gan", "gan x=9")
        for metric, value in (("modes", "8"), ("KL", "0.5"))
    ]
    lines = tables.markdown(Table("test loss", "A note."), rows).splitlines()
    assert lines[:5] == [
        "**Test loss**",
        "",
        "A note.",
        "",
        "| model | data and training | backend | modes | KL | reference | date |",
    ]
    assert [cells(line)[:5] for line in lines[6:]] == [
        [f"`{recipe}`", "mnist, 20 epochs, 3 seeds; batch 8", "jax", "**8** / 9", "**0.5** / 9"]
        for recipe in ("gan", "gan x=9")
    ]


def test_line_for_each_metric_if_models_have_different_metrics():
    rows = [row(recipe="gan", metric="modes", value="8", reference="9"), row(recipe="vae", value="100", spread="± 2")]
    rows.append(row(recipe="vae", metric="bits", value="7", reference_source="by hand", seeds="1", epochs="4 steps"))
    lines = [cells(line) for line in tables.markdown(Table("test loss"), rows).splitlines()[2:]]
    assert lines[0] == ["model", "data and training", "backend", "metric", "obtained", "reference", "date"]
    assert lines[2] == ["`gan`", "mnist", "jax", "modes", "**8**", "9", "2026"]
    assert lines[3] == ["`vae`", "mnist", "jax", "nats", "**100** (± 2)", "", "2026"]
    assert lines[4] == ["`vae`", "mnist, 4 steps, 1 seed", "jax", "bits", "**7**", "by hand", "2026"]


def test_gain_over_the_plain_recipe_has_a_column():
    rows = [row(recipe="gan", value="340"), row(recipe="gan packing=2", value="950.5")]
    lines = [cells(line) for line in tables.markdown(Table("test loss", plain="gan"), rows).splitlines()[2:]]
    place = lines[0].index("nats: gain over `gan`")
    assert [line[place] for line in lines[2:]] == ["", "+610.5"]


def test_sections_have_the_order_of_their_tables():
    rows = [row(value="1"), row(figure="kill -9", value="2")]
    text = tables.section([Table("kill -9"), Table("exact resume"), Table("test loss")], rows)
    assert text.index("**Kill -9**") < text.index("**Test loss**")
    assert "resume" not in text


def test_overview_has_the_first_metric_of_an_experiment_and_its_command():
    (line,) = [cells(line) for line in tables.overview(["grid-25-best"], results.read()).splitlines()[2:]]
    assert line[1:3] == ["modes", "**25.00** (± 0.00 standard error)"]
    assert line[4] == "`kerasgen reproduce grid-25-best`"
