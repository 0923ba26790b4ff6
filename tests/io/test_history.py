"""The table of a run is written as a whole and validated when it is read."""

import math

import pytest

from kerasgen.errors import RunError
from kerasgen.io.history import check_rows, read_history, write_history

pytestmark = pytest.mark.once

DAMAGED = {
    "an empty epoch": "epoch,seconds,loss\n1,2,3\n,3,4\n",
    "a word": "epoch,seconds,loss\n1,2,three\n",
    "a field that csv refuses": f"epoch,seconds,loss\n1,2,{'3' * 200_000}x\n",
    "no epoch": "seconds,loss\n1,2\n",
    "half an epoch": "epoch,loss\n1.5,2\n",
    "an endless epoch": "epoch,loss\ninf,2\n",
    "epochs backwards": "epoch,loss\n2,2\n1,2\n",
    "epoch 0": "epoch,loss\n0,2\n",
    "too few cells": "epoch,loss\n1\n",
    "too many cells": "epoch,loss\n1,2,3\n",
    "two columns of one name": "epoch,loss,loss\n1,2,3\n",
    "a long name": f"epoch,{'x' * 101}\n1,2\n",
    "too many columns": f"epoch,{','.join(map(str, range(1001)))}\n1,{','.join('1' * 1001)}\n",
    "a NUL byte": "epoch,loss\n1,\0\n",
    "an open quotation mark": 'epoch,loss\n1,"2\n',
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damage_is_one_line(kind, tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(DAMAGED[kind])
    with pytest.raises(RunError, match=f"cannot read {path}: ") as refused:
        read_history(path)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_bytes_that_are_no_text_and_links_are_refused(tmp_path):
    (tmp_path / "history.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(RunError, match="it is not UTF-8 text"):
        read_history(tmp_path / "history.csv")
    (tmp_path / "link.csv").symlink_to("/dev/zero")
    with pytest.raises(RunError, match="is a symbolic link"):
        read_history(tmp_path / "link.csv")


def test_written_rows_are_read_bit_for_bit(tmp_path):
    rows = [
        {"epoch": 1, "seconds": 0.5, "loss": 0.1 + 0.2},
        {"epoch": 2, "seconds": 1.0, "loss": -math.inf, "val_loss": 1e-300},
        {"epoch": 4, "seconds": 1.5, "loss": 1.7e308},
    ]
    write_history(tmp_path / "history.csv", rows)
    assert read_history(tmp_path / "history.csv") == rows
    write_history(tmp_path / "history.csv", [{"epoch": 1, "loss": math.nan}])
    assert math.isnan(read_history(tmp_path / "history.csv")[0]["loss"])
    assert read_history(tmp_path / "missing.csv") == []


@pytest.mark.parametrize(
    "rows", [None, {}, [1], [{}], [{"epoch": True}], [{"epoch": 1, "loss": "low"}], [{"epoch": 1, "loss": None}]]
)
def test_rows_of_a_damaged_state_are_refused(rows):
    with pytest.raises(ValueError, match=r"rows|epoch|value"):
        check_rows(rows)
