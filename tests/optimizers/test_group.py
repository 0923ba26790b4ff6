import keras
import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.optimizers import OptimizerGroup, serialize_optimizer
from tests.tensors import array, tensor


def group(**members):
    members = members or {"generator": keras.optimizers.SGD(0.5), "discriminator": keras.optimizers.Adam(0.1)}
    return OptimizerGroup(members)


def built(optimizer):
    variables = {player: [keras.Variable([1.0, 2.0], name=player)] for player in optimizer.members}
    optimizer.build(variables)
    return variables


def test_each_member_steps_on_the_variables_of_its_player():
    optimizer = group()
    variables = built(optimizer)
    optimizer["generator"].apply([tensor([1.0, -1.0])], variables["generator"])
    np.testing.assert_allclose(array(variables["generator"][0]), [0.5, 2.5])
    np.testing.assert_allclose(array(variables["discriminator"][0]), [1.0, 2.0])
    assert int(optimizer.iterations) == 1
    assert int(optimizer["discriminator"].iterations) == 0


def test_the_variables_are_those_of_all_members_and_no_others():
    optimizer = group()
    built(optimizer)
    expected = [*optimizer["generator"].variables, *optimizer["discriminator"].variables]
    assert [id(variable) for variable in optimizer.variables] == [id(variable) for variable in expected]


def test_members_are_named_after_their_players_and_may_be_names_or_configs():
    optimizer = group(a="adam", b=keras.optimizers.serialize(keras.optimizers.SGD(0.25)))
    assert [type(member).__name__ for member in optimizer.optimizers] == ["Adam", "SGD"]
    assert [member.name for member in optimizer.optimizers] == ["a", "b"]
    assert float(optimizer["b"].learning_rate) == 0.25


def test_a_learning_rate_is_set_for_all_members_and_read_from_each():
    optimizer = group()
    with pytest.raises(AttributeError, match=r"optimizer\[player\].learning_rate, players \['generator', 'discr"):
        _ = optimizer.learning_rate
    optimizer.learning_rate = 0.125
    assert [float(member.learning_rate) for member in optimizer.optimizers] == [0.125, 0.125]


def test_one_optimizer_for_two_players_is_refused():
    shared = keras.optimizers.Adam()
    with pytest.raises(UsageError, match="the players generator, discriminator need an optimizer each"):
        group(generator=shared, discriminator=shared)


def test_averaged_weights_are_written_into_the_variables_of_their_player():
    optimizer = group(
        a=keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=None),
        b=keras.optimizers.SGD(1.0),
    )
    variables = built(optimizer)
    for _ in range(2):
        for player, of_player in variables.items():
            optimizer[player].apply([tensor([1.0, 0.0])], of_player)
    optimizer.finalize_variable_values([])
    assert array(variables["a"][0])[0] > array(variables["b"][0])[0] == -1.0


def test_the_config_describes_the_members_without_the_class_of_a_backend():
    optimizer = group()
    config = optimizer.get_config()
    assert "keras.src" not in str(config)
    again = OptimizerGroup.from_config(
        keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(config))
    )
    assert [type(member) for member in again.optimizers] == [type(member) for member in optimizer.optimizers]
    assert again.get_config() == config


def test_a_wrapped_optimizer_is_described_without_the_class_of_a_backend_too():
    config = serialize_optimizer(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.25)))
    assert config["config"]["inner_optimizer"]["module"] == "keras.optimizers"
    again = keras.saving.deserialize_keras_object(config)
    assert isinstance(again.inner_optimizer, keras.optimizers.Adam)
    assert float(again.inner_optimizer.learning_rate) == 0.25


def test_an_optimizer_of_another_package_keeps_its_name():
    @keras.saving.register_keras_serializable("tests_optimizers")
    class Own(keras.optimizers.SGD):
        pass

    assert serialize_optimizer(Own())["registered_name"] == "tests_optimizers>Own"
