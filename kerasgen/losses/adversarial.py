"""Adversarial objectives by name: the losses of both players, on the discriminator's logits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from kerasgen import backend


@dataclass(frozen=True)
class Objective:
    """The losses of both players; logits have shape (N, 1) or (N, h, w, 1), losses are scalars.

    Attributes:
        discriminator: (logits of real samples, logits of fake samples) -> loss.
        generator: logits of fake samples -> loss; or (logits of fake samples, logits of real samples) -> loss.
        metrics: (logits of real samples, logits of fake samples) -> name -> scalar, the values that have a meaning for
            this objective.
        relativistic: whether the generator's loss is of the second kind.
        gradient_penalty: weight of `gradient_penalty` in the discriminator's loss; 0 for none.
    """

    discriminator: Callable
    generator: Callable
    metrics: Callable
    relativistic: bool = False
    gradient_penalty: float = 0.0

    def generator_loss(self, discriminate: Callable, fake: Any, real: Any) -> Any:
        """Return the generator's loss.

        Args:
            discriminate: samples -> logits.
            fake: fake samples.
            real: real samples; needed by a relativistic objective only.
        """
        samples = (fake, real) if self.relativistic else (fake,)
        return self.generator(*(discriminate(each) for each in samples))


def _share(condition):
    return ops.mean(ops.cast(condition, "float32"))


def _accuracies(real, fake, threshold=0.0):
    """Return the shares of real samples above, and of fake samples below, the threshold."""
    return {"real_accuracy": _share(real > threshold), "fake_accuracy": _share(fake < threshold)}


def _classification_metrics(real, fake):
    # D(x) and D(G(z)) are probabilities, D = sigmoid(logit)
    scores = {"real_score": ops.mean(ops.sigmoid(real)), "fake_score": ops.mean(ops.sigmoid(fake))}
    return {"value": game_value(real, fake)} | scores | _accuracies(real, fake)


def _least_squares_metrics(real, fake):
    # the targets are 1 for real and 0 for fake samples
    return {"real_score": ops.mean(real), "fake_score": ops.mean(fake)} | _accuracies(real, fake, threshold=0.5)


def _classify(real, fake):
    # -log D(x) - log(1 - D(G(z))), with D = sigmoid(logit)  (Goodfellow et al. 2014, eq. 1)
    return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))


def _least_squares(real, fake):
    # a = 0 for fake, b = 1 for real  (Mao et al. 2017, arXiv:1611.04076, eq. 9)
    return 0.5 * (ops.mean(ops.square(real - 1.0)) + ops.mean(ops.square(fake)))


def _hinge(real, fake):
    # Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, eq. 16 and 17
    return ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))


OBJECTIVES = {
    # min_G max_D V(D, G): the generator minimizes log(1 - D(G(z)))  (Goodfellow et al. 2014, eq. 1)
    "minimax": Objective(_classify, lambda fake: -ops.mean(ops.softplus(fake)), _classification_metrics),
    # "maximize log D(G(z))", which has stronger gradients early in learning  (same paper, section 3)
    "non_saturating": Objective(_classify, lambda fake: ops.mean(ops.softplus(-fake)), _classification_metrics),
    "least_squares": Objective(
        _least_squares, lambda fake: 0.5 * ops.mean(ops.square(fake - 1.0)), _least_squares_metrics
    ),
    # Arjovsky et al. 2017, arXiv:1701.07875, with the penalty of Gulrajani et al. 2017, arXiv:1704.00028, eq. 3
    "wasserstein": Objective(
        lambda real, fake: ops.mean(fake) - ops.mean(real),
        lambda fake: -ops.mean(fake),
        # the critic's estimate of the distance, without the penalty (Arjovsky et al. 2017, eq. 2)
        lambda real, fake: {"wasserstein_distance": ops.mean(real) - ops.mean(fake)},
        gradient_penalty=10.0,
    ),
    "hinge": Objective(_hinge, lambda fake: -ops.mean(fake), _accuracies),
    # which of a real and a fake sample is the real one  (RSGAN of Jolicoeur-Martineau 2018, arXiv:1807.00734)
    "relativistic": Objective(
        lambda real, fake: ops.mean(ops.softplus(fake - real)),
        lambda fake, real: ops.mean(ops.softplus(real - fake)),
        lambda real, fake: {"pair_accuracy": _share(real > fake)},
        relativistic=True,
    ),
}


def game_value(real: Any, fake: Any) -> Any:
    """Return V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))] in nats; it is -2 log 2 if D is 1/2 for all samples.

    Args:
        real: logits of real samples (N, 1).
        fake: logits of fake samples (N, 1).

    Example:
        >>> from keras import ops
        >>> from kerasgen.losses import game_value
        >>> round(float(game_value(ops.zeros((4, 1)), ops.zeros((4, 1)))), 3)
        -1.386

    Source:
        Goodfellow et al. 2014, eq. 1 and theorem 1.
    """
    return -_classify(real, fake)


def gradient_penalty(gradients: Any) -> Any:
    """Return E[(||gradient|| - 1)^2] of the critic's gradients with respect to its samples, (N, ...).

    Example:
        >>> from keras import ops
        >>> from kerasgen.losses import gradient_penalty
        >>> round(float(gradient_penalty(ops.ones((2, 3, 3, 1)))), 3)  # gradients of norm 3
        4.0

    Source:
        Gulrajani et al. 2017, eq. 3.
    """
    return ops.mean(ops.square(ops.sqrt(_squared_norms(gradients) + 1e-12) - 1.0))  # the root has no gradient at 0


def r1_penalty(gradients: Any) -> Any:
    """Return E[||gradient||^2] / 2 of the discriminator's gradients with respect to real samples, (N, ...).

    With respect to fake samples it is called R2.

    Example:
        >>> from keras import ops
        >>> from kerasgen.losses import r1_penalty
        >>> float(r1_penalty(ops.ones((2, 3, 3, 1))))
        4.5

    Source:
        Mescheder et al. 2018, arXiv:1801.04406, eq. 9 and 10, without their weight gamma.
    """
    return 0.5 * ops.mean(_squared_norms(gradients))


def _squared_norms(gradients):
    return ops.sum(ops.square(backend.reshape(gradients, (ops.shape(gradients)[0], -1))), axis=-1)
