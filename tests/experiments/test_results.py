"""The table of results: reading, replacing a row, means and the command of a row."""

import math

import pytest

from kerasgen.experiments import results

pytestmark = pytest.mark.once

ROW = {"figure": "test loss", "recipe": "vae", "dataset": "mnist", "backend": "jax", "metric": "nats"}


def test_new_row_replaces_the_row_with_the_same_key_only(tmp_path):
    path = tmp_path / "results.csv"
    path.touch()  # no header yet
    results.write(path, **ROW, value="1,5", reference='by "hand"')
    results.write(path, **ROW | {"backend": "torch"}, value=2)
    written = results.write(path, **ROW, value=3)
    rows = results.read(path)
    assert rows[0] == written
    assert [(row["backend"], row["value"]) for row in rows] == [("jax", "3"), ("torch", "2")]
    assert all(tuple(row) == results.COLUMNS and row["hardware"] and row["date"] for row in rows)


def test_rows_are_sorted_with_numbers_in_numeric_order(tmp_path):
    path = tmp_path / "results.csv"
    for recipe in ("gan x=10", "gan x=9", "gan"):
        results.write(path, **ROW | {"recipe": recipe}, value=1)
    assert [row["recipe"] for row in results.read(path)] == ["gan", "gan x=9", "gan x=10"]


@pytest.mark.parametrize("row", [ROW | {"figure": ""}, ROW | {"valeu": 1}])
def test_row_without_its_key_or_with_an_unknown_column_is_refused(tmp_path, row):
    path = tmp_path / "results.csv"
    results.write(path, **ROW, value=1)
    before = path.read_text()
    with pytest.raises(ValueError, match=r"figure|valeu"):
        results.write(path, **row)
    assert path.read_text() == before


def test_missing_table_has_no_rows(tmp_path):
    assert results.read(tmp_path / "none.csv") == []


def test_mean_and_standard_error():
    assert results.mean_and_spread([7, 8, 8, 7], 1, 2) == ("7.5", "± 0.29 standard error")
    assert results.mean_and_spread([8.125], 2) == ("8.12", "")
    assert results.standard_error([8, math.inf], 2) == ""
    assert results.mean_and_spread([8, math.inf], 2) == ("inf", "")


def test_command_names_no_path_of_this_machine():
    given = ["/x/checks/kills.py", "--backend", "jax", "--data-dir", "/y/z", "--write"]
    assert results.command(given) == "python -m checks.kills --backend jax --data-dir DIR --write"
    assert results.command(["/x/benchmarks/speed.py", "--data-dir=/y"]) == "python -m benchmarks.speed --data-dir=DIR"
    given = ["/x/checks/kills.py", "-o", "/x", "--results=/y.csv", "--seeds", "3"]
    assert results.command(given) == "python -m checks.kills -o DIR --results=FILE --seeds 3"
