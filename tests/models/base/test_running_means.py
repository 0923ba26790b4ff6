import keras
import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.models.base.running_means import CAPACITY, RunningMeans


def numbers(result):
    return {name: float(keras.ops.convert_to_numpy(value)) for name, value in result.items()}


def test_means_are_weighted_by_the_number_of_examples():
    means = RunningMeans()
    means.update_state({"loss": keras.ops.ones(()), "error": 3.0 * keras.ops.ones(())}, 3)
    means.update_state({"loss": 5.0 * keras.ops.ones(()), "error": keras.ops.zeros(())}, 1)
    assert numbers(means.result()) == pytest.approx({"loss": 2.0, "error": 2.25})
    means.reset_state()
    means.update_state({"loss": 7.0 * keras.ops.ones(()), "error": keras.ops.zeros(())}, 2)
    assert numbers(means.result()) == {"loss": 7.0, "error": 0.0}


def test_a_step_that_logs_fewer_values_returns_these_only():
    means = RunningMeans()
    means.update_state({"loss": keras.ops.ones(()), "penalty": keras.ops.ones(())}, 1)
    means.reset_state()
    means.update_state({"loss": 4.0 * keras.ops.ones(())}, 1)
    assert numbers(means.result()) == {"loss": 4.0}
    assert means.names == ("loss", "penalty")


def test_names_and_totals_restore_the_means():
    first, second = RunningMeans(), RunningMeans()
    first.update_state({"a": keras.ops.ones(()), "b": 2.0 * keras.ops.ones(())}, 5)
    second.names = first.names
    second.totals.assign(first.totals)
    assert numbers(second.result()) == numbers(first.result()) == {"a": 1.0, "b": 2.0}


def test_too_many_values_are_refused():
    values = {str(index): keras.ops.zeros(()) for index in range(CAPACITY + 1)}
    with pytest.raises(UsageError, match=f"logs {CAPACITY + 1} values; at most {CAPACITY}"):
        RunningMeans().update_state(values, 1)


def test_the_means_of_no_examples_are_finite():
    means = RunningMeans()
    means.names = ("loss",)
    assert np.isfinite([*numbers(means.result()).values()]).all()
