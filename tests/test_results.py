import pytest

from benchmarks import results

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


def test_the_command_tells_no_path_of_this_machine():
    told = results.command(["/x/benchmarks/vae_mnist.py", "--backend", "jax", "--data-dir", "/y/z", "--write"])
    assert told == "python benchmarks/vae_mnist.py --backend jax --data-dir DIR --write"
    assert results.command(["speed.py", "--data-dir=/y"]) == "python benchmarks/speed.py --data-dir=DIR"
    told = results.command(["translation.py", "--picture", "/x.png", "--picture=/y.png", "--seeds", "3"])
    assert told == "python benchmarks/translation.py --picture FILE --picture=FILE --seeds 3"
