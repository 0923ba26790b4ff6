"""Loss functions, on logits where there is a choice."""

from kerasgen import _registration
from kerasgen.losses.adversarial import OBJECTIVES, Objective, game_value, gradient_penalty, r1_penalty
from kerasgen.losses.reconstruction import LOSSES_OF_LOGITS, RECONSTRUCTION_LOSSES, squared_error
from kerasgen.losses.variational import LIKELIHOODS, drawn_by_weight, kl_divergence

__all__ = [
    "LIKELIHOODS",
    "LOSSES_OF_LOGITS",
    "OBJECTIVES",
    "RECONSTRUCTION_LOSSES",
    "Objective",
    "drawn_by_weight",
    "game_value",
    "gradient_penalty",
    "kl_divergence",
    "r1_penalty",
    "squared_error",
]

_registration.register()
