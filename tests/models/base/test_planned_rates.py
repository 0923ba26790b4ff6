"""Learning rates that fall to zero at the end of a training."""

import keras
import numpy as np
import pytest

from kerasgen import zoo
from kerasgen.errors import UsageError
from kerasgen.optimizers import LinearDecay, schedule_of

POINTS = np.random.default_rng(0).standard_normal((40, 2)).astype("float32")


def created(recipe="flow", **options):
    keras.utils.set_random_seed(0)
    return zoo.get(recipe).create((2,), hidden_dim=4, depth=2, **({"decay_from": 0.0} | options))


@pytest.mark.parametrize("recipe", ["flow", "meanflow"])
def test_the_rate_of_a_flow_is_zero_after_the_last_step(recipe):
    model = created(recipe)
    model.fit(POINTS, batch_size=8, epochs=2, verbose=0)
    assert schedule_of(model.optimizer).get_config() == {"learning_rate": 1e-3, "begin": 0.0, "first": 0, "steps": 10}
    assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == pytest.approx(0, abs=1e-9)


@pytest.mark.once
def test_a_resumed_training_has_the_plan_of_the_whole():
    model = created()
    for epoch in range(2):
        model.fit(POINTS, batch_size=8, epochs=2, initial_epoch=epoch, verbose=0)
        if not epoch:
            model.optimizer.iterations.assign(5)  # the first call trained both epochs
    assert (schedule_of(model.optimizer).first, schedule_of(model.optimizer).steps) == (0, 10)


@pytest.mark.once
def test_a_constant_rate_is_not_planned():
    model = created(decay_from=1.0)
    assert schedule_of(model.optimizer) is None
    model.prepare_fit(iter(()))


@pytest.mark.once
def test_a_rate_that_falls_needs_the_number_of_steps():
    model = created()
    with pytest.raises(UsageError, match="give fit steps_per_epoch"):
        model.prepare_fit(iter(()))
    model.compile(keras.optimizers.SGD(LinearDecay(0.1, 0.5)))
    model.prepare_fit(iter(()), steps_per_epoch=3)
    assert schedule_of(model.optimizer).steps == 3
