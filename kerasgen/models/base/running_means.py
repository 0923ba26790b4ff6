"""Running means of all values that a step logs, as one Keras metric."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen.errors import UsageError

CAPACITY = 32  # values that one model may log


class RunningMeans(keras.metrics.Metric):
    """Means of several named values over the examples seen since the last reset.

    One vector holds all sums, because one update for each step is faster than one for each value. The names become
    known at the first update.

    Attributes:
        names: names of all values, in the order of their sums.
        current: names of the values in the latest update.
        totals: variable (CAPACITY + 1,), the sums and, last, the number of examples.
    """

    def __init__(self, name: str = "running_means"):
        super().__init__(name=name)
        self._names: tuple[str, ...] = ()
        self.current: tuple[str, ...] = ()
        self.totals = self.add_variable((CAPACITY + 1,), "zeros", name="totals")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all values, in the order of their sums."""
        return self._names

    @names.setter
    def names(self, names):
        self._names = self.current = tuple(names)

    def update_state(self, values: Mapping[str, Any], count: Any) -> None:
        """Add the means of a batch.

        Args:
            values: name -> mean over the batch, a scalar tensor.
            count: number of examples in the batch.

        Raises:
            UsageError: there are more than `CAPACITY` names.
        """
        self._names = tuple(dict.fromkeys([*self._names, *values]))
        self.current = tuple(values)
        if len(self._names) > CAPACITY:
            raise UsageError(f"a model logs {len(self._names)} values; at most {CAPACITY} are supported")
        zero = ops.zeros(())
        sums = [ops.cast(values[name], "float32") if name in values else zero for name in self._names]
        rest = np.zeros(CAPACITY + 1 - len(sums), "float32")
        rest[-1] = 1.0
        row = ops.concatenate([ops.stack(sums), ops.convert_to_tensor(rest)]) if sums else ops.convert_to_tensor(rest)
        count = float(count) if isinstance(count, int) else ops.cast(count, "float32")
        self.totals.assign(self.totals + row * count)

    def result(self) -> dict[str, Any]:
        """Return name -> mean, for the values of the latest update."""
        totals = ops.convert_to_tensor(self.totals)
        means = totals / ops.maximum(totals[-1], 1.0)
        return {name: means[self._names.index(name)] for name in self.current}
