import pytest

from benchmarks import common, results

pytestmark = pytest.mark.once

ROW = {"figure": "test loss", "recipe": "vae", "dataset": "mnist", "backend": "jax", "metric": "nats"}


def test_a_new_figure_takes_the_place_of_the_old_one_and_of_no_other(tmp_path):
    path = tmp_path / "results.csv"
    path.touch()  # no header yet
    results.write(path, **ROW, value="1,5", reference='by "hand"')
    results.write(path, **ROW | {"backend": "torch"}, value=2)
    results.write(path, **ROW, value=3)
    rows = results.read(path)
    assert [(row["backend"], row["value"]) for row in rows] == [("jax", "3"), ("torch", "2")]
    assert all(tuple(row) == results.COLUMNS and row["hardware"] and row["date"] for row in rows)


@pytest.mark.parametrize("row", [ROW | {"figure": ""}, ROW | {"valeu": 1}])
def test_a_row_without_its_key_or_with_a_stranger_is_refused(tmp_path, row):
    path = tmp_path / "results.csv"
    results.write(path, **ROW, value=1)
    before = path.read_text()
    with pytest.raises(ValueError, match=r"figure|valeu"):
        results.write(path, **row)
    assert path.read_text() == before


def test_more_seeds_are_pooled_with_those_of_the_row(tmp_path):
    path, found = tmp_path / "results.csv", [9.0, 10.5, 12.0, 9.5, 11.25]

    def write(seeds, **more):
        values = found[seeds]
        value, spread = common.mean_and_error(values, 2, 3)
        results.write(path, **ROW, value=value, spread=spread, seeds=len(values), **more)
        return results.read(path)[0]

    write(slice(0, 1), command="first")
    row = write(slice(1, 3), first_seed=1, command="second")
    assert (row["value"], row["seeds"], row["command"]) == ("10.50", "3", "first && second")
    row = write(slice(3, 5), first_seed=3)
    value, spread = common.mean_and_error(found, 2, 3)
    assert (row["value"], row["seeds"]) == (value, "5")
    assert float(row["spread"].split()[1]) == pytest.approx(float(spread.split()[1]), abs=2e-3)
    for first_seed in (3, 6):
        with pytest.raises(ValueError, match=f"goes to one of {first_seed} seeds, and there is one of 5"):
            write(slice(0, 1), first_seed=first_seed)
    for other in ({"epochs": "7"}, {"reference": "1.0"}):
        with pytest.raises(ValueError, match="of the seeds before are"):
            write(slice(0, 1), first_seed=5, **other)
    assert results.read(path) == [row]


def test_the_command_tells_no_path_of_this_machine():
    told = results.command(["/x/benchmarks/vae_mnist.py", "--backend", "jax", "--data-dir", "/y/z", "--write"])
    assert told == "python benchmarks/vae_mnist.py --backend jax --data-dir DIR --write"
    assert results.command(["speed.py", "--data-dir=/y"]) == "python benchmarks/speed.py --data-dir=DIR"
    told = results.command(["translation.py", "--picture", "/x.png", "--picture=/y.png", "--seeds", "3"])
    assert told == "python benchmarks/translation.py --picture FILE --picture=FILE --seeds 3"


def test_the_table_has_a_line_for_each_model_or_for_each_metric(tmp_path):
    path = tmp_path / "results.csv"
    for recipe in ("gan", "gan x=10", "gan x=9"):
        for metric, value in (("modes", 8), ("KL", 0.5)):
            results.write(path, **ROW | {"recipe": recipe, "metric": metric}, value=value, reference="9", epochs="20")
    lines = results.table(path).splitlines()
    assert lines[:3] == ["**Test loss**", "", "| model | data | backend | KL | modes | reference | date |"]
    assert [line.split(" | ")[:5] for line in lines[4:]] == [
        [f"| `{recipe}`", "mnist, 20 epochs", "jax", "**0.5** / 9", "**8** / 9"]
        for recipe in ("gan", "gan x=9", "gan x=10")
    ]
    results.write(path, **ROW | {"recipe": "vae", "metric": "nats"}, value=100)
    lines = results.table(path).splitlines()
    assert lines[4].startswith("| `gan` | mnist, 20 epochs | jax | KL | **0.5** | 9 | ")
    assert lines[10].startswith("| `vae` | mnist | jax | nats | **100** |  | ")
    results.write(path, **ROW | {"figure": "two"}, value=1, spread="± 2", reference_source="by hand")
    results.write(path, **ROW | {"figure": "two", "metric": "bits"}, value=2)
    lines = results.table(path).split("**Two**")[1].splitlines()
    assert lines[4].startswith("| `vae` | mnist | jax | bits | **2** |  | ")
    assert lines[5].startswith("| `vae` | mnist | jax | nats | **1** (± 2) | by hand | ")


def test_rows_that_differ_in_a_column_or_an_option_are_one_line(tmp_path):
    path = tmp_path / "results.csv"
    for backend, value in (("jax", 1), ("torch", 2)):
        row = ROW | {"backend": backend}
        results.write(path, **row, value=value, spread="0 to 3 in 3 rounds", epochs=value)
        results.write(path, **row | {"figure": "two", "recipe": f"gan k=1 f={backend} l=2"}, value=value, epochs="5")
    results.write(path, **ROW | {"figure": "two"}, value=3)
    one, two = results.table(path, across={"test loss": "backend", "two": "f"}).split("**Two**")
    assert [line.split(" | ")[:4] for line in one.rstrip().splitlines()[2:]] == [
        ["| model", "data", "jax", "torch"],
        ["| ---", "---", "---", "---"],
        ["| `vae`", "mnist", "**1** (0 to 3)", "**2** (0 to 3)"],
    ]
    *alone, _, head, _, line = two.split("\n")[2:]
    assert alone[-1].startswith("| `vae` | mnist | jax | **3** | ")
    assert head.startswith("| model | data | jax | torch | date |")
    assert line.startswith("| `gan k=1 l=2` | mnist, 5 epochs | **1** | **2** | ")
