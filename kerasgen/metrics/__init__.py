"""Figures of merit; each states its estimator. NumPy only."""

from kerasgen.metrics.mode_coverage import ModeCoverage, mode_coverage

__all__ = ["ModeCoverage", "mode_coverage"]
