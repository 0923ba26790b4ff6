"""The advice in errors about values that are not finite; see also test_checkpoint.py."""

import pytest

from kerasgen.callbacks import StopWhenNotFinite
from kerasgen.errors import NotFiniteError

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("epoch", "step", "says"), [(0, 0, "look for NaN"), (0, 1, "try a"), (1, 0, "try a")])
def test_the_advice_for_the_first_step_is_to_check_the_data(epoch, step, says):
    callback = StopWhenNotFinite()
    callback.on_epoch_begin(epoch)
    callback.on_train_batch_begin(step)
    callback.on_train_batch_end(step, {"loss": float("nan")})
    with pytest.raises(NotFiniteError, match=f"the training has diverged, {says}"):
        callback.on_epoch_end(epoch)


def test_a_validation_that_is_not_finite_stops_too():
    callback = StopWhenNotFinite()
    callback.on_epoch_begin(4)
    callback.on_epoch_end(4, {"loss": 1.0})
    with pytest.raises(NotFiniteError, match="val_value became inf in epoch 5"):
        callback.on_epoch_end(4, {"loss": 1.0, "val_value": float("inf")})
