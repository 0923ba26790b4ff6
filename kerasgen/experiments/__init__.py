"""Published results as data, and the one runner that measures them again.

Importing this package imports no backend. The experiments themselves are facts of the zoo: `kerasgen.zoo.experiments`.

Example:
    >>> from kerasgen.zoo import experiments
    >>> experiments.get("ring-8-best").steps
    30000
"""

from kerasgen.experiments.experiment import Experiment, Metric

__all__ = ["Experiment", "Metric"]
