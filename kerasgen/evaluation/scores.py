"""The value of a metric, with its estimator."""

from dataclasses import dataclass

from kerasgen.errors import UsageError


@dataclass(frozen=True)
class Score:
    """The value of one metric for a model.

    Attributes:
        name: name of the metric.
        value: the value.
        estimator: description of the estimate: unit, number of samples, reference.
        spread: standard error or deviation, or None; the estimator names it.
        warning: sentence with the reason why the value is unreliable, or None.

    Example:
        >>> Score("MSE", 0.01, "of a pixel in [0, 1]; 100 test images").value
        0.01
    """

    name: str
    value: float
    estimator: str
    spread: float | None = None
    warning: str | None = None


class NotApplicable(UsageError):
    """The data set lacks something that an evaluator needs. The evaluator is then left out unless it is named.

    Example:
        >>> raise NotApplicable("digits has no labels")
        Traceback (most recent call last):
        ...
        kerasgen.evaluation.scores.NotApplicable: digits has no labels
    """
