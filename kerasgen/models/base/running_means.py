"""The running means of all that a step logs, as one Keras metric."""

import keras
from keras import ops


class Averages(keras.metrics.Metric):
    """Mean over the images seen since the last reset of several named values.

    One vector instead of a metric for each name: a step pays for one update, which is what shows in
    the speed of small models.

    Args:
        names: the names of the values, in the order of the logs.
    """

    def __init__(self, names, name="averages"):
        super().__init__(name=name)
        self.names = tuple(names)
        self.totals = self.add_variable((len(self.names) + 1,), "zeros", name="totals")

    def update_state(self, values, count):
        """Add `values`, a dict of name -> mean over `count` images."""
        row = ops.stack([ops.cast(values[name], "float32") for name in self.names] + [ops.ones(())])
        count = float(count) if isinstance(count, int) else ops.cast(count, "float32")
        self.totals.assign(self.totals + row * count)

    def result(self):
        """Return a dict of name -> mean."""
        totals = ops.convert_to_tensor(self.totals)
        means = totals[:-1] / ops.maximum(totals[-1], 1.0)
        return dict(zip(self.names, ops.unstack(means), strict=True))
