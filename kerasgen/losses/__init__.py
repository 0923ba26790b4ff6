"""Loss functions, on logits where there is a choice."""

from kerasgen import _registration
from kerasgen.losses.adversarial import OBJECTIVES, Objective
from kerasgen.losses.variational import LIKELIHOODS, kl_divergence

__all__ = ["LIKELIHOODS", "OBJECTIVES", "Objective", "kl_divergence"]

_registration.register()
