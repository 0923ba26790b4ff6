"""The objectives of the adversarial game, by name: what each player minimises, on the discriminator's logits."""

from collections.abc import Callable
from dataclasses import dataclass

from keras import ops

from kerasgen import backend


@dataclass(frozen=True)
class Objective:
    """The losses of both players; logits have shape (N, 1), losses are scalars.

    Attributes:
        discriminator: (logits of real images, logits of fake images) -> loss.
        generator: logits of fake images -> loss; or (logits of fake images, logits of real images) -> loss.
        relativistic: whether the generator's loss is of the second kind.
        gradient_penalty: weight of `gradient_penalty` in the discriminator's loss; 0 for none.
        between: logit half-way between those that the discriminator is to give real and fake images.
    """

    discriminator: Callable
    generator: Callable
    relativistic: bool = False
    gradient_penalty: float = 0.0
    between: float = 0.0

    def generator_loss(self, judge, fake, real):
        """Return the generator's loss; `judge(images)` gives logits, and `real` may be None if it is not judged."""
        return self.generator(*(judge(images) for images in ((fake, real) if self.relativistic else (fake,))))

    def accuracies(self, real, fake):
        """Return which shares of real and of fake images are told right, by their logits.

        An image counts as real whose logit lies above `between`; or, where the game is relativistic, above that of the
        fake image beside it. The critic of `wasserstein` has no such border: there the shares only say where its
        values lie.
        """
        if self.relativistic:
            share = _share(real > fake)
            return share, share
        return _share(real > self.between), _share(fake < self.between)


def _share(condition):
    return ops.mean(ops.cast(condition, "float32"))


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
    # min_G max_D V(D, G): the generator minimises log(1 - D(G(z)))  (Goodfellow et al. 2014, eq. 1)
    "minimax": Objective(_classify, lambda fake: -ops.mean(ops.softplus(fake))),
    # "maximize log D(G(z))", which has stronger gradients early in learning  (same paper, section 3)
    "non_saturating": Objective(_classify, lambda fake: ops.mean(ops.softplus(-fake))),
    "least_squares": Objective(_least_squares, lambda fake: 0.5 * ops.mean(ops.square(fake - 1.0)), between=0.5),
    # Arjovsky et al. 2017, arXiv:1701.07875, with the penalty of Gulrajani et al. 2017, arXiv:1704.00028, eq. 3
    "wasserstein": Objective(
        lambda real, fake: ops.mean(fake) - ops.mean(real), lambda fake: -ops.mean(fake), gradient_penalty=10.0
    ),
    "hinge": Objective(_hinge, lambda fake: -ops.mean(fake)),
    # each real image beside a fake one: which is it?  (RSGAN of Jolicoeur-Martineau 2018, arXiv:1807.00734)
    "relativistic": Objective(
        lambda real, fake: ops.mean(ops.softplus(fake - real)),
        lambda fake, real: ops.mean(ops.softplus(real - fake)),
        relativistic=True,
    ),
}


def game_value(real, fake):
    """Return V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))] of logits (N, 1); -2 log 2 where D says 1/2 to all.

    Source: Goodfellow et al. 2014, eq. 1 and theorem 1.
    """
    return -_classify(real, fake)


def gradient_penalty(gradients):
    """Return E[(||gradient|| - 1)^2] of the critic's gradients (N, H, W, C) with respect to its images.

    Source: Gulrajani et al. 2017, eq. 3.
    """
    return ops.mean(ops.square(ops.sqrt(_squared_norms(gradients) + 1e-12) - 1.0))  # the root has no gradient at 0


def r1_penalty(gradients):
    """Return E[||gradient||^2] / 2 of the discriminator's gradients (N, H, W, C) with respect to real images.

    With respect to fake images it is called R2. Source: Mescheder et al. 2018, arXiv:1801.04406, eq. 9 and 10, without
    their weight gamma.
    """
    return 0.5 * ops.mean(_squared_norms(gradients))


def _squared_norms(gradients):
    return ops.sum(ops.square(backend.reshape(gradients, (ops.shape(gradients)[0], -1))), axis=-1)
