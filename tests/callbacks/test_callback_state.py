"""The state of other callbacks is saved and restored; a state that is not valid is refused."""

import keras
import numpy as np
import pytest

from kerasgen.callbacks.callback_state import get_state, has_state, set_state

pytestmark = pytest.mark.once


def stopping():
    callback = keras.callbacks.EarlyStopping("loss")
    callback.set_model(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]))
    callback.on_train_begin()
    return callback


class Counting(keras.callbacks.Callback):
    count = 0

    def get_state(self):
        return {"count": self.count}

    def set_state(self, state):
        self.count = state["count"]


def test_a_saved_state_is_restored():
    before, after = stopping(), stopping()
    weights = [array + 1 for array in before.model.get_weights()]
    state = {"wait": 2, "stopped_epoch": 0, "best": 0.5, "best_epoch": 3, "best_weights": weights}
    set_state(before, state)
    assert get_state(before) == state
    set_state(after, get_state(before))
    assert after.best_weights is weights
    counting = Counting()
    set_state(counting, {"count": 5})
    assert get_state(counting) == {"count": 5}


def test_has_state():
    assert has_state(keras.callbacks.ModelCheckpoint("model.keras"))
    assert has_state(Counting())
    assert not has_state(keras.callbacks.TerminateOnNaN())


WRONG = {
    "wait": [None, -1, 1.5, True, "2", [1]],
    "best": ["low", True, [0.5]],
    "best_weights": [0, [1.0], [np.ones((2, 3))], [np.ones((3, 2)), np.ones(3)]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_value_of_another_kind_is_refused(name, value):
    callback = stopping()
    with pytest.raises(ValueError, match=f"{name} of EarlyStopping is not valid"):
        set_state(callback, get_state(callback) | {name: value})


@pytest.mark.parametrize("state", [None, [], {}, {"wait": 1}, {"epoch": [], "history": {}, "more": 1}])
def test_a_state_with_other_names_is_refused(state):
    with pytest.raises(ValueError, match="the state of History is not valid"):
        set_state(keras.callbacks.History(), state)
