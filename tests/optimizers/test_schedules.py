import keras
import pytest

from kerasgen.errors import UsageError
from kerasgen.optimizers import LinearDecay, schedule_of, steps_seen_by
from tests.tensors import array, tensor


def rates(schedule, steps):
    return [float(array(schedule(step))) for step in steps]


def test_the_rate_is_constant_and_then_falls_linearly_to_zero():
    schedule = LinearDecay(0.5, begin=0.25, first=100, steps=8)
    assert rates(schedule, (100, 102, 105, 108, 109)) == [0.5, 0.5, 0.25, 0.0, 0.0]


@pytest.mark.parametrize("options", [{}, {"begin": 1.0, "steps": 8}])
def test_the_rate_is_constant_without_steps_or_without_a_decay(options):
    assert rates(LinearDecay(0.5, **options), (0, 8, 10**6)) == [0.5] * 3


def test_the_rate_may_fall_from_the_first_step():
    assert rates(LinearDecay(1.0, begin=0.0, steps=4), (0, 1, 2, 3, 4)) == [1.0, 0.75, 0.5, 0.25, 0.0]


@pytest.mark.once
@pytest.mark.parametrize("begin", [-0.1, 1.1])
def test_a_fraction_outside_0_to_1_is_refused(begin):
    with pytest.raises(UsageError, match=f"begin is {begin}; it is the fraction of the training"):
        LinearDecay(0.5, begin=begin)


def test_the_config_holds_every_argument():
    schedule = LinearDecay(0.5, begin=0.25, first=100, steps=8)
    config = keras.saving.serialize_keras_object(schedule)
    assert keras.saving.deserialize_keras_object(config).get_config() == schedule.get_config()
    assert schedule.get_config() == {"learning_rate": 0.5, "begin": 0.25, "first": 100, "steps": 8}


@pytest.mark.parametrize("wrap", [lambda optimizer: optimizer, keras.optimizers.LossScaleOptimizer])
def test_the_schedule_of_an_optimizer_is_found_also_in_a_wrapper(wrap):
    schedule = LinearDecay(0.5)
    assert schedule_of(wrap(keras.optimizers.Adam(schedule))) is schedule
    assert schedule_of(wrap(keras.optimizers.Adam(0.5))) is None
    assert schedule_of(wrap(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.5, 3)))) is None


def test_the_optimizer_takes_the_rate_of_each_step():
    optimizer, variable = keras.optimizers.SGD(LinearDecay(1.0, begin=0.5, steps=4)), keras.Variable([0.0])
    seen = []
    for _ in range(5):
        before = array(variable)[0]
        optimizer.apply([tensor([-1.0])], [variable])
        seen.append(float(array(variable)[0] - before))
    assert seen == [1.0, 1.0, 1.0, 0.5, 0.0]


def test_accumulated_gradients_count_as_steps():
    optimizer, variable = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2), keras.Variable([0.0])
    optimizer.build([variable])
    assert steps_seen_by(optimizer) == 0
    for _ in range(3):
        optimizer.apply([tensor([1.0])], [variable])
    assert steps_seen_by(optimizer) == 3
    assert int(optimizer.iterations) == 1
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    scaled.build([keras.Variable([0.0])])
    assert steps_seen_by(scaled) == 0
