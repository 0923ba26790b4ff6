"""The objectives of the adversarial game, by name: what each player minimises, on the discriminator's logits."""

from collections.abc import Callable
from dataclasses import dataclass

from keras import ops


@dataclass(frozen=True)
class Objective:
    """The losses of both players; logits have shape (N, 1), losses are scalars in nats.

    Attributes:
        discriminator: (logits of real images, logits of fake images) -> loss.
        generator: logits of fake images -> loss.
    """

    discriminator: Callable
    generator: Callable


def _classify(real, fake):
    # -log D(x) - log(1 - D(G(z))), with D = sigmoid(logit)  (Goodfellow et al. 2014, eq. 1)
    return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))


OBJECTIVES = {
    # min_G max_D V(D, G): the generator minimises log(1 - D(G(z)))  (Goodfellow et al. 2014, eq. 1)
    "minimax": Objective(_classify, lambda fake: -ops.mean(ops.softplus(fake))),
    # "maximize log D(G(z))", which has stronger gradients early in learning  (same paper, section 3)
    "non_saturating": Objective(_classify, lambda fake: ops.mean(ops.softplus(-fake))),
}
