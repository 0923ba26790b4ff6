"""Optimizers for several players, and learning-rate schedules."""

from kerasgen.optimizers.group import OptimizerGroup, serialize_optimizer
from kerasgen.optimizers.schedules import LinearDecay, schedule_of, steps_seen_by

__all__ = ["LinearDecay", "OptimizerGroup", "schedule_of", "serialize_optimizer", "steps_seen_by"]
