"""Loss functions. They take logits where there is a choice."""

from kerasgen.losses.adversarial import OBJECTIVES, Objective, game_value, gradient_penalty, r1_penalty
from kerasgen.losses.reconstruction import LOSSES_OF_LOGITS, RECONSTRUCTION_LOSSES, squared_error
from kerasgen.losses.variational import LIKELIHOODS, kl_divergence, systematic_resample

__all__ = [
    "LIKELIHOODS",
    "LOSSES_OF_LOGITS",
    "OBJECTIVES",
    "RECONSTRUCTION_LOSSES",
    "Objective",
    "game_value",
    "gradient_penalty",
    "kl_divergence",
    "r1_penalty",
    "squared_error",
    "systematic_resample",
]
